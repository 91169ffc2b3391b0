"""The screen of a forecast: bookings, chance of quota, parts of the bookings, other methods, open deals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.forecast import PART_NAMES, ForecastDocument, ForecastPeriod, OpenDeal
from funnelsim.documents.shared import Summary
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.booked import booked_sentence, print_tie
from funnelsim.report.screens.crm_forecast import print_crm
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation
from funnelsim.report.screens.overrides import print_overrides
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.group_words import group_notes, group_rows, group_scale
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.override_words import with_and_without
from funnelsim.report.words.quantities import chance, count, count_span, plural
from funnelsim.report.words.sentences import answer, left_out, other_views, scope, views_explained

LARGEST_DEALS = 5


def print_forecast(
    document: Mapping[str, Any],
    console: Console,
    *,
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print a forecast: the answer first, then the parts of the bookings and other methods.

    Parameters
    ----------
    document : mapping
        A forecast document, as ``funnelsim forecast --json`` writes it.
    console : rich.console.Console
        Where to; its width decides the layout, 80 columns are enough.
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a forecast.
    """
    typed = read_as(ForecastDocument, document, "forecast")
    for k, period in enumerate(typed.periods):
        if k:
            layout.blank(console)
        _print_period(typed, period, console)
    print_tie(typed, console)
    if typed.overrides:
        print_overrides(typed, console)
    if typed.largest_deals(1):
        _print_deals(typed, console)
    layout.warnings(console, typed)
    layout.provenance(console, typed)
    if hints:
        layout.next_lines(console, _next_steps(typed, invocation))


def _print_period(document: ForecastDocument, period: ForecastPeriod, console: Console) -> None:
    scale = table_scale(
        [period.bookings.p90, period.bookings.mean, period.quota_credit.p90], document.currency
    )
    layout.title(console, "FORECAST", f"{period.period} ({span_words(period.start, period.end)})")
    layout.paragraph(console, _context(document, period, scale), style=layout.FAINT)
    layout.blank(console)
    for sentence in answer(document, period):
        layout.paragraph(console, sentence, style=layout.STRONG)
    if sentence := with_and_without(document, period):
        layout.paragraph(console, sentence, style=layout.STRONG)
    layout.blank(console)
    layout.show(console, _totals(document, period, scale))
    layout.blank(console)
    if period.without_money:
        layout.show(console, _origins(document, period))
    else:
        _print_sources(document, period, scale, console)
    if period.groups:
        _print_groups(document, period, console)


def _print_sources(
    document: ForecastDocument, period: ForecastPeriod, scale: Scale, console: Console
) -> None:
    side_by_side = Table.grid(padding=(0, 4, 0, 0))
    side_by_side.add_row(_parts(document, period, scale), _others(period, scale))
    layout.show(console, side_by_side)
    if explained := views_explained(document, period):
        layout.paragraph(console, explained, style=layout.FAINT)
    if period.no_weighted_pipeline:
        layout.paragraph(console, left_out(period), style=layout.FAINT)
    if period is document.periods[0] and (sentence := booked_sentence(document)):
        layout.paragraph(console, sentence)
    print_crm(document, period, console)


def _print_groups(document: ForecastDocument, period: ForecastPeriod, console: Console) -> None:
    """Each rep, team, segment, source or product, with the total."""
    rows = group_rows(document, period)
    unit = "" if period.without_money else group_scale(document, period).unit
    fields = [
        ("name", f"By {document.by}{f', {unit}' if unit else ''}", "left"),
        ("booked", "won" if period.without_money else "booked", "right"),
        ("open_pipeline", "open\npipeline", "right"),
        ("still_to_come", "still\nto come", "right"),
        ("mean", "mean", "right"),
        ("span", "80 % range", "right"),
        ("quota", "quota", "right"),
        ("chance", "chance", "right"),
    ]
    kept = [field for field in fields if any(getattr(row, field[0]) for row in rows)]
    cells = [[getattr(row, name) for name, _, _ in kept] for row in rows]
    layout.blank(console)
    layout.show(console, layout.table([(head, side) for _, head, side in kept], cells))
    layout.paragraph(console, " ".join(group_notes(document, period)), style=layout.FAINT)


def _context(document: ForecastDocument, period: ForecastPeriod, scale: Scale) -> str:
    as_of = f"as of {date_words(document.as_of)}" if document.as_of else ""
    left = f"{plural(period.days_left, 'day')} left" if period.days_left is not None else ""
    about = ", ".join(part for part in (as_of, left) if part)
    unit = f"Amounts: {layout.unit_words(document, scale)}, {scope(period.bookings_parts.expansion)}"
    parts = [plain(document.name), about[:1].upper() + about[1:], "" if period.without_money else unit]
    return ". ".join(part for part in parts if part) + "."


