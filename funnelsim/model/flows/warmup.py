"""The time that an empty funnel takes to fill; a shorter warm-up starts with too few open leads."""

from __future__ import annotations

import math

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.model.flows.markov_chain import moves, solved, sparse
from funnelsim.model.parts import Exit, Model, Stage

_WEEK, _STEP, _MOST = 7, 50, 1000
#: Used if no lead ever reaches the booking stage or outcome.
_UNKNOWN = 200


def days_to_fill(model: Model) -> int:
    """Days until nearly all leads that will book have had time to do so, rounded to weeks below 50, else to
    50.

    Mean plus three standard deviations of the time from creation to the stage or outcome that books, or to
    the one that credits the quota, whichever takes longer, for the slowest source, among the leads that
    reach it. Overrides of segments, clocks, waits, work and loops of clients are left out.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3; moments by first-step analysis
    of the chain conditioned on its end.
    """
    places = {model.goal.books_at, model.goal.credits_at or model.goal.books_at}
    longest = max((days for place in places if (days := _longest(model, place)) is not None), default=None)
    if longest is None:
        return _UNKNOWN
    step = _WEEK if longest <= _STEP - _WEEK else _STEP
    return _MOST if longest > _MOST else max(math.ceil(longest / step), 1) * step


def _longest(model: Model, place: str) -> float | None:
    """Days to a stage or outcome from the slowest source; None if no lead ever gets there."""
    order = list(model.stages)
    reach = _reach(model, order, place)
    mean, square = np.zeros(len(order)), np.zeros(len(order))
    known = [n for n, key in enumerate(order) if reach[n] > 0 and key != place]
    if known:
        mean[known], square[known] = _moments(model, order, place, reach, known)
    longest = None
    for source in model.sources.values():
        shares = np.array([source.enters.get(key, 0.0) for key in order]) * reach
        if source.rate > 0 and shares.sum() > 0:
            first, second = shares @ mean / shares.sum(), shares @ square / shares.sum()
            days = float(first + 3 * math.sqrt(max(second - first**2, 0.0)))
            longest = days if longest is None else max(longest, days)
    return longest


def _reach(model: Model, order: list[str], place: str) -> Floats:
    """Probability to reach the target from each stage; 1 at the target itself."""
    into = np.zeros(len(order))
    for n, (key, stage) in enumerate(model.stages.items()):
        into[n] = sum(e.p for e in stage.exits.values() if e.to == place and key != place)
    found = solved(moves(model, ends_at=place), into)
    if found is None:  # an endless loop, which valid models do not have
        return np.zeros(len(order))
    if place in model.stages:
        found[order.index(place)] = 1.0
    return np.where(found > 1e-9, np.clip(found, 0.0, 1.0), 0.0)


def _moments(
    model: Model, order: list[str], place: str, reach: Floats, known: list[int]
) -> tuple[Floats, Floats]:
    """Mean and mean square of the days to the target from each stage, given that it is reached."""
    row_of = {order[n]: row for row, n in enumerate(known)}
    reached = dict(zip(order, reach.tolist(), strict=True))
    alone, squares = np.zeros(len(known)), np.zeros(len(known))
    steps: list[tuple[float, float, int, int]] = []
    for key, row in row_of.items():
        stage = model.stages[key]
        for e in stage.exits.values():
            ahead = 1.0 if e.to == place else reached.get(e.to, 0.0)
            p = e.p * ahead / reached[key]
            if p == 0:
                continue
            mean, sd = _stay(stage, e)
            alone[row] += p * mean
            squares[row] += p * (mean**2 + sd**2)
            if e.to in row_of:
                steps.append((p, p * mean, row, row_of[e.to]))
    p_on, days_on, rows, columns = zip(*steps, strict=True) if steps else ((), (), (), ())
    onward = sparse(p_on, rows, columns, len(known))
    mean_days = solved(onward, alone)
    if mean_days is None:
        return alone, squares
    waited = sparse(days_on, rows, columns, len(known)) @ mean_days
    squared = solved(onward, squares + 2 * waited)
    return mean_days, squares if squared is None else squared


def _stay(stage: Stage, e: Exit) -> tuple[float, float]:
    distribution = e.after or stage.after
    if distribution is None:
        return 0.0, 0.0
    mean, sd = distribution.mean(), distribution.sd()
    return mean, sd if math.isfinite(sd) else mean
