"""Closings that events and the deals table date differently, and stage times that a connector made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.presets.row_names import is_copy_time
from funnelsim.history.readers.table import ROW

#: Closing dates of two tables often differ by a few days of paper work, hence the two bounds.
_DAYS_APART, _NOTABLE = 14, 0.1
#: Above this share the two tables do not tell of the same thing: one of the columns is no closing date.
_MOSTLY = 0.5
#: A bulk load or a migration dates many closings on few days: so many closings, so small a share of days.
_BULK, _FEW_DAYS = 10, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingsApart:
    """How the closings of both tables differ.

    Attributes
    ----------
    dated, apart : int
        Closings that both tables date, and those more than two weeks apart.
    bulk : bool
        True if the events date many closings on few days and the deals table does not.
    example : str
        One of those apart, in words.
    """

    dated: int
    apart: int
    bulk: bool
    example: str

    @property
    def mostly(self) -> bool:
        return self.apart > _MOSTLY * self.dated


def compare_closings(both: pl.DataFrame) -> ClosingsApart:
    """Compare the closings; `both` has ``deal``, ``recorded_at`` (events) and ``day`` (deals table)."""
    far = (pl.col("recorded_at") - pl.col("day")).dt.total_days().abs() > _DAYS_APART
    apart = both.filter(far).sort("deal")
    days = [both[name].dt.date().n_unique() for name in ("recorded_at", "day")]
    example = ""
    if not apart.is_empty():
        deal, events, table = apart.select("deal", "recorded_at", "day").row(0)
        example = f"{deal}: {date_text(events)} in the events, {date_text(table)} in the deals table"
    return ClosingsApart(
        dated=both.height,
        apart=apart.height,
        bulk=both.height >= _BULK and days[0] <= _FEW_DAYS * both.height and days[1] > 2 * days[0],
        example=example,
    )


def table_dates_closings(closings: ClosingsApart, column: str) -> Attention | None:
    """The warning where the closings of the deals table are used, since those of the events are no closings.

    `column` has the times of the events. A copy, or a bulk load, happens days or years after the change.
    """
    if not closings.mostly or not (closings.bulk or is_copy_time(column)):
        return None
    what = (
        f'"{column}" is when a connector recorded the row'
        if is_copy_time(column)
        else f'"{column}" puts most of them on the same few days, as a bulk load does'
    )
    text = (
        f"{_of_closings(closings)}, so the deals table decides outcomes and closing dates. {what}, not when "
        "the stage changed: entries into stages before the first copy are unknown or too late. To use "
        "the events instead:"
    )
    return Attention(
        check="table_dates_closings",
        text=text,
        mapping=('outcome_from = "events"',),
        count=closings.apart,
    )


def events_date_closings(closings: ClosingsApart) -> Attention | None:
    """The warning where the closings of the events are used although the deals table has others."""
    if closings.apart <= _NOTABLE * max(1, closings.dated):
        return None
    text = f"{_of_closings(closings)}: the events decide. To use the deals table instead:"
    check = "most_closings_differ" if closings.mostly else "closings_differ"
    return Attention(check=check, text=text, mapping=('outcome_from = "deals"',), count=closings.apart)


def _of_closings(closings: ClosingsApart) -> str:
    return (
        f"{closings.apart:,} of {counted(closings.dated, 'closing')} {verb(closings.apart, 'differ')} "
        f"by more than {_DAYS_APART} days between the events and the deals table (such as {closings.example})"
    )


def copied_stage_times(
    column: str, transitions: pl.DataFrame, created: pl.DataFrame | None, noun: str
) -> Iterator[Attention]:
    """The warning if stage entries have the times of a connector, and most likely not those of the changes.

    `created` has ``deal`` and ``created``. Where a connector was there from the beginning of the deals, it
    recorded their first row about when they were created.
    """
    if not is_copy_time(column):
        return
    first = transitions.filter(pl.col(ROW).is_not_null()).group_by("deal").agg(pl.col("at").min())
    known = None if created is None else first.join(created.drop_nulls(), on="deal")
    text = f'stages are dated by "{column}", which is when a connector recorded the row: '
    if known is None or known.is_empty():
        text += "what happened before its first copy is dated too late"
        number = first.height
    else:
        late = known.filter(pl.col("at") - pl.col("created") > dt.timedelta(days=_DAYS_APART))
        number = late.height
        if number <= _NOTABLE * known.height:
            return
        text += (
            f"for {number:,} of {counted(known.height, noun)} the first row is more than {_DAYS_APART} "
            "days after the creation, so their stages are dated too late"
        )
    text += '. If the CRM exports the time of each change, name it in a mapping: [events] entered = "..."'
    yield Attention(check="copied_stage_times", text=text, count=number)
