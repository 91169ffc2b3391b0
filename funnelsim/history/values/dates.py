"""Read a column of dates in one format: the given one, or the only one that fits all values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from funnelsim.history.values.date_choice import choose_format, readable_by
from funnelsim.history.values.date_errors import number_hint, refuse_other_types, require_one_kind_of_time
from funnelsim.history.values.date_formats import DATE_FORMATS, EPOCH_PATTERNS, date_expression
from funnelsim.history.values.epochs import (
    DIGITS,
    read_numbers,
)
from funnelsim.history.values.time_stamps import instant_expression, minutes_from_utc, split_stamps

TYPED = "date type of the file"

#: Years that mean "no date" in exports: the Unix epoch, Excel's zero, "for ever".
FIRST_YEAR, LAST_YEAR = 1971, 2098

#: Years before and after those that programs write where there is no date.
_NO_DATE_YEARS = (
    1,
    1600,
    1601,
    1753,
    1899,
    1900,
    1969,
    1970,
    2099,
    2100,
    2199,
    2200,
    2999,
    3000,
    4712,
    9998,
    9999,
)

#: Length of the text -> patterns of plain ISO dates of that length.
_ISO: dict[int, tuple[str, ...]] = {
    10: ("%Y-%m-%d",),
    19: ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DateColumn:
    """A column read as instants.

    Attributes
    ----------
    values : Series of Datetime("us")
        Naive; null if the value is missing or impossible.
    format : str
        The format of all values, as shown on screen.
    impossible : Series of bool
        Values before 1971 or after 2098: placeholders, read as missing.
    odd : Series of bool
        Those of them that are no usual placeholder, but probably a typing error.
    whole_days : bool
        No value has a time of day.
    aware : bool
        The stamps named their offset and were converted.
    zone : str
        The time zone that they were converted to.
    ambiguous : bool
        Another order of day and month would have read all values too.
    offset : Series of Duration or None
        What was added to UTC to get each value, where that is not nothing; see `history.timezones`. None for
        whole days, which have no hour to lose.
    written_offsets : tuple of int
        Minutes from UTC that the stamps name, without zero.
    """

    values: pl.Series
    format: str
    missing: int
    impossible: pl.Series
    odd: pl.Series
    whole_days: bool
    aware: bool = False
    zone: str = ""
    ambiguous: bool = False
    offset: pl.Series | None = None
    written_offsets: tuple[int, ...] = ()


def read_dates(
    column: pl.Series,
    *,
    file: str,
    at: Callable[[int], str],
    given: str | None = None,
    missing: Sequence[str] = (),
    zone: str | None = None,
    hints: Sequence[str] = (),
) -> DateColumn:
    """Read a column of dates, or of dates with a time, in one format.

    Parameters
    ----------
    column : Series, shape (N,)
    file : str
        The file, for messages.
    at : callable
        Position in `column` to the words for its place in the file, such as ``row 12``.
    given : str, optional
        The format, as in `DATE_FORMATS` (``dd/mm/yyyy``) or with percent signs (``%d/%m/%Y``). A time of
        day may always follow.
    missing : sequence of str
        Texts that mean "no date", besides the empty one.
    zone : str, optional
        Stamps with an offset are converted to this time zone; all others are unchanged. Default:
        the zone that the type of the column names, else UTC.
    hints : sequence of str
        Formats of other columns: the first that fits decides where all values fit two orders.

    Raises
    ------
    HistoryError
        If no single format reads all values; the rows are listed.
    """
    if column.dtype in (pl.Date, pl.Datetime):
        return _typed(column, zone)
    zone = zone or "UTC"
    if column.dtype.is_numeric() and given is not None:
        column = column.cast(pl.Int64, strict=False)
    elif column.dtype.is_numeric() and column.null_count() < len(column):
        values, unit = read_numbers(column, file=file, at=at, hint=number_hint(column))
        return _without_placeholders(values, format_=unit, zone=None if unit == DIGITS else zone)
    refuse_other_types(column, file)
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text.is_in(["", *missing]), None)
    if text.null_count() == len(text):
        nothing = pl.Series(column.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(text))
        return _without_placeholders(nothing, format_="empty")
    plain = _plain_iso(text) if given in (None, "yyyy-mm-dd") else None
    if plain is not None:
        return plain
    distinct = text.drop_nulls().unique(maintain_order=True)
    stamps = split_stamps(distinct)
    chosen, ambiguous = choose_format(distinct, stamps, text, at, file, column.name, given, hints)
    read = stamps.select(
        at=instant_expression(date_expression(chosen)),
        zoned=pl.col("zone").is_not_null(),
        minutes=minutes_from_utc(),
    )
    aware = require_one_kind_of_time(read, distinct, text, at, file, column.name)
    has_time = stamps["hour"].is_not_null().any()
    lookup = pl.DataFrame({"text": distinct, "at": read["at"]})
    values = pl.DataFrame({"text": text}).join(lookup, on="text", how="left", maintain_order="left")["at"]
    return _without_placeholders(
        values.alias(column.name),
        format_=chosen + (" hh:mm" if has_time else ""),
        zone=zone if aware or chosen in EPOCH_PATTERNS else None,
        ambiguous=ambiguous,
        written_offsets=tuple(sorted(set(read["minutes"].drop_nulls()) - {0})),
    )


def from_utc(read: DateColumn, zone: str) -> DateColumn:
    """Times that are in UTC, although none says so, as local times of a zone."""
    if zone == "UTC":
        return replace(read, aware=True, zone=zone)
    utc = read.values.dt.replace_time_zone("UTC")
    local = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return replace(read, values=local, offset=local - read.values, aware=True, zone=zone)


def readable_share(column: pl.Series) -> float:
    """Largest share of a column's distinct texts that a single format reads as dates."""
    distinct = column.cast(pl.String).str.strip_chars().drop_nulls().unique()
    if distinct.is_empty():
        return 0.0
    read = readable_by(split_stamps(distinct), [*DATE_FORMATS])
    return max(float(read[name].cast(pl.Float64).sum()) for name in read.columns) / len(distinct)


