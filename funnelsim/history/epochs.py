"""Dates written as whole numbers: since 1970 in some unit, or yyyymmdd."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from funnelsim.core.errors import HistoryError, Problem

EPOCH = "seconds since 1970"
EPOCH_MS = "milliseconds since 1970"
EPOCH_US = "microseconds since 1970"
EPOCH_NS = "nanoseconds since 1970"
DIGITS = "yyyymmdd"
#: Unit -> numbers of it in a second. Between 1971 and 2098 no number fits two of them.
PER_SECOND = {EPOCH: 1, EPOCH_MS: 10**3, EPOCH_US: 10**6, EPOCH_NS: 10**9}
#: Seconds from 1970 to the first day that is a date here, and to the day after the last one.
_FIRST, _END = 31_536_000, 4_070_908_800
_FIRST_DAY, _END_DAY = 19_710_101, 20_990_101


def read_numbers(
    column: pl.Series, *, file: str, at: Callable[[int], str], hint: str
) -> tuple[pl.Series, str]:
    """Instants, and the unit of the numbers: the one that puts all of them between 1971 and 2098.

    Zero, negative numbers and those that lie beyond 2098 in that unit stand for no date: they become instants
    before 1971 or after 2098.

    Raises
    ------
    HistoryError
        If no unit fits, or two do.
    """
    whole = _whole(column)
    fits = {unit: _fits(whole, unit) for unit in (*PER_SECOND, DIGITS)}
    found = [unit for unit, inside in fits.items() if inside.any()]
    if len(found) == 1:
        values, read = _instants(whole, found[0])
        odd = (column.is_not_null() & ~fits[found[0]] & ~_placeholder(whole, found[0])) | (
            fits[found[0]] & ~read
        )
        if not odd.fill_null(True).any():
            return values.alias(column.name), found[0]
    else:
        odd = column.is_not_null()
    shown = ", ".join(f"{at(place)} {column[place]}" for place in odd.fill_null(True).arg_true().head(3))
    if len(found) > 1:
        message = f"mixes dates of several units: {' and '.join(found)} ({shown})"
        hint = "export it in one unit"
    else:
        unit = f"is {found[0]}, but this is not: " if found else "holds numbers that are no dates: "
        message = unit + shown
    raise HistoryError(file, [Problem(path=f"column {column.name}", message=message, hint=hint)])


def _whole(column: pl.Series) -> pl.Series:
    """Numbers as integers; null where there is none, -1 where one is no integer."""
    if column.dtype.is_integer():
        return column.cast(pl.Int64, strict=False).fill_null(-1).set(column.is_null(), None)
    real = column.cast(pl.Float64)
    good = real.is_finite() & (real == real.floor()) & (real.abs() < 2.0**63)
    return real.set(~good.fill_null(True), -1.0).cast(pl.Int64)


def _fits(whole: pl.Series, unit: str) -> pl.Series:
    if unit == DIGITS:
        inside = (whole >= _FIRST_DAY) & (whole < _END_DAY)
    else:
        inside = (whole >= _FIRST * PER_SECOND[unit]) & (whole < _END * PER_SECOND[unit])
    return inside.fill_null(False)


def _placeholder(whole: pl.Series, unit: str) -> pl.Series:
    """Numbers that stand for no date: none, before 1971 counted from 1970, or after 2098."""
    end = _END_DAY if unit == DIGITS else _END * PER_SECOND[unit]
    return ((whole <= 0) | (whole >= end)).fill_null(True)


def _instants(whole: pl.Series, unit: str) -> tuple[pl.Series, pl.Series]:
    """Instants, and where there are such; placeholders become the first instant of 1970."""
    inside = _fits(whole, unit)
    kept = whole.set(~inside, 0).set(whole.is_null(), None)
    if unit == DIGITS:
        days = kept.cast(pl.String).str.to_date("%Y%m%d", strict=False).cast(pl.Datetime("us"))
        nothing = pl.Series([0]).cast(pl.Datetime("us"))[0]
        return days.set((kept == 0).fill_null(False), nothing), days.is_not_null()
    if unit == EPOCH_NS:
        micros = kept // 1_000
    else:
        micros = kept * (10**6 // PER_SECOND[unit])
    return micros.cast(pl.Datetime("us")), inside
