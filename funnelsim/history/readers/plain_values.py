"""Columns of typed tables as text, number, date or truth value: what the later steps understand."""

from __future__ import annotations

import datetime as dt

import polars as pl

_FIRST, _LAST = dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)


def plain(column: pl.Series) -> pl.Series | None:
    """The column with plain values; None for lengths of time, bytes that are no text and nested values."""
    dtype = column.dtype
    if dtype.is_nested() or dtype in (pl.Duration, pl.Object):
        return None
    if dtype == pl.Binary:  # text of writers that do not mark it as such
        try:
            return column.cast(pl.String)
        except pl.exceptions.PolarsError:
            return None
    if dtype in (pl.Time, pl.Categorical, pl.Enum, pl.Null):
        return column.cast(pl.String)
    if dtype.is_decimal():
        return column.cast(pl.Float64)
    return column


def within_calendar(column: pl.Series) -> tuple[pl.Series, int]:
    """Dates without those that no calendar has, such as ``infinity`` of databases; how many became empty."""
    if column.dtype == pl.Date:
        first, last = pl.lit(_FIRST.date()), pl.lit(_LAST.date())
    elif isinstance(column.dtype, pl.Datetime):
        first, last = (
            pl.lit(value)
            .dt.cast_time_unit(column.dtype.time_unit)
            .dt.replace_time_zone(column.dtype.time_zone)
            for value in (_FIRST, _LAST)
        )
    else:
        return column, 0
    values = pl.lit(column)
    kept = pl.select(pl.when(values.is_between(first, last)).then(values).alias(column.name)).to_series()
    return kept, kept.null_count() - column.null_count()
