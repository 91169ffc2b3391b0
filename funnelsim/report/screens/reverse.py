"""The screen of a reverse funnel: what the quota needs, month by month, beside the spreadsheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Console

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.reverse import Month, Plan, ReverseDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import reverse_words as words
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.money import Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share

#: Of the first column of the months; longer names are folded.
_NAMES, _LEAST_COLUMN = 24, 5
#: Of more stages than these, touches and tasks are shown as one row; the files have them all.
_MANY_STAGES = 6
_EVEN = 0.5

Row = tuple[str, Callable[[Plan], str], bool]


def print_reverse(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print what a quota needs: the answer first, the months, and why the spreadsheet differs.

    Parameters
    ----------
    document : mapping
        A reverse document, as ``funnelsim reverse --json`` writes it.
    console : rich.console.Console
        Where to; on a narrow one the months stand in several blocks.
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a reverse funnel.
    """
    typed = read_as(ReverseDocument, document, "reverse")
    layout.title(console, "REVERSE", _title(typed))
    layout.paragraph(console, _context(typed), style=layout.FAINT)
    layout.blank(console)
    for sentence in words.answers(typed):
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    _print_months(typed, console)
    _print_spreadsheet(typed, console)
    said = [*words.reps_words(typed), words.late_words(typed), words.budget_words(typed)]
    layout.blank(console)
    for sentence in filter(None, [*said, words.assumption(typed)]):
        layout.paragraph(console, sentence)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, _next_steps(typed, invocation))


def _title(document: ReverseDocument) -> str:
    dates = span_words(document.start, document.end) if document.start and document.end else ""
    return f"{document.period} ({dates})" if dates else document.period


def _context(document: ReverseDocument) -> str:
    figures = [f"quota {words.quota_words(document)}"]
    booked = document.booked
    if document.in_money and booked.quota_credit:
        scale = table_scale([booked.quota_credit], document.currency)
        figures.append(f"booked so far {scale.words(booked.quota_credit)}")
    elif not document.in_money and booked.deals_won:
        figures.append(f"won so far {count(booked.deals_won)}")
    figures.append(words.today_words(document))
    name = f"{plain(document.name)}. " if document.name else ""
    text = ", ".join(figures)
    kind = f" {layout.unit_words(document, Scale(currency=document.currency))}." if document.in_money else ""
    return f"{name}{text[:1].upper()}{text[1:]}.{kind}"


