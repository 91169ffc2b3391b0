"""How often won deals had said no before they said yes.

A history rarely records a "no". What counts as one: a move back to an earlier stage, an entry into a stage
where deals are parked, and an outcome other than won that did not last because the deal went on.
"""

from __future__ import annotations

import polars as pl

from funnelsim.documents.map_insights import NoCount, Noes
from funnelsim.processmap.insights.parked import parked_stages
from funnelsim.processmap.journeys import Journeys, of_step_before
from funnelsim.processmap.proportions import wilson

#: The last row counts all deals with so many or more.
MOST = 4


def noes_before_yes(journeys: Journeys) -> Noes:
    """The distribution of the number of noes over won deals, and what those deals were worth."""
    won = journeys.deals.filter(pl.col("state") == "won")
    names = journeys.history.meta.stages
    parked = parked_stages(names)
    said = pl.concat([_moves(journeys, parked), _reopenings(journeys)]).join(won, on="d", how="semi")
    counted = (
        won.join(said.group_by("d").agg(noes=pl.len()), on="d", how="left")
        .with_columns(noes=pl.col("noes").fill_null(0).clip(upper_bound=MOST))
        .group_by("noes")
        .agg(
            pl.len().alias("n"),
            # A sum over no known amount is unknown, not 0.
            pl.when(pl.col("value").count() > 0).then(pl.col("value").sum()).alias("amount"),
            pl.col("value").median().alias("median_amount"),
            pl.col("days").median().alias("median_days"),
        )
        .sort("noes")
    )
    rows = [
        NoCount(
            noes=row["noes"],
            or_more=row["noes"] == MOST,
            n=row["n"],
            share=wilson(row["n"], won.height),
            amount=row["amount"],
            median_amount=row["median_amount"],
            median_days=row["median_days"],
        )
        for row in counted.iter_rows(named=True)
    ]
    kinds = dict(said.group_by("kind").agg(pl.col("d").n_unique()).iter_rows())
    return Noes(
        wins=won.height,
        counts=tuple(rows),
        back=kinds.get("back", 0),
        parked=kinds.get("parked", 0),
        reopened=kinds.get("reopened", 0),
        parked_stages=tuple(names[key] or key for key in parked),
    )


def _moves(journeys: Journeys, parked: tuple[str, ...]) -> pl.DataFrame:
    """Moves back and entries into a parked stage. Leaving a parked stage for an earlier one is no second no,
    and neither is moving back because the deal was re-opened."""
    visits = journeys.visits.with_columns(
        is_parked=pl.col("stage").is_in(list(parked)),
        before=of_step_before("place"),
        # The deal was in the stage before from here until it moved.
        began=of_step_before("entered"),
    ).with_columns(was_parked=of_step_before("is_parked"))
    kind = (
        pl.when(pl.col("is_parked"))
        .then(pl.lit("parked"))
        .when((pl.col("place") < pl.col("before")) & ~pl.col("was_parked"))
        .then(pl.lit("back"))
    )
    moves = visits.select("d", "began", "entered", kind=kind).drop_nulls("kind")
    ended = _ended_for_a_time(journeys).select("d", "closed")
    reopened = (
        moves.with_row_index("move")
        .join(ended, on="d")
        .filter(pl.col("closed").is_between("began", "entered"), pl.col("kind") == "back")["move"]
        .unique()
    )
    kept = moves.with_row_index("move").filter(~pl.col("move").is_in(reopened.implode()))
    return kept.select("d", "kind")


def _reopenings(journeys: Journeys) -> pl.DataFrame:
    return _ended_for_a_time(journeys).select("d", kind=pl.lit("reopened"))


def _ended_for_a_time(journeys: Journeys) -> pl.DataFrame:
    retracted = journeys.history.retracted.filter(pl.col("outcome") != "won")
    return retracted.join(journeys.deals.select("deal", "d"), on="deal")
