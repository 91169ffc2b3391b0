"""The screen of a sensitivity analysis: what the forecast depends on, and what is worth measuring."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import sensitivity_words as words
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.money import money, sentence_scale
from funnelsim.report.words.names import plain

#: Elasticities shown; the JSON has all.
_MOST = 15


def print_sensitivity(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print a sensitivity analysis: the answers first, then a table for each.

    Parameters
    ----------
    document : mapping
        A sensitivity document, as ``funnelsim sensitivity --json`` writes it.
    console : rich.console.Console
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a sensitivity analysis.
    """
    typed = read_as(SensitivityDocument, document, "sensitivity")
    layout.title(console, "SENSITIVITY", _span(typed))
    layout.paragraph(console, _context(typed), style=layout.FAINT)
    layout.blank(console)
    for sentence in (words.strongest(typed), words.split(typed), *words.bet(typed)):
        layout.paragraph(console, sentence, style=layout.STRONG)
    _elasticities(typed, console)
    _sobol(typed, console)
    _information(typed, console)
    layout.blank(console)
    for sentence in words.rests_on(typed):
        layout.paragraph(console, sentence, style=layout.FAINT)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, _next(typed, invocation))


def _span(document: SensitivityDocument) -> str:
    if not document.start or not document.end:
        return document.period
    dates = span_words(document.start, document.end)
    return f"{document.period} ({dates})" if document.period else dates


def _context(document: SensitivityDocument) -> str:
    metric = words.metric_words(document)
    base = document.base.get(document.metric)
    parts = [plain(document.name)]
    if base is not None and base.mean is not None:
        is_money = metric.unit == "money"
        value = (
            money(base.mean, document.currency)
            if is_money
            else metric.value(base.mean, sentence_scale([base.mean], document.currency))
        )
        mean = f"Mean {metric.label} {value}"
        if is_money and document.amount_is:
            mean += f" ({document.amount_is})"
        if document.booked and document.as_of:
            known = (
                money(document.booked, document.currency)
                if is_money
                else metric.value(document.booked, sentence_scale([document.booked], document.currency))
            )
            mean += f", of which {known} before {date_words(document.as_of)}, which nothing can change"
        parts.append(mean)
    parts.append(words.quota_chance(document))
    return ". ".join(part for part in parts if part) + "."


def _elasticities(document: SensitivityDocument, console: Console) -> None:
    layout.blank(console)
    level = f"{document.level * 100:.0f} % interval"
    rows = [
        [plain(row.name), words.value_words(row, row.now, document), words.elasticity_words(row)]
        for row in document.elasticities
        if row.clear
    ]
    heads = [
        ("1 % more of", "left"),
        ("now", "right"),
        (f"changes {words.metric_words(document).label} by, in %\n[{level}]", "right"),
    ]
    if rows:
        layout.show(console, layout.table(heads, rows[:_MOST]))
    if len(rows) > _MOST:
        more = len(rows) - _MOST
        smaller = "1 smaller one" if more == 1 else f"{more} smaller ones"
        layout.paragraph(console, f"and {smaller}: all are in --json", style=layout.FAINT)
    if none := words.without_clear_effect(document):
        layout.paragraph(console, none)


def _sobol(document: SensitivityDocument, console: Console) -> None:
    if not (sentence := words.explained(document)):
        return
    layout.blank(console)
    layout.paragraph(console, sentence)
    level = f"{document.level * 100:.0f} % interval"
    heads = [
        ("share that comes from", "left"),
        ("range", "right"),
        ("alone", "right"),
        (f"in all\n[{level}]", "right"),
        ("range from", "left"),
    ]
    rows = [
        [
            plain(row.name),
            words.range_words(row, document),
            words.first_words(row),
            words.total_words(row),
            words.basis_words(row),
        ]
        for row in document.sobol
    ]
    layout.show(console, layout.table(heads, rows))


def _information(document: SensitivityDocument, console: Console) -> None:
    rows = [[plain(row.name), words.gain_words(row.value, row.error)] for row in words.clear_gains(document)]
    if rows:
        layout.blank(console)
        layout.show(
            console, layout.table([("worth knowing for the bet", "left"), ("more right", "right")], rows)
        )
    if none := words.without_clear_gain(document):
        layout.paragraph(console, none)


def _next(document: SensitivityDocument, invocation: Invocation) -> Steps:
    steps: Steps = []
    clear = [row for row in document.elasticities if row.clear and row.value is not None]
    if clear:
        row = clear[0]
        step = "+1" if row.kind == "headcount" else "+5%" if (row.value or 0.0) > 0 else "-5%"
        change = shlex.quote(f"{row.path}={step}")
        model = layout.model_file(document)
        steps.append((invocation.other(f"funnelsim compare {model} --set {change}"), "what it is worth"))
    if document.quota is None and invocation.command:
        steps.append((f"{invocation.command} --quota AMOUNT", "what is worth measuring"))
    return [*steps, *invocation.keep("sensitivity")]
