"""Learn from a history what each rep wins in a month, how new reps ramp, and how often reps leave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy.stats import t as student

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.core.numeric.keys import path_id
from funnelsim.fitting.productivity.attrition import Attrition, observed_attrition
from funnelsim.fitting.productivity.deal_sizes import DealSizes, deal_sizes
from funnelsim.fitting.productivity.gamma_poisson import GammaPoisson, fit_gamma_poisson
from funnelsim.fitting.productivity.lead_limit import Trend, trend
from funnelsim.fitting.productivity.rep_months import (
    MOST_RAMP_MONTHS,
    RepMonths,
    month_edges,
    rep_months,
)
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.fitting.productivity.roster import Rep
from funnelsim.fitting.productivity.team import Team, read_team
from funnelsim.history.files.events import History

#: A ramp needs the first months of this many reps; with fewer, it is assumed.
FEWEST_NEW_REPS = 3
#: The latest year replaces the whole history as the level of the future only if chance gives such a trend
#: less than once in a hundred: of two equal teams, following the latest year by chance makes the worse plan.
LEVEL_CHANGED = 0.01
#: Parameter draws. 400 leave an error of about 1 % of a standard deviation in the ends of 90 % intervals.
DRAWS = 400
_NINETY = 1.6449


@dataclass(frozen=True, kw_only=True)
class Productivity:
    """What a history says of the productivity of its reps.

    Attributes
    ----------
    as_of : date
        Days count from its midnight.
    team : Team
        Reps, and the days of their wins.
    counted_from : float
        Day from which wins are counted.
    wins, exposure : ndarray, shape (K, M + 1)
        Deals won and rep-months observed, by rep and month of service; the last column is for ramped months.
    point : GammaPoisson
        Best estimates, one row.
    draws : GammaPoisson
        Parameter draws, ``B`` rows: a bootstrap over reps.
    ramp_source : {"history", "sales cycle", "given"}
        The sales cycle if too few reps began within the history.
    new_reps : int
        Reps whose first months are in the history.
    sizes : DealSizes or None
        None if no won deal has an amount.
    attrition : Attrition
    attrition_draws : ndarray, shape (B,)
        Departures per rep and year.
    month_variance : float
        Variance of the factor on all wins of a calendar month, beyond chance.
    level : float
        Factor of the latest year on the productivity of the whole history; 1 unless a trend is beyond doubt.
    wins_trend, leads_trend : Trend or None
        Wins per ramped rep-month and leads per rep-month; None where months are too few.
    team_trend : Trend or None
        Reps at work.
    """

    as_of: dt.date
    team: Team
    counted_from: float
    wins: Floats
    exposure: Floats
    point: GammaPoisson
    draws: GammaPoisson
    ramp_source: Literal["history", "sales cycle", "given"]
    new_reps: int
    sizes: DealSizes | None
    attrition: Attrition
    attrition_draws: Floats
    month_variance: float
    level: float
    wins_trend: Trend | None
    leads_trend: Trend | None
    team_trend: Trend | None

    @property
    def reps(self) -> tuple[Rep, ...]:
        """All reps, also those who left."""
        return self.team.reps

    def rep_posterior(self) -> tuple[Floats, Floats]:
        """Gamma shape and rate of each rep's wins per ramped month under each draw, shape (B, K) each."""
        return self.draws.posterior(self.wins, self.exposure)


def learn_productivity(
    history: History,
    wins: pl.DataFrame,
    *,
    reps: Sequence[RepRow] = (),
    ramp: Sequence[float] | None = None,
    seed: int = 1,
    draws: int = DRAWS,
) -> Productivity:
    """Learn the productivity, ramp and attrition of the reps who own deals.

    Parameters
    ----------
    history : History
    wins : DataFrame
        ``deal at``: the instant at which each deal counts.
    reps : sequence of RepRow, optional
        From `read_reps`; overrides what the activity suggests of those listed.
    ramp : sequence of float, optional
        Productivity in the months after a hire, instead of that in the data.
    seed : int
    draws : int
        Parameter draws.

    Raises
    ------
    FunnelSimError
        If no won deal has an owner, or listed reps do not occur in the history.
    """
    team = read_team(history, wins, reps)
    as_of = history.meta.as_of.date()
    counted_from = team.counted_from
    edges = month_edges(as_of, counted_from)
    cells = rep_months(team.reps, team.win_days, first_day=counted_from, edges=edges)
    began = np.array([_began_within(rep, counted_from) for rep in team.reps])
    learnt = ramp is None and int(began.sum()) >= FEWEST_NEW_REPS
    fixed = None if learnt else _padded(ramp) if ramp is not None else team.ramp_by_cycle(MOST_RAMP_MONTHS)
    rng = np.random.Generator(np.random.Philox(key=[seed, path_id("productivity")]))
    weights = _bootstrap_weights(began, draws, rng)
    point, factor, variance = _with_month_factors(cells, fixed)
    by_service = cells.by_service(factor)
    attrition = observed_attrition(team.reps, team.first_day)
    middles = (np.maximum(edges[:-1], counted_from) + edges[1:]) / 2
    productivity = _productivity(point, *by_service)
    won, expected = cells.by_calendar(productivity, point.ramp[0])
    wins_trend = trend(won, expected, middles)
    return Productivity(
        as_of=as_of,
        team=team,
        counted_from=counted_from,
        wins=by_service[0],
        exposure=by_service[1],
        point=point,
        draws=fit_gamma_poisson(*by_service, weights, fixed_ramp=fixed),
        ramp_source="history" if learnt else "given" if ramp is not None else "sales cycle",
        new_reps=int(began.sum()),
        sizes=deal_sizes([team.win_amounts.get(rep.name, np.array([])) for rep in team.reps], weights),
        attrition=attrition,
        attrition_draws=attrition.draws(rng, draws),
        month_variance=variance,
        level=_latest_level(won, expected, wins_trend),
        wins_trend=wins_trend,
        leads_trend=_leads_trend(team, cells, edges, middles),
        team_trend=_team_trend(cells, middles, edges, counted_from),
    )


