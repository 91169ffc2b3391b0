"""Workload: roles, office hours, headcount and effort of tasks, from task data.

What is left of a visit without wait and work is its dwell, from which `funnelsim.fitting.dwell.competing`
learns. Where an export does not say when a stage was entered, the time between two tasks is dwell as long as
a rep who could have done the task was idle (`funnelsim.fitting.workload.delays`), and wait after that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.workhours import OpenSpan, hours_text
from funnelsim.fitting.workload.delays import idle_times, task_ready_at
from funnelsim.fitting.workload.effort import EffortFit, fit_effort
from funnelsim.fitting.workload.multitasking import shared_time
from funnelsim.fitting.workload.office_hours import OpenTime, days_off, find_hours, work_instants
from funnelsim.fitting.workload.role_groups import group_reps
from funnelsim.fitting.workload.sequential_tasks import concurrent_stages
from funnelsim.fitting.workload.task_visits import VisitsWithWork, visits_with_work
from funnelsim.history.files.events import VISIT_SCHEMA, History
from funnelsim.model.roles import Role, Task, WorkCalendar

Hours = tuple[OpenSpan, ...] | None
#: How concurrent tasks on one deal are converted to sequential ones: each with its full hours, or in the time
#: that the deal took.
AtOnce = Literal["hours", "time"]

#: A rep without a task in so many days before the as-of time has left: longer than a holiday, shorter than a
#: vacancy.
PRESENT_DAYS = 28.0
#: A stage has work if at least this share of its ended visits had a task.
_MOSTLY = 0.5
OFFICE, LEADS = "office_hours", "lead_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFit:
    """A role.

    Attributes
    ----------
    reps : int
        Present at the as-of time.
    seen : int
        Reps of the whole history.
    hours : tuple of OpenSpan or None
        None: always on.
    days_off : tuple of date
        Public holidays, where it does not work on them.
    own_hours : bool
        Whether they are the role's own; else those of all roles together.
    tasks : int
    done : DataFrame
        ``at, days``: when each of its tasks was done, and the office time it took, in days of 24 hours. Time
        in which a rep did several counts once, shared among them.
    """

    key: str
    name: str
    reps: int
    seen: int
    hours: Hours
    days_off: tuple[dt.date, ...]
    own_hours: bool
    tasks: int
    done: pl.DataFrame

    @property
    def work_days(self) -> float:
        return float(self.done["days"].sum())

    def days_done(self, since: dt.datetime, until: dt.datetime) -> float:
        """Work on tasks that were done after `since`, up to `until`, in days of 24 hours."""
        within = (pl.col("at") > since) & (pl.col("at") <= until)
        return float(self.done.filter(within)["days"].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFit:
    """The task of a stage.

    Attributes
    ----------
    role : str
        The one that did most of them.
    by_role : float
        Share of the tasks that it did.
    """

    role: str
    by_role: float
    effort: EffortFit


@dataclass(frozen=True, kw_only=True)
class Work:
    """Roles, tasks and dwells of a history with task data.

    Attributes
    ----------
    history : History
        Visits without wait and work: from the end of the task until the next stage needs a rep.
    states : DataFrame
        ``deal, state``: what each open deal does at the as-of time, ``dwelling``, ``waiting`` or ``working``.
    lead_hours : tuple of OpenSpan or None
        When in the week leads come.
    recorded : bool
        Whether the export says when stages were entered.
    kept : {"hours", "time"}
        What the efforts hold of tasks done at the same time on one deal.
    at_once : tuple of str
        Stages worked on at the same time as another, converted to sequential tasks.
    overlap_days : float
        Mean office time per deal of all its tasks, minus the time in which at least one was being done. The
        model does one task at a time: with ``"hours"`` a deal takes this much longer, with ``"time"`` this
        much work is left out.
    """

    history: History
    roles: dict[str, RoleFit]
    tasks: dict[str, TaskFit]
    states: pl.DataFrame
    lead_hours: Hours
    recorded: bool
    kept: AtOnce = "hours"
    at_once: tuple[str, ...] = ()
    overlap_days: float = 0.0

    @property
    def calendars(self) -> dict[str, WorkCalendar]:
        """Of the model; roles that work the same hours share one."""
        result = {self.calendar_of(key): (role.hours, role.days_off) for key, role in self.roles.items()}
        if self.lead_hours is not None:
            result[LEADS] = (self.lead_hours, ())
        return {
            key: WorkCalendar(hours=hours_text(hours), holidays=days_off)
            for key, (hours, days_off) in result.items()
            if key and hours
        }

    def calendar_of(self, role: str) -> str | None:
        """Name of a role's calendar: that of the office, or of the first role with these hours."""
        own = self.roles[role]
        if own.hours is None:
            return None
        every = {(one.hours, one.days_off) for one in self.roles.values() if one.hours is not None}
        same = (own.hours, own.days_off)
        first = next(key for key, one in self.roles.items() if (one.hours, one.days_off) == same)
        return OFFICE if len(every) == 1 else calendar_key(first)

    def role_parts(self) -> dict[str, Role]:
        """Of the model, in the order in which they are served."""
        return {
            key: Role(name=role.name, headcount=role.reps, calendar=self.calendar_of(key))
            for key, role in self.roles.items()
        }

    def task_of(self, stage: str) -> tuple[Task, ...]:
        """The work of a stage of the model."""
        fit = self.tasks.get(stage)
        return () if fit is None else (Task(role=fit.role, effort=fit.effort.distribution),)


