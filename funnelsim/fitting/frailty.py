"""Whether the dwells of a lead are tied, how strongly, and what the past of an open lead tells of its factor.

Each dwell has a normal score: the normal quantile of its distribution function, given where it led. Scores of
one lead are taken as ``r z + sqrt(1 - r^2) e`` with its factor ``z`` and a loading ``r`` for each stage. The
likelihood of a lead integrates over z on a grid; moves at once and days without a time of day enter as
intervals, stays that have not ended as all that lies beyond their age by any exit. Laws of dwells are those
already fitted: inference for margins (Joe and Xu 1996), two-stage estimation as for clustered survival times
(Shih and Louis 1995). Loadings are shrunk towards 0 by a normal prior.

References
----------
Joe, H. and Xu, J. J. (1996). The estimation method of inference functions for margins for multivariate
models. UBC Technical Report 166. Shih, J. H. and Louis, T. A. (1995). Inferences on the association parameter
in copula models for bivariate survival data. Biometrics 51, 1384-1399.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import logsumexp, ndtr, ndtri

from funnelsim.distributions import Distribution
from funnelsim.fitting.exits import StageFit
from funnelsim.fitting.independence import Dependence
from funnelsim.fitting.observed import AT_ONCE_DAYS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Nodes of the lead's factor: the trapezoid rule is exact to many digits for what is smooth and fades.
_NODES = np.linspace(-6.0, 6.0, 81)
_LOG_WEIGHTS = -(_NODES**2) / 2 - logsumexp(-(_NODES**2) / 2)
#: Loadings are searched up to here, and shrunk as if drawn with this standard deviation.
_LARGEST, _PRIOR_SD = 0.95, 0.5
#: A weaker loading ties nothing worth the work.
_WORTH = 0.1
#: So many leads tell enough, and so few visits of a stage too little: visits whose score is known to lie in a
#: part of this chance at most.
_MOST_LEADS, _FEWEST_VISITS, _PART = 8_000, 100, 0.9
#: Share of the leads, the earliest, that must foretell how the others' dwells hang together ...
_EARLIER = 2 / 3
#: ... and by how much that must raise the log-likelihood of those.
_GAIN = 3.0
_SURE = 1e-9
_TINY = 1e-300


@dataclass(frozen=True, kw_only=True)
class FrailtyFit:
    """Loadings of the stages whose dwells are tied.

    Attributes
    ----------
    loadings : dict of str to float
    leads : int
        Leads with more than one visit.
    gain : float
        Log-likelihood of the later leads with the loadings of the earlier ones, above that without.
    """

    loadings: dict[str, float]
    leads: int
    gain: float


class Scores(NamedTuple):
    """What is known of the normal scores of visits.

    Attributes
    ----------
    stage, lead : ndarray of int, shape (n,)
        Places of the stage and of the deal of each visit.
    ago : ndarray, shape (n,)
        Days from entering to the as-of time.
    score : ndarray, shape (n,)
        NaN where only terms are known.
    visit, low, high, weight : ndarray, shape (T,)
        Terms: by such a chance the score of a visit lies between these two.
    """

    stage: Ints
    lead: Ints
    ago: Floats
    score: Floats
    visit: Ints
    low: Floats
    high: Floats
    weight: Floats

    def of_visits(self, kept: NDArray[np.bool_]) -> Scores:
        """Some of the visits, shape (n,)."""
        number = np.cumsum(kept) - 1
        terms = kept[self.visit]
        return Scores(
            stage=self.stage[kept],
            lead=self.lead[kept],
            ago=self.ago[kept],
            score=self.score[kept],
            visit=number[self.visit[terms]],
            low=self.low[terms],
            high=self.high[terms],
            weight=self.weight[terms],
        )

    @property
    def telling(self) -> NDArray[np.bool_]:
        """Whether a score is known well enough to tell something of the lead, shape (n,)."""
        size = self.weight * (ndtr(self.high) - ndtr(self.low))
        return np.asarray(np.isfinite(self.score) | (np.bincount(self.visit, size, len(self.score)) < _PART))

    def of_leads(self, leads: Ints) -> Scores:
        """The visits of some leads, which are numbered anew in their order."""
        place = np.full(max(int(self.lead.max(initial=-1)), int(leads.max(initial=-1))) + 1, -1)
        place[leads] = np.arange(len(leads))
        found = self.of_visits(place[self.lead] >= 0)
        return found._replace(lead=place[found.lead])


def find_frailty(fits: Mapping[str, StageFit], dependences: Iterable[Dependence]) -> FrailtyFit | None:
    """Loadings, if a test found that one stay depends on the next, and the past foretold how.

    Parameters
    ----------
    fits : dict of str to StageFit
        Stages in funnel order, over the whole past.
    dependences : iterable of Dependence
        Tests of the same history.
    """
    if not any(one.clear and one.question == "stay and next stay" for one in dependences):
        return None
    scores = scores_of(fits)
    told = np.bincount(scores.stage[scores.telling], minlength=len(fits)) >= _FEWEST_VISITS
    scores = scores.of_visits(told[scores.stage])
    visits = np.bincount(scores.lead)
    leads = np.flatnonzero(visits > 1)
    if len(leads) < 2:
        return None
    began = np.zeros(len(visits))
    np.maximum.at(began, scores.lead, scores.ago)
    in_turn = leads[np.argsort(-began[leads], kind="stable")]
    in_turn = in_turn[np.unique(np.linspace(0, len(leads) - 1, _MOST_LEADS).astype(np.int64))]
    earlier, later = np.split(in_turn, [int(_EARLIER * len(in_turn))])
    before = fit_loadings(scores.of_leads(earlier), len(fits))
    gain = float(_likelihood(scores.of_leads(later), before)[0].sum())
    if gain < _GAIN:
        return None
    found = fit_loadings(scores.of_leads(in_turn), len(fits))
    loadings = {stage: round(float(r), 3) for stage, r in zip(fits, found, strict=True) if abs(r) >= _WORTH}
    return FrailtyFit(loadings=loadings, leads=len(leads), gain=gain) if loadings else None


def fit_loadings(scores: Scores, stages: int) -> Floats:
    """Loadings of so many stages by penalised maximum likelihood, the largest of them positive."""

    def cost(r: Floats) -> tuple[float, Floats]:
        by_lead, slope = _likelihood(scores, r)
        return float(r @ r) / (2 * _PRIOR_SD**2) - float(by_lead.sum()), r / _PRIOR_SD**2 - slope

    bounds = [(-_LARGEST, _LARGEST)] * stages
    r: Floats = minimize(cost, np.full(stages, 0.3), jac=True, method="L-BFGS-B", bounds=bounds).x
    return r if r[np.argmax(np.abs(r))] > 0 else -r


def factors_of(
    fits: Mapping[str, StageFit], loadings: Mapping[str, float], deals: int
) -> tuple[Floats, Floats]:
    """Mean and sd of the factor of each deal given its completed visits, by row of the history's deals."""
    r = np.array([loadings.get(stage, 0.0) for stage in fits])
    return factors_given(scores_of(fits, open_too=False), r, deals)


