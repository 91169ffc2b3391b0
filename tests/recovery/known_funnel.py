"""Histories of a known funnel, drawn by plain numpy: independent of the engines."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

BEGIN = dt.datetime(2024, 1, 1)
#: Probability of moving on, median and sigma of its lognormal dwell; scale and shape of the Weibull of loss.
DEMO = {"p": 0.55, "median": 9.0, "sigma": 0.8, "shape": 1.2, "scale": 30.0}
PROPOSAL = {"p": 0.40, "median": 14.0, "sigma": 0.6, "shape": 0.9, "scale": 40.0}


def _stay(rng: np.random.Generator, n: int, truth: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Whether each of n deals moves on, and after how many days."""
    onward = rng.random(n) < truth["p"]
    days = np.where(
        onward,
        truth["median"] * np.exp(truth["sigma"] * rng.standard_normal(n)),
        truth["scale"] * rng.weibull(truth["shape"], n),
    )
    return onward, days


def _instants(days: np.ndarray) -> list[dt.datetime]:
    return [BEGIN + dt.timedelta(seconds=round(86_400 * float(day))) for day in days]


def known_history(seed: int, *, deals: int = 900, days: float = 80.0) -> History:
    """Deals that came evenly over `days` days and are cut off at the end: many are still open."""
    rng = np.random.default_rng(seed)
    created = np.sort(rng.uniform(0, days, deals))
    on, first = _stay(rng, deals, DEMO)
    won, second = _stay(rng, deals, PROPOSAL)
    in_proposal = created + first
    closed = np.where(on, in_proposal + second, in_proposal)
    visits, rows = [], []
    names = [f"D{i:05d}" for i in range(deals)]
    at = [_instants(x) for x in (created, in_proposal, closed)]
    amounts = 1000 * np.exp(rng.standard_normal(deals))
    for i, name in enumerate(names):
        demo_ended = in_proposal[i] < days
        target = ("proposal" if on[i] else "lost") if demo_ended else None
        visits.append((name, "demo", 1, at[0][i], at[1][i] if demo_ended else None, target))
        ended = closed[i] < days
        outcome = ("won" if won[i] else "lost") if on[i] else "lost"
        if on[i] and demo_ended:
            visits.append(
                (name, "proposal", 1, at[1][i], at[2][i] if ended else None, outcome if ended else None)
            )
        amount = float(amounts[i]) if ended and outcome == "won" else None
        told = (outcome, at[2][i]) if ended else (None, None)
        rows.append((name, at[0][i], *told, amount, None, "all", None, None, None, name))
    return History(
        visits=pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row"),
        deals=pl.DataFrame(rows, schema=DEAL_SCHEMA, orient="row"),
        meta=HistoryMeta(
            name="known",
            as_of=BEGIN + dt.timedelta(days=days),
            observed_from=None,
            stages={"demo": "Demo", "proposal": "Proposal"},
        ),
    )


def open_deals_as_lost(history: History) -> History:
    """The common mistake: what is open at the end is called lost."""
    as_of = history.meta.as_of
    survival = pl.col("left").is_null()
    return History(
        visits=history.visits.with_columns(
            exit=pl.when(survival).then(pl.lit("lost")).otherwise(pl.col("exit")),
            left=pl.when(survival).then(pl.lit(as_of)).otherwise(pl.col("left")).cast(pl.Datetime("us")),
        ),
        deals=history.deals.with_columns(
            outcome=pl.col("outcome").fill_null("lost"), closed=pl.col("closed").fill_null(pl.lit(as_of))
        ),
        meta=history.meta,
    )
