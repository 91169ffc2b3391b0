"""The line under a title: dates, kind of amount, name of the model, number of futures."""

from __future__ import annotations

import datetime as dt

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.documents.shared import PeriodSpan, Titled
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.quantities import plural
from funnelsim.report.words.track_record import ONLY_EARLIER, used_as_exported, what


def forecast_subtitle(document: ForecastDocument, period: ForecastPeriod) -> str:
    """``1 January to 31 March 2026, as of 9 February 2026 (50 days left). ACV. ...``"""
    dates = span_words(period.start, period.end)
    if document.as_of:
        dates += f", as of {date_words(document.as_of)}"
    if period.days_left is not None:
        dates += f" ({plural(period.days_left, 'day')} left)"
    return sentences(dates, kind(document), futures(document), document.name)


def funnel_subtitle(document: Titled) -> str:
    """When the leads of a funnel were counted: of a forecast, only the days that are simulated."""
    if isinstance(document, ForecastDocument):
        period = document.periods[0]
        known = document.as_of + dt.timedelta(days=1) if document.as_of else period.start
        dates = span_words(max(period.start, known), period.end)
        return sentences(f"Means of {dates}", futures(document), document.name)
    if isinstance(document, SimulateDocument):
        span = PeriodSpan(start=document.start, end=document.end)
        return span_subtitle(document, span)
    return "From the history"


def span_subtitle(document: Titled, span: PeriodSpan) -> str:
    """The same for a comparison or a simulation."""
    dates = span.period
    if span.start and span.end:
        dates = ", ".join(part for part in (span.period, span_words(span.start, span.end)) if part)
    return sentences(dates, kind(document), futures(document), document.name)


def kind(document: Titled) -> str:
    """What the amounts are: ``USD, ACV``."""
    return ", ".join(part for part in (document.currency, document.amount_is) if part)


def futures(document: Titled) -> str:
    """``10,000 futures, seed 1``"""
    known = []
    if document.provenance.replications is not None:
        known.append(plural(document.provenance.replications, "future"))
    if document.provenance.seed is not None:
        known.append(f"seed {document.provenance.seed}")
    return ", ".join(known)


def sentences(*parts: str) -> str:
    return ". ".join(part for part in parts if part)


def backtest_subtitle(document: BacktestDocument, *more: str) -> str:
    """``Bookings by month, USD, ACV. Each forecast uses only data available the day before. ...``"""
    unit = ", ".join(part for part in (document.unit, document.amount_is if document.unit else "") if part)
    forecast = f"{what(document)} by {document.every}" + (f", {unit}" if unit else "")
    return sentences(forecast, ONLY_EARLIER, used_as_exported(document), document.name, *more)
