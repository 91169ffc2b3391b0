"""Association tests of what the model takes as independent: amount, dwell and outcome, and one dwell and the
next.

The tests condition on age. Among visits at risk, do large deals leave earlier (log-rank test for trend)?
Among visits that ended after as long, do large deals move on more often (Mantel's test)? So open deals count
for as long as they were observed, and no distribution is assumed. Both are score tests on ranks: sums of
martingale residuals.

References
----------
Tarone, R. E. (1975). Tests for trend in life table analysis. Biometrika 62, 679-682. Mantel, N. (1963).
Chi-square tests with one degree of freedom. JASA 58, 690-700. Therneau, T. M., Grambsch, P. M. and Fleming,
T. R. (1990). Martingale-based residuals for survival models. Biometrika 77, 147-160.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from funnelsim.core.arrays import Floats, Ints
from funnelsim.fitting.covariates.efron_ties import efron
from funnelsim.fitting.covariates.hazard_ratios import FALSE_DISCOVERIES
from funnelsim.fitting.covariates.read import Covariates
from funnelsim.fitting.covariates.risk_sets import Spells, design_effect, still_at_risk, sums_at
from funnelsim.fitting.dwell.censoring import StageSample

Bools = NDArray[np.bool_]

Question = Literal["amount and stay", "amount and outcome", "stay and next stay", "stay and next outcome"]

#: Fewest events (of each of two kinds) for a test.
FEWEST_MOVES = 30
#: A ratio below this between the largest and the smallest quarter is reported as no clear effect: too small
#: to change a forecast.
MATTERS = 1.25
#: Ended visits are compared within so many strata by their dwell.
_STRATA = 20
#: From the middle of the smallest quarter to that of the largest, in ranks from 0 to 1.
_QUARTERS = 0.75
_NINETY = 1.6449
_STEEPEST, _STEPS = 8.0, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """One test of independence.

    Attributes
    ----------
    stage : str
        Whose dwell or outcome is tested.
    before : str
        The previous stage, whose dwell is the explanatory variable; empty where it is the amount.
    visits : int
    ratio, low, high : float
        Hazard ratio of leaving, or odds ratio of moving on, of the quarter with the largest amounts (longest
        dwells) over that with the smallest; with the 90 % interval.
    clear : bool
        Whether independence is rejected (false discovery rate), with a ratio of practical size.
    """

    question: Question
    stage: str
    before: str
    visits: int
    ratio: float
    low: float
    high: float
    p_value: float
    q_value: float = math.nan
    clear: bool = False


class _Trend(NamedTuple):
    """Log ratio per rank from 0 to 1, its variance, and the p-value of the score test."""

    slope: float
    variance: float
    p_value: float


def run_association_tests(
    samples: Mapping[str, StageSample], covariates: Covariates
) -> tuple[Dependence, ...]:
    """All tests of a history, grouped by stage.

    Parameters
    ----------
    samples : dict of str to StageSample
        Of all stages, in funnel order.
    covariates : Covariates
        Of the same history.
    """
    from scipy.stats import false_discovery_control  # takes half a second to load

    amount = covariates.amount
    befores = _previous_dwells(samples)
    result: list[Dependence] = []
    for stage, sample in samples.items():
        visits = _Visits.of(sample, covariates.cluster, list(samples))
        if amount is not None:
            result += visits.against(amount[sample.deal], "amount and stay", "amount and outcome")
        for before, days in befores[stage].items():
            result += visits.against(days, "stay and next stay", "stay and next outcome", before)
    q = false_discovery_control([one.p_value for one in result])
    return tuple(
        replace(one, q_value=float(value), clear=bool(value <= FALSE_DISCOVERIES and _matters(one)))
        for one, value in zip(result, q, strict=True)
    )


def _matters(one: Dependence) -> bool:
    return max(one.ratio, 1 / one.ratio) >= MATTERS


def _previous_dwells(samples: Mapping[str, StageSample]) -> dict[str, dict[str, Floats]]:
    """Dwell in the previous stage, by stage and previous stage; NaN for visits that came from elsewhere."""
    indices = list(samples)
    size = [sample.visits for sample in samples.values()]
    stage = np.repeat(np.arange(len(indices)), size)
    deal, ago, dwell = (
        np.concatenate([getattr(sample, name) for sample in samples.values()])
        for name in ("deal", "ago", "dwell")
    )
    goes_to = np.concatenate([_targets(sample, indices) for sample in samples.values()])
    order = np.lexsort((stage, -ago, deal))
    before, after = order[:-1], order[1:]
    follows = (deal[before] == deal[after]) & (goes_to[before] == stage[after])
    before, after = before[follows], after[follows]
    first = np.concatenate([[0], np.cumsum(size)])
    result: dict[str, dict[str, Floats]] = {}
    for t, key in enumerate(indices):
        result[key] = {}
        for s, other in enumerate(indices):
            pairs = (stage[after] == t) & (stage[before] == s)
            if pairs.sum() >= FEWEST_MOVES:
                days = np.full(size[t], np.nan)
                days[after[pairs] - first[t]] = dwell[before[pairs]]
                result[key][other] = days
    return result


def _targets(sample: StageSample, indices: list[str]) -> Ints:
    """Index of the stage that each visit went to; -1 for none."""
    of_exit = np.array(
        [indices.index(t) if t in indices else -1 for t in sample.exits] + [-1], dtype=np.int64
    )
    return of_exit[sample.exit]


@dataclass(frozen=True, kw_only=True)
class _Visits:
    """Visits of a stage: times at risk, and which of the ended ones moved on."""

    stage: str
    spells: Spells
    on: Bools

    @classmethod
    def of(cls, sample: StageSample, clusters: Ints, stages: list[str]) -> _Visits:
        later = {*stages[stages.index(sample.stage) + 1 :], "won"}
        onward = np.array([target in later for target in sample.exits] + [False])
        spells = Spells(
            entry=sample.entry, until=sample.dwell, event=sample.ended, cluster=clusters[sample.deal]
        )
        return cls(stage=sample.stage, spells=spells, on=onward[sample.exit])

    def against(
        self, values: Floats, of_dwell: Question, of_outcome: Question, before: str = ""
    ) -> Iterator[Dependence]:
        """Test dwell and outcome against values that are known (not NaN) for some visits."""
        known = np.isfinite(values)
        spells = self.spells.only(known)
        ranks = _ranks(values[known])
        on = self.on[known][spells.event]
        if len(np.unique(ranks)) < 2:
            return
        trends: dict[Question, _Trend | None] = {
            of_dwell: _hazard_trend(spells, ranks),
            of_outcome: _odds_trend(spells, on, ranks[spells.event]),
        }
        for question, trend in trends.items():
            if trend is not None:
                yield _dependence(question, self.stage, before, len(ranks), trend)


def _dependence(question: Question, stage: str, before: str, visits: int, trend: _Trend) -> Dependence:
    middle, reach = _QUARTERS * trend.slope, _QUARTERS * _NINETY * math.sqrt(trend.variance)
    return Dependence(
        question=question,
        stage=stage,
        before=before,
        visits=visits,
        ratio=math.exp(middle),
        low=math.exp(middle - reach),
        high=math.exp(middle + reach),
        p_value=trend.p_value,
    )


def _ranks(values: Floats) -> Floats:
    """Mid-ranks from 0 to 1."""
    _, index, count = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    return np.asarray((upto - count / 2)[index] / len(values))


def _hazard_trend(spells: Spells, ranks: Floats) -> _Trend | None:
    """Log hazard ratio of leaving per rank, by Cox's partial likelihood."""
    if spells.event.sum() < FEWEST_MOVES:
        return None
    times, first, last = spells.risk_intervals()
    index, size = last[spells.event] - 1, len(times)
    n_events = sums_at(index, np.ones(len(index)), size)
    at_risk = still_at_risk(first, last, np.ones(len(ranks)), size)
    untied = np.clip((at_risk - n_events) / np.maximum(at_risk - 1, 1), 0.0, 1.0)
    moved_ranks = sums_at(index, ranks[spells.event], size)

    def powers(pull: Floats) -> Iterator[tuple[Floats, Floats]]:
        for power in range(3):
            values = pull * ranks**power
            yield still_at_risk(first, last, values, size), sums_at(index, values[spells.event], size)

    def score(slope: float) -> tuple[float, float]:
        (total, going), (mean, gone), (square, gone_square) = powers(np.exp(slope * ranks))
        ties = efron(total, going, n_events)
        expected = ties.one * mean - ties.one_u * gone
        # Sums over the events of a time: of their mean squares, and of the squares of their means.
        squares = ties.one * square - ties.one_u * gone_square
        means = ties.two * mean**2 - 2 * ties.two_u * mean * gone + ties.two_uu * gone**2
        information = untied @ np.maximum(squares - means, 0.0)
        return float(untied @ (moved_ranks - expected)), float(information)

    (_, _), (mean, _), (square, _) = powers(np.ones(len(ranks)))
    mean, square = mean / at_risk, square / at_risk
    gap = float(np.sum(moved_ranks - n_events * mean))
    variance = float(untied * n_events @ np.maximum(square - mean**2, 0.0))
    slope, information = 0.0, variance
    for _ in range(_STEPS):
        pull, information = score(slope)
        slope = float(np.clip(slope + pull / max(information, 1e-12), -_STEEPEST, _STEEPEST))
    return _trend(slope, information, gap, variance, spells.design_effect())


