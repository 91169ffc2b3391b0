"""Local time: keep order and durations across clock changes, and compare days with times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention

#: Prefix of the columns that hold what was added to UTC to get the local time of another column.
OFFSET = "offset:"
#: An hour is 0.3 % of so long a visit: less than the hour at which people update a CRM.
CLOSE = dt.timedelta(days=14)
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
    """Rows in which instants of a deal that lie close together have one offset from UTC, that of the first.

    Local clocks go back and forward: two instants would change their order, or lie an hour further apart.
    With one offset they keep both, and those after the change are an hour off the clock on the wall. Instants
    further apart than `CLOSE` have the offset of their day: an hour is nothing to such a visit, and may be
    another quarter to a closing. Columns that begin with `OFFSET` are used and dropped.
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
    instants = pl.concat(seen).drop_nulls().unique()
    crossing = instants.filter(pl.col("offset").n_unique().over("deal") > 1).sort("deal", "utc")
    apart = (pl.col("utc").diff() > CLOSE).fill_null(False).cum_sum()
    kept = (
        crossing.with_columns(apart.over("deal").alias("run"))
        .with_columns(pl.col("offset").first().over("deal", "run").alias("kept"))
        .filter(pl.col("kept") != pl.col("offset"))
        .select("deal", "utc", "kept")
    )
    return _with_offsets(events, kept), _with_offsets(deals, kept)


def _with_offsets(frame: pl.DataFrame | None, kept: pl.DataFrame) -> pl.DataFrame | None:
    if frame is None:
        return None
    for name in [name for name in frame.columns if name.startswith(OFFSET)]:
        column = name.removeprefix(OFFSET)
        frame = frame.with_columns(utc=pl.col(column) - pl.col(name))
        frame = frame.join(kept, on=["deal", "utc"], how="left", maintain_order="left")
        frame = frame.with_columns((pl.col("utc") + pl.coalesce("kept", name)).alias(column))
        frame = frame.drop(name, "utc", "kept")
    return frame


def days_beside_instants(count: int, noun: str) -> Attention:
    """The warning if closings are local days, entries are times in UTC, and the two contradict."""
    text = (
        f"{counted(count, noun)} {verb(count, 'close')} on the day before the last stage entry (in UTC), "
        "because "
        "closing dates are local days and entries are times in UTC. Read as closed at the time of the "
        "entry. To fix "
        "the days, name the time zone of the CRM in the mapping, such as:"
    )
    line = 'time_zone = "America/New_York"'
    return Attention(check="days_beside_instants", text=text, mapping=(line,), count=count)


def offsets_without_zone(columns: dict[str, tuple[int, ...]]) -> Iterator[Attention]:
    """The warning if times have an offset from UTC and the mapping has no time zone.

    Parameters
    ----------
    columns : dict
        Column -> minutes from UTC that its stamps name, without zero.
    """
    offsets = sorted({minutes for minutes_found in columns.values() for minutes in minutes_found})
    if not offsets:
        return
    shown = " and ".join(f"{minutes // 60:+03d}:{minutes % 60:02d}" for minutes in offsets[:3])
    text = (
        f"times of {', '.join(columns)} have an offset ({shown}) and are read in UTC, so those near "
        "midnight can be on another day than local time. To fix the days, name the time zone in the mapping, "
        "such as:"
    )
    line = f'time_zone = "{_EXAMPLES.get(tuple(offsets), "Europe/Berlin")}"'
    yield Attention(check="offsets_without_zone", text=text, mapping=(line,), count=len(columns))
