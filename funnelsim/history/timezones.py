"""Instants as local time: order and lengths that survive a change of clocks, and days beside instants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import plural_noun
from funnelsim.history.attention import Attention

#: Prefix of the columns that hold what was added to UTC to get the local time of another column.
OFFSET = "offset:"
#: The local day of an instant in UTC may be that of twelve hours earlier.
WEST_OF_UTC = dt.timedelta(hours=12)
#: Minutes from UTC in winter and summer -> a time zone that has them, as an example.
_EXAMPLES = {
    (60, 120): "Europe/Berlin",
    (60,): "Europe/Berlin",
    (120,): "Europe/Berlin",
    (-480, -420): "America/Los_Angeles",
    (-360, -300): "America/Chicago",
    (-300, -240): "America/New_York",
    (-300,): "America/New_York",
    (330,): "Asia/Kolkata",
    (480,): "Asia/Singapore",
    (540,): "Asia/Tokyo",
    (600, 660): "Australia/Sydney",
}


def keep_lengths(
    events: pl.DataFrame | None, deals: pl.DataFrame | None
) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """Rows in which all instants of a deal have one offset from UTC, that of its first one.

    Local clocks go back and forward: two instants would change their order, or lie an hour further apart. With one
    offset a deal keeps both; times after the change are an hour off the clock on the wall. The first one is known
    at every cut, so that a history cut at a date and an import as of it are the same. Columns that begin with
    `OFFSET` are used and dropped.
    """
    frames = [frame for frame in (events, deals) if frame is not None]
    seen = [
        frame.select("deal", offset=pl.col(name), utc=pl.col(name.removeprefix(OFFSET)) - pl.col(name))
        for frame in frames
        for name in frame.columns
        if name.startswith(OFFSET)
    ]
    if not seen:
        return events, deals
    first = (
        pl.concat(seen)
        .drop_nulls()
        .group_by("deal")
        .agg(pl.col("offset").sort_by("utc").first().alias("first"), pl.col("offset").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
        .drop("n")
    )
    return _with_offset(events, first), _with_offset(deals, first)


def _with_offset(frame: pl.DataFrame | None, first: pl.DataFrame) -> pl.DataFrame | None:
    if frame is None:
        return None
    offsets = [name for name in frame.columns if name.startswith(OFFSET)]
    joined = frame.join(first, on="deal", how="left", maintain_order="left")
    moved = [
        (pl.col(name.removeprefix(OFFSET)) - pl.col(name) + pl.coalesce("first", name)).alias(
            name.removeprefix(OFFSET)
        )
        for name in offsets
    ]
    return joined.with_columns(moved).drop("first", *offsets)


def days_beside_instants(count: int, noun: str) -> Attention:
    """What to look at where closings are local days, entries are instants, and the two seem to contradict."""
    text = (
        f"{count:,} {plural_noun(noun)} close on the day before they enter their last stage, in UTC: closings are "
        "local days, entries are instants. Read as closed at the instant of the entry. Days are right once the "
        "mapping names the time zone of the CRM, such as:"
    )
    line = 'time_zone = "America/New_York"'
    return Attention(check="days_beside_instants", text=text, mapping=(line,), count=count)


def offsets_without_zone(columns: dict[str, tuple[int, ...]]) -> Iterator[Attention]:
    """What to look at where stamps name their offset from UTC and the mapping no time zone.

    Parameters
    ----------
    columns : dict
        Column -> minutes from UTC that its stamps name, without zero.
    """
    offsets = sorted({minutes for found in columns.values() for minutes in found})
    if not offsets:
        return
    shown = " and ".join(f"{minutes // 60:+03d}:{minutes % 60:02d}" for minutes in offsets[:3])
    text = (
        f"times of {', '.join(columns)} name their offset ({shown}) and are read in UTC: those near midnight fall on "
        "another day than at home. Days are right once the mapping names the time zone, such as:"
    )
    line = f'time_zone = "{_EXAMPLES.get(tuple(offsets), "Europe/Berlin")}"'
    yield Attention(check="offsets_without_zone", text=text, mapping=(line,), count=len(columns))