def _odds_trend(spells: Spells, on: Bools, ranks: Floats) -> _Trend | None:
    """Log odds ratio of moving on per rank, within strata of the dwell."""
    if min(on.sum(), (~on).sum()) < FEWEST_MOVES:
        return None
    dwell = spells.until[spells.event]
    cuts = np.unique(np.quantile(dwell, np.arange(1, _STRATA) / _STRATA))
    stratum = np.searchsorted(cuts, dwell, side="right")
    share = _sums(stratum, on) / np.maximum(_sums(stratum), 1)
    # A stratum in which all went the same way has no information.
    informative = (share[stratum] > 0) & (share[stratum] < 1)
    if not informative.any():
        return None
    on, ranks, cluster = on[informative], ranks[informative], spells.cluster[spells.event][informative]
    _, stratum = np.unique(stratum[informative], return_inverse=True)
    number = _sums(stratum)
    share = _sums(stratum, on) / number
    residual = on - share[stratum]
    spread = _sums(stratum, (ranks - (_sums(stratum, ranks) / number)[stratum]) ** 2)
    variance = float(np.sum(number / np.maximum(number - 1, 1) * share * (1 - share) * spread))
    slope, information = _logistic(on, ranks, stratum, share)
    return _trend(slope, information, float(residual @ ranks), variance, design_effect(residual, cluster))


