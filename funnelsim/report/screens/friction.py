"""The screen of friction: where leads and money leave, and what improvements are worth."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.documents.friction import FrictionDocument, Lever
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import friction_improvements as improvements
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
    _print_improvements(typed, console)
    _print_removals(typed, console)
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


def _print_improvements(document: FrictionDocument, console: Console) -> None:
    """Steps and gaps in one list, most worth first."""
    scale, shown = improvements.lever_scale(document), improvements.shown_improvements(document)
    kinds = improvements.has_gaps(document)
    layout.blank(console)
    layout.paragraph(console, f"What improvements are worth in {_period_words(document)}")
    if shown:
        rows = [
            [
                *([improvements.kind_words(one)] if kinds else []),
                improvements.improvement_name(document, one),
                *improvements.effect_cells(document, one, scale),
            ]
            for one in shown
        ]
        columns = [*([("kind", "left")] if kinds else []), *_columns(document, scale, "improvement")]
        layout.show(console, layout.table(columns, rows), indent=2)
    texts = [improvements.more_words(document), improvements.unclear_words(document)]
    texts += [improvements.KINDS if kinds else "", improvements.no_gaps_words(document)]
    for text in filter(None, texts):
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


def _columns(
    document: FrictionDocument, scale: Scale, first: str, *, interval: bool = True
) -> list[tuple[str, str]]:
    measured = improvements.measured_by(document)
    unit = measured.difference_unit(scale)
    head = f"{measured.label}, {unit}" if unit != "number" else measured.label
    level = f"\n[{document.level * 100:.0f} % interval]" if interval else ""
    columns = [(first, "left"), (head + level, "right")]
    if document.attainment_probability is not None:
        columns.append(("chance\nof quota", "right"))
    return columns


def _period_words(document: FrictionDocument) -> str:
    money = improvements.measured_by(document).unit == "money"
    kind = f", {scope(document.base.get('expansion'))}" if money else ""
    return f"{document.period or 'this span'}{kind}"


def _next_steps(document: FrictionDocument, invocation: Invocation) -> Steps:
    steps: Steps = []
    shown = improvements.shown_improvements(document)
    # What an hour less waiting is worth is derived from one more rep: no single change gives it.
    best = next((one for one in shown if one.kind != "waiting"), None)
    if best is not None:
        command = f"funnelsim compare {layout.model_file(document)} --set {_change(document, best)}"
        steps.append((_same_futures(document, invocation.other(command)), "the same number, and all others"))
    if document.later_period and invocation.command and "--period" not in invocation.command:
        steps.append((f"{invocation.command} --period {document.later_period}", "a whole period"))
    return [*steps, *invocation.keep("friction")]


def _change(document: FrictionDocument, one: Lever) -> str:
    """An improvement as ``compare --set`` takes it, with its name where the name has no ``=``."""
    dated = f"@{one.changes_from}" if one.changes_from else ""
    change = f"{one.path}={one.change}{dated}"
    name = improvements.short_name(document, one).replace(":", ",")
    return shlex.quote(change if "=" in name else f"{name}: {change}")


def _same_futures(document: FrictionDocument, command: str) -> str:
    """Friction simulates fewer futures than a comparison does by itself."""
    futures = document.provenance.replications
    typed = any(word in ("-n", "--replications") for word in shlex.split(command))
    return command if typed or futures is None else f"{command} --replications {futures}"
