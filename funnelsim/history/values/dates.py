"""One date format per column: given, or the only one that reads all its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.epochs import (
    DIGITS,
    EPOCH,
    EPOCH_MS,
    EPOCH_NS,
    EPOCH_US,
    PER_SECOND,
    read_numbers,
)

#: Written form on screen -> patterns that it stands for.
DATE_FORMATS: dict[str, tuple[str, ...]] = {
    "yyyy-mm-dd": ("%Y-%m-%d",),
    "yyyy/mm/dd": ("%Y/%m/%d",),
    "yyyy.mm.dd": ("%Y.%m.%d",),
    "yyyymmdd": ("%Y%m%d",),
    "dd/mm/yyyy": ("%d/%m/%Y",),
    "mm/dd/yyyy": ("%m/%d/%Y",),
    "dd.mm.yyyy": ("%d.%m.%Y",),
    "dd-mm-yyyy": ("%d-%m-%Y",),
    "mm-dd-yyyy": ("%m-%d-%Y",),
    "dd/mm/yy": ("%d/%m/%y",),
    "mm/dd/yy": ("%m/%d/%y",),
    "dd.mm.yy": ("%d.%m.%y",),
    "dd mon yyyy": ("%d %b %Y", "%d %B %Y", "%d-%b-%Y"),
    "dd-mon-yy": ("%d-%b-%y", "%d %b %y"),
    "mon dd, yyyy": ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
    "weekday, dd mon yyyy": ("%a, %d %b %Y",),
}
TYPED = "date type of the file"
_EPOCHS = {EPOCH: r"^(\d{10})$", EPOCH_MS: r"^(\d{13})$", EPOCH_US: r"^(\d{16})$", EPOCH_NS: r"^(\d{19})$"}

#: Years that stand for "no date" in exports: the Unix epoch, Excel's zero, "for ever".
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

_DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%d": r"\d{1,2}",
    "%e": r"\d{1,2}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]{3,}",
    "%a": r"[A-Za-z]{3}",
    "%A": r"[A-Za-z]+",
}
#: Length of the text -> patterns of plain ISO dates of that length.
_ISO: dict[int, tuple[str, ...]] = {
    10: ("%Y-%m-%d",),
    19: ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
}
_SAMPLE, _FEW = 1_000, 20
#: Days since 1899-12-30, as Excel counts them, from 1990 to 2098.
_EXCEL_DAYS = (32_874, 72_686)
_MOST_TEXTS = 5
_AS_EXCEL_COUNTS = (
    "these look like days as Excel counts them: give the column a date format there, save the CSV again"
)
_STAMP = (
    r"^\s*(?P<date>.*?)"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d+)?))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateColumn:
    """A column read as instants.

    Attributes
    ----------
    values : Series of Datetime("us")
        Naive; null where the value is missing or impossible.
    format : str
        The form that all values have, as said on screen.
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


class AmbiguousDates(HistoryError):
    """Every value of the column fits two orders of day and month."""


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
        Where it stands, for messages.
    at : callable
        Position in `column` to the words for its place in the file, such as ``row 12``.
    given : str, optional
        The format, as in `DATE_FORMATS` (``dd/mm/yyyy``) or with percent signs (``%d/%m/%Y``). A time of
        day may always follow.
    missing : sequence of str
        Texts that mean "no date", besides the empty one.
    zone : str, optional
        Stamps with an offset are converted to this time zone; all others are taken as they stand. Default:
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
        values, unit = read_numbers(column, file=file, at=at, hint=_number_hint(column))
        return _without_placeholders(values, format_=unit, zone=None if unit == DIGITS else zone)
    _refuse_other_types(column, file)
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text.is_in(["", *missing]), None)
    if text.null_count() == len(text):
        nothing = pl.Series(column.name, [None], dtype=pl.Datetime("us")).new_from_index(0, len(text))
        return _without_placeholders(nothing, format_="empty")
    plain = _plain_iso(text) if given in (None, "yyyy-mm-dd") else None
    if plain is not None:
        return plain
    distinct = text.drop_nulls().unique(maintain_order=True)
    stamps = _split(distinct)
    chosen, ambiguous = _choose(distinct, stamps, text, at, file, column.name, given, hints)
    read = stamps.select(
        at=_instant(_read_date(chosen)), zoned=pl.col("zone").is_not_null(), minutes=_minutes_from_utc()
    )
    aware = _one_kind_of_time(read, distinct, text, at, file, column.name)
    has_time = stamps["hour"].is_not_null().any()
    lookup = pl.DataFrame({"text": distinct, "at": read["at"]})
    values = pl.DataFrame({"text": text}).join(lookup, on="text", how="left", maintain_order="left")["at"]
    return _without_placeholders(
        values.alias(column.name),
        format_=chosen + (" hh:mm" if has_time else ""),
        zone=zone if aware or chosen in _EPOCHS else None,
        ambiguous=ambiguous,
        written_offsets=tuple(sorted(set(read["minutes"].drop_nulls()) - {0})),
    )


