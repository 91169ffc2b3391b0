"""What a fit learnt of people, on screen: roles and their hours, tasks and their effort."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from funnelsim.documents.fit import FitDocument
from funnelsim.report.screens import layout
from funnelsim.report.words import work_rows


def print_work(console: Console, document: FitDocument) -> None:
    """Nothing where nobody is known to work."""
    if not document.roles:
        return
    for table in (_roles(document), _tasks(document)):
        layout.show(console, table)
        layout.blank(console)


def _roles(document: FitDocument) -> Table:
    heads = (
        ("who works", "left"),
        ("reps", "right"),
        ("ever\nseen", "right"),
        ("tasks", "right"),
        ("in the log,\nh a week", "right"),
        ("in the model,\nh a week", "right"),
        ("differ-\nence", "right"),
        ("office hours", "left"),
    )
    return layout.table(heads, work_rows.role_rows(document))


def _tasks(document: FitDocument) -> Table:
    heads = (
        ("what they do", "left"),
        ("who", "left"),
        ("seen", "right"),
        ("effort, mean", "right"),
        ("its error", "right"),
        ("distribution of the effort", "left"),
    )
    return layout.table(heads, work_rows.task_rows(document))
