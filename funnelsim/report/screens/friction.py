"""The screen of friction: where leads and money leave, and what improvements are worth."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import friction_words as words
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.money import Scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.sentences import scope


def print_friction(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print where leads and money leave, then improvements by what they are worth.

    Parameters
    ----------
    document : mapping
        A friction document, as ``funnelsim friction --json`` writes it.
    console : rich.console.Console
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not one of friction.
    """
    typed = read_as(FrictionDocument, document, "friction")
    layout.title(console, "FRICTION", _span(typed) or "the whole span")
    layout.paragraph(console, words.context_words(typed), style=layout.FAINT)
    layout.blank(console)
    layout.paragraph(console, words.answer(typed), style=layout.STRONG)
    if timing := words.timing_words(typed):
        layout.paragraph(console, timing)
    _print_leaks(typed, console)
    _print_levers(typed, console)
    _print_removals(typed, console)
    _print_drivers(typed, console)
    layout.blank(console)
    layout.paragraph(console, "Rests on: " + " ".join(words.assumption_words(typed)), style=layout.FAINT)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, _next_steps(typed, invocation))


def _span(document: FrictionDocument) -> str:
    span = document.span
    dates = span_words(span.start, span.end) if span.start and span.end else ""
    return f"{span.period} ({dates})" if span.period and dates else span.period or dates


def _print_leaks(document: FrictionDocument, console: Console) -> None:
    if not words.shown_leaks(document):
        return
    scale = words.leak_scale(document)
    unit = "" if document.without_money else f" ({layout.unit_words(document, scale)}; means)"
    layout.blank(console)
    layout.paragraph(console, f"Where {'wins leave' if document.without_money else 'money leaves'}{unit}")
    heads = words.leak_heads(document)
    columns = [(heads[0], "left"), *((head, "right") for head in heads[1:])]
    rows = [words.leak_row(document, leak, scale) for leak in words.shown_leaks(document)]
    layout.show(console, layout.table(columns, rows), indent=2)


def _print_levers(document: FrictionDocument, console: Console) -> None:
    scale, clear = words.lever_scale(document), words.clear_levers(document)
    layout.blank(console)
    layout.paragraph(console, f"What one step of improvement is worth in {_period_words(document)}")
    if clear:
        rows = [[plain(lever.name), *words.effect_cells(document, lever, scale)] for lever in clear]
        layout.show(console, layout.table(_columns(document, scale, "improvement"), rows), indent=2)
    for text in (words.more_words(document), words.unclear_words(document)):
        if text:
            layout.paragraph(console, text, indent=2)


def _print_removals(document: FrictionDocument, console: Console) -> None:
    if not words.shown_removals(document):
        return
    scale = words.removal_scale(document)
    layout.blank(console)
    layout.paragraph(console, f"{words.REMOVED}: {words.REMOVED_SPAN}")
    rows = [
        [f"No {plain(document.stage_name(one.stage))}", *words.removal_cells(document, one, scale)]
        for one in words.shown_removals(document)
    ]
    layout.show(console, layout.table(_columns(document, scale, "stage", interval=False), rows), indent=2)


def _print_drivers(document: FrictionDocument, console: Console) -> None:
    note, clear = words.drivers_note(document), words.clear_drivers(document)
    layout.blank(console)
    if clear:
        scale = words.lever_scale(document)
        layout.paragraph(console, "What goes with it in your data, and what closing the gap would be worth")
        rows = [
            [words.driver_name(document, driver), *words.effect_cells(document, driver, scale)]
            for driver in clear
        ]
        layout.show(console, layout.table(_columns(document, scale, "difference"), rows), indent=2)
    if note:
        layout.paragraph(console, note)


def _columns(
    document: FrictionDocument, scale: Scale, first: str, *, interval: bool = True
) -> list[tuple[str, str]]:
    measured = words.measured_by(document)
    unit = measured.difference_unit(scale)
    head = f"{measured.label}, {unit}" if unit != "number" else measured.label
    level = f"\n[{document.level * 100:.0f} % interval]" if interval else ""
    columns = [(first, "left"), (head + level, "right")]
    if document.attainment_probability is not None:
        columns.append(("chance\nof quota", "right"))
    return columns


def _period_words(document: FrictionDocument) -> str:
    kind = f", {scope(document.base.get('expansion'))}" if words.measured_by(document).unit == "money" else ""
    return f"{document.period or 'this span'}{kind}"


def _next_steps(document: FrictionDocument, invocation: Invocation) -> Steps:
    steps: Steps = []
    best = next((lever for lever in words.clear_levers(document) if lever.changes_from is None), None)
    if best is not None:
        change = shlex.quote(f"{plain(best.name).replace(':', ',')}: {best.path}={best.change}")
        command = f"funnelsim compare {layout.model_file(document)} --set {change}"
        steps.append((invocation.other(command), "look at one closely"))
    if document.later_period and invocation.command and "--period" not in invocation.command:
        steps.append((f"{invocation.command} --period {document.later_period}", "a whole period"))
    return [*steps, *invocation.keep("friction")]
