"""The world as known on a date: what had not happened yet is unknown."""

from __future__ import annotations

import dataclasses
import datetime as dt

import polars as pl

from funnelsim.history.events import History
from funnelsim.history.order import FROM_PATHS, infer_order
from funnelsim.history.wrong import wrong


def parse_as_of(text: str) -> dt.datetime:
    """The instant from which on all is unknown.

    A date means the end of that day: ``2017-09-30`` gives 2017-10-01 00:00, so that what happened on
    30 September is known. A date with a time means that time.

    Raises
    ------
    HistoryError
        If `text` is neither.
    """
    try:
        if len(text.strip()) == len("2017-09-30"):
            return end_of_day(dt.date.fromisoformat(text.strip()))
        when = dt.datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        message = f'"{text}" is not a date; write 2026-03-31, or 2026-03-31T12:00 for a time of day'
        raise wrong("as-of", message) from None
    if when.tzinfo is not None:
        message = f'"{text}" names a time zone; histories keep local time, write it without'
        raise wrong("as-of", message)
    return when


def end_of_day(day: dt.date) -> dt.datetime:
    """Midnight after `day`."""
    return dt.datetime(day.year, day.month, day.day) + dt.timedelta(days=1)


def as_of_text(as_of: dt.datetime) -> str:
    """How people say it: the last whole day that is known, or the time."""
    if as_of.time() == dt.time(0):
        day = as_of - dt.timedelta(days=1)
        return f"{day.day} {day:%b %Y}"
    return f"{as_of.day} {as_of:%b %Y %H:%M}"


def cut(history: History, as_of: dt.datetime) -> History:
    """The history as it was known at an earlier instant.

    Deals begun at or after `as_of` are not known, nor are stays entered then. A stay that ended at or
    after it is open, and so is its deal: outcome, closing and amount are masked, the listed amount stays
    (unless it was only known from the export, `HistoryMeta.listed_at_export`). A stage order that the import
    inferred from paths is inferred again from those known; the order of stays at one instant stays as it is.

    Parameters
    ----------
    as_of : datetime
        Everything at or after it is unknown. For the end of a day see `parse_as_of`.

    Raises
    ------
    HistoryError
        If `as_of` is later than the history reaches, or before everything in it.
    """
    if as_of > history.meta.as_of:
        message = f"the history ends on {as_of_text(history.meta.as_of)}, before {as_of_text(as_of)}"
        raise wrong(history.meta.name, message, at="as-of")
    visits = _visits_known(history.visits, as_of)
    if visits.is_empty():
        first = history.visits["entered"].min()
        message = f"nothing is known as of {as_of_text(as_of)}; the first stay begins on {first!s}"
        raise wrong(history.meta.name, message, at="as-of")
    forget_listed = history.meta.listed_at_export and as_of < history.meta.as_of
    deals = _deals_known(history.deals, visits, as_of, forget_listed)
    outcomes = tuple(key for key in history.meta.outcomes if (deals["outcome"] == key).any())
    stages = _stages_known(history, visits, as_of)
    meta = dataclasses.replace(history.meta, as_of=as_of, outcomes=outcomes, stages=stages)
    return History(visits=visits, deals=deals, meta=meta)


def _stages_known(history: History, visits: pl.DataFrame, as_of: dt.datetime) -> dict[str, str]:
    """Stages entered so far; an order that the import inferred is inferred again, from `visits` only."""
    names = history.meta.stages
    entered = set(visits["stage"].unique())
    order = [key for key in names if key in entered]
    if as_of < history.meta.as_of and history.meta.audit.get("stage_order_from") == FROM_PATHS:
        first = visits.group_by("stage").agg(pl.col("entered").min()).sort("entered", "stage")
        order = infer_order(visits.select("deal", key="stage", at="entered"), first["stage"].to_list())
    return {key: names[key] for key in order}


def _visits_known(visits: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    known = pl.col("left") < as_of
    return visits.filter(pl.col("entered") < as_of).with_columns(
        pl.when(known).then("left").alias("left"), pl.when(known).then("exit").alias("exit")
    )


def _deals_known(
    deals: pl.DataFrame, visits: pl.DataFrame, as_of: dt.datetime, forget_listed: bool
) -> pl.DataFrame:
    closed = pl.col("closed") < as_of
    # An amount of a deal that was open all along was known at the export, not before.
    masked = ("outcome", "closed", "amount") + (("listed_amount",) if forget_listed else ())
    return deals.join(
        visits.select("deal").unique(), on="deal", how="semi", maintain_order="left"
    ).with_columns(pl.when(closed).then(name).alias(name) for name in masked)
