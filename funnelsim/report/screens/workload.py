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
    """Reps, work and open hours a week, and how much of them the work takes; nothing without roles."""
    if not found:
        return
    layout.blank(console)
    heads = (
        ("role", "left"),
        ("reps", "right"),
        ("work,\nh a week", "right"),
        ("open,\nh a week", "right"),
        ("load", "right"),
    )
    rows = [
        (
            _name(model, one.role),
            f"{one.reps}",
            _hours(one.work_hours),
            _hours(one.capacity_hours),
            share(one.load) if one.capacity_hours else "nobody",
        )
        for one in found
    ]
    layout.show(console, layout.table(heads, rows))
    text = "At the rates and with the reps of the start, once the funnel is full; nobody gives up waiting."
    if moving := [_name(model, one.role) for one in found if comes_and_goes(model, one.role)]:
        whose = "" if len(moving) == len(found) else f" ({', '.join(moving)})"
        text += f" Who joins or leaves later is not counted{whose}."
    layout.paragraph(console, text, style=layout.FAINT)


def _name(model: Model, role: str) -> str:
    return plain(model.roles[role].name or role.replace("_", " "))


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 10 or hours == 0 else f"{hours:.1f}"
