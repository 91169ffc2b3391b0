"""Bookings and revenue recorded in a history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from funnelsim.history.files.events import History
from funnelsim.model.parts import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Amounts booked in a past period.

    Attributes
    ----------
    bookings, quota_credit : float
        In the model's currency.
    deals : int
        Deals won in the span (their first win).
    without_amount : int
        Credits that count as 0 because no amount is recorded.
    """

    bookings: float = 0.0
    quota_credit: float = 0.0
    deals: int = 0
    without_amount: int = 0


def booked(history: History, model: Model, start: dt.datetime, end: dt.datetime) -> Booked:
    """Bookings of the deals of a history in ``[start, end)``, by the model's credit rules.

    An amount counts with the credit of the stage or outcome entered, at each entry. If a deal has booked but
    has no final amount yet, its listed amount is used.
    """
    entries = _entries(history).filter((pl.col("at") >= start) & (pl.col("at") < end))
    factors = credit_factors(model)
    credited = entries.join(factors, on="target", how="inner")
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


def booked_deals(history: History, model: Model, start: dt.datetime, end: dt.datetime) -> pl.DataFrame:
    """The deals behind `booked`, by the day of their first credit or win in the span.

    Returns
    -------
    DataFrame
        ``deal name account owner closed bookings quota_credit``; the amounts add up to those of `booked`.
    """
    within = (pl.col("at") >= start) & (pl.col("at") < end)
    amount = pl.col("amount").fill_null(0.0)
    credited = (
        _entries(history)
        .filter(within)
        .join(credit_factors(model), on="target", how="inner", maintain_order="left")
        .select("deal", "at", bookings=amount * pl.col("bookings"), quota_credit=amount * pl.col("quota"))
    )
    wins = first_wins(history, model).filter(within)
    won = wins.select("deal", "at", bookings=pl.lit(0.0), quota_credit=pl.lit(0.0))
    by_deal = (
        pl.concat([credited, won])
        .group_by("deal", maintain_order=True)
        .agg(pl.col("at").min(), pl.col("bookings", "quota_credit").sum())
    )
    about = history.deals.select("deal", pl.coalesce("name", "deal").alias("name"), "account", "owner")
    return (
        by_deal.join(about, on="deal", how="left", maintain_order="left")
        .sort("at", "deal")
        .select(
            "deal",
            "name",
            "account",
            "owner",
            pl.col("at").dt.date().alias("closed"),
            "bookings",
            "quota_credit",
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Revenue in a period from past bookings.

    Attributes
    ----------
    revenue : float
    waiting : float
        Bookings of open deals that have not reached the stage at which recognition starts.
    """

    revenue: float = 0.0
    waiting: float = 0.0


def recognised(history: History, model: Model, start: dt.datetime, end: dt.datetime) -> Recognised:
    """Revenue from the bookings of a history in ``[start, end)``, by the goal's `recognise`.

    A booking is recognised evenly over `over` days. This starts when it is booked or, if later, when the
    deal first enters the stage or outcome named by `from`.
    """
    rule, entries = model.goal.recognise, _entries(history)
    bookings = entries.join(credit_factors(model), on="target", how="inner").select(
        "deal", "at", booking=pl.col("amount").fill_null(0.0) * pl.col("bookings")
    )
    if rule is None:
        inside = bookings.filter((pl.col("at") >= start) & (pl.col("at") < end))
        return Recognised(revenue=float(inside["booking"].sum()))
    first = entries.filter(pl.col("target") == rule.start).group_by("deal").agg(since=pl.col("at").min())
    known = bookings.join(first, on="deal", how="left", maintain_order="left")
    begun = known.drop_nulls("since").with_columns(begins=pl.max_horizontal("at", "since"))
    open_deals = history.deals.filter(pl.col("outcome").is_null()).select("deal")
    waiting = known.filter(pl.col("since").is_null()).join(open_deals, on="deal", how="semi")
    if rule.over == 0:
        share = ((pl.col("begins") >= start) & (pl.col("begins") < end)).cast(pl.Float64)
    else:
        days = [_days(pl.col("begins"), edge) for edge in (start, end)]
        low, high = (edge.clip(0.0, rule.over) for edge in days)
        share = (high - low) / rule.over
    return Recognised(
        revenue=float(begun.select((pl.col("booking") * share).sum()).item()),
        waiting=float(waiting["booking"].sum()),
    )


def _days(since: pl.Expr, until: dt.datetime) -> pl.Expr:
    return (pl.lit(until) - since).dt.total_microseconds() / 86_400e6


def first_wins(history: History, model: Model) -> pl.DataFrame:
    """Deal and instant of each deal's first entry to the stage or outcome that books it."""
    return first_entries(history, model.goal.books_at)


def first_entries(history: History, target: str) -> pl.DataFrame:
    """Deal and instant of each deal's first entry to a stage or outcome."""
    entries = _entries(history).filter(pl.col("target") == target)
    return entries.group_by("deal").agg(pl.col("at").min())


def _entries(history: History) -> pl.DataFrame:
    """Entries to stages and outcomes: ``deal target at amount``, sorted so that sums are reproducible."""
    amounts = history.deals.select("deal", amount=pl.coalesce("amount", "listed_amount"))
    stages = history.visits.select("deal", target="stage", at="entered")
    outcomes = history.deals.filter(pl.col("outcome").is_not_null()).select(
        "deal", target="outcome", at="closed"
    )
    return pl.concat([stages, outcomes]).join(amounts, on="deal", how="left").sort("at", "deal", "target")


def credit_factors(model: Model) -> pl.DataFrame:
    """Credit factors of stages and outcomes: ``target bookings quota``."""
    books_at = model.goal.books_at
    credits_at = model.goal.credits_at or books_at
    rows = []
    for target in (*model.stages, *model.all_outcomes):
        explicit = model.stages[target].credit if target in model.stages else None
        bookings = explicit.bookings if explicit else float(target == books_at)
        quota = explicit.quota if explicit else float(target == credits_at)
        if bookings or quota:
            rows.append((target, bookings, quota))
    return pl.DataFrame(
        rows,
        schema={"target": pl.String, "bookings": pl.Float64, "quota": pl.Float64},
        orient="row",
    )