def _plain_iso(text: pl.Series) -> DateColumn | None:
    """``2026-01-31`` or ``2026-01-31 12:00:00`` throughout: most exports, and read ten times faster."""
    lengths = text.str.len_bytes().unique().drop_nulls()
    length = int(lengths[0])
    if len(lengths) > 1:
        return None
    for pattern in _ISO.get(length, ()):
        values = text.str.to_datetime(pattern, time_unit="us", strict=False)
        if values.null_count() == text.null_count():
            return _without_placeholders(values, format_="yyyy-mm-dd" + (" hh:mm" if length > 10 else ""))
    return None


def _typed(column: pl.Series, zone: str | None) -> DateColumn:
    own = column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None
    if own is not None:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    zone = (zone or own) if own else None
    return _without_placeholders(column.cast(pl.Datetime("us")), format_=TYPED, zone=zone)


def _without_placeholders(
    values: pl.Series,
    *,
    format_: str,
    zone: str | None = None,
    ambiguous: bool = False,
    written_offsets: tuple[int, ...] = (),
) -> DateColumn:
    """The column without impossible values; instants in UTC become local time of `zone` where it is given."""
    possible = values.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
    kept = values.to_frame().select(pl.when(possible).then(pl.first())).to_series()
    # A column with only midnights in UTC holds days: converting it would shift them.
    aware = zone is not None and not (_whole_days(kept) and not written_offsets)
    offset = None
    if aware and zone is not None and zone != "UTC":
        local = kept.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        kept, offset = local, local - kept
    return DateColumn(
        values=kept,
        format=format_,
        missing=values.null_count(),
        impossible=(~possible).fill_null(False),
        odd=(~possible & ~values.dt.year().is_in(_NO_DATE_YEARS)).fill_null(False),
        whole_days=_whole_days(kept),
        aware=aware,
        zone=zone or "",
        ambiguous=ambiguous,
        offset=None if _whole_days(kept) else offset,
        written_offsets=written_offsets,
    )


def _whole_days(values: pl.Series) -> bool:
    known = values.drop_nulls()
    return bool((known.dt.truncate("1d") == known).all())
