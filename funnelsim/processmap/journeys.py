"""The journeys of a history: its visits in order, and its deals with what became of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from funnelsim.history.files.events import History

_DAY = 86_400e6  # microseconds


@dataclass(frozen=True, kw_only=True)
class Journeys:
    """Visits and deals, with a number for each deal instead of its id, which makes large histories fast.

    Attributes
    ----------
    stages : tuple of str
        In funnel order; `place` is the index.
    visits : DataFrame
        ``d`` (row of the deal), ``place``, ``stage``, ``step`` (0 for the first of the deal), ``visit``,
        ``entered``, ``left``, ``exit``, ``days`` (null while open); by deal and step.
    deals : DataFrame
        The history's deals with ``d``, ``state`` (won, ended, open), ``days`` from creation to the end, and
        ``value``: what it was won at, of other deals what it was listed at.
    history : History
    """

    stages: tuple[str, ...]
    visits: pl.DataFrame
    deals: pl.DataFrame
    history: History


def journeys_of(history: History) -> Journeys:
    """Number the deals and put the visits in order.

    Visits that begin at the same instant keep their order in the history.
    """
    seen = history.visits["stage"].unique(maintain_order=True).to_list()
    stages = tuple(dict.fromkeys([*history.meta.stages, *seen]))
    deals = history.deals.with_row_index("d").with_columns(
        state=pl.when(pl.col("outcome").is_null())
        .then(pl.lit("open"))
        .when(pl.col("outcome") == "won")
        .then(pl.lit("won"))
        .otherwise(pl.lit("ended")),
        days=days_between("created", "closed"),
        # A lost or open deal may have a won amount of 0 that nobody filled in: what it was listed at is first.
        value=pl.when(pl.col("outcome") == "won")
        .then(pl.coalesce("amount", "listed_amount"))
        .otherwise(pl.coalesce("listed_amount", "amount")),
    )
    places = pl.DataFrame(
        {"stage": stages, "place": range(len(stages))}, schema={"stage": pl.String, "place": pl.Int32}
    )
    visits = (
        history.visits.join(deals.select("deal", "d"), on="deal", how="inner", maintain_order="left")
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
    return Journeys(stages=stages, visits=visits, deals=deals, history=history)


def days_between(start: str | pl.Expr, end: str | pl.Expr) -> pl.Expr:
    """Days from one time to another, with fractions."""
    first = pl.col(start) if isinstance(start, str) else start
    last = pl.col(end) if isinstance(end, str) else end
    return (last - first).dt.total_microseconds() / _DAY
