"""What a search has simulated before it was interrupted, as one table each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from funnelsim.documents.reverse import CurvePoint
from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance

if TYPE_CHECKING:
    from funnelsim.experiments.known_plan import KnownPlan
    from funnelsim.experiments.sensitivity.elasticities import Elasticity

_ERROR = "standard\nerror"


def print_multipliers(points: Sequence[CurvePoint], console: Console) -> None:
    """The chance of the quota at each multiple of today's new leads that was tried."""
    rows = [
        [f"{point.multiplier:.3g} x", chance(point.probability), _points(point.mc_error)] for point in points
    ]
    _print(console, ["new leads", "chance\nof quota", _ERROR], rows, "The quota's chance so far")


def print_plans(plans: Sequence[KnownPlan], console: Console) -> None:
    """Each plan that was tried, with what it comes to."""
    measures = list(dict.fromkeys(name for plan in plans for name in plan.means))
    rows = []
    for plan in plans:
        cells = [_measured(name, plan.means.get(name)) for name in measures]
        rows.append([_hires(plan), *cells, f"{plan.futures:,}"])
    heads = ["chance\nof quota" if name == "reached" else name for name in measures]
    _print(console, ["plan", *heads, "futures"], rows, "The plans tried so far")


def print_elasticities(found: Sequence[Elasticity], console: Console) -> None:
    """The effect of 1 % more of each parameter that was varied."""
    rows = [
        [plain(one.parameter.name), f"{one.value:+.2f} %", f"[{one.low:+.2f}, {one.high:+.2f}]"]
        for one in found
    ]
    _print(console, ["1 % more of", "effect", "interval"], rows, "The effects known so far")


def _print(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> None:
    layout.paragraph(console, title, style=layout.STRONG)
    columns = [(heads[0], "left"), *((head, "right") for head in heads[1:])]
    layout.show(console, layout.table(columns, rows), indent=2)


def _points(error: float | None) -> str:
    return "" if error is None else f"{100 * error:.1f} pp"


def _measured(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return chance(value) if name == "reached" or name.startswith("utilisation.") else f"{value:,.3g}"


def _hires(plan: KnownPlan) -> str:
    """``2 more AE from 1 March 2026``, or ``today's team``."""
    hired = [
        f"{count} more {plain(role)}".rstrip() + (f" from {date_words(on)}" if on else "")
        for role, on, count in plan.hires
    ]
    return ", ".join(hired) or "today's team"
