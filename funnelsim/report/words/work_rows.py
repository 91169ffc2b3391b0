"""Roles and tasks of a fit as rows of text, for the screen and the page."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.fit import FitDocument
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, days, share

Row = tuple[str, ...]


def role_rows(document: FitDocument) -> Iterator[Row]:
    """Role, reps, reps ever, tasks, hours a week in the log and in the model, difference, office hours."""
    for role in document.roles:
        hours = role.hours or "always"
        yield (
            plain(role.title),
            count(role.reps),
            count(role.seen),
            count(role.tasks),
            count(role.log_hours_a_week),
            count(role.model_hours_a_week),
            _signed_share(role.difference),
            f"{hours} (of all roles)" if role.borrowed else hours,
        )


def task_rows(document: FitDocument) -> Iterator[Row]:
    """Stage, role, tasks, mean effort, its standard error, distribution."""
    names = {role.role: role.title for role in document.roles}
    for task in document.tasks:
        yield (
            plain(document.stage_name(task.stage)),
            plain(names.get(task.role, task.role)),
            count(task.tasks),
            _working_time(task.effort_hours),
            _working_time(task.standard_error_hours),
            plain(task.law),
        )


def _signed_share(difference: float | None) -> str:
    if difference is None:
        return share(None)
    return f"{100 * difference:+.0f} %" if abs(difference) >= 0.005 else "0 %"


def _working_time(hours: float | None) -> str:
    """Minutes below two hours, then hours."""
    if hours is None:
        return days(None)
    return f"{60 * hours:.1f} min" if hours < 2 else f"{hours:.1f} h"