def _totals(document: ForecastDocument, period: ForecastPeriod, scale: Scale) -> Table:
    rows = [] if period.without_money else [_total_row("Bookings", period.bookings, scale)]
    if not period.credited_at_booking:
        rows.append(_total_row("Quota credit", period.quota_credit, scale))
    if period.quota is not None and not period.without_money:
        rows.append(("Quota", scale.number(period.quota), "", ""))
    if period.wins is not None:
        wins = period.wins
        middle = count_span(wins.p10, wins.p90)
        rows.append(
            (f"{plural_noun(document.noun).capitalize()} won", count(wins.p50), middle, count(wins.mean))
        )
    heads = (("", "left"), ("median", "right"), ("80 % range", "right"), ("mean", "right"))
    return layout.table(heads, rows)


def _total_row(name: str, summary: Summary, scale: Scale) -> tuple[str, str, str, str]:
    middle = f"{scale.number(summary.p10)} to {scale.number(summary.p90)}"
    return (name, scale.number(summary.p50), middle, scale.number(summary.mean))


def _origins(document: ForecastDocument, period: ForecastPeriod) -> Table:
    """Where the wins come from, without money: won already, open, still to come."""
    names = ("won already", *PART_NAMES[1:3])
    rows = [(name, note) for name, note in zip(names, _from(document, period), strict=True) if note]
    return layout.table(
        ((f"{plural_noun(document.noun).capitalize()} come from", "left"), ("", "left")), rows
    )


def _from(document: ForecastDocument, period: ForecastPeriod) -> list[str]:
    counts, noun = period.counts, document.noun
    return [
        _known(counts.booked_deals, noun),
        _known(counts.open_deals, noun),
        _known(counts.new_leads, noun, about=True),
    ]


def _parts(document: ForecastDocument, period: ForecastPeriod, scale: Scale) -> Table:
    notes = [*_from(document, period), ""]
    means = period.bookings_parts.means
    rows = [
        (name, scale.number(mean), note)
        for name, mean, note in zip(PART_NAMES, means, notes, strict=True)
        if mean or name != "expansion"
    ]
    rows.append(("total", scale.number(sum(means)), ""))
    return layout.table((("Bookings come from (means)", "left"), ("", "right"), ("", "left")), rows)


def _known(number: float | None, noun: str, *, about: bool = False) -> str:
    if number is None:
        return ""
    return f"about {plural(round(number), noun)}" if about else plural(number, noun)


def _others(period: ForecastPeriod, scale: Scale) -> Table:
    rows = [(name, scale.number(amount)) for name, amount in other_views(period)]
    rows = rows or [("no history", "")]
    return layout.table((("Other methods", "left"), ("", "right")), rows)


def _print_deals(document: ForecastDocument, console: Console) -> None:
    largest = document.largest_deals(LARGEST_DEALS)
    scale = table_scale([deal.amount for deal in largest], document.currency)
    unit = f", {scale.unit}" if scale.unit else ""
    heads = (
        (f"Top open {plural_noun(document.noun)}{unit}", "left"),
        ("stage", "left"),
        ("age", "right"),
        ("listed", "right"),
        ("expected", "right"),
        (f"chance to win\nin {document.periods[0].period}", "right"),
        ("chance to\nwin ever", "right"),
    )
    layout.blank(console)
    layout.show(console, layout.table(heads, _deal_rows(document, largest, scale)))


def _deal_rows(
    document: ForecastDocument, deals: list[OpenDeal], scale: Scale
) -> Iterator[tuple[str | Text, ...]]:
    for deal in deals:
        name = Text(plain(deal.name or deal.lead))
        if deal.flags:
            name.append(f" ({plain(', '.join(deal.flags))})", style=layout.WARNING)
        yield (
            name,
            plain(document.stage_name(deal.stage)),
            MISSING if deal.age_days is None else f"{deal.age_days:,.0f} d",
            scale.number(deal.amount),
            scale.number(deal.expected),
            chance(deal.p_in_period),
            chance(deal.p_ever),
        )


def _next_steps(document: ForecastDocument, invocation: Invocation) -> list[tuple[str, str]]:
    model = layout.model_file(document)
    change = f"funnelsim compare {model} --set {layout.some_change(document, document.funnel)}"
    steps = [(invocation.other(change), "value of a change"), *invocation.keep("forecast")]
    if not document.deals and any(period.counts.open_deals for period in document.periods):
        again = invocation.command or f"funnelsim forecast {model}"
        steps.insert(0, (f"{again} --deals deals.csv", "list of open deals"))
    return steps
