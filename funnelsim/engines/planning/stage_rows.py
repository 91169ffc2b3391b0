"""The stages of a plan with their exits and work, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from funnelsim.engines.plan import Exits, Stages, Work
from funnelsim.engines.planning.exit_rows import ExitRows
from funnelsim.engines.planning.scope import Scope
from funnelsim.engines.planning.tables import Tables
from funnelsim.engines.planning.work import TaskRows
from funnelsim.model.parts import Model, Stage


class StageRows(NamedTuple):
    """All that holds by row.

    Attributes
    ----------
    exit_names : tuple of str
    planned : dict of int to int
        The first of each stage's rows of planned exits, which lie behind all others: one a segment, as
        they hold in the era in which the pipeline is found.
    """

    stages: Stages
    exits: Exits
    work: Work
    exit_names: tuple[str, ...]
    planned: Mapping[int, int]


def stage_rows(scope: Scope, models: Sequence[Sequence[Model]], tables: Tables) -> StageRows:
    """The rows of a funnel: of each era (outer), each segment, each stage (inner)."""
    removed = [scope.removed_from(key) for key in scope.stage_keys]
    base = models[0][0]
    rows = ExitRows(scope, tables, list(base.clocks))
    tasks = TaskRows(tables, list(base.roles))
    amount, bookings, quota = [], [], []
    for begins, by_segment in zip(scope.era_starts, models, strict=True):
        for model in by_segment:
            for place, (key, stage) in enumerate(model.stages.items()):
                books, credits = _credit(model, key, stage)
                amount.append(stage.amount)
                bookings.append(books)
                quota.append(credits)
                rows.add(model, place, key, stage, removed=removed[place][0] <= begins)
                tasks.add(stage)
    planned = {}
    found = models[scope.start_era]
    for place, key in enumerate(scope.stage_keys):
        if found[0].stages[key].planned is not None:
            planned[place] = len(rows.first) - 1
            for model in found:
                rows.add(model, place, key, _as_planned(model.stages[key]), removed=removed[place][0] <= 0)
    stages = Stages(
        hash=scope.hashes,
        era_start=np.array([*scope.era_starts, np.inf]),
        removed_from=np.array([day for day, _ in removed]),
        recovered=np.array([share for _, share in removed]),
        exit_first=np.array(rows.first, dtype=np.int64),
        amount=np.array(amount, dtype=np.float64),
        bookings=np.array(bookings, dtype=np.float64),
        quota=np.array(quota, dtype=np.float64),
    )
    exits, names = rows.exits()
    return StageRows(stages, exits, tasks.work(rows.abandon_exit, rows.lost_exit), names, planned)


def _as_planned(stage: Stage) -> Stage:
    """The stage as its open leads with a planned close leave it."""
    assert stage.planned is not None
    return stage.model_copy(update={"exits": stage.planned.exits, "after": None, "clock": None})


def _credit(model: Model, key: str, stage: Stage) -> tuple[float, float]:
    if stage.credit is not None:
        return stage.credit.bookings, stage.credit.quota
    goal = model.goal
    return float(key == goal.books_at), float(key == (goal.credits_at or goal.books_at))
