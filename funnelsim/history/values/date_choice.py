"""Choose the one date format that reads every value of a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.values.date_errors import (
    AmbiguousDates,
    hint_date_format,
    shortened,
    unreadable_problems,
)
from funnelsim.history.values.date_formats import DATE_FORMATS, EPOCH_PATTERNS, date_expression, shapes_of
from funnelsim.history.values.time_stamps import instant_expression

_SAMPLE, _FEW = 1_000, 20
_YEAR_FIRST = "yy/mm/dd"


def choose_format(
    distinct: pl.Series,
    stamps: pl.DataFrame,
    text: pl.Series,
    at: Callable[[int], str],
    file: str,
    name: str,
    given: str | None,
    hints: Sequence[str],
) -> tuple[str, bool]:
    """The format that reads every value, and whether another one would have done so too."""
    candidates = [given] if given else [*DATE_FORMATS, *EPOCH_PATTERNS]
    likely = _formats_of_all(
        stamps.head(_SAMPLE), _plausible_formats(stamps["date"].head(_FEW).to_list(), candidates)
    )
    whole = _formats_of_all(stamps, likely) if len(stamps) > _SAMPLE else likely
    whole = _with_likely_years(stamps, whole)
    if len(whole) == 1 or (whole and _same_dates(stamps, whole)):
        return whole[0], False
    for hint in hints:
        if hint in whole:
            return hint, True
    if whole:
        first = whole[0], whole[1]
        message = (
            f"all values fit both {first[0]} and {first[1]} (such as {shortened(distinct[0])}): "
            "the order of day and month is not clear"
        )
        problem = Problem(path=f"column {name}", message=message, hint=hint_date_format(name, first[0]))
        raise AmbiguousDates(file, [problem])
    read = readable_by(stamps, candidates)
    raise HistoryError(file, unreadable_problems(read, distinct, text, at, name, given))


def _with_likely_years(stamps: pl.DataFrame, formats: list[str]) -> list[str]:
    """The formats without the end that is not the year: days change more than years do.

    ``24/03/12`` alone may begin with the year or end with it.
    """
    if _YEAR_FIRST not in formats or len(formats) == 1:
        return formats
    others = [name for name in formats if name != _YEAR_FIRST]
    first, last = (_years_spanned(stamps, name) for name in (_YEAR_FIRST, others[0]))
    if 2 * first < last:
        return [_YEAR_FIRST]
    return others if 2 * last < first else formats


def _years_spanned(stamps: pl.DataFrame, written: str) -> int:
    years = stamps.select(date_expression(written).dt.year()).to_series()
    return int(str(years.max())) - int(str(years.min()))


def _plausible_formats(dates: Sequence[str | None], formats: Sequence[str]) -> list[str]:
    """Formats whose shape the first few dates have: the others are not worth trying on all of them.

    Texts without a date at their beginning, such as those of several lines, have none.
    """
    shapes = {written: [re.compile(shape) for shape in shapes_of(written)] for written in formats}
    return [
        written
        for written in formats
        if all(date and any(shape.match(date) for shape in shapes[written]) for date in dates)
    ]


def readable_by(stamps: pl.DataFrame, formats: Sequence[str]) -> pl.DataFrame:
    return stamps.select(
        instant_expression(date_expression(name)).is_not_null().alias(name) for name in formats
    )


def _formats_of_all(stamps: pl.DataFrame, formats: Sequence[str]) -> list[str]:
    if not formats:
        return []
    read = readable_by(stamps, formats)
    return [name for name in formats if read[name].all()]


def _same_dates(stamps: pl.DataFrame, formats: list[str]) -> bool:
    dates = stamps.select(date_expression(written).alias(written) for written in formats)
    first = dates[formats[0]]
    return all((dates[other] == first).all() for other in formats[1:])
