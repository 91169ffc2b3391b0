"""A simulation on a page: every metric over the whole span, and its periods."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.report.dates import span_words
from funnelsim.report.documents import PeriodSpan, SimulateDocument, Summary
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.measures import measure
from funnelsim.report.money import Scale, table_scale
from funnelsim.report.names import plain
from funnelsim.report.quantities import count, share
from funnelsim.report.sections.section import Grid, Section, columns
from funnelsim.report.sentences import likely


def simulate_sections(document: SimulateDocument) -> Iterator[Section]:
    span = PeriodSpan(start=document.start, end=document.end)
    money_metrics = [s for name, s in document.metrics.items() if measure(name).unit == "money"]
    scale = table_scale([s.p90 if s.p90 is not None else s.mean for s in money_metrics], document.currency)
    bookings = document.metrics.get("bookings")
    grids = [_whole(document, scale)]
    if len(document.periods) > 1:
        grids.append(_periods(document, scale))
    if any(name.startswith("utilisation.") for name in document.metrics):
        grids.append(_roles(document))
    yield Section(
        title="Simulation",
        subtitle=span_subtitle(document, span),
        sentences=[likely("Bookings", bookings, document.currency)] if bookings else [],
        grids=grids,
    )


def _whole(document: SimulateDocument, scale: Scale) -> Grid:
    rows = []
    for name, summary in document.metrics.items():
        if "." in name or summary.mean is None:
            continue
        words = measure(name)
        ends = f"{words.value(summary.p10, scale)} to {words.value(summary.p90, scale)}"
        rows.append((words.label, words.value(summary.p50, scale), ends, words.value(summary.mean, scale)))
    unit = f", {scale.unit}" if scale.unit else ""
    return Grid(
        title="The whole span",
        columns=columns(f"metric (amounts{unit})", "#median", "#80 % range", "#mean"),
        rows=rows,
    )


def _periods(document: SimulateDocument, scale: Scale) -> Grid:
    rows = []
    for period in document.periods:
        bookings = period.metrics.get("bookings", Summary())
        wins = period.metrics.get("deals_won", Summary())
        dates = span_words(period.start, period.end, short=True) if period.start and period.end else ""
        label = ", ".join(part for part in (period.period, dates) if part)
        ends = f"{scale.number(bookings.p10)} to {scale.number(bookings.p90)}"
        rows.append(
            (
                label if period.complete else f"{label} (cut short)",
                scale.number(bookings.p50),
                ends,
                count(wins.mean),
            )
        )
    unit = f", {scale.unit}" if scale.unit else ""
    heads = columns("period", f"#bookings{unit} (median)", "#80 % range", "#won (mean)")
    return Grid(title="By period", columns=heads, rows=rows)


def _roles(document: SimulateDocument) -> Grid:
    rows = [
        (
            plain(document.role_name(name.partition(".")[2])),
            share(busy.mean),
            f"{share(busy.p10)} to {share(busy.p90)}",
        )
        for name, busy in document.metrics.items()
        if name.startswith("utilisation.")
    ]
    return Grid(
        title="How busy each role is",
        columns=columns("role", "#busy (mean)", "#80 % range"),
        rows=rows,
        note="Busy: open hours spent on tasks, of all open hours of the reps.",
    )