def _print_months(document: ReverseDocument, console: Console) -> None:
    months, total = document.months, document.needed or document.today
    pace = "plan" if document.needed else "today's pace"
    years = len({month.start.year for month in months}) > 1
    heads = [words.month_words(month, year=years) for month in months]
    rows = list(_rows(document))
    columns = [[write(month) for _, write, _ in rows] for month in months]
    totals = [write(total) if adds else "" for _, write, adds in rows]
    width = max(_LEAST_COLUMN, *(len(text) for column in [heads, *columns, totals] for text in column)) + 2
    heads, columns = [*heads, "total"], [*columns, totals]
    most = max((console.width - _NAMES - 2) // width, 1)
    fit = math.ceil(len(heads) / math.ceil(len(heads) / most))  # blocks of about the same width
    for first in range(0, len(heads), fit):
        own = slice(first, first + fit)
        table = layout.table(
            [(f"{pace}, means" if first == 0 else "", "left"), *((head, "right") for head in heads[own])],
            [[name, *cells] for name, *cells in zip([r[0] for r in rows], *columns[own], strict=True)],
        )
        layout.show(console, table)
        layout.blank(console)
    if note := _partial(document):
        layout.paragraph(console, note, style=layout.FAINT)
        layout.blank(console)


def _rows(document: ReverseDocument) -> Iterator[Row]:
    """Name, how a month is written, and whether months add up."""
    noun = plural_noun(document.noun)

    def part(measure: str, key: str) -> Callable[[Plan], str]:
        return lambda plan: _whole(getattr(plan, measure).get(key, 0.0))

    def whole(measure: str) -> Callable[[Plan], str]:
        return lambda plan: _whole(sum(getattr(plan, measure).values()))

    def today(plan: Plan) -> str:
        leads = plan.leads_today if isinstance(plan, Month) else document.today.leads
        return _whole(sum(leads.values()))

    yield f"new {noun}", lambda plan: _whole(plan.all_leads), True
    if len(document.today.leads) > 1:
        for key in document.today.leads:
            yield f"  {plain(document.source_name(key))}", part("leads", key), True
    if document.needed is not None:
        yield "  at today's pace", today, True
    if any(month.close_in_period is not None for month in document.months):
        yield "  share in time", _closing, False
    for key in document.today.entered:
        yield f"enter {plain(document.stage_name(key))}", part("entered", key), True
    yield "won", lambda plan: _whole(plan.wins), True
    for measure, what in (("touches", "touches"), ("tasks", "rep tasks")):
        keys = getattr(document.today, measure)
        if len(keys) > _MANY_STAGES:
            yield f"{what}, all stages", whole(measure), True
            continue
        for key in keys:
            yield f"{what}, {plain(document.stage_name(key))}", part(measure, key), True
    for role in document.today.utilisation:
        name = f"{plain(document.role_name(role))} busy"
        yield name, lambda plan, role=role: _busy(plan, role), True  # type: ignore[misc]
    costs = [month.budget for month in document.months]
    if any(costs):
        scale = table_scale([document.today.budget], document.currency)
        yield f"budget, {scale.unit}", lambda plan: scale.number(plan.budget), True


def _whole(number: float) -> str:
    """A mean number in whole leads; below 10 with one decimal."""
    return f"{number:,.0f}" if number >= 9.95 or number < 0.05 else f"{number:.1f}"


def _closing(plan: Plan) -> str:
    known = plan.close_in_period if isinstance(plan, Month) else None
    return "-" if known is None else share(known)


def _busy(plan: Plan, role: str) -> str:
    busy = plan.utilisation.get(role)
    return "-" if busy is None else f"{busy * 100:.0f} %"


def _partial(document: ReverseDocument) -> str:
    """What is not whole, and what lies before the period."""
    said = []
    first = document.months[0] if document.months else None
    if first is not None and first.start.day != 1:
        said.append(f"{words.month_words(first)} from {date_words(first.start)} on.")
    if any(month.close_in_period is not None for month in document.months):
        noun = plural_noun(document.noun)
        said.append(
            f"Share in time: of the {noun} of a month that ever count towards the quota, those that do in "
            "the period."
        )
    before = [words.month_words(month, long=True) for month in document.months if not month.in_period]
    if before:
        noun = plural_noun(document.noun)
        span = before[0] if len(before) == 1 else f"{before[0]} to {before[-1]}"
        said.append(f"Before the period: {span}; {noun} of that time may close in it.")
    return " ".join(said)


def _print_spreadsheet(document: ReverseDocument, console: Console) -> None:
    total = words.spreadsheet_sum(document)
    if not total:
        return
    rows = words.step_rows(document)
    if not rows:
        layout.paragraph(console, f"Spreadsheet: {total}. It sees neither time nor chance nor capacity.")
        return
    layout.paragraph(console, f"Spreadsheet: {total}. Why it differs:")
    layout.show(
        console, layout.table([("", "left"), (f"new {plural_noun(document.noun)}", "right")], rows), 2
    )


def _next_steps(document: ReverseDocument, invocation: Invocation) -> Steps:
    model, needed = layout.model_file(document), document.needed
    steps: Steps = []
    if needed is not None and needed.multiplier > 0 and len(document.scaled) == 1:
        change = f"sources.{document.scaled[0]}.rate=x{needed.multiplier:.2f}"
        steps.append((invocation.other(f"funnelsim compare {model} --set {change}"), "what it is worth"))
    elif document.binding_role is not None:
        change = f"roles.{document.binding_role}.headcount=+1"
        steps.append((invocation.other(f"funnelsim compare {model} --set {change}"), "one more rep"))
    elif needed is None and document.confidence > _EVEN:
        even = f"{invocation.command or f'funnelsim reverse {model}'} --confidence {_EVEN}"
        steps.append((even, "what an even chance needs"))
    elif needed is not None and not invocation.command.count("--only") and document.scaled:
        only = f"{invocation.command or f'funnelsim reverse {model}'} --only {document.scaled[0]}"
        steps.append((only, "more from one source"))
    return [*steps, *invocation.keep("reverse")]
