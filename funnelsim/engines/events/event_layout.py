"""The layout of a plan for the event engine: arrays of records instead of columns.

One memory access then fetches all fields of a row, an exit or a role.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.workhours import OpenHours
from funnelsim.distributions.quantile_table import TableBank
from funnelsim.engines.plan import (
    Clocks,
    Horizon,
    Outcomes,
    Plan,
    Recognition,
    Shocks,
    Spawns,
    Stages,
)

Floats = NDArray[np.float64]
Records = Any  # a record array; its fields are those of the dtype beside it

_ROW = np.dtype(
    [
        ("amount", np.float64),
        ("bookings", np.float64),
        ("quota", np.float64),
        ("exit_first", np.int32),
        ("exit_last", np.int32),
        ("task_first", np.int32),
        ("task_last", np.int32),
        ("patience", np.int32),
        ("abandon_exit", np.int32),
        ("lost_exit", np.int32),
        ("acts", np.bool_),  # whether an entry has credits
    ],
    align=True,
)
_STAGE = np.dtype(
    [("removed_from", np.float64), ("recovered", np.float64), ("hash", np.uint32)],
    align=True,
)
_EXIT = np.dtype(
    [
        ("p", np.float64),
        ("half_life", np.float64),
        ("target", np.int32),
        ("table", np.int32),
        ("clock", np.int32),
        ("forward", np.bool_),
    ],
    align=True,
)
_TASK = np.dtype([("role", np.int32), ("effort", np.int32)], align=True)
_ROLE = np.dtype(
    [
        ("calendar", np.int64),
        ("open_max", np.int64),
        ("discipline", np.int32),
        ("ramp_first", np.int32),
        ("ramp_last", np.int32),
        ("owner", np.bool_),
    ],
    align=True,
)
_OPEN_LEAD = np.dtype(
    [
        ("id", np.uint64),
        ("age", np.float64),
        ("created", np.float64),
        ("amount", np.float64),
        ("patient", np.float64),
        ("since", np.float64),
        ("stage", np.int32),
        ("segment", np.int32),
        ("amount_table", np.int32),
        ("bookings_before", np.int32),
        ("exit_first", np.int32),
        ("exit_last", np.int32),
        ("visit_first", np.int32),
        ("visit_last", np.int32),
        ("waits", np.bool_),
    ],
    align=True,
)
_OPEN_EXIT = np.dtype([("survival", np.float64), ("exit", np.int32)], align=True)
_VISITED = np.dtype([("stage", np.int32), ("visits", np.int32)], align=True)
_OUTCOME = np.dtype([("bookings", np.float64), ("quota", np.float64), ("acts", np.bool_)], align=True)


class Rules(NamedTuple):
    """A plan as records."""

    rows: Records
    stages: Records
    exits: Records
    upto: Floats  # cumulative p of the exits
    tasks: Records
    roles: Records
    outcomes: Records
    open_leads: Records
    open_exits: Records
    open_upto: Floats
    visited: Records
    era_start: Floats
    ramp: Floats
    needed: NDArray[np.bool_]  # (roles, stages)
    hours: OpenHours
    tables: TableBank
    clocks: Clocks
    horizon: Horizon
    shocks: Shocks
    spawns: Spawns
    recognition: Recognition
    ramp_days: float
    unit_exponential: int
    listed_table: int
    day_unit: float
    money_unit: float
    books_at: int
    lost: int
    churned: int
    won: int
    segments: int
    any_spawns: bool
    any_owner: bool


def rules_of(plan: Plan) -> Rules:
    """The records of a plan."""
    stages, exits, work, roles, pipeline = plan.stages, plan.exits, plan.work, plan.roles, plan.pipeline
    return Rules(
        rows=_records(
            _ROW,
            amount=stages.amount,
            bookings=stages.bookings,
            quota=stages.quota,
            **_slices("exit", stages.exit_first[: len(stages.amount) + 1]),
            **_slices("task", work.task_first),
            patience=work.patience,
            abandon_exit=work.abandon_exit,
            lost_exit=work.lost_exit,
            acts=_acts(plan, stages, np.arange(stages.amount.size) % stages.hash.size),
        ),
        stages=_records(
            _STAGE, removed_from=stages.removed_from, recovered=stages.recovered, hash=stages.hash
        ),
        exits=_records(_EXIT, **{name: getattr(exits, name) for name in _EXIT.names or ()}),
        upto=exits.upto,
        tasks=_records(_TASK, role=work.role, effort=work.effort),
        roles=_records(
            _ROLE,
            calendar=roles.calendar,
            open_max=roles.open_max,
            discipline=roles.discipline,
            **_slices("ramp", roles.ramp_first),
            owner=roles.owner,
        ),
        outcomes=_records(
            _OUTCOME,
            bookings=plan.outcomes.bookings,
            quota=plan.outcomes.quota,
            acts=_acts(plan, plan.outcomes, stages.hash.size + np.arange(plan.outcomes.bookings.size)),
        ),
        open_leads=_records(
            _OPEN_LEAD,
            **{
                name: getattr(pipeline, name)
                for name in _OPEN_LEAD.names or ()
                if not name.endswith(("_first", "_last"))
            },
            **_slices("exit", pipeline.exit_first),
            **_slices("visit", pipeline.visit_first),
        ),
        open_exits=_records(_OPEN_EXIT, survival=pipeline.survival, exit=pipeline.exit),
        open_upto=pipeline.upto,
        visited=_records(_VISITED, stage=pipeline.visited, visits=pipeline.visits),
        era_start=stages.era_start,
        ramp=roles.ramp,
        needed=roles.needed,
        hours=roles.hours,
        tables=plan.tables,
        clocks=plan.clocks,
        horizon=plan.horizon,
        shocks=plan.shocks,
        spawns=plan.spawns,
        recognition=plan.recognition,
        ramp_days=roles.ramp_days,
        unit_exponential=plan.unit_exponential,
        listed_table=plan.listed_table,
        day_unit=plan.day_unit,
        money_unit=plan.money_unit,
        books_at=plan.books_at,
        lost=plan.lost,
        churned=plan.churned,
        won=plan.won,
        segments=plan.segments,
        any_spawns=plan.any_spawns,
        any_owner=bool(roles.owner.any()),
    )


def _acts(plan: Plan, of: Stages | Outcomes, place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether entering a stage or outcome has any effect on credits or amount."""
    credits = (of.bookings > 0) | (of.quota > 0)
    return np.asarray(credits | (place == plan.books_at) | (place == plan.recognition.place))


def _slices(name: str, first: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    return {f"{name}_first": first[:-1], f"{name}_last": first[1:]}


def _records(kind: np.dtype[Any], **columns: NDArray[Any]) -> Records:
    size = len(next(iter(columns.values())))
    records = np.zeros(size, kind)
    for name, column in columns.items():
        records[name] = column
    return records.view(np.recarray)