def readable_share(column: pl.Series) -> float:
    """Largest share of a column's distinct texts that a single format reads as dates."""
    distinct = column.cast(pl.String).str.strip_chars().drop_nulls().unique()
    if distinct.is_empty():
        return 0.0
    read = _reads(_split(distinct), [*DATE_FORMATS])
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


def _number_hint(column: pl.Series) -> str:
    days = column.cast(pl.Float64).drop_nulls()
    if bool(days.is_between(*_EXCEL_DAYS).all()):
        return _AS_EXCEL_COUNTS
    return "dates as numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, or yyyymmdd"


def _refuse_other_types(column: pl.Series, file: str) -> None:
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
                file, [Problem(path=f"column {column.name}", message=f"holds {words}, no dates")]
            )


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
    # Midnights of UTC throughout are days that a program wrote as instants: another zone would move them.
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


def _split(distinct: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"text": distinct}).select(pl.col("text").str.extract_groups(_STAMP)).unnest("text")


def _shape(pattern: str) -> str:
    """The texts that a pattern may read; strptime alone takes "5/3/20" for the year 20."""
    shape = re.escape(pattern.replace("%F", "%Y-%m-%d"))
    for directive, digits in _DIRECTIVES.items():
        shape = shape.replace(re.escape(directive), digits)
    return f"^{shape}$"


def _read_date(written: str) -> pl.Expr:
    if written in _EPOCHS:
        digits = pl.col("date").str.extract(_EPOCHS[written]).cast(pl.Int64)
        per_second = PER_SECOND[written]
        micros = digits // 1_000 if written == EPOCH_NS else digits * (10**6 // per_second)
        return micros.cast(pl.Datetime("us"))
    return pl.coalesce(
        pl.when(pl.col("date").str.contains(_shape(pattern)))
        .then(pl.col("date").str.to_date(pattern, strict=False))
        .cast(pl.Datetime("us"))
        for pattern in patterns_of(written)
    )


def patterns_of(written: str) -> tuple[str, ...]:
    """The patterns of a format in words, or the date part of one with percent signs."""
    if written in DATE_FORMATS:
        return DATE_FORMATS[written]
    date_part = re.split(r"[T,\s]*%[HIMSTRXc]", written)[0].rstrip()
    return (date_part,)


def format_problem(written: str) -> str:
    """Why `written` is not a date format; empty if it is one."""
    if written in DATE_FORMATS:
        return ""
    date_part = patterns_of(written)[0]
    if all(
        any(sign in date_part for sign in signs) for signs in (("%Y", "%y"), ("%m", "%b", "%B"), ("%d", "%e"))
    ):
        return ""
    if date_part in ("%F", "%D"):
        return ""
    known = ", ".join(DATE_FORMATS)
    near = did_you_mean(written.lower(), list(DATE_FORMATS))
    hint = f"{near}; " if near else ""
    return f'unknown date format "{written}"; {hint}choose from {known} or write it like %d/%m/%Y'


def _instant(date: pl.Expr) -> pl.Expr:
    """The instant in UTC where the stamp names an offset, else the time as it stands."""
    hour = pl.col("hour").cast(pl.Int64).fill_null(0)
    half = pl.col("half").str.slice(0, 1).str.to_lowercase()
    hour = pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)
    minute = pl.col("minute").cast(pl.Int64).fill_null(0)
    second = pl.col("second").str.replace(",", ".", literal=True).cast(pl.Float64).fill_null(0.0)
    micros = (second * 1e6).round().cast(pl.Int64)
    sensible = (hour < 24) & (minute < 60) & (second < 61)
    local = date + pl.duration(hours=hour, minutes=minute, microseconds=micros)
    return pl.when(sensible).then(local - pl.duration(minutes=_minutes_from_utc().fill_null(0)))


