"""The journeys of a history: its visits in order, and its deals with what became of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from funnelsim.core.calendar.elapsed import days_between
from funnelsim.documents.process_map import START
from funnelsim.history.files.events import History
from funnelsim.processmap.paths import recorded_days, stage_order


@dataclass(frozen=True, kw_only=True)
class Journeys:
    """Visits and deals, with a number for each deal instead of its id, which makes large histories fast.

    Attributes
    ----------
    stages : tuple of str
        In funnel order; `place` is the index.
    visits : DataFrame
        ``d`` (row of the deal), ``place``, ``stage``, ``step`` (0 for the first of the deal), ``visit``,
        ``entered``, ``left``, ``exit``, ``days`` (null while open); by deal and step. Stages and exits are
        one enumeration, which also has `START`.
    deals : DataFrame
        The history's deals with ``d``, ``state`` (won, ended, open), ``days`` from creation to the end (null
        where it was created before exits were recorded), ``value``: what it was won at, of other deals what
        it was listed at, and ``rank``: open ones first, then by value.
    history : History
    """

    stages: tuple[str, ...]
    visits: pl.DataFrame
    deals: pl.DataFrame
    history: History


def journeys_of(history: History) -> Journeys:
    """Number the deals and put the visits in order.

    Visits that begin at the same instant keep their order in the history. Deals without a visit are left out,
    as in the map.
    """
    known, seen = tuple(history.meta.stages), history.visits["stage"].unique()
    stages = known if set(seen) <= set(known) else stage_order(history)
    exits = history.visits["exit"].drop_nulls().unique().sort().to_list()
    keys = pl.Enum(list(dict.fromkeys([START, *stages, *exits])))
    deals = history.deals.with_row_index("d").with_columns(
        state=pl.when(pl.col("outcome").is_null())
        .then(pl.lit("open"))
        .when(pl.col("outcome") == "won")
        .then(pl.lit("won"))
        .otherwise(pl.lit("ended")),
        days=recorded_days("created", "closed", history.meta),
        # A lost or open deal may have a won amount of 0 that nobody filled in: its listed amount is first.
        value=pl.when(pl.col("outcome") == "won")
        .then(pl.coalesce("amount", "listed_amount"))
        .otherwise(pl.coalesce("listed_amount", "amount")),
    )
    places = pl.DataFrame(
        {"stage": stages, "place": range(len(stages))}, schema={"stage": keys, "place": pl.Int32}
    )
    visits = (
        history.visits.join(deals.select("deal", "d"), on="deal", how="inner", maintain_order="left")
        .with_columns(pl.col("stage", "exit").cast(keys))
        .join(places, on="stage", how="left", maintain_order="left")
        .drop("deal")
        .sort("d", "entered", maintain_order=True)
        .with_row_index("row")
        .with_columns(
            step=pl.col("row") - pl.col("row").min().over("d"),
            days=days_between("entered", "left"),
        )
        .drop("row")
    )
    visited = deals.join(visits, on="d", how="semi", maintain_order="left")
    return Journeys(stages=stages, visits=visits, deals=_ranked(visited), history=history)


def _ranked(deals: pl.DataFrame) -> pl.DataFrame:
    order = deals.sort(
        pl.col("state") == "open", "value", "deal", descending=[True, True, False], nulls_last=True
    ).select("d", rank=pl.int_range(pl.len(), dtype=pl.UInt32))
    return deals.join(order, on="d", how="left", maintain_order="left")


def of_step_before(column: str) -> pl.Expr:
    """What the visit before of the same deal has in `column`; null for the first.

    For visits by deal and step: much faster than a shift over groups.
    """
    return pl.when(pl.col("d") == pl.col("d").shift(1)).then(pl.col(column).shift(1))
