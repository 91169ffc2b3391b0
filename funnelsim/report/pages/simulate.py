"""The page of a simulation: totals of each metric, and periods."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from funnelsim.documents.shared import PeriodSpan, Summary
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.pages.busy import busy_grid
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import Scale, table_scale
from funnelsim.report.words.quantities import count, count_span
from funnelsim.report.words.sentences import simulated


def simulate_sections(document: SimulateDocument) -> Iterator[Section]:
    span = PeriodSpan(start=document.start, end=document.end)
    money_metrics = [s for name, s in document.metrics.items() if measure(name).unit == "money"]
    scale = table_scale([s.p90 if s.p90 is not None else s.mean for s in money_metrics], document.currency)
    grids = [_whole(document, scale)]
    if len(document.periods) > 1:
        grids.append(_periods(document, scale))
    if document.busy:
        grids.append(busy_grid(document.busy))
    yield Section(
        title="Simulation",
        subtitle=span_subtitle(document, span),
        sentences=simulated(document),
        grids=grids,
    )


def _whole(document: SimulateDocument, scale: Scale) -> Grid:
    rows = []
    for name, summary in document.metrics.items():
        if "." in name or summary.mean is None:
            continue
        words = measure(name, noun=document.noun)
        if words.unit == "money" and document.without_money:
            continue
        rows.append((words.label, *words.row(summary, scale)))
    unit = f", {scale.unit}" if scale.unit else ""
    return Grid(
        title="Totals",
        columns=columns(
            "metric" if document.without_money else f"metric (amounts{unit})",
            "#median",
            "#80 % range",
            "#mean",
        ),
        rows=rows,
    )


def _periods(document: SimulateDocument, scale: Scale) -> Grid:
    rows = []
    for period in document.periods:
        wins = period.metrics.get("deals_won", Summary())
        dates = span_words(period.start, period.end, short=True) if period.start and period.end else ""
        label = ", ".join(part for part in (period.period, dates) if part)
        ranged = wins if document.without_money else period.metrics.get("bookings", Summary())
        words: Callable[[float | None], str] = count if document.without_money else scale.number
        span = f"{words(ranged.p10)} to {words(ranged.p90)}"
        if document.without_money:
            span = count_span(ranged.p10, ranged.p90)
        rows.append(
            (
                label if period.complete else f"{label} (partial)",
                words(ranged.p50),
                span,
                count(wins.mean),
            )
        )
    unit = f", {scale.unit}" if scale.unit else ""
    what = "won" if document.without_money else f"bookings{unit}"
    heads = columns("period", f"#{what} (median)", "#80 % range", "#won (mean)")
    return Grid(title="By period", columns=heads, rows=rows)