def calendar_key(role: str) -> str:
    """Name of the calendar that a fit gives to a role with hours of its own."""
    return f"{role}_hours"


def fit_work(history: History, holidays: Collection[dt.date] = (), at_once: AtOnce = "time") -> Work | None:
    """Roles, office hours, efforts and what is left for the dwells.

    None without reps, or where tasks are recorded to the day, which shows no hours.

    Parameters
    ----------
    history : History
        Cut at its as-of time.
    holidays : collection of date
        Public holidays: days off of roles that were hardly seen at work on them.
    at_once : {"hours", "time"}
        What efforts keep of tasks done at the same time on one deal. Hours: each has all its own, so that
        roles are as busy as they were, and deals take longer. Time: each instant of a deal is shared evenly
        among its tasks, so that deals take as long as they did, and roles look less busy.
    """
    done = history.work.drop_nulls(["rep", "finished"])
    if done.is_empty() or history.meta.resolution == "day":
        return None
    groups = group_reps(history.work.filter(pl.col("rep").is_in(done["rep"].implode())))
    office = _Office(history, groups, holidays)
    worked = visits_with_work(history)
    role_of = _role_of_stages(office.work, worked)
    visits = _with_delays(worked, role_of, office)
    time = _time_of_tasks(history.work, role_of, office)
    efforts = time if at_once == "hours" else _shared_by_deal(history.work, time, office)
    tasks = _tasks(worked, role_of, efforts)
    together = (
        frozenset[str]() if worked.recorded else frozenset[str]().union(*concurrent_stages(history.work))
    )
    return Work(
        history=replace(history, visits=_dwells(visits, history)),
        roles={key: office.role(key, time) for key in office.hours},
        tasks=tasks,
        states=_states(visits, tasks),
        lead_hours=find_hours(visits.group_by("deal").agg(pl.col("enabled").min())["enabled"]),
        recorded=worked.recorded,
        kept=at_once,
        at_once=tuple(stage for stage in history.meta.stages if stage in together),
        overlap_days=_overlap_days(history.work, time, office),
    )


