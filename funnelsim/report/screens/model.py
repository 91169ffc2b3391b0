"""A model in words."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from funnelsim.core.time import format_duration
from funnelsim.model.files import Funnel
from funnelsim.model.parts import Exit, Model, Stage


def print_model(funnel: Funnel, console: Console) -> None:
    """Goal, sources, stages with exits, and what lies beside the model."""
    model = funnel.model
    console.print(Text(model.name or "A funnel", style="bold"))
    kind = " ".join(part for part in (model.currency, model.amount_is) if part)
    console.print(f"starts {model.start:%d %b %Y}" + (f", amounts in {kind}" if kind else ""))
    console.print(_goal(model))
    for key, source in model.sources.items():
        enters = ", ".join(f"{_name(model, s)} {share:.0%}" for s, share in source.enters.items())
        amount = f", worth {source.amount.text()}" if source.amount else ""
        console.print(f"{source.name or key}: {source.rate:.3g} {model.noun}s a day into {enters}{amount}")
    table = Table("stage", "leads to", "", "typical time", box=None, header_style="dim", pad_edge=False)
    for key, stage in model.stages.items():
        for n, e in enumerate(stage.exits.values()):
            name = _name(model, key) if n == 0 else ""
            table.add_row(name, _name(model, e.to), f"{e.p:.0%}", _time(stage, e))
    console.print(Padding(table, (1, 0)))
    if funnel.draws is not None:
        console.print(f"{funnel.draws.height} parameter draws carry what the data could not tell")
    if funnel.pipeline is not None:
        console.print(f"{funnel.pipeline.height} open {model.noun}s at the start")


def print_stage(model: Model, key: str, console: Console) -> None:
    """One stage with its texts, checklist and exits."""
    stage = model.stages[key]
    console.print(Text(stage.name or key, style="bold"))
    for label, text in (
        ("department", ", ".join(filter(None, [stage.department, *stage.involves]))),
        ("phase", stage.phase),
        ("part of", _name(model, stage.parent) if stage.parent else ""),
        ("enters when", stage.entry),
        ("what happens", stage.activities),
        ("the buyer needs", stage.buyer_needs),
    ):
        if text:
            console.print(f"{label}: {text}")
    for item in stage.checklist:
        console.print(f"  [ ] {item}", markup=False)
    for e in stage.exits.values():
        console.print(f"-> {_name(model, e.to)} {e.p:.0%}, {_time(stage, e)}")


def _goal(model: Model) -> str:
    goal = model.goal
    quota = goal.quota
    asked = f"quota {quota:,.0f} a {goal.period}, " if isinstance(quota, float | int) else ""
    credited = goal.credits_at or goal.books_at
    counted = "" if credited == goal.books_at else f", counted towards quota at {_name(model, credited)}"
    return f"{asked}booked at {_name(model, goal.books_at)}{counted}"


def _name(model: Model, place: str) -> str:
    if place in model.stages:
        return model.stages[place].name or place.replace("_", " ")
    return "stays for ever" if place == "never" else place.replace("_", " ")


def _time(stage: Stage, e: Exit) -> str:
    law = e.after or stage.after
    if e.to == "never" or law is None:
        return ""
    median, late = float(law.ppf(0.5)), float(law.ppf(0.9))
    return f"half within {format_duration(median)}, nine of ten within {format_duration(late)}"
