"""The screen of a simulation: totals, periods, and the funnel stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.shared import Summary
from funnelsim.documents.simulate import Precision, SimulateDocument
from funnelsim.documents.stages import GO_ON, dwell_word
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, count_span, days, share, significant, time_unit
from funnelsim.report.words.sentences import scope, simulated


def print_simulate(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print a simulation: bookings first, then every metric, the periods and the funnel.

    Parameters
    ----------
    document : mapping
        A simulate document, as ``funnelsim simulate --json`` writes it.
    console : rich.console.Console
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a simulation.
    """
    typed = read_as(SimulateDocument, document, "simulate")
    scale = _scale(typed)
    layout.title(console, "SIMULATE", _span(typed))
    layout.paragraph(console, _context(typed, scale), style=layout.FAINT)
    for sentence in simulated(typed):
        layout.blank(console)
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    layout.show(console, _whole(typed, scale))
    if len(typed.periods) > 1:
        layout.blank(console)
        layout.show(console, _periods(typed, scale))
    if typed.funnel_rows:
        layout.blank(console)
        layout.show(console, _funnel(typed))
        layout.paragraph(console, GO_ON, style=layout.FAINT)
    if typed.busy:
        layout.blank(console)
        layout.show(console, _roles(typed))
    if typed.precision is not None:
        layout.blank(console)
        layout.paragraph(console, _known_to(typed.precision, typed))
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        model = layout.model_file(typed)
        change = f"funnelsim compare {model} --set {layout.some_change(typed, typed.funnel)}"
        layout.next_lines(
            console,
            [
                (invocation.other(f"funnelsim forecast {model}"), "forecast a period"),
                (invocation.other(change), "value of a change"),
                *invocation.keep("simulate"),
            ],
        )


def _known_to(precision: Precision, document: SimulateDocument) -> str:
    words = measure(precision.metric, document.stage_names, document.role_names, document.noun)
    if precision.reached is None:
        return f"The mean of {words.label} cannot be estimated: it is 0 or undefined."

    def value(number: float, digits: int) -> str:
        before = f"{document.currency} " if words.unit == "money" and document.currency else ""
        return before + significant(number, digits)

    estimate = "" if precision.estimate is None else f" is {value(precision.estimate, 5)},"
    link = "" if estimate else " is"
    missed = (
        "" if precision.reached <= precision.asked else f", not to ±{100 * precision.asked:.2g} % as asked"
    )
    parts = [
        f"The mean of {words.label}{estimate}{link} known to ±{100 * precision.reached:.2g} %{missed} "
        f"({100 * precision.level:.0f} % interval, adjusted for repeated checks)."
    ]
    if precision.control is not None:
        parts.append(
            f"Without reps it would be exactly {value(precision.control.exact_mean, 6)}. Using the same "
            f"futures without reps as a control variate removed {share(precision.control.variance_removed)} "
            "of the variance. The table shows plain averages."
        )
    if precision.exact is not None:
        parts.append(
            "In this model nobody waits for a rep, so the mean needs no simulation: it is exactly "
            f"{value(precision.exact, 6)}. The futures show the spread."
        )
    return " ".join(parts)


def _span(document: SimulateDocument) -> str:
    """Real dates, from the document or its periods."""
    start = document.start or (document.periods[0].start if document.periods else None)
    end = document.end or (document.periods[-1].end if document.periods else None)
    if start and end:
        return span_words(start, end)
    if start and document.days is not None:
        return f"{days(document.days)} from {date_words(start)}"
    return days(document.days) if document.days is not None else "the whole run"


def _scale(document: SimulateDocument) -> Scale:
    money_metrics = [s for name, s in document.metrics.items() if measure(name).unit == "money"]
    return table_scale([s.p90 if s.p90 is not None else s.mean for s in money_metrics], document.currency)


def _context(document: SimulateDocument, scale: Scale) -> str:
    warm = f"After {days(document.warmup_days)} of warm-up" if document.warmup_days else ""
    unit = f"Amounts: {layout.unit_words(document, scale)}, {scope(document.metrics.get('expansion'))}"
    parts = [plain(document.name), warm, "" if document.without_money else unit]
    return ". ".join(part for part in parts if part) + "."


def _whole(document: SimulateDocument, scale: Scale) -> Table:
    rows = []
    for name, summary in document.metrics.items():
        if "." in name or summary.mean is None:
            continue
        words = measure(name, noun=document.noun)
        if words.unit == "money" and document.without_money:
            continue
        rows.append((words.label, *words.row(summary, scale)))
    heads = (("total", "left"), ("median", "right"), ("80 % range", "right"), ("mean", "right"))
    return layout.table(heads, rows)


def _periods(document: SimulateDocument, scale: Scale) -> Table:
    rows = []
    for period in document.periods:
        wins = period.metrics.get("deals_won", Summary())
        dates = span_words(period.start, period.end, short=True) if period.start and period.end else ""
        label = ", ".join(part for part in (period.period, dates) if part)
        cut = "" if period.complete else " (partial)"
        if document.without_money:
            middle = MISSING if wins.p10 is None else count_span(wins.p10, wins.p90)
            rows.append((f"{label}{cut}", count(wins.p50), middle, count(wins.mean)))
        else:
            bookings = period.metrics.get("bookings", Summary())
            middle = _middle(bookings, scale)
            rows.append((f"{label}{cut}", scale.number(bookings.p50), middle, count(wins.mean)))
    won = f"{plural_noun(document.noun)} won"
    ranged = won if document.without_money else "bookings"
    heads = (
        ("by period", "left"),
        (f"{ranged}\nmedian", "right"),
        (f"{ranged}\n80 % range", "right"),
        (f"{won}\nmean", "right"),
    )
    return layout.table(heads, rows)


def _middle(summary: Summary, scale: Scale) -> str:
    return MISSING if summary.p10 is None else f"{scale.number(summary.p10)} to {scale.number(summary.p90)}"


def _funnel(document: SimulateDocument) -> Table:
    dwell = time_unit(row.dwell_days_mean for row in document.funnel_rows)
    wait = time_unit((row.wait_days_mean for row in document.funnel_rows), nothing="none")
    rows = [
        (
            plain(row.title),
            count(row.entered),
            share(row.conversion),
            dwell.words(row.dwell_days_mean),
            wait.words(row.wait_days_mean),
            count(row.open),
        )
        for row in document.funnel_rows
    ]
    heads = (
        ("by stage (means)", "left"),
        ("entered", "right"),
        ("conversion", "right"),
        (dwell_word(document.funnel_rows), "right"),
        ("wait", "right"),
        ("in stage", "right"),
    )
    if any(row.wait_days_mean is not None for row in document.funnel_rows):
        return layout.table(heads, rows)
    return layout.table([*heads[:4], heads[5]], [(*row[:4], row[5]) for row in rows])


def _roles(document: SimulateDocument) -> Table:
    """How busy each role is: working time on tasks over working time on the roster."""
    rows = [
        (plain(name), share(busy.mean), f"{share(busy.p10)} to {share(busy.p90)}")
        for name, busy in document.busy
    ]
    heads = (("by role", "left"), ("busy, mean", "right"), ("80 % range", "right"))
    return layout.table(heads, rows)