def factors_given(scores: Scores, loadings: Floats, leads: int) -> tuple[Floats, Floats]:
    """Mean and sd of the factor of each of some leads given what is known of its visits, shape (leads,)."""
    together = _sums(scores.lead, leads) @ _chances(scores, loadings)[0] + _LOG_WEIGHTS
    weight = np.exp(together - logsumexp(together, axis=1, keepdims=True))
    mean: Floats = weight @ _NODES
    return mean, np.sqrt(np.maximum(weight @ _NODES**2 - mean**2, 0.0))


def scores_of(fits: Mapping[str, StageFit], *, open_too: bool = True) -> Scores:
    """Scores of all visits that were watched from their beginning.

    Parameters
    ----------
    open_too : bool
        Whether visits that have not ended count by their age, or not at all.
    """
    parts = [_scores_of_stage(fit, place) for place, fit in enumerate(fits.values())]
    if not open_too:
        ended = (fit.sample.ended[_watched(fit)] for fit in fits.values())
        parts = [part.of_visits(kept) for part, kept in zip(parts, ended, strict=True)]
    first = np.cumsum([0, *(len(part.stage) for part in parts)])
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Scores._fields}
    columns["visit"] = np.concatenate([part.visit + n for part, n in zip(parts, first, strict=False)])
    return Scores(**columns)


def _watched(fit: StageFit) -> NDArray[np.bool_]:
    return np.asarray(fit.sample.entry == 0)


def _scores_of_stage(fit: StageFit, place: int) -> Scores:
    """Scores of the visits of one stage."""
    sample, watched = fit.sample, _watched(fit)
    dwell, exit_ = sample.dwell[watched], sample.exit[watched]
    score = np.full(len(dwell), np.nan)
    open_ = np.flatnonzero(exit_ < 0)
    terms = [_terms(open_, -np.inf, np.inf, float(fit.p[-1]) if fit.layout.never else 0.0)]
    for k, target in enumerate(sample.exits):
        law = _LawTo.of(fit, target)
        ended = np.flatnonzero(exit_ == k)
        least, most = _spans(dwell[ended], by_day=sample.by_day)
        sharp = least == most
        score[ended[sharp]] = law.score(least[sharp])
        low = np.where(least > 0, law.score(least), -np.inf)
        terms.append(_terms(ended[~sharp], low[~sharp], law.score(most[~sharp]), 1.0))
        terms.append(_terms(open_, law.score(dwell[open_]), np.inf, law.chance))
    visit, low, high, weight = (np.concatenate(column) for column in zip(*terms, strict=True))
    return Scores(
        stage=np.full(len(dwell), place),
        lead=sample.deal[watched],
        ago=sample.ago[watched],
        score=score,
        visit=visit,
        low=low,
        high=high,
        weight=weight,
    )


