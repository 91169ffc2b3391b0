"""The world as known on a date: what had not happened yet is unknown."""

from __future__ import annotations

import dataclasses
import datetime as dt

import polars as pl

from funnelsim.core.calendar.dates import as_instant
from funnelsim.core.errors import require
from funnelsim.history.cleaning.clean import make_stays
from funnelsim.history.cleaning.event_log import chronicle
from funnelsim.history.cleaning.order import FROM_PATHS, infer_order
from funnelsim.history.cleaning.recording import losses_recorded, resolution
from funnelsim.history.cleaning.transitions import MOVE_SCHEMA
from funnelsim.history.cleaning.truncation import recorded_from
from funnelsim.history.cleaning.work import work_known
from funnelsim.history.columns.plans import plans_known
from funnelsim.history.files.as_of_dates import as_of_text, date_text
from funnelsim.history.files.events import History, HistoryMeta
from funnelsim.history.history_error import wrong
from funnelsim.history.ledger import FILE, Ledger
from funnelsim.history.readers.table import ROW


def parse_as_of(when: dt.date | str) -> dt.datetime:
    """The instant from which on all is unknown.

    A date means the end of that day: ``2017-09-30`` gives 2017-10-01 00:00, so that what happened on
    30 September is known. A date with a time means that time.

    Parameters
    ----------
    when : date, datetime or str
        Text as `funnelsim.core.calendar.dates.parse_date` reads it, or ISO 8601 with a time of day.

    Raises
    ------
    HistoryError
        If it is neither.
    """
    try:
        return as_instant(when, end_of_day=True)
    except ValueError as error:
        hint = "for a time of day write 2026-03-31T12:00" if isinstance(when, str) and ":" in when else ""
        raise wrong("as-of", str(error), hint=hint) from None


def cut(history: History, as_of: dt.date | str) -> History:
    """The history as it was known at an earlier instant.

    Deals begun at or after `as_of` are not known, nor are stays entered then. A stay that ended at or
    after it is open, and so is its deal: outcome, closing and amount are masked, the listed amount stays
    (unless it was only known from the export, `HistoryMeta.listed_at_export`). An outcome that was taken back
    later stands. What an import learns from the log is learnt again from what was known: the order of the
    stages where it was inferred from paths (and with it the order of stays at one instant), since when
    closings are recorded, whether losses are, and whether times are days.

    Parameters
    ----------
    as_of : date, datetime or str
        A date means the end of that day; everything at or after a datetime is unknown.

    Raises
    ------
    HistoryError
        If `as_of` is no date, is later than the history reaches, or before everything in it.

    Examples
    --------
    >>> known = fs.cut(fs.read_history("history"), dt.date(2026, 1, 15))
    >>> known.meta.as_of
    datetime.datetime(2026, 1, 16, 0, 0)
    """
    require(history, History, "history", "read one with funnelsim.read_history")
    as_of = parse_as_of(as_of)
    if as_of > history.meta.as_of:
        message = f"the history ends on {as_of_text(history.meta.as_of)}, before {as_of_text(as_of)}"
        raise wrong(history.meta.name, message, at="as-of")
    visits = _visits_known(history.visits, as_of)
    if visits.is_empty():
        first = history.visits["entered"].min()
        begins = f"; the first stay begins on {date_text(first)}" if isinstance(first, dt.date) else ""
        message = f"nothing is known as of {as_of_text(as_of)}{begins}"
        raise wrong(history.meta.name, message, at="as-of")
    if as_of == history.meta.as_of:
        return history
    deals = _deals_known(history.deals, visits, as_of, history.meta.listed_at_export)
    closed_then = _standing_outcomes(history.retracted, as_of)
    visits, deals = _closed_again(visits, deals, closed_then)
    order = _order_known(history, visits)
    if order != [key for key in history.meta.stages if key in order]:
        visits = _stays_in_order(visits, deals, order)
    meta = dataclasses.replace(
        history.meta,
        as_of=as_of,
        outcomes=tuple(key for key in history.meta.outcomes if (deals["outcome"] == key).any()),
        stages={key: history.meta.stages[key] for key in order},
        observed_from=_observed_from(history.meta, visits, deals, as_of),
        losses_recorded=losses_recorded(deals["outcome"].drop_nulls().unique().to_list()),
        resolution=resolution(visits),
    )
    return History(
        visits=visits,
        deals=deals,
        meta=meta,
        plans=plans_known(history.plans, deals, as_of),
        retracted=history.retracted.filter(pl.col("until") < as_of),
        work=work_known(history.work, deals, as_of),
    )


def _standing_outcomes(retracted: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The outcome in which each deal stood then that did not stay so; a client who churned was won."""
    standing = retracted.filter(pl.col("closed") < as_of, pl.col("until") >= as_of)
    was_won = (pl.col("outcome") == "won").any().over("deal")
    standing = standing.filter(~((pl.col("outcome") == "churned") & was_won))
    return standing.sort("deal", "closed", maintain_order=True).unique("deal", keep="last").drop("until")


def _closed_again(
    visits: pl.DataFrame, deals: pl.DataFrame, closed_then: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deals closed as they stood then; what they were won at is not known any more."""
    if closed_then.is_empty():
        return visits, deals
    then = closed_then.rename({"outcome": "ended", "closed": "ended_at"})
    is_last = pl.col("left").is_null() & pl.col("ended").is_not_null()
    visits = visits.join(then, on="deal", how="left", maintain_order="left").with_columns(
        pl.when(is_last).then("ended_at").otherwise("left").alias("left"),
        pl.when(is_last).then("ended").otherwise("exit").alias("exit"),
    )
    deals = deals.join(then, on="deal", how="left", maintain_order="left").with_columns(
        pl.coalesce("ended", "outcome").alias("outcome"), pl.coalesce("ended_at", "closed").alias("closed")
    )
    return visits.drop("ended", "ended_at"), deals.drop("ended", "ended_at")


def _order_known(history: History, visits: pl.DataFrame) -> list[str]:
    """Stages entered so far; an order that the import inferred is inferred again, from `visits` only."""
    if history.meta.audit.get("stage_order_from") == FROM_PATHS:
        first = visits.group_by("stage").agg(pl.col("entered").min()).sort("entered", "stage")
        return infer_order(visits.select("deal", key="stage", at="entered"), first["stage"].to_list())
    entered = set(visits["stage"].unique())
    return [key for key in history.meta.stages if key in entered]


def _stays_in_order(visits: pl.DataFrame, deals: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    """The stays made again from their moves: at one instant funnel order decides which came first."""
    entries = visits.select("deal", key="stage", at="entered", is_outcome=pl.lit(False))
    endings = deals.drop_nulls("outcome").select("deal", key="outcome", at="closed", is_outcome=pl.lit(True))
    moves = pl.concat([entries, endings]).with_columns(
        pl.lit(None, dtype=MOVE_SCHEMA[name]).alias(name) for name in (FILE, ROW)
    )
    told = chronicle(moves, order)
    return make_stays(told, order, Ledger(table="", files=("",), rows_read=0)).visits


def _observed_from(
    meta: HistoryMeta, visits: pl.DataFrame, deals: pl.DataFrame, as_of: dt.datetime
) -> dt.datetime | None:
    """As given, or as the known closings tell."""
    if meta.audit.get("observed_from_given", True):
        return meta.observed_from
    begun = visits.group_by("deal", maintain_order=True).agg(pl.col("entered").min().alias("begun"))
    found, _ = recorded_from(
        begun.join(deals.select("deal", "closed"), on="deal", maintain_order="left"), as_of
    )
    return found


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
