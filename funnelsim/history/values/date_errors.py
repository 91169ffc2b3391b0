"""Errors about a column of dates, with the rows that do not fit."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.toml_text import quoted

#: Days since 1899-12-30, as Excel counts them, from 1990 to 2098.
_EXCEL_DAYS = (32_874, 72_686)


_MOST_TEXTS = 5


_AS_EXCEL_COUNTS = (
    "these look like Excel day numbers: format the column as a date in Excel and save the CSV again"
)


class AmbiguousDates(HistoryError):
    """Every value of the column fits two orders of day and month."""


def number_hint(column: pl.Series) -> str:
    days = column.cast(pl.Float64).drop_nulls()
    if bool(days.is_between(*_EXCEL_DAYS).all()):
        return _AS_EXCEL_COUNTS
    return "dates as numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, or yyyymmdd"


def refuse_other_types(column: pl.Series, file: str) -> None:
    """Types of Parquet that hold no date: times of day, spans of time, lists."""
    kinds = (
        (column.dtype == pl.Duration, "spans of time"),
        (column.dtype == pl.Time, "times of day without a date"),
        (column.dtype == pl.Boolean, "true and false"),
        (column.dtype == pl.Binary, "bytes"),
        (column.dtype.is_nested(), "lists"),
    )
    for holds, words in kinds:
        if holds:
            raise HistoryError(
                file, [Problem(path=f"column {column.name}", message=f"holds {words}, not dates")]
            )


def unreadable_problems(
    read: pl.DataFrame,
    distinct: pl.Series,
    text: pl.Series,
    at: Callable[[int], str],
    name: str,
    given: str | None,
) -> list[Problem]:
    by_count = sorted(read.columns, key=lambda written: -int(read[written].sum()))
    best = by_count[0]
    if not given and read[best].sum() == 0:
        message = f"holds no dates: {_some(distinct, text, at)}"
        hint = _AS_EXCEL_COUNTS if _are_excel_days(distinct) else _hint_missing()
        return [Problem(path=f"column {name}", message=message, hint=hint)]
    bad = distinct.filter(~read[best])
    for other in by_count[1:]:
        if read[other].sum() and (read[best] | read[other]).all():
            only_other, only_best = bad, distinct.filter(~read[other])
            message = (
                f"mixes two formats: {_some(only_best, text, at)} can only be {best}, "
                f"{_some(only_other, text, at)} only {other}"
            )
            return [Problem(path=f"column {name}", message=message, hint="export it in one format")]
    message = f"is {best}, but this is not: {_some(bad, text, at)}"
    return [Problem(path=f"column {name}", message=message, hint=_hint_missing(bad))]


def require_one_kind_of_time(
    read: pl.DataFrame, distinct: pl.Series, text: pl.Series, at: Callable[[int], str], file: str, name: str
) -> bool:
    zoned = read["zoned"]
    if not zoned.any():
        return False
    if not zoned.all():
        message = (
            f"mixes times with an offset ({_some(distinct.filter(zoned), text, at)}) and without "
            f"({_some(distinct.filter(~zoned), text, at)})"
        )
        raise HistoryError(file, [Problem(path=f"column {name}", message=message)])
    return True


def _some(values: pl.Series, text: pl.Series, at: Callable[[int], str], most: int = 3) -> str:
    shown = []
    for value in values.head(most).to_list():
        first = (text == value).arg_max() or 0
        shown.append(f"{at(first)} {shortened(value)}")
    hits = int(text.is_in(values.to_list()).sum())
    more = hits - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def shortened(value: str) -> str:
    return f'"{value[:40]}"'


def hint_date_format(name: str, written: str) -> str:
    return f'name it in a mapping: [date_formats] "{name}" = "{written}"'


def _hint_missing(bad: pl.Series | None = None) -> str:
    texts = [] if bad is None or len(bad) > _MOST_TEXTS else bad.to_list()
    known = texts and not any(character.isdigit() for text in texts for character in text)
    listed = ", ".join(quoted(text) for text in texts) if known else '"..."'
    return f'if these mean "no date", list them in a mapping: missing = [{listed}]'


def _are_excel_days(distinct: pl.Series) -> bool:
    counted = distinct.cast(pl.Float64, strict=False)
    return counted.null_count() == 0 and bool(counted.is_between(*_EXCEL_DAYS).all())
