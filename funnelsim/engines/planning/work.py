"""From a funnel's roles and tasks to the arrays of a plan."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.time import MONTH_DAYS, YEAR_DAYS
from funnelsim.core.calendar.workhours import open_hours
from funnelsim.core.numeric.keys import stage_hash
from funnelsim.engines.plan import DISCIPLINES, NO_CALENDAR, NO_TABLE, Exits, Roles, Stages, Work
from funnelsim.engines.planning.tables import Tables
from funnelsim.model.parts import Model, Stage
from funnelsim.model.roles import Role

Ints = NDArray[np.int64]

_NO_LIMIT = 2**31


def roles_of(
    eras: Sequence[tuple[float, Model]],
    dates: Sequence[dt.date],
    first_day: int,
) -> Roles:
    """The roles of a funnel; `needed` depends on the exits and comes later.

    Parameters
    ----------
    eras : sequence of (float, Model)
        The day from which each holds, the first from for ever; they may differ in headcounts only.
    dates : sequence of date
        Days of the grid of calendars.
    first_day : int
        The day of the first of them.
    """
    model = eras[0][1]
    roles = list(model.roles.values())
    calendars = list(model.calendars)
    hours = [(calendar.spans, set(calendar.holidays)) for calendar in model.calendars.values()]
    changes = [_roster_changes(key, eras) for key in model.roles]
    every = [change for own in changes for change in own]
    return Roles(
        hash=np.array([stage_hash(f"roles.{key}") for key in model.roles], np.uint32),
        calendar=_ints([NO_CALENDAR if r.calendar is None else calendars.index(r.calendar) for r in roles]),
        owner=np.array([role.assignment == "owner" for role in roles], np.bool_),
        open_max=_ints([role.open_deals_max or _NO_LIMIT for role in roles]),
        discipline=_ints([DISCIPLINES.index(role.discipline) for role in roles]),
        ramp_first=_first(role.ramp for role in roles),
        ramp=np.array([share for role in roles for share in role.ramp], np.float64),
        ramp_days=MONTH_DAYS,
        change_first=_first(changes),
        change_day=np.array([day for day, _, _ in every], np.float64),
        change_count=_ints([count for _, count, _ in every]),
        change_ramps=np.array([ramps for _, _, ramps in every], np.bool_),
        needed=np.zeros((len(roles), len(model.stages)), np.bool_),
        stay_mean=np.array([_stay_mean(role) for role in roles], np.float64),
        backfill_after=np.array([_backfill_after(role) for role in roles], np.float64),
        hours=open_hours(hours, dates, first_day),
    )


def still_needed(roles: int, stages: Stages, exits: Exits, work: Work) -> NDArray[np.bool_]:
    """Whether a lead in a stage may still come to need a role, in any era and segment; (roles, stages)."""
    n = len(stages.hash)
    if not roles:
        return np.zeros((0, n), np.bool_)
    before: list[set[int]] = [set() for _ in range(n)]
    needed = np.zeros((roles, n), np.bool_)
    for row in range(len(work.patience)):
        ways = [*range(stages.exit_first[row], stages.exit_first[row + 1]), work.abandon_exit[row]]
        for target in (int(exits.target[k]) for k in ways if k >= 0):
            if 0 <= target < n:
                before[target].add(row % n)
        needed[work.role[work.task_first[row] : work.task_first[row + 1]], row % n] = True
    for own in needed:
        waiting = np.flatnonzero(own).tolist()
        while waiting:
            earlier = [stage for stage in before[waiting.pop()] if not own[stage]]
            own[earlier] = True
            waiting += earlier
    return needed


class TaskRows:
    """Collects the tasks of all rows."""

    def __init__(self, tables: Tables, roles: list[str]) -> None:
        self.tables = tables
        self.roles = roles
        self.first = [0]
        self.role: list[int] = []
        self.effort: list[int] = []
        self.patience: list[int] = []

    def add(self, stage: Stage) -> None:
        for task in stage.work:
            self.role.append(self.roles.index(task.role))
            self.effort.append(self.tables.add(task.effort))
        self.first.append(len(self.role))
        self.patience.append(NO_TABLE if stage.patience is None else self.tables.add(stage.patience))

    def work(self, abandon_exit: Ints, lost_exit: Ints) -> Work:
        first, role, effort, patience = (
            np.array(column, dtype=np.int64) for column in (self.first, self.role, self.effort, self.patience)
        )
        rows = len(patience)
        return Work(first, role, effort, patience, abandon_exit[:rows], lost_exit[:rows])


def _roster_changes(key: str, eras: Sequence[tuple[float, Model]]) -> list[tuple[float, int, bool]]:
    """Day, reps who come (below 0: go) and whether they begin on the ramp, in order of time."""
    start, role = eras[0][1].start, eras[0][1].roles[key]
    held, changes = 0, []
    for begins, model in eras:
        changes.append((begins, model.roles[key].headcount - held, False))
        held = model.roles[key].headcount
    changes += [(float((hire.on - start).days), hire.count, True) for hire in role.hires]
    changes += [(float((gone.on - start).days), -gone.count, False) for gone in role.departures]
    return sorted((change for change in changes if change[1]), key=lambda change: change[0])


def _stay_mean(role: Role) -> float:
    rate = role.attrition.rate if role.attrition else 0.0
    return YEAR_DAYS / rate if rate else math.inf


def _backfill_after(role: Role) -> float:
    after = role.attrition.backfill_after if role.attrition else None
    return math.inf if after is None else after


def _ints(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def _first(lists: object) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where each list begins when they lie behind each other, and where the last one ends."""
    return np.cumsum([0] + [len(own) for own in lists], dtype=np.int64)  # type: ignore[attr-defined]