def _began_within(rep: Rep, counted_from: float) -> bool:
    """Whether some of a rep's first months can be learnt from."""
    return rep.start_day is not None and counted_from - 2 * MONTH_DAYS <= rep.start_day <= -MONTH_DAYS


def _padded(ramp: Sequence[float]) -> Floats:
    values = np.ones(MOST_RAMP_MONTHS + 1)
    values[: min(len(ramp), MOST_RAMP_MONTHS)] = list(ramp)[:MOST_RAMP_MONTHS]
    return values


def _bootstrap_weights(began: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Weights of the reps, shape (B, K): the Bayesian bootstrap of Rubin (1981), wider for few reps.

    Weights are Gamma with mean 1. Their variance is that of exponential weights times n / (n - 1) times the
    square of Student's over the normal quantile, so that 90 % intervals hold with few reps too. New reps
    have their own n: the ramp rests on them alone.
    """
    n = np.where(began, int(began.sum()), began.size)
    variance = np.array([_widening(int(k)) for k in n])
    return rng.gamma(1 / variance, variance, size=(draws, began.size))


def _widening(n: int) -> float:
    # Below three there is nothing to learn a spread from; the weight varies as if there were three.
    n = max(n, 3)
    return n / (n - 1) * (float(student.ppf(0.95, n - 1)) / _NINETY) ** 2


def _with_month_factors(cells: RepMonths, fixed: Floats | None) -> tuple[GammaPoisson, Floats, float]:
    """The best fit, the factor of each calendar month (shape (T,)), and its variance beyond chance.

    Months in which all sell more or less would otherwise count as the ramp of those who began then.
    """
    factor, variance = np.ones(cells.months), 0.0
    for _ in range(3):
        wins, exposure = cells.by_service(factor)
        point = fit_gamma_poisson(wins, exposure, np.ones((1, cells.reps)), fixed_ramp=fixed)
        won, expected = cells.by_calendar(_productivity(point, wins, exposure), point.ramp[0])
        variance = _variance_beyond_chance(won, expected)
        # Shrunk as the Gamma-Poisson model says: Gamma with mean 1 and this variance.
        factor = (won + 1 / variance) / (expected + 1 / variance) if variance > 0 else np.ones(cells.months)
    return point, factor, variance


def _variance_beyond_chance(won: Floats, expected: Floats) -> float:
    """Variance of won / expected between months, less that of a Poisson count (method of moments)."""
    kept = expected > 0
    if kept.sum() < 4:
        return 0.0
    won, expected = won[kept], expected[kept]
    beyond = ((won - expected) ** 2 - expected).sum() / (expected**2).sum()
    return float(max(0.0, beyond))


def _productivity(point: GammaPoisson, wins: Floats, exposure: Floats) -> Floats:
    shape, rate = point.posterior(wins, exposure)
    return np.asarray((shape / rate)[0])


def _latest_level(won: Floats, expected: Floats, wins_trend: Trend | None) -> float:
    if wins_trend is None or wins_trend.p_value >= LEVEL_CHANGED:
        return 1.0
    return float(won[-12:].sum() / max(expected[-12:].sum(), 1e-12))


def _leads_trend(team: Team, cells: RepMonths, edges: Floats, middles: Floats) -> Trend | None:
    created = np.histogram(team.created_days, edges)[0].astype(np.float64)
    created[0] = ((team.created_days >= team.counted_from) & (team.created_days < edges[1])).sum()
    months = cells.in_months(cells.exposure)
    return trend(created, months, middles)


def _team_trend(cells: RepMonths, middles: Floats, edges: Floats, counted_from: float) -> Trend | None:
    months = cells.in_months(cells.exposure)
    length = (edges[1:] - np.maximum(edges[:-1], counted_from)) / MONTH_DAYS
    return trend(months, length, middles, least_dispersion=0.0)
