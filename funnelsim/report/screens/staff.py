"""The screen of a hiring plan: whom to hire and when, what it costs, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.staff import StaffDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.rep_productivity import learnt_words
from funnelsim.report.words.staffing import (
    answer,
    bottleneck_words,
    columns_and_rows,
    cost_words,
    guarantee_words,
    spreadsheet_words,
    target_words,
    team_words,
    timing_words,
)

#: What `reverse` takes by default.
_USUAL_CONFIDENCE = 0.8


def print_staff(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print hiring plans: the answer first, then a row for each plan.

    Parameters
    ----------
    document : mapping
        A staff document, as ``funnelsim staff --json`` writes it.
    console : rich.console.Console
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not one of ``staff``.
    """
    typed = read_as(StaffDocument, document, "staff")
    span = typed.span
    dates = span_words(span.start, span.end) if span.start and span.end else ""
    when = f"{span.period} ({dates})" if span.period and dates else span.period or dates
    layout.title(console, "STAFF", f"{when}: {target_words(typed)}")
    layout.paragraph(console, _context(typed), style=layout.FAINT)
    layout.blank(console)
    layout.paragraph(console, answer(typed), style=layout.STRONG)
    layout.blank(console)
    heads, rows = columns_and_rows(typed, waits=console.width >= 100)
    columns = [(head, "right" if number else "left") for head, number in heads]
    layout.show(console, layout.table(columns, rows))
    layout.blank(console)
    if typed.top_down is not None:
        sentences = list(learnt_words(typed))
    else:
        sentences = [bottleneck_words(typed), *timing_words(typed), spreadsheet_words(typed)]
        sentences += [guarantee_words(typed)]
    sentences += [f"Rests on: {text}." for text in typed.assumptions]
    for text in sentences:
        if text:
            layout.paragraph(console, text)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, [*_try(typed, invocation), *invocation.keep("staff")])


def _context(document: StaffDocument) -> str:
    parts = [plain(document.name)]
    if today := document.plan("today"):
        parts.append(f"Today: {team_words(document, today)}")
    if document.top_down is not None:
        nouns = plural_noun(document.noun)
        parts.append(f"Learnt from the {nouns} that each rep has won, without effort hours")
    elif document.standing:
        parts.append("A standing team: more reps are there from the beginning, fully ramped")
    else:
        parts.append("Hires ramp up and leave as their role says")
    if document.cost_unit == "money":
        parts.append(f"People cost: {cost_words(document)}")
    kind = ", ".join(text for text in (document.currency, document.amount_is) if text)
    if kind:
        parts.append(f"Amounts: {kind}")
    return ". ".join(parts) + "."


def _try(document: StaffDocument, invocation: Invocation) -> Steps:
    """The chosen hires as a comparison, to see what else they change; where none is enough, the leads."""
    chosen = document.plan(document.chosen)
    if not invocation.command:
        return []
    if chosen is None and document.target.quota is not None and document.period:
        return [(_reverse(document, invocation), "how many leads it takes")]
    if chosen is None or not chosen.hires or document.top_down is not None:
        return []
    sets = " ".join(f"--set roles.{hire.role}.headcount=+{hire.count}" for hire in chosen.hires)
    span = f"--period {document.period}" if document.period else f"--days {document.days:g}"
    command = invocation.other(f"funnelsim compare {layout.model_file(document)} {sets} {span}")
    return [(command, "what else more reps change")]


def _reverse(document: StaffDocument, invocation: Invocation) -> str:
    """The same question to leads: quota, period and confidence of the answer, other options as typed."""
    target, words = document.target, [f"funnelsim reverse {layout.model_file(document)}"]
    if "--quota" not in invocation.options:
        words.append(f"--quota {target.quota:.0f}")
    words.append(f"--period {document.period}")
    if target.confidence is not None and target.confidence != _USUAL_CONFIDENCE:
        words.append(f"--confidence {target.confidence:g}")
    return invocation.other(" ".join(words))
