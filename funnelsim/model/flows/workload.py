"""The offered load of each role, computed without a run."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.model.changes.changes import Change, RemoveStage, SetValue
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.flows.rates import entries_per_day
from funnelsim.model.parts import Model
from funnelsim.model.roles import Role, WorkCalendar

HOURS_A_WEEK = 168.0
_WEEKS = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLoad:
    """Work offered to a role, and its capacity.

    Attributes
    ----------
    role : str
    reps : int
        At the start, all counted as fully productive.
    work_hours, capacity_hours : float
        Per week: working time of all tasks, and open hours of all reps (without the holidays of the first
        year).
    changes_on : date or None
        Date of the last planned hire or departure after the start, or None.
    last_reps : int
        Reps from that date on.
    """

    role: str
    reps: int
    work_hours: float
    capacity_hours: float
    changes_on: dt.date | None = None
    last_reps: int = 0
    last_capacity_hours: float = 0.0

    @property
    def load(self) -> float:
        """Work divided by capacity; above 1 the queue grows without bound."""
        return _share(self.work_hours, self.capacity_hours)

    @property
    def last_load(self) -> float:
        """The load after all planned hires and departures."""
        return self.load if self.changes_on is None else _share(self.work_hours, self.last_capacity_hours)


def _share(work_hours: float, capacity_hours: float) -> float:
    if capacity_hours > 0:
        return work_hours / capacity_hours
    return float("inf") if work_hours else 0.0


def offered_load(model: Model, changes: Sequence[Change] = ()) -> list[OfferedLoad]:
    """Long-run load of each role with the initial rates and reps.

    All changes are in force, whatever their start date; a removed stage has no work. Each visit counts with
    the mean effort of all its tasks. Abandonment is ignored, so that a load above 1 shows how much of the
    work cannot be done.
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
    return [_offered(model, key, work[key]) for key in model.roles]


def _offered(model: Model, key: str, work_hours: float) -> OfferedLoad:
    role = model.roles[key]
    open_hours = open_hours_a_week(model.calendars.get(role.calendar or ""), model.start)
    turnovers = (*role.hires, *role.departures)
    changes_on = max((one.on for one in turnovers if one.on > model.start), default=None)
    reps, last_reps = reps_on(role, model.start), reps_on(role, changes_on or model.start)
    return OfferedLoad(
        role=key,
        reps=reps,
        work_hours=work_hours,
        capacity_hours=reps * open_hours,
        changes_on=changes_on,
        last_reps=last_reps,
        last_capacity_hours=last_reps * open_hours,
    )


def reps_on(role: Role, day: dt.date) -> int:
    """Planned reps on a day, after its hires and departures, without attrition."""
    hired = sum(turnover.count for turnover in role.hires if turnover.on <= day)
    gone = sum(turnover.count for turnover in role.departures if turnover.on <= day)
    return role.headcount + hired - gone


def comes_and_goes(model: Model, role: str) -> bool:
    """Whether the number of reps changes after the start."""
    known = model.roles[role]
    planned = any(turnover.on > model.start for turnover in (*known.hires, *known.departures))
    return planned or known.attrition is not None


def open_hours_a_week(calendar: WorkCalendar | None, start: dt.date) -> float:
    """Mean over the 52 weeks from `start`; all hours without a calendar."""
    if calendar is None:
        return HOURS_A_WEEK
    by_weekday = [0.0] * 7
    for span in calendar.spans:
        by_weekday[span.weekday] += (span.closes - span.opens) / 60
    end = start + dt.timedelta(weeks=_WEEKS)
    lost = sum(by_weekday[day.weekday()] for day in set(calendar.holidays) if start <= day < end)
    return sum(by_weekday) - lost / _WEEKS