def _minutes_from_utc() -> pl.Expr:
    """Minutes that a stamp is ahead of UTC; null where it names no offset."""
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    digits = pl.col("zone").str.replace_all(r"\D", "")
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0)
    return pl.when(pl.col("zone").is_not_null()).then(sign * (60 * hours + minutes))


def _choose(
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
    candidates = [given] if given else [*DATE_FORMATS, *_EPOCHS]
    likely = _readers_of_all(stamps.head(_SAMPLE), _alike(stamps["date"].head(_FEW).to_list(), candidates))
    whole = _readers_of_all(stamps, likely) if len(stamps) > _SAMPLE else likely
    if len(whole) == 1 or (whole and _same_dates(stamps, whole)):
        return whole[0], False
    for hint in hints:
        if hint in whole:
            return hint, True
    if whole:
        first = whole[0], whole[1]
        message = (
            f"all values fit both {first[0]} and {first[1]} (such as {_quoted(distinct[0])}): "
            "the order of day and month cannot be told"
        )
        problem = Problem(path=f"column {name}", message=message, hint=_say_in_mapping(name, first[0]))
        raise AmbiguousDates(file, [problem])
    read = _reads(stamps, candidates)
    raise HistoryError(file, _unreadable(read, distinct, text, at, name, given))


def _alike(dates: Sequence[str | None], formats: Sequence[str]) -> list[str]:
    """Formats whose shape the first few dates have: the others are not worth trying on all of them.

    Texts without a date at their beginning, such as those of several lines, have none.
    """
    shapes = {written: [re.compile(shape) for shape in _shapes(written)] for written in formats}
    return [
        written
        for written in formats
        if all(date and any(shape.match(date) for shape in shapes[written]) for date in dates)
    ]


def _shapes(written: str) -> list[str]:
    if written in _EPOCHS:
        return [_EPOCHS[written]]
    return [_shape(pattern) for pattern in patterns_of(written)]


def _reads(stamps: pl.DataFrame, formats: Sequence[str]) -> pl.DataFrame:
    return stamps.select(_instant(_read_date(name)).is_not_null().alias(name) for name in formats)


def _readers_of_all(stamps: pl.DataFrame, formats: Sequence[str]) -> list[str]:
    if not formats:
        return []
    read = _reads(stamps, formats)
    return [name for name in formats if read[name].all()]


def _same_dates(stamps: pl.DataFrame, formats: list[str]) -> bool:
    dates = stamps.select(_read_date(written).alias(written) for written in formats)
    first = dates[formats[0]]
    return all((dates[other] == first).all() for other in formats[1:])


def _unreadable(
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
        hint = _AS_EXCEL_COUNTS if _are_excel_days(distinct) else _say_missing()
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
    return [Problem(path=f"column {name}", message=message, hint=_say_missing(bad))]


def _one_kind_of_time(
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
        shown.append(f"{at(first)} {_quoted(value)}")
    hits = int(text.is_in(values.to_list()).sum())
    more = hits - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _quoted(value: str) -> str:
    return f'"{value[:40]}"'


def _say_in_mapping(name: str, written: str) -> str:
    return f'say which in a mapping: [date_formats] "{name}" = "{written}"'


def _say_missing(bad: pl.Series | None = None) -> str:
    texts = [] if bad is None or len(bad) > _MOST_TEXTS else bad.to_list()
    known = texts and not any(character.isdigit() for text in texts for character in text)
    listed = ", ".join(quoted(text) for text in texts) if known else '"..."'
    return f'if these stand for "no date", list them in a mapping: missing = [{listed}]'


def _are_excel_days(distinct: pl.Series) -> bool:
    counted = distinct.cast(pl.Float64, strict=False)
    return counted.null_count() == 0 and bool(counted.is_between(*_EXCEL_DAYS).all())
