"""Amounts or counts of a backtest, period by period, in one unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.core.calendar.time import parse_period
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.backtest import OURS, BacktestDocument, BacktestOrigin
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.money import Scale, table_scale
from funnelsim.report.words.quantities import plural

ONLY_EARLIER = "Each forecast uses only data available the day before"
#: Fields of deals that a backtest does not use unless they are trusted.
_UNTIMED = {"amount": "amounts", "owner": "owners", "segment": "segments"}


@dataclass(frozen=True, slots=True)
class Amounts:
    """How the amounts of a backtest are written; counts have no unit and, being whole, no decimals."""

    scale: Scale
    counts: bool

    @classmethod
    def of(cls, document: BacktestDocument) -> Amounts:
        ends = [value for origin in document.origins for value in (origin.actual, origin.quantiles[89])]
        return cls(table_scale(ends, document.unit), document.metric == "deals_won")

    @property
    def in_unit(self) -> str:
        """What a head adds: `` (USD thousand)``, or nothing."""
        return f" ({self.scale.unit})" if self.scale.unit and not self.counts else ""

    def text(self, value: float) -> str:
        return f"{value:,.0f}" if self.counts else self.scale.number(value)

    def score(self, value: float) -> str:
        return f"{value:.1f}" if self.counts else self.scale.number(value)

    def span(self, low: float, high: float) -> str:
        return f"{self.text(low)} to {self.text(high)}"


def about(document: BacktestDocument) -> str:
    """What was forecast, and from which data: ``Bookings by month. Each forecast uses only ...``"""
    unused = [words for name, words in _UNTIMED.items() if name not in document.trusted]
    parts = [f"{what(document)} by {document.every}", ONLY_EARLIER]
    if unused:
        fields, nouns = _listed(unused), plural_noun(document.noun)
        parts.append(
            f"{fields[:1].upper()}{fields[1:]} of open {nouns} are not used: their changes carry no date"
        )
    if document.trusted:
        parts.append(used_as_exported(document))
    return ". ".join(parts) + "."


def used_as_exported(document: BacktestDocument) -> str:
    """``Amount used as exported``: fields whose changes carry no date; nothing where none was trusted."""
    named = _listed([name.replace("_", " ") for name in document.trusted])
    return f"{named[:1].upper()}{named[1:]} used as exported" if named else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def what(document: BacktestDocument) -> str:
    return "Bookings" if document.metric == "bookings" else f"{plural_noun(document.noun).capitalize()} won"


def spanned(document: BacktestDocument) -> str:
    """First to last day of all that was forecast: ``1 Jun to 31 Aug 2017``"""
    last_day = parse_period(document.origins[-1].period).end - dt.timedelta(days=1)
    return span_words(document.origins[0].start, last_day, short=True)


def notes(document: BacktestDocument) -> tuple[str, ...]:
    """Notes on what could not be forecast, each once."""
    of_origins = (note for origin in document.origins for note in origin.notes)
    return tuple(dict.fromkeys([*document.notes, *of_origins]))


def missed(origin: BacktestOrigin) -> str:
    """On which side of the 80 % range the actual result was; empty where it was inside."""
    if origin.actual > origin.quantiles[89]:
        return "above"
    return "below" if origin.actual < origin.quantiles[9] else ""


def average_error(document: BacktestDocument, name: str = OURS, *, of: Sequence[str] = ()) -> float | None:
    """Mean distance of the median forecast from the actual result, over the mean actual result.

    Parameters
    ----------
    document : BacktestDocument
    name : str
        The method.
    of : sequence of str
        Only periods in which all these methods have a forecast too.
    """
    pairs = [
        (abs(forecast.quantiles[49] - origin.actual), origin.actual)
        for origin in document.origins
        if (forecast := origin.forecast_of(name)) is not None
        and all(origin.forecast_of(other) is not None for other in of)
    ]
    actual = sum(actual for _, actual in pairs)
    return sum(error for error, _ in pairs) / actual if actual > 0 else None


def ours_off_beside(document: BacktestDocument, name: str) -> float | None:
    """How far funnelsim was off in the periods in which another method has a forecast."""
    return average_error(document, OURS, of=(name,))


def average_error_words(document: BacktestDocument) -> list[str]:
    """``The likely result was off by 12 % on average over 4 quarters.``"""
    error = average_error(document)
    if error is None:
        return []
    spanned_periods = plural(len(document.origins), document.every)
    return [f"The likely result was off by {error * 100:.0f} % on average over {spanned_periods}."]
