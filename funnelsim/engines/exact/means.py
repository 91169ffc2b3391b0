"""Exact means of a funnel without waiting, computed without simulation.

The value of a lead that enters stage ``s`` at each later lag, as a generating function, solves

    v_s = a_s (w_s + sum over exits e of s: p_e f_e v_target(e))

with ``w`` the value of an entry, ``a`` the factor on the amount, and ``f`` the transform of the exit's time
(Markov renewal equation: Cinlar 1975, Introduction to Stochastic Processes, chapter 10). It is solved on a
circle of radius below 1 (Abate and Whitt 1992, The Fourier-series method for inverting transforms of
probability distributions, Queueing Systems 10, 5-87), so that loops cost no more than a chain, and summed
over the expected arrivals. The times have the distributions of the plan's quantile tables. They are
discretised to a grid, keeping their means. The error is of the order of the squared step; it is removed by
Richardson extrapolation (1911), halving steps until two extrapolations agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions.table_distribution import TableDistribution
from funnelsim.engines.exact.leads import Arrivals
from funnelsim.engines.plan import NEVER, NO_SHOCK, NO_TABLE, Plan

#: Relative difference below which two extrapolations agree.
AGREE = 1e-6
_FIRST_STEP = 1 / 4
_HALVINGS = 7
_MOST_LAGS = 1 << 17
_BLOCK = 1 << 11
_ALIASED = 1e-10

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]


class ExactMean(NamedTuple):
    """A mean, and the difference between its last two extrapolations."""

    value: float
    error: float


class Figure(NamedTuple):
    """A quantity summed over all entries of leads in the first window.

    Attributes
    ----------
    worth : ndarray, shape (segments, S + outcomes)
        Value of an entry into each stage or outcome.
    amounts : bool
        Whether it is multiplied by the lead's amount.
    ends_at : int
        Stage or outcome after whose entry nothing is counted; `NEVER` if all entries are counted.
    """

    worth: Floats
    amounts: bool
    ends_at: int


def figure_of(plan: Plan, name: str, stage: int | None = None) -> Figure | None:
    """The figure of ``deals_won``, ``bookings``, ``quota_credit`` or, with the index of a stage,
    ``entered``; else None."""
    segments, n_stages = plan.segments, plan.stages.hash.size
    places = n_stages + plan.outcomes.bookings.size
    if name == "entered" and stage is not None:
        return Figure(np.tile(np.eye(places)[stage], (segments, 1)), False, NEVER)
    if name == "deals_won":
        return Figure(np.tile(np.eye(places)[plan.books_at], (segments, 1)), False, plan.books_at)
    if name in ("bookings", "quota_credit"):
        kind = "bookings" if name == "bookings" else "quota"
        by_row = getattr(plan.stages, kind)[: segments * n_stages].reshape(segments, n_stages)
        outcomes = np.tile(getattr(plan.outcomes, kind), (segments, 1))
        return Figure(np.hstack([by_row, outcomes]), True, NEVER)
    return None


def has_exact_mean(plan: Plan) -> bool:
    """Whether leads move independently of each other and of the date, and none is open at the start.

    This excludes clocks, dated changes, removed stages, shocks on odds, spawned leads and an open pipeline.
    Seasonality, growth, campaigns, hours, dispersion and shocks of sources are allowed: means need expected
    arrivals only. Work, roles, patience and the cost of waiting are ignored.
    """
    return not (
        plan.any_clock
        or plan.any_removed
        or plan.any_spawns
        or plan.stages.era_start.size > 2
        or plan.shocks.odds != NO_SHOCK
        or plan.pipeline.id.size
    )


def exact_mean(plan: Plan, figure: Figure) -> ExactMean | None:
    """The mean of a figure over the plan's first window if no lead ever waited for a rep.

    Parameters
    ----------
    plan : Plan
        Its work and roles are ignored.
    figure : Figure

    Returns
    -------
    ExactMean or None
        None if `has_exact_mean` is false, or the grid cannot be made fine enough.
    """
    if not has_exact_mean(plan):
        return None
    arrivals = [Arrivals.of(plan, stream) for stream in range(plan.sources.id_base.size)]
    distributions = {
        int(t): TableDistribution.of(plan.tables, t) for t in np.unique(plan.exits.table) if t != NO_TABLE
    }
    length = plan.horizon.end - plan.horizon.begin
    step, values = _FIRST_STEP, []
    for _ in range(_HALVINGS):
        count = int(np.ceil(length / step)) + 1
        if count > _MOST_LAGS:
            return None
        values.append(_mean_on_grid(plan, figure, arrivals, distributions, step, count))
        if len(values) > 2:
            before, last = ((4 * fine - coarse) / 3 for coarse, fine in (values[-3:-1], values[-2:]))
            if abs(last - before) <= AGREE * abs(last):
                return ExactMean(last, abs(last - before))
        step /= 2
    return None


def _mean_on_grid(
    plan: Plan,
    figure: Figure,
    arrivals: list[Arrivals],
    distributions: dict[int, TableDistribution],
    step: float,
    count: int,
) -> float:
    lags = np.arange(count) * step
    begin, end = plan.horizon.window_start[0] - lags, plan.horizon.window_end[0] - lags
    size = 1 << (2 * count - 1).bit_length()
    damping = _ALIASED ** (np.arange(count) / size)
    times = {
        table: np.fft.rfft(distribution.lag_masses(step, count) * damping, size)
        for table, distribution in distributions.items()
    }
    worth = {
        segment: np.fft.irfft(_worth(plan, figure, segment, times, size), size, axis=0)[:count]
        for segment in {segment for stream in arrivals for segment, _ in stream.segments}
    }
    total = 0.0
    for stream in arrivals:
        leads = stream.within(begin, end) / damping
        for segment, share in stream.segments:
            amount = float(stream.mean_amounts[segment]) if figure.amounts else 1.0
            for entry, part in stream.entries:
                total += share * part * amount * float(leads @ worth[segment][:, entry])
    return total


def _worth(plan: Plan, figure: Figure, segment: int, times: dict[int, Complex], size: int) -> Complex:
    """Value of entering each stage, by frequency; shape (size // 2 + 1, S)."""
    frequencies = size // 2 + 1
    found = np.empty((frequencies, plan.stages.hash.size), dtype=np.complex128)
    for first in range(0, frequencies, _BLOCK):
        block = slice(first, first + _BLOCK)
        found[block] = _worth_at(plan, figure, segment, {t: f[block] for t, f in times.items()})
    return found


def _worth_at(plan: Plan, figure: Figure, segment: int, times: dict[int, Complex]) -> Complex:
    stages, exits, n_stages = plan.stages, plan.exits, plan.stages.hash.size
    worth = figure.worth[segment]
    n = len(next(iter(times.values()))) if times else 1
    onward = np.zeros((n, n_stages, n_stages), dtype=np.complex128)
    known = np.tile(worth[:n_stages].astype(np.complex128), (n, 1))
    for stage in range(n_stages):
        row = segment * n_stages + stage
        for e in range(stages.exit_first[row], stages.exit_first[row + 1]):
            target = exits.target[e]
            if target == NEVER or stage == figure.ends_at:
                continue
            passed = exits.p[e] * times[int(exits.table[e])]
            if target < n_stages:
                onward[:, stage, target] += passed
            else:
                known[:, stage] += passed * worth[target]
    if figure.amounts:
        own = slice(segment * n_stages, (segment + 1) * n_stages)
        onward *= stages.amount[own, None]
        known *= stages.amount[own]
    solved = np.linalg.solve(np.eye(n_stages) - onward, known[:, :, None])
    return np.asarray(solved[:, :, 0], dtype=np.complex128)
