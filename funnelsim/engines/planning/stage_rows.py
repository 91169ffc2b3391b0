"""The stages of a plan with their exits and work, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from funnelsim.engines.plan import Exits, Stages, Work
from funnelsim.engines.planning.exit_rows import ExitRows, KnownExits, StageExits
from funnelsim.engines.planning.scope import Scope
from funnelsim.engines.planning.tables import Tables
from funnelsim.engines.planning.work import TaskRows
from funnelsim.model.parts import Model, Stage


class StageRows(NamedTuple):
    """All that holds by row.

    Attributes
    ----------
    exit_names : tuple of str
    of_rows : tuple of StageExits
        By row, those of planned exits included.
    made : KnownExits
        For plans of variants.
    planned : dict of int to int
        The first of each stage's rows of planned exits, which lie behind all others: one a segment, as
        they hold in the era in which the pipeline is found.
    """

    stages: Stages
    exits: Exits
    work: Work
    exit_names: tuple[str, ...]
    of_rows: tuple[StageExits, ...]
    made: KnownExits
    planned: Mapping[int, int]


def stage_rows(
    scope: Scope, models: Sequence[Sequence[Model]], tables: Tables, known: KnownExits | None = None
) -> StageRows:
    """The rows of a funnel: of each era (outer), each segment, each stage (inner).

    Parameters
    ----------
    known : KnownExits, optional
        Of another plan of the same funnel, for stages that do not differ.
    """
    removed = [scope.removed_from(key) for key in scope.stage_keys]
    base = models[0][0]
    rows = ExitRows(scope, tables, list(base.clocks), known or {})
    tasks = TaskRows(tables, list(base.roles))
    amount, bookings, quota = [], [], []
    for begins, by_segment in zip(scope.era_starts, models, strict=True):
        for model in by_segment:
            for place, (key, stage) in enumerate(model.stages.items()):
                books, credits = _credit(model, key, stage)
                amount.append(stage.amount)
                bookings.append(books)
                quota.append(credits)
                rows.add(model, place, key, removed=removed[place][0] <= begins)
                tasks.add(stage)
    planned = {}
    found = models[scope.start_era]
    for place, key in enumerate(scope.stage_keys):
        if found[0].stages[key].planned is not None:
            planned[place] = len(rows.first) - 1
            for model in found:
                rows.add(model, place, key, removed=removed[place][0] <= 0, planned=True)
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
    work = tasks.work(rows.abandon_exit, rows.lost_exit)
    return StageRows(stages, exits, work, names, tuple(rows.of_rows), rows.made, planned)


def _credit(model: Model, key: str, stage: Stage) -> tuple[float, float]:
    if stage.credit is not None:
        return stage.credit.bookings, stage.credit.quota
    goal = model.goal
    return float(key == goal.books_at), float(key == (goal.credits_at or goal.books_at))
