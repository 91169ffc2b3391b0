"""The weighted pipeline, as a CRM would report it."""

from __future__ import annotations

import polars as pl

from funnelsim.history.events import History
from funnelsim.metrics.booked import first_wins
from funnelsim.model.parts import Model


def weighted_pipeline(pipeline: pl.DataFrame, history: History, model: Model) -> float | None:
    """Listed amount of each open deal times the win share of its stage, summed: no time, no age.

    The share of a stage is that of the decided deals that ever were in it (where losses are not recorded:
    of all deals that were); a stage without any takes the share of all deals. A deal without an amount
    counts with the mean of the won ones. Deals that have booked already are left out.

    Returns
    -------
    float or None
        None where nothing was decided yet.
    """
    shares = stage_win_shares(history, model)
    overall = _win_share(_decided(history, model))
    if overall is None:
        return None
    wins = first_wins(history, model).join(history.deals, on="deal", how="left")
    mean_won = wins["amount"].mean() if wins["amount"].drop_nulls().len() else 0.0
    to_win = pipeline.filter(~pl.col("won_before")).select(
        amount=pl.col("amount").fill_null(mean_won),
        share=pl.col("stage").replace_strict(shares, default=overall, return_dtype=pl.Float64),
    )
    return float((to_win["amount"] * to_win["share"]).sum())


def stage_win_shares(history: History, model: Model) -> dict[str, float]:
    """Share of the decided deals that were in a stage and were won, by stage."""
    decided = _decided(history, model)
    seen = history.visits.select("deal", "stage").unique().join(decided, on="deal", how="inner")
    shares = seen.group_by("stage").agg(pl.col("won").mean()).sort("stage")
    return dict(shares.iter_rows())


def _decided(history: History, model: Model) -> pl.DataFrame:
    """Deals whose fate is known: ``deal won``."""
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