class _Office:
    """Tasks by role, and the hours of each role; instants are days since the first midnight."""

    def __init__(self, history: History, groups: pl.DataFrame, holidays: Collection[dt.date]) -> None:
        self.as_of = history.meta.as_of
        tasks = history.work.with_row_index("task")
        self.work = tasks.join(groups, on="rep", how="inner", maintain_order="left")
        self.names = dict(groups.select("group", "name").unique(maintain_order=True).iter_rows())
        first = min(frame.min() for frame in (history.work["started"], history.visits["entered"]))  # type: ignore[type-var]
        assert isinstance(first, dt.datetime)
        self.origin = dt.datetime.combine(first.date(), dt.time(0))
        self.together = find_hours(work_instants(self.work))
        self.own = {key: find_hours(work_instants(self.of(key))) for key in self.names}
        self.hours = {key: own or self.together for key, own in self.own.items()}
        days = (self.as_of - self.origin).days + 2
        self.days_off = {
            key: days_off(work_instants(self.of(key)), hours, holidays) for key, hours in self.hours.items()
        }
        self.clocks = {
            key: OpenTime(hours, self.origin.date(), days, self.days_off[key])
            for key, hours in self.hours.items()
        }

    def of(self, role: str) -> pl.DataFrame:
        return self.work.filter(pl.col("group") == role)

    def days(self, instants: pl.Series) -> Floats:
        """Since the origin; NaN where unknown."""
        since = (instants - self.origin).dt.total_microseconds().cast(pl.Float64) / 86_400e6
        return since.fill_null(np.nan).to_numpy(writable=True)

    def role(self, key: str, time: Floats) -> RoleFit:
        work = self.of(key)
        recent = pl.coalesce("finished", "started") >= self.as_of - dt.timedelta(days=PRESENT_DAYS)
        done = work.drop_nulls("finished")
        return RoleFit(
            key=key,
            name=self.names[key],
            reps=max(work.filter(recent)["rep"].n_unique(), 1),
            seen=work["rep"].n_unique(),
            hours=self.hours[key],
            days_off=self.days_off[key],
            own_hours=self.own[key] is not None,
            tasks=work.height,
            done=done.select(at="finished", days=pl.Series(time[done["task"].to_numpy()])),
        )


def _role_of_stages(work: pl.DataFrame, worked: VisitsWithWork) -> dict[str, tuple[str, float]]:
    """For stages that have work: the role that did most, and its share."""
    over = worked.visits.filter(pl.col("left").is_not_null())
    share = over.group_by("stage").agg(pl.col("started").is_not_null().mean())
    with_work = share.filter(pl.col("started") >= _MOSTLY)["stage"].to_list()
    counts = work.group_by("stage", "group").len().sort("len", "group", descending=[True, False])
    result: dict[str, tuple[str, float]] = {}
    for (stage,), roles in counts.group_by("stage", maintain_order=True):
        if stage in with_work:
            result[str(stage)] = (roles["group"][0], float(roles["len"][0] / roles["len"].sum()))
    return result


def _with_delays(
    worked: VisitsWithWork, role_of: Mapping[str, tuple[str, float]], office: _Office
) -> pl.DataFrame:
    """The visits, each with `needed`: when it needs a rep, and the previous visit ends."""
    visits = worked.visits
    needed = office.days(visits["enabled"])
    if worked.recorded:
        return visits.with_columns(pl.Series("needed", visits["enabled"]))
    waited = visits.select(pl.col("started").is_not_null() & ~pl.col("beside")).to_series().to_numpy()
    for role in office.hours:
        own = [stage for stage, (by, _) in role_of.items() if by == role]
        tasks = office.of(role).drop_nulls("finished")
        if not own or tasks.is_empty():
            continue
        rows = waited & visits["stage"].is_in(own).to_numpy()
        idle = idle_times(
            tasks["rep"].rank("dense").cast(pl.Int64).to_numpy(),
            office.days(tasks["started"]),
            office.days(tasks["finished"]),
            office.clocks[role],
        )
        needed[rows] = task_ready_at(
            needed[rows], office.days(visits["started"])[rows], idle, office.clocks[role]
        )
    at = [office.origin + dt.timedelta(microseconds=round(day * 86_400e6)) for day in needed]
    return visits.with_columns(pl.Series("needed", at, dtype=pl.Datetime("us"))).with_columns(
        pl.coalesce(pl.col("needed").shift(-1).over("deal"), "left").alias("left")
    )


