"""The weighted pipeline: open amounts times the win share of their stage."""

from __future__ import annotations

import polars as pl

from funnelsim.history.files.events import History
from funnelsim.metrics.booked import first_wins
from funnelsim.model.parts import Model


def weighted_pipeline(pipeline: pl.DataFrame, history: History, model: Model) -> float | str:
    """Listed amount of each open deal times the win share of its stage, summed: no time, no age.

    The share of a stage is that of the decided deals that ever were in it (where losses are not recorded:
    of all deals that were); a stage without any takes the share of all deals. Deals without a listed amount
    and those that have booked already are left out.

    Returns
    -------
    float or str
        The reason why there is none, where nothing was decided yet or no open deal has a listed amount.
    """
    shares = stage_win_shares(history, model)
    overall = _win_share(_decided(history, model))
    if overall is None:
        return f"no {model.noun} was won or lost before"
    listed = pipeline.filter(~pl.col("won_before") & pl.col("amount").is_not_null())
    if listed.height == 0:
        return f"no open {model.noun} has a listed amount"
    to_win = listed.select(
        "amount",
        share=pl.col("stage").replace_strict(shares, default=overall, return_dtype=pl.Float64),
    )
    return float((to_win["amount"] * to_win["share"]).sum())


def stage_win_shares(history: History, model: Model) -> dict[str, float]:
    """Share of the decided deals that were in a stage and were won, by stage."""
    decided = _decided(history, model)
    seen = (
        history.visits.select("deal", "stage")
        .unique(maintain_order=True)
        .join(decided, on="deal", how="inner", maintain_order="left")
    )
    shares = seen.group_by("stage").agg(pl.col("won").mean()).sort("stage")
    return dict(shares.iter_rows())


def _decided(history: History, model: Model) -> pl.DataFrame:
    """Deals with a known outcome: ``deal won``."""
    won = first_wins(history, model)["deal"].implode()
    fates = history.deals.select(
        "deal", won=pl.col("deal").is_in(won), closed=pl.col("outcome").is_not_null()
    )
    if history.meta.losses_recorded:
        fates = fates.filter(pl.col("won") | pl.col("closed"))
    return fates.select("deal", "won")


def _win_share(decided: pl.DataFrame) -> float | None:
    share = decided["won"].mean()
    return float(share) if isinstance(share, int | float) else None
