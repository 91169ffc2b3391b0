"""How busy each role will be, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from funnelsim.model.flows.workload import OfferedLoad, comes_and_goes
from funnelsim.model.parts import Model
from funnelsim.report.screens import layout
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import share


def print_workload(model: Model, found: Sequence[OfferedLoad], console: Console) -> None:
    """Print reps, work and working hours a week, and the load, for each role; nothing without roles."""
    if not found:
        return
    layout.blank(console)
    heads = (
        ("role", "left"),
        ("reps", "right"),
        ("work,\nhours a week", "right"),
        ("capacity,\nhours a week", "right"),
        ("load", "right"),
    )
    rows = [
        (
            _name(model, one.role),
            f"{one.reps}",
            _hours(one.work_hours),
            _hours(one.capacity_hours),
            share(one.load) if one.capacity_hours else "no reps",
        )
        for one in found
    ]
    layout.show(console, layout.table(heads, rows))
    text = "With the rates and reps of the start, a full funnel, and nobody giving up waiting."
    if moving := [_name(model, one.role) for one in found if comes_and_goes(model, one.role)]:
        whose = "" if len(moving) == len(found) else f" ({', '.join(moving)})"
        text += f" Later hires and departures are not counted{whose}."
    layout.paragraph(console, text, style=layout.FAINT)


def _name(model: Model, role: str) -> str:
    return plain(model.roles[role].name or role.replace("_", " "))


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 or hours == 0 else f"{hours:.1f}"
