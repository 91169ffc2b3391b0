"""What was learnt of work, for the report of a fit, and what a log of tasks cannot tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from funnelsim.core.percent import percent
from funnelsim.core.workhours import hours_text
from funnelsim.distributions.empirical import Empirical
from funnelsim.fitting.work import RoleFit, TaskFit, Work
from funnelsim.history.events import History

#: A share of the work that efforts leave out, or that another role does, worth a word.
_WORTH_SAYING = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleReport:
    """One role.

    Attributes
    ----------
    reps, seen : int
        Present now; ever seen.
    hours : str
        Empty: always on.
    borrowed : bool
        Too little was seen of this role, so the hours are those of all roles.
    tasks : int
    work_hours, counted_hours : float
        Office hours spent on tasks, and what the efforts hold of them.
    """

    role: str
    name: str
    reps: int
    seen: int
    hours: str
    borrowed: bool
    tasks: int
    work_hours: float
    counted_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """The task of one stage: its effort in hours of work, with the standard error of the mean."""

    stage: str
    role: str
    by_role: float
    tasks: int
    effort_hours: float
    standard_error_hours: float
    law: str


def role_reports(work: Work | None) -> tuple[RoleReport, ...]:
    """All roles, the largest first."""
    return () if work is None else tuple(_role(role) for role in work.roles.values())


def _role(role: RoleFit) -> RoleReport:
    return RoleReport(
        role=role.key,
        name=role.name,
        reps=role.reps,
        seen=role.seen,
        hours=", ".join(hours_text(role.hours)) if role.hours is not None else "",
        borrowed=role.hours is not None and not role.own_hours,
        tasks=role.tasks,
        work_hours=24 * role.work_days,
        counted_hours=24 * role.counted_days,
    )


def task_reports(work: Work | None) -> tuple[TaskReport, ...]:
    """All stages with work, in funnel order."""
    if work is None:
        return ()
    stages = [stage for stage in work.history.meta.stages if stage in work.tasks]
    return tuple(_task(stage, work.tasks[stage]) for stage in stages)


def _task(stage: str, task: TaskFit) -> TaskReport:
    effort = task.effort
    law = "as seen" if isinstance(effort.law, Empirical) else _short(effort.law.text())
    return TaskReport(
        stage=stage,
        role=task.role,
        by_role=task.by_role,
        tasks=effort.tasks,
        effort_hours=24 * effort.mean,
        standard_error_hours=24 * effort.standard_error,
        law=law,
    )


def _short(law: str) -> str:
    return re.sub(r"\d+\.?\d*(?:e[-+]?\d+)?", lambda found: f"{float(found[0]):.3g}", law)


def about_work(work: Work | None, history: History) -> Iterator[str]:
    """One sentence or two for each thing that is assumed rather than known."""
    if work is None:
        if history.work.height:
            why = "to the day only" if history.meta.resolution == "day" else "without saying who did them"
            yield f"Tasks are recorded {why}: no roles and efforts are learnt, and stays are all dwell."
        return
    if not work.recorded:
        yield (
            "Nothing says when a stage was entered, only when its task was started: the time between two "
            "tasks counts as a wait for a rep, unless one who does such tasks was idle. A first wait is not "
            "seen."
        )
    spent = sum(role.work_days for role in work.roles.values())
    left_out = 1 - sum(role.counted_days for role in work.roles.values()) / spent if spent else 0.0
    if left_out > _WORTH_SAYING:
        yield (
            f"People work on a case at the same time, which the model does in turn: {percent(left_out)} of "
            "their hours count towards no effort, so that cases take as long as they did, and reps look less "
            "busy."
        )
    for stage, task in work.tasks.items():
        if 1 - task.by_role > _WORTH_SAYING:
            name = work.history.meta.stages[stage]
            yield (
                f"{name}: {percent(1 - task.by_role)} of its tasks are done by other roles than "
                f"{work.roles[task.role].name}, which does all of them in the model."
            )
