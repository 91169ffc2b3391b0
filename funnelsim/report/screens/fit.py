"""What a fit learnt, on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.report.money import money
from funnelsim.report.quantities import days, plural_noun, share
from funnelsim.report.screens import layout


def print_fit(document: Mapping[str, Any], console: Console, *, model: str, hints: bool = True) -> None:
    """Stages with their exits, sources, and what the data cannot tell, of a document of ``fit --json``."""
    noun = plural_noun(document["noun"])
    known = f"{document['name']}, as of {document['as_of']}"
    layout.title(console, "FIT", known)
    layout.paragraph(
        console,
        f"Learnt from {document['deals']:,} {noun}, {document['open_deals']:,} of them open. "
        f"A new one is won with probability {_chance(document, 'win')}.",
    )
    layout.blank(console)
    layout.show(console, _stages(document))
    layout.blank(console)
    layout.show(console, _sources(document))
    for heading, texts in (
        ("What the data cannot tell", document["cannot_tell"]),
        ("Warnings", document["warnings"]),
    ):
        if texts:
            layout.blank(console)
            layout.paragraph(console, heading, style="bold")
            for text in texts:
                layout.paragraph(console, f"- {text}", indent=1)
    if hints:
        layout.next_lines(
            console,
            [
                (f"funnelsim forecast {model}", "what will we book"),
                (f"funnelsim show {model}", "the model in words"),
            ],
        )


def _chance(document: Mapping[str, Any], name: str) -> str:
    value = share(document[f"{name}_probability"])
    low, high = document[f"{name}_low"], document[f"{name}_high"]
    return value if low is None else f"{value} (90 % range {share(low)} to {share(high)})"


def _stages(document: Mapping[str, Any]) -> Any:
    rows = []
    for stage in document["stages"]:
        for n, e in enumerate(stage["exits"]):
            chance = share(e["p"])
            span = "" if e["p_low"] is None else f"{share(e['p_low'])} to {share(e['p_high'])}"
            half = days(e["median_days"]) if e["median_days"] is not None else ""
            first = (stage["name"], f"{stage['visits']:,}", f"{stage['open']:,}") if n == 0 else ("", "", "")
            target = document["stage_names"].get(e["to"], e["exit"].replace("_", " "))
            rows.append((*first, target, f"{e['count']:,}", chance, span, half))
    columns = [
        ("stage", "left"),
        ("stays", "right"),
        ("open", "right"),
        ("leaves to", "left"),
        ("seen", "right"),
        ("chance", "right"),
        ("90 % range", "right"),
        ("half within", "right"),
    ]
    return layout.table(columns, rows)


def _sources(document: Mapping[str, Any]) -> Any:
    currency = document["currency"]
    rows = []
    for source in document["sources"]:
        low, high = source["rate_low"], source["rate_high"]
        span = "" if low is None else f"{7 * low:.3g} to {7 * high:.3g}"
        worth = "" if source["amount_mean"] is None else money(source["amount_mean"], currency)
        rows.append(
            (
                source["name"],
                f"{source['deals']:,}",
                f"{7 * source['rate_per_day']:.3g}",
                span,
                share(source["win_probability"]),
                worth,
            )
        )
    columns = [
        ("source", "left"),
        (plural_noun(document["noun"]), "right"),
        ("a week", "right"),
        ("90 % range", "right"),
        ("won", "right"),
        ("mean if won", "right"),
    ]
    return layout.table(columns, rows)
