"""Ways out of a stage by where they lead, and what a lead that goes on is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.model.changes.parallel_exits import exits_to
from funnelsim.model.changes.resolve import Resolver
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.flows.markov_chain import solved, sparse
from funnelsim.model.flows.ways_on import ways_on
from funnelsim.model.parts import Exit, Model


def forward_targets(model: Model, key: str) -> dict[str, float]:
    """Probability of each later stage, of the booking stage or outcome, and of won; those above 0."""
    return _targets(model, key, ways_on(model.stages, key, model.goal.books_at) - {key})


def lost_targets(model: Model, key: str) -> dict[str, float]:
    """Probability of each outcome that is not a win; those above 0."""
    return _targets(model, key, set(model.all_outcomes) - {"won", model.goal.books_at})


def _targets(model: Model, key: str, wanted: Set[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for e in model.stages[key].exits.values():
        if e.to in wanted and e.p > 0:
            found[e.to] = found.get(e.to, 0.0) + e.p
    return found


def path_to(exits: Mapping[str, Exit], target: str, stage_path: str) -> str:
    """The path of the probability of a target: of all exits that lead there together."""
    parts = [key for key, e in exits.items() if e.to == target]
    together = target if exits_to(exits, target) == parts else parts[0]
    return f"{stage_path}.exits.{together}.p"


class OnwardWorth(NamedTuple):
    """What a lead brings in the end if it goes on from a stage, for an amount of 1.

    Attributes
    ----------
    worth : ndarray, shape (draws, segments, S)
        The sum of credits; 0 where a stage has no way on.
    wins : ndarray, shape (draws, segments, S)
        The probability to be won.
    segments : tuple of str or None
    """

    worth: Floats
    wins: Floats
    segments: tuple[str | None, ...]


def onward_worth(funnel: Funnel, metric: str, draws: Sequence[int] = ()) -> OnwardWorth:
    """What leads that go on from each stage bring, however long it takes them.

    The next stage is drawn among the ways on in proportion to their probabilities. Credits count up to the
    first booking (or quota credit), without renewals. Nobody loses patience, and no probability falls with
    waiting.

    Parameters
    ----------
    metric : {"bookings", "quota_credit", "deals_won"}
    draws : sequence of int, optional
        Rows of the parameter draws; default the values of the file.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3.
    """
    model = funnel.model
    segments = (None, *model.segments)
    rows = [None] if funnel.draws is None or not draws else [funnel.draws.row(d, named=True) for d in draws]
    resolver = Resolver(model, tuple(rows[0] or ()))
    worth, wins = [], []
    for row in rows:
        (held,) = resolver.resolve_each(row, [()], segments)
        worth.append([_onward(one, metric) for one in held])
        wins.append([_onward(one, "deals_won") for one in held])
    return OnwardWorth(np.array(worth), np.array(wins), segments)


def _onward(model: Model, metric: str) -> Floats:
    """The worth of going on from each stage, shape (S,)."""
    entering = _entry_worth(model, metric)
    of_outcome = _credits(model, metric)
    found = np.zeros(len(model.stages))
    place = {key: n for n, key in enumerate(model.stages)}
    for key, n in place.items():
        onward = forward_targets(model, key)
        total = sum(onward.values())
        for target, p in onward.items():
            brings = entering[place[target]] if target in place else of_outcome.get(target, 0.0)
            found[n] += p / total * brings
    return found


def _entry_worth(model: Model, metric: str) -> Floats:
    """The worth of entering each stage, v_s = a_s (w_s + sum over exits of p v_target), shape (S,)."""
    place = {key: n for n, key in enumerate(model.stages)}
    credit, goal = _credits(model, metric), model.goal
    counted_at = goal.books_at if metric != "quota_credit" else goal.credits_at or goal.books_at
    known, moves = np.zeros(len(place)), []
    for key, stage in model.stages.items():
        factor = 1.0 if metric == "deals_won" else stage.amount
        known[place[key]] += factor * credit.get(key, 0.0)
        if key == counted_at:
            continue  # renewals would count again
        for e in stage.exits.values():
            if e.to in place:
                moves.append((factor * e.p, place[key], place[e.to]))
            else:
                known[place[key]] += factor * e.p * credit.get(e.to, 0.0)
    p, rows, columns = zip(*moves, strict=True) if moves else ((), (), ())
    found = solved(sparse(p, rows, columns, len(place)), known)
    return np.full(len(place), np.nan) if found is None else found


def _credits(model: Model, metric: str) -> dict[str, float]:
    """What each stage and outcome credits for an amount of 1; of a win, 1."""
    goal = model.goal
    if metric == "deals_won":
        return {goal.books_at: 1.0}
    at = goal.books_at if metric == "bookings" else goal.credits_at or goal.books_at
    found = {at: 1.0}
    for key, stage in model.stages.items():
        if stage.credit is not None:
            found[key] = stage.credit.bookings if metric == "bookings" else stage.credit.quota
    return found
