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

    Zero, negative numbers and those beyond 2098 in that unit mean no date: they become times
    before 1971 or after 2098.

    Raises
    ------
    HistoryError
        If no unit fits, or two do.
    """
    numbers = column.cast(pl.Float64 if column.dtype.is_float() else pl.Int64, strict=False)
    fits = {unit: _fits(numbers, unit) for unit in (*PER_SECOND, DIGITS)}
    units = [unit for unit, inside in fits.items() if inside.any()]
    if len(units) == 1:
        inside = fits[units[0]]
        values = _instants(numbers.set(~inside, 0), units[0])
        odd = column.is_not_null() & ~(inside & values.is_not_null()) & ~_placeholder(numbers, units[0])
        if not odd.any():
            return values.set(column.is_null(), None).alias(column.name), units[0]
    else:
        odd = column.is_not_null()
    shown = ", ".join(f"{at(position)} {column[position]}" for position in odd.arg_true().head(3))
    if len(units) > 1:
        message = f"mixes dates of several units: {' and '.join(units)} ({shown})"
        hint = "export it in one unit"
    else:
        unit = f"is {units[0]}, but this is not: " if units else "holds numbers that are not dates: "
        message = unit + shown
    raise HistoryError(file, [Problem(path=f"column {column.name}", message=message, hint=hint)])


def _fits(numbers: pl.Series, unit: str) -> pl.Series:
    if unit == DIGITS:
        inside = (numbers >= _FIRST_DAY) & (numbers < _END_DAY)
    else:
        inside = (numbers >= _FIRST * PER_SECOND[unit]) & (numbers < _END * PER_SECOND[unit])
    return inside.fill_null(False)


def _placeholder(numbers: pl.Series, unit: str) -> pl.Series:
    """Numbers that mean no date: zero, negative ones, and those after 2098."""
    end = _END_DAY if unit == DIGITS else _END * PER_SECOND[unit]
    return ((numbers <= 0) | (numbers >= end)).fill_null(True)


def _instants(numbers: pl.Series, unit: str) -> pl.Series:
    """Instants in UTC; 0 is the first one of 1970 in all units."""
    if unit == DIGITS:
        whole = numbers.set(numbers != numbers.floor(), None) if numbers.dtype.is_float() else numbers
        days = whole.cast(pl.Int64).cast(pl.String).str.to_date("%Y%m%d", strict=False)
        nothing = pl.Series([0]).cast(pl.Date)[0]
        return days.set((numbers == 0).fill_null(False), nothing).cast(pl.Datetime("us"))
    per_micro = PER_SECOND[unit] / 10**6
    if numbers.dtype.is_float():
        micros = (numbers / per_micro).round().cast(pl.Int64)
    else:
        micros = numbers // int(per_micro) if per_micro > 1 else numbers * round(1 / per_micro)
    return micros.cast(pl.Datetime("us"))
