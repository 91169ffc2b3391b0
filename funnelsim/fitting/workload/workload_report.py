"""Report of the workload: roles, tasks, and the limitations of a task log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from funnelsim.core.calendar.workhours import hours_text
from funnelsim.core.percent import percent
from funnelsim.distributions.empirical import Empirical
from funnelsim.documents.fit import FitRole, FitTask
from funnelsim.fitting.mle.rounding import short_text
from funnelsim.fitting.workload.fit import TaskFit, Work
from funnelsim.history.files.events import History
from funnelsim.model.flows.workload import offered_load
from funnelsim.model.parts import Model

#: Share of the work that efforts leave out, or that another role does, from which on it is reported.
_WORTH_SAYING = 0.05
#: Difference between the work of the model and of the log that is reported as a warning: staffing would be
#: wrong.
_FAR_FROM_THE_LOG = 0.1


def role_reports(
    work: Work | None, model: Model, until: dt.datetime, window_days: float
) -> tuple[FitRole, ...]:
    """All roles, the largest first.

    Parameters
    ----------
    work : Work or None
    model : Model
        The one that was learned, with its rates.
    until, window_days : datetime, float
        End and length of the period from which arrival rates were estimated.
    """
    if work is None:
        return ()
    since = until - dt.timedelta(days=window_days)
    offered = {one.role: one.work_hours for one in offered_load(model)}
    return tuple(
        FitRole(
            role=role.key,
            name=role.name,
            reps=role.reps,
            seen=role.seen,
            hours=", ".join(hours_text(role.hours)) if role.hours is not None else "",
            borrowed=role.hours is not None and not role.own_hours,
            tasks=role.tasks,
            work_hours=24 * role.work_days,
            log_hours_a_week=24 * role.days_done(since, until) * 7 / window_days,
            model_hours_a_week=offered[role.key],
        )
        for role in work.roles.values()
    )


def task_reports(work: Work | None) -> tuple[FitTask, ...]:
    """All stages with work, in funnel order."""
    if work is None:
        return ()
    stages = [stage for stage in work.history.meta.stages if stage in work.tasks]
    return tuple(_task(stage, work.tasks[stage]) for stage in stages)


def _task(stage: str, task: TaskFit) -> FitTask:
    effort = task.effort
    distribution = (
        "as observed"
        if isinstance(effort.distribution, Empirical)
        else short_text(effort.distribution.text())
    )
    return FitTask(
        stage=stage,
        role=task.role,
        by_role=task.by_role,
        tasks=effort.tasks,
        effort_hours=24 * effort.mean,
        standard_error_hours=24 * effort.standard_error,
        law=distribution,
    )


def _about_tasks_at_once(work: Work) -> Iterator[str]:
    hours, noun = 24 * work.overlap_days, work.history.meta.noun
    if work.at_once:
        *others, last = (work.history.meta.stages[stage] for stage in work.at_once)
        what = f"{', '.join(others)} and {last} are worked on at the same time"
    elif hours > _WORTH_SAYING * 24 * sum(role.work_days for role in work.roles.values()):
        what = f"Several people work on one {noun} at the same time"
    else:
        return
    what = f"{what}; the model does one task after the other, "
    if work.kept == "hours":
        yield (
            f"{what}each with its full hours. Roles are as busy as they were, but "
            f"each {noun} takes {hours:.2g} "
            "hours of work longer. To keep the cycle times instead, use --at-once time."
        )
    else:
        yield (
            f"{what}in the time that the {noun} took. This leaves out {hours:.2g} "
            f"hours of work on each {noun}, "
            "so roles look less busy than they were. To keep their hours instead, use --at-once hours."
        )


def about_work(work: Work | None, history: History) -> Iterator[str]:
    """One or two sentences for each assumption."""
    if work is None:
        if history.work.height:
            why = "to the day only" if history.meta.resolution == "day" else "without saying who did them"
            yield f"Tasks are recorded {why}: no roles and efforts are learned, and all time counts as dwell."
        return
    if not work.recorded:
        yield (
            "The log does not say when a stage was entered, only when its task was started. The time between "
            "two tasks counts as waiting for a rep, unless such a rep was idle. The wait before the first "
            "task is unknown."
        )
    yield from _about_tasks_at_once(work)
    for stage, task in work.tasks.items():
        if 1 - task.by_role > _WORTH_SAYING:
            name = work.history.meta.stages[stage]
            yield (
                f"{name}: {percent(1 - task.by_role)} of its tasks are done by other roles than "
                f"{work.roles[task.role].name}, which does all of them in the model."
            )


def work_warnings(roles: Sequence[FitRole]) -> Iterator[str]:
    """A warning for each role whose work in the model differs from the log."""
    for role in roles:
        difference = role.difference
        if difference is not None and abs(difference) > _FAR_FROM_THE_LOG:
            less = "less" if difference < 0 else "more"
            yield (
                f"{role.name}: {role.model_hours_a_week:.3g} hours of work a week in the model, "
                f"{role.log_hours_a_week:.3g} in the log ({100 * difference:+.0f} %): the role is "
                f"{less} busy in the model than it was"
            )
