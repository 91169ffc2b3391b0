"""The screen of a bridge: how the forecast changed, step by step, and the deals that changed it most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import bridge_words as words
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.names import plain

TOP = 8


def print_bridge(
    document: Mapping[str, Any],
    console: Console,
    *,
    top: int = TOP,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print what changed from one forecast to the next.

    Parameters
    ----------
    document : mapping
        A bridge document, as ``funnelsim bridge --json`` writes it.
    console : rich.console.Console
    top : int, default 8
        Deals listed.
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a bridge.
    """
    typed = read_as(BridgeDocument, document, "bridge")
    dates = f" ({span_words(typed.start, typed.end)})" if typed.start and typed.end else ""
    layout.title(console, "BRIDGE", f"{typed.period}{dates}")
    layout.paragraph(console, _context(typed), style=layout.FAINT)
    layout.blank(console)
    layout.paragraph(console, words.answer(typed), style=layout.STRONG)
    layout.blank(console)
    _print_steps(typed, console)
    _print_groups(typed, console)
    _print_pipeline(typed, console)
    _print_deals(typed, console, top)
    layout.blank(console)
    layout.paragraph(console, f"Rests on: {words.assumption_words(typed)}", style=layout.FAINT)
    layout.warnings(console, typed)
    if hints:
        layout.blank(console)
        layout.next_lines(console, _next_steps(typed, invocation))


def _context(document: BridgeDocument) -> str:
    measured = words.Measured.of(document)
    unit = "" if document.without_money else f"Amounts: {layout.unit_words(document, measured.scale)}, means"
    ends = f"From {document.from_.id} to {document.to.id}" if document.from_.id and document.to.id else ""
    return ". ".join(part for part in (plain(document.name), plain(ends), unit) if part) + "."


def _print_steps(document: BridgeDocument, console: Console) -> None:
    measured = words.Measured.of(document)
    head = f"{plural_noun(document.noun)} won" if document.without_money else measured.scale.unit
    columns = (("Forecast", "left"), (head, "right"), ("", "left"))
    rows = [(row.name, row.text, row.note) for row in words.step_rows(document)]
    layout.show(console, layout.table(columns, rows))


def _print_groups(document: BridgeDocument, console: Console) -> None:
    if not document.groups:
        return
    columns = [(f"By {document.by}", "left"), *((head, "right") for head in words.GROUP_HEADS)]
    layout.blank(console)
    layout.show(console, layout.table(columns, words.group_rows(document)))
    layout.paragraph(console, words.GROUP_NOTE, style=layout.FAINT)


def _print_pipeline(document: BridgeDocument, console: Console) -> None:
    rows = [(row.name, row.text, row.note) for row in words.pipeline_rows(document)]
    if not rows:
        return
    columns = (
        ("Pipeline, listed amounts", "left"),
        (words.pipeline_scale(document).unit, "right"),
        ("", "left"),
    )
    layout.blank(console)
    layout.show(console, layout.table(columns, rows))


def _print_deals(document: BridgeDocument, console: Console, top: int) -> None:
    largest = words.largest_changes(document, top)
    if not largest:
        return
    measured = words.measured_by_deal(document, largest)
    unit = f", {measured.scale.unit}" if measured.scale.unit and not measured.in_deals else ""
    columns = (
        (f"Largest changes by {document.noun}{unit}", "left"),
        ("step", "left"),
        ("what happened", "left"),
        ("from", "right"),
        ("to", "right"),
        ("change", "right"),
    )
    rows = [
        (
            words.deal_name(deal),
            words.STEPS[step.kind],
            words.what_happened(document, deal),
            measured.number(deal.from_),
            measured.number(deal.to),
            measured.signed(deal.difference),
        )
        for step, deal in largest
    ]
    layout.blank(console)
    layout.show(console, layout.table(columns, rows))


def _next_steps(document: BridgeDocument, invocation: Invocation) -> Steps:
    noun = plural_noun(document.noun)
    command = invocation.command or "funnelsim bridge"
    return [
        (f"{command} --out bridge.csv", f"all {noun} behind each step"),
        (f"{command} --out bridge.png", "the picture"),
        *invocation.keep("bridge"),
    ]
