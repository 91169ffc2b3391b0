"""The tables of a fit on people: roles with their hours, tasks with their effort."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from funnelsim.documents.fit import FitDocument
from funnelsim.report.screens import layout
from funnelsim.report.words import work_rows


def print_work(console: Console, document: FitDocument) -> None:
    """Print both tables; nothing where the history has no work."""
    if not document.roles:
        return
    for table in (_roles(document), _tasks(document)):
        layout.show(console, table)
        layout.blank(console)


def _roles(document: FitDocument) -> Table:
    heads = (
        ("role", "left"),
        ("reps", "right"),
        ("reps\never", "right"),
        ("tasks", "right"),
        ("hours a week\nin the log", "right"),
        ("hours a week\nin the model", "right"),
        ("difference", "right"),
        ("office hours", "left"),
    )
    return layout.table(heads, work_rows.role_rows(document))


def _tasks(document: FitDocument) -> Table:
    heads = (
        ("stage", "left"),
        ("role", "left"),
        ("tasks", "right"),
        ("mean\neffort", "right"),
        ("standard\nerror", "right"),
        ("distribution of the effort", "left"),
    )
    return layout.table(heads, work_rows.task_rows(document))
