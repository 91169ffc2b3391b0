"""Exchange rates by date: each amount is converted at the rate of its own day."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.names import find_column
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.currency_names import currency_named
from funnelsim.history.values.dates import read_dates

_CURRENCY = ("currency", "currencycode", "isocode", "code", "fromcurrency", "waehrung", "devise")
_DATE = ("date", "day", "validfrom", "startdate", "from", "since", "month", "datum")
_RATE = ("rate", "value", "exchangerate", "fxrate", "kurs", "worth")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedRates:
    """What one unit of each currency is worth, from each date on.

    Attributes
    ----------
    frame : DataFrame
        ``currency, day, rate``, sorted by day; a rate holds until the next one of its currency.
    """

    name: str
    frame: pl.DataFrame

    @property
    def currencies(self) -> set[str]:
        return {*self.frame["currency"].unique()}

    def factors(self, currency: pl.Series, day: pl.Series, home: str) -> pl.Series:
        """The rate of each amount on its day (the latest where it has none); null before the first rate."""
        wanted = pl.DataFrame({"currency": currency, "day": day.cast(pl.Date)}).with_row_index("place")
        wanted = wanted.with_columns(pl.col("day").fill_null(dt.date.max))
        found = wanted.sort("day").join_asof(self.frame, on="day", by="currency", check_sortedness=False)
        rate = pl.when(pl.col("currency") == home).then(1.0).otherwise("rate")
        return found.sort("place").select(rate.alias("rate"))["rate"]


def read_rates(table: Table, mapping: Mapping) -> DatedRates:
    """The rates of a table with the columns currency, date and rate; ``[rates]`` for all other currencies.

    Raises
    ------
    HistoryError
        If a column is missing, or a rate is not a number above 0, or two of one day differ.
    """
    found = {name: find_column(table.columns, names) for name, names in _NAMES.items()}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        message = f"has no column with the {' and no '.join(missing)}; it has {', '.join(table.columns[:8])}"
        raise history_error(table.path, message, hint="a table of rates has the columns currency, date, rate")
    currency, date, rate = (table.frame[str(column)] for column in found.values())
    numbers = table.frame[ROW]

    def row(position: int) -> str:
        return f"{table.row_word} {numbers[position]}"

    codes = currency.cast(pl.String).str.strip_chars()
    known = {text: currency_named(text) for text in codes.drop_nulls().unique()}
    frame = pl.DataFrame(
        {
            "currency": codes.replace(known),
            "day": read_dates(
                date, file=table.name, at=row, given=mapping.date_formats.get(date.name)
            ).values,
            "rate": read_amounts(rate, file=table.name, at=row, decimal=_decimal(rate)).values,
            ROW: numbers,
        }
    ).with_columns(pl.col("day").cast(pl.Date))
    _refuse_bad(table, frame)
    frame = frame.drop(ROW).unique()
    listed = {*frame["currency"].unique()}
    always = {
        code: float(rate)
        for name, rate in mapping.rates.items()
        if (code := currency_named(name)) not in listed
    }
    fixed = pl.DataFrame(
        {"currency": [*always], "day": [dt.date.min] * len(always), "rate": [*always.values()]},
        schema=frame.schema,
    )
    return DatedRates(name=table.name, frame=pl.concat([frame, fixed]).sort("day", "currency"))


def _decimal(rate: pl.Series) -> str:
    """A rate is no thousands: ``1.086`` has decimals, and so has ``1,086``."""
    text = rate.cast(pl.String)
    return (
        ","
        if text.str.contains(",", literal=True).any() and not text.str.contains(".", literal=True).any()
        else "."
    )


_NAMES = {"currency": _CURRENCY, "date": _DATE, "rate": _RATE}


def _refuse_bad(table: Table, frame: pl.DataFrame) -> None:
    good = pl.col("currency").is_not_null() & pl.col("day").is_not_null() & (pl.col("rate") > 0)
    bad = frame.filter(~(good & (pl.col("rate") < math.inf)).fill_null(False))
    problems = [
        Problem(path=f"{table.row_word} {row}", message="needs a currency, a date and a rate above 0")
        for row in bad[ROW].head(10)
    ]
    alike = frame.group_by("currency", "day").agg(pl.col("rate").n_unique(), pl.col(ROW).max())
    problems += [
        Problem(
            path=f"{table.row_word} {row}", message=f"{currency} has another rate on {day} in an earlier row"
        )
        for currency, day, row in alike.filter(pl.col("rate") > 1)
        .sort(ROW)
        .select("currency", "day", ROW)
        .head(10)
        .iter_rows()
    ]
    if problems:
        raise HistoryError(str(table.path), problems)


def no_rate_yet(name: str, currency: str, first: dt.date | None, count: int, day: dt.date | None) -> Problem:
    """The problem of amounts on days before the first rate of their currency."""
    since = f"begins on {first}" if first else "has none"
    message = (
        f"{counted(count, 'amount')} in {currency} {verb(count, 'have')} no rate: the table {since}, "
        f"the first of these amounts is of {day}"
    )
    hint = f"add a row to {name}: {currency}, a date not after {day}, and the rate"
    return Problem(path=currency, message=message, hint=hint)