def _time_of_tasks(work: pl.DataFrame, role_of: Mapping[str, tuple[str, float]], office: _Office) -> Floats:
    """Office time of each task of the history in days; NaN where it is not finished.

    Measured in the office hours of the rep's role, and shared among the tasks that the rep did at the same
    time. For tasks without a rep, the hours of the role that does most tasks of the stage are used.
    """
    started, finished = office.days(work["started"]), office.days(work["finished"].fill_null(office.as_of))
    time = np.full(work.height, np.nan)
    for role, clock in office.clocks.items():
        own = office.of(role)
        rows, rep = own["task"].to_numpy(), own["rep"].rank("dense").cast(pl.Int64).to_numpy()
        time[rows] = shared_time(rep, started[rows], finished[rows], clock)
    unassigned = np.isnan(time)
    for stage, (role, _) in role_of.items():
        rows = np.flatnonzero(unassigned & (work["stage"] == stage).to_numpy())
        time[rows] = office.clocks[role].between(started[rows], finished[rows])
    time[work["finished"].is_null().to_numpy()] = np.nan
    return time


def _shared_by_deal(work: pl.DataFrame, time: Floats, office: _Office) -> Floats:
    """The same where each instant of a deal counts once, shared among the tasks done on it."""
    started, finished = office.days(work["started"]), office.days(work["finished"].fill_null(office.as_of))
    deal = work["deal"].rank("dense").cast(pl.Int64).to_numpy()
    shared = time.copy()
    for role, clock in office.clocks.items():
        rows = office.of(role)["task"].to_numpy()
        shared[rows] = shared_time(deal, started, finished, clock)[rows]
    return np.where(np.isnan(time), np.nan, shared)


def _overlap_days(work: pl.DataFrame, time: Floats, office: _Office) -> float:
    done = work.drop_nulls("finished")
    twice = (time - _shared_by_deal(work, time, office))[~np.isnan(time)]
    return float(twice.sum()) / done["deal"].n_unique()


def _tasks(
    worked: VisitsWithWork, role_of: Mapping[str, tuple[str, float]], time: Floats
) -> dict[str, TaskFit]:
    """The effort of each stage, from visits whose tasks are all done."""
    of_stay = worked.tasks.with_columns(days=pl.Series(time[worked.tasks["task"].to_numpy()]))
    whole = (
        of_stay.group_by("visit_id", maintain_order=True)
        .agg(pl.col("days").sum())
        .filter(pl.col("days").is_not_nan())
    )
    efforts = worked.visits.join(whole, on="visit_id", how="inner", maintain_order="left")
    result = {}
    for stage, (role, share) in role_of.items():
        own = efforts.filter(pl.col("stage") == stage)["days"].to_numpy()
        if len(own):
            result[stage] = TaskFit(role=role, by_role=share, effort=fit_effort(own))
    return result


def _dwells(visits: pl.DataFrame, history: History) -> pl.DataFrame:
    """Dwells: visits from the end of their task on; unknown while the task is not done."""
    begun = pl.coalesce("finished", pl.when(pl.col("started").is_not_null()).then("left"), "enabled")
    undone = pl.col("started").is_not_null() & pl.col("finished").is_null() & pl.col("left").is_null()
    return (
        visits.with_columns(entered=pl.when(undone).then(pl.lit(history.meta.as_of)).otherwise(begun))
        .with_columns(left=pl.max_horizontal("left", pl.when(pl.col("left").is_not_null()).then("entered")))
        .select(pl.col(name).cast(kind) for name, kind in VISIT_SCHEMA.items())
    )


def _states(visits: pl.DataFrame, tasks: Mapping[str, TaskFit]) -> pl.DataFrame:
    has_work = pl.col("stage").is_in(list(tasks))
    state = (
        pl.when(has_work & pl.col("started").is_null())
        .then(pl.lit("waiting"))
        .when(has_work & pl.col("finished").is_null())
        .then(pl.lit("working"))
        .otherwise(pl.lit("dwelling"))
    )
    return visits.filter(pl.col("left").is_null()).select("deal", state.alias("state"))


def with_states(pipeline: pl.DataFrame, work: Work | None) -> pl.DataFrame:
    """Open deals with what they do: a deal that is worked on or waits for it has no age in its dwell yet."""
    if work is None:
        return pipeline
    states = work.states.rename({"deal": "lead"}).unique("lead", keep="last")
    with_state = pipeline.join(states, on="lead", how="left", maintain_order="left")
    at_work = pl.col("state").is_in(["waiting", "working"])
    return with_state.with_columns(pl.when(at_work).then(0.0).otherwise("age_days").alias("age_days"))