def _terms(
    visit: Ints, low: Floats | float, high: Floats | float, weight: float
) -> tuple[Ints, Floats, Floats, Floats]:
    ends = (np.broadcast_to(end, visit.shape) for end in (low, high, weight))
    return visit, *(np.asarray(end, np.float64) for end in ends)  # type: ignore[return-value]


def _spans(dwell: Floats, *, by_day: bool) -> tuple[Floats, Floats]:
    """Days between which dwells lie; twice the same where they are known."""
    if by_day:
        return np.maximum(dwell - 0.5, 0.0), dwell + 0.5
    at_once = dwell < AT_ONCE_DAYS
    return np.where(at_once, 0.0, dwell), np.where(at_once, AT_ONCE_DAYS, dwell)


class _LawTo(NamedTuple):
    """How long those stay who leave for one target: shares and laws (None: at once) of all components."""

    parts: tuple[tuple[float, Distribution | None], ...]

    @classmethod
    def of(cls, fit: StageFit, target: str) -> _LawTo:
        components = enumerate(fit.components)
        return cls(tuple((float(fit.p[k]), fit.law(k)) for k, one in components if one.to == target))

    @property
    def chance(self) -> float:
        return sum(share for share, _ in self.parts)

    def score(self, days: Floats) -> Floats:
        """Normal score of a dwell."""
        reached = np.zeros(len(days))
        for share, law in self.parts:
            reached += share * (1.0 if law is None else law.cdf(days))
        return np.asarray(ndtri(np.clip(reached / max(self.chance, _TINY), _SURE, 1 - _SURE)))


def _likelihood(scores: Scores, loadings: Floats) -> tuple[Floats, Floats]:
    """Log-likelihood of each lead above that without frailty, and the slope of the sum by loading."""
    logs, slopes = _chances(scores, loadings)
    sums = _sums(scores.lead, int(scores.lead.max(initial=-1)) + 1)
    together = sums @ logs + _LOG_WEIGHTS
    by_lead = np.asarray(logsumexp(together, axis=1))
    weight = np.exp(together - by_lead[:, None])
    by_visit = (weight[scores.lead] * slopes).sum(axis=1)
    return by_lead, np.bincount(scores.stage, by_visit, len(loadings)).astype(np.float64)


def _sums(group: Ints, groups: int) -> csr_array:
    """The matrix that adds up what belongs to each of some groups."""
    return csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(groups, len(group)))


def _chances(scores: Scores, loadings: Floats) -> tuple[Floats, Floats]:
    """Log of the chance of what is known of each visit, over that without frailty, and its slope.

    Both of shape (n, nodes).
    """
    logs = np.zeros((len(scores.stage), len(_NODES)))
    slopes = np.zeros_like(logs)
    sharp = np.isfinite(scores.score)
    x, r = scores.score[sharp, None], loadings[scores.stage[sharp], None]
    own, slope = _standard(x, r)
    logs[sharp] = (x**2 - own**2 - np.log1p(-(r**2))) / 2
    slopes[sharp] = r / (1 - r**2) - own * slope
    if len(scores.visit):
        visits, place = np.unique(scores.visit, return_inverse=True)
        r = loadings[scores.stage[scores.visit], None]
        (above, rise), (below, fall) = (_reached(end[:, None], r) for end in (scores.high, scores.low))
        before = scores.weight * (ndtr(scores.high) - ndtr(scores.low))
        sums = csr_array((scores.weight, (place, np.arange(len(place)))))
        chance = np.maximum(np.asarray(sums @ (above - below)), _TINY)
        logs[visits] = np.log(chance / np.maximum(np.bincount(place, before), _TINY)[:, None])
        slopes[visits] = (sums @ (rise - fall)) / chance
    return logs, slopes


def _standard(x: Floats, r: Floats) -> tuple[Floats, Floats]:
    """What a lead's factor leaves of a score, standard normal, and its slope by the loading."""
    rest = np.sqrt(1 - r**2)
    own = (x - r * _NODES) / rest
    return own, (own * r / rest - _NODES) / rest


def _reached(x: Floats, r: Floats) -> tuple[Floats, Floats]:
    """Chance of a score up to `x` given the factor, and its slope by the loading."""
    own, slope = _standard(np.clip(x, -40.0, 40.0), r)
    return ndtr(own), np.exp(-(own**2) / 2) / np.sqrt(2 * np.pi) * slope