def _logistic(on: Bools, ranks: Floats, stratum: Ints, share: Floats) -> tuple[float, float]:
    """Slope on the ranks and its information, with an intercept for each stratum (Newton's method)."""
    level, slope, information = np.log(share / (1 - share)), 0.0, 0.0
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(level[stratum] + slope * ranks)))
        weight = np.maximum(chance * (1 - chance), 1e-9)
        total, tilt = _sums(stratum, weight), _sums(stratum, weight * ranks)
        pull = _sums(stratum, on - chance)
        information = float(weight @ ranks**2 - np.sum(tilt**2 / total))
        step = float((on - chance) @ ranks - np.sum(tilt / total * pull)) / max(information, 1e-12)
        slope = float(np.clip(slope + step, -_STEEPEST, _STEEPEST))
        level = np.clip(level + (pull - tilt * step) / total, -30.0, 30.0)
    return slope, information


def _sums(index: Ints, values: Floats | Bools | None = None) -> Floats:
    return np.bincount(index, values).astype(np.float64)


def _trend(slope: float, information: float, gap: float, variance: float, effect: float) -> _Trend | None:
    """`gap` is the score at no trend, `variance` its variance, `effect` the design effect of clusters."""
    if variance <= 1e-9 or information <= 1e-9:
        return None
    p_value = float(erfc(abs(gap) / math.sqrt(2 * variance * effect)))
    return _Trend(slope, effect / information, p_value)
