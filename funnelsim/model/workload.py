"""How busy each role will be, before any run."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.model.changes import Change, RemoveStage, SetValue
from funnelsim.model.flows import entries_per_day
from funnelsim.model.parts import Model
from funnelsim.model.resolve import resolve
from funnelsim.model.roles import Role, WorkCalendar

HOURS_A_WEEK = 168.0
_WEEKS = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLoad:
    """Work that comes for a role, and the work that it can do.

    Attributes
    ----------
    role : str
    reps : int
        At the start, all of them taken as fully productive.
    work_hours, capacity_hours : float
        Per week: working time of all tasks, and open hours of all reps (holidays of the first year taken
        off).
    """

    role: str
    reps: int
    work_hours: float
    capacity_hours: float

    @property
    def load(self) -> float:
        """Work over capacity; above 1 the queue grows without end."""
        if self.capacity_hours > 0:
            return self.work_hours / self.capacity_hours
        return float("inf") if self.work_hours else 0.0


def offered_load(model: Model, changes: Sequence[Change] = ()) -> list[OfferedLoad]:
    """The load of each role at the rates and with the reps of the start, in the long run.

    All changes are in force, whenever they begin; a stage that is removed has no work. Each visit counts with
    the mean effort of all its tasks. Leads that give up waiting are left out, so that a load above 1 says how
    much of the work cannot be done.
    """
    sets = [change for change in changes if isinstance(change, SetValue)]
    removed = {change.stage for change in changes if isinstance(change, RemoveStage)}
    work: dict[str, float] = defaultdict(float)
    for one, entries in entries_per_day(model, sets):
        for key, per_day in entries.items():
            if key in removed:
                continue
            for task in one.model.stages[key].work:
                work[task.role] += per_day * task.effort.mean() * HOURS_A_WEEK
    model = resolve(model, changes=sets)
    return [
        OfferedLoad(
            role=key,
            reps=(reps := reps_on(role, model.start)),
            work_hours=work[key],
            capacity_hours=reps * open_hours_a_week(model.calendars.get(role.calendar or ""), model.start),
        )
        for key, role in model.roles.items()
    ]


def reps_on(role: Role, day: dt.date) -> int:
    """Planned reps of a day, with its hires and departures; attrition left out."""
    hired = sum(turnover.count for turnover in role.hires if turnover.on <= day)
    gone = sum(turnover.count for turnover in role.departures if turnover.on <= day)
    return role.headcount + hired - gone


def open_hours_a_week(calendar: WorkCalendar | None, start: dt.date) -> float:
    """Mean over the 52 weeks from `start`; without a calendar all hours."""
    if calendar is None:
        return HOURS_A_WEEK
    by_weekday = [0.0] * 7
    for span in calendar.spans:
        by_weekday[span.weekday] += (span.closes - span.opens) / 60
    end = start + dt.timedelta(weeks=_WEEKS)
    lost = sum(by_weekday[day.weekday()] for day in set(calendar.holidays) if start <= day < end)
    return sum(by_weekday) - lost / _WEEKS
