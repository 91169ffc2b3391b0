"""What a history has booked already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from funnelsim.history.events import History
from funnelsim.model.parts import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Amounts of a span of the past, as they stand.

    Attributes
    ----------
    bookings, quota_credit : float
        In the model's currency.
    deals : int
        Deals won in the span (their first win).
    without_amount : int
        Credits that count nothing because no amount is recorded.
    """

    bookings: float = 0.0
    quota_credit: float = 0.0
    deals: int = 0
    without_amount: int = 0


def booked(history: History, model: Model, start: dt.datetime, end: dt.datetime) -> Booked:
    """What the deals of a history booked in ``[start, end)``, by the model's rules for credits.

    An amount counts with the credit of the stage or outcome entered, at each entry. Where a deal has no
    final amount yet (it has booked, but is still on its way) the listed amount stands in.
    """
    entries = _entries(history).filter((pl.col("at") >= start) & (pl.col("at") < end))
    factors = _credit_factors(model)
    credited = entries.join(factors, on="place", how="inner")
    first = first_wins(history, model).filter((pl.col("at") >= start) & (pl.col("at") < end))
    amount = pl.col("amount").fill_null(0.0)
    sums = credited.select(
        bookings=(amount * pl.col("bookings")).sum(), quota_credit=(amount * pl.col("quota")).sum()
    ).row(0, named=True)
    return Booked(
        bookings=float(sums["bookings"]),
        quota_credit=float(sums["quota_credit"]),
        deals=first.height,
        without_amount=credited["amount"].null_count(),
    )


def first_wins(history: History, model: Model) -> pl.DataFrame:
    """Deal and instant of each deal's first entry to the place that books it."""
    wins = _entries(history).filter(pl.col("place") == model.goal.books_at)
    return wins.group_by("deal").agg(pl.col("at").min())


def _entries(history: History) -> pl.DataFrame:
    """Entries to stages and outcomes: ``deal place at amount``, sorted so that sums are reproducible."""
    amounts = history.deals.select("deal", amount=pl.coalesce("amount", "listed_amount"))
    stages = history.visits.select("deal", place="stage", at="entered")
    outcomes = history.deals.filter(pl.col("outcome").is_not_null()).select(
        "deal", place="outcome", at="closed"
    )
    return pl.concat([stages, outcomes]).join(amounts, on="deal", how="left").sort("at", "deal", "place")


def _credit_factors(model: Model) -> pl.DataFrame:
    """Factors of the amount of each place that credits: ``place bookings quota``."""
    books_at = model.goal.books_at
    credits_at = model.goal.credits_at or books_at
    rows = []
    for place in (*model.stages, *model.all_outcomes):
        explicit = model.stages[place].credit if place in model.stages else None
        bookings = explicit.bookings if explicit else float(place == books_at)
        quota = explicit.quota if explicit else float(place == credits_at)
        if bookings or quota:
            rows.append((place, bookings, quota))
    return pl.DataFrame(
        rows,
        schema={"place": pl.String, "bookings": pl.Float64, "quota": pl.Float64},
        orient="row",
    )
