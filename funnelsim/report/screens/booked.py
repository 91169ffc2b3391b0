"""The part of the forecast's screen about booked deals, and whether they tie to a closed-won report."""

from __future__ import annotations

from rich.console import Console

from funnelsim.core.nouns import counted, verb
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.judgement import ClosedWonTie
from funnelsim.report.screens import layout
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.money import MISSING, exact_money, money, table_scale
from funnelsim.report.words.names import plain

MOST_SHOWN = 10


def booked_sentence(document: ForecastDocument) -> str:
    """``Booked USD 812 thousand from 31 deals; largest Acme 120 thousand (12 January 2026).``"""
    deals = document.booked_deals
    total = sum(deal.bookings for deal in deals)
    if not deals or not total:
        return ""
    largest = max(deals, key=lambda deal: deal.bookings)
    when = f" ({date_words(largest.closed)})" if largest.closed else ""
    worth = money(largest.bookings, document.currency)
    return (
        f"Booked {money(total, document.currency)} from {counted(len(deals), document.noun)}; largest "
        f"{plain(largest.name or largest.deal)} {worth}{when}. --booked booked.csv lists them."
    )


def print_tie(document: ForecastDocument, console: Console) -> None:
    """Print whether what is booked ties to the closed-won report, and every difference with its reason."""
    tie = document.closed_won
    if tie is None:
        return
    layout.blank(console)
    layout.paragraph(console, tie_sentence(document, tie), style=layout.STRONG)
    if tie.differences:
        shown = tie.differences[:MOST_SHOWN]
        scale = table_scale([v for one in shown for v in (one.booked, one.report)], document.currency)
        unit = f", {scale.unit}" if scale.unit else ""
        heads = ((f"Differences{unit}", "left"), ("booked", "right"), ("report", "right"), ("why", "left"))
        rows = [
            (
                plain(one.name or one.deal),
                MISSING if one.booked is None else scale.number(one.booked),
                MISSING if one.report is None else scale.number(one.report),
                plain(one.reason),
            )
            for one in shown
        ]
        layout.show(console, layout.table(heads, rows))
        if (more := len(tie.differences) - len(shown)) > 0:
            text = f"{counted(more, 'more difference')}, all smaller: --booked booked.csv has all."
            layout.paragraph(console, text, style=layout.FAINT)
    if notes := _notes(document, tie):
        layout.paragraph(console, notes, style=layout.FAINT)


def tie_sentence(document: ForecastDocument, tie: ClosedWonTie) -> str:
    """``Booked ties to the closed-won report: 31 deals, USD 812 thousand.``"""
    span, currency = span_words(tie.start, tie.end), document.currency
    if not tie.differences:
        worth = exact_money(tie.amount, currency)
        return (
            f"Booked ties to the closed-won report for {span}: {counted(tie.deals, document.noun)}, {worth}."
        )
    here, there = (exact_money(amount, currency) for amount in (tie.amount, tie.report_amount))
    gap = tie.report_amount - tie.amount
    total = f", {exact_money(abs(gap), currency)} {'more' if gap > 0 else 'less'} in the report"
    total = total if abs(gap) >= 0.005 else ", together none"
    return (
        f"Booked does not tie to the closed-won report for {span}: {here} from "
        f"{counted(tie.deals, document.noun)} here, {there} from {tie.report_deals:,} in the report. "
        f"{counted(len(tie.differences), 'difference')}{total}:"
    )


def _notes(document: ForecastDocument, tie: ClosedWonTie) -> str:
    said = [plain(tie.taken)] if tie.taken else []
    if tie.other_periods:
        closes = verb(tie.other_periods, "close")
        said.append(
            f"{counted(tie.other_periods, document.noun)} of the report {closes} on other days: left out."
        )
    if tie.other_days:
        said.append(
            f"{counted(tie.other_days, document.noun)} closed on another day of the same span; amounts agree."
        )
    return " ".join(said)
