"""A history of a few deals, written down day by day."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

AS_OF = dt.datetime(2026, 2, 10)


def day(month: int, number: int, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, number)


def history_of(
    *deals: dict[str, object],
    as_of: dt.datetime = AS_OF,
    observed_from: dt.datetime | None = None,
    losses_recorded: bool = True,
) -> History:
    """Each deal is ``{"stays": [(stage, entered), ...], "outcome", "closed", "amount", "listed_amount"}``.

    A stay ends where the next begins, the last where the deal closes.
    """
    visits, rows = [], []
    for n, deal in enumerate(deals):
        key = f"deal-{n}"
        stays: list[tuple[str, dt.datetime]] = deal["stays"]  # type: ignore[assignment]
        outcome, closed = deal.get("outcome"), deal.get("closed")
        ends = [*((stage, entered) for stage, entered in stays[1:]), (outcome, closed)]
        for (stage, entered), (to, left) in zip(stays, ends, strict=True):
            visits.append((key, stage, 1, entered, left, to))
        amounts = (deal.get("amount"), deal.get("listed_amount"))
        rows.append((key, stays[0][1], outcome, closed, *amounts, "inbound", None, "Ana", None, f"Deal {n}"))
    return History(
        visits=pl.DataFrame(visits, schema=VISIT_SCHEMA, orient="row"),
        deals=pl.DataFrame(rows, schema=DEAL_SCHEMA, orient="row"),
        meta=HistoryMeta(
            name="made up",
            as_of=as_of,
            observed_from=observed_from,
            stages={"demo": "Demo", "offer": "Offer"},
            losses_recorded=losses_recorded,
        ),
    )


def won(closed: dt.datetime, amount: float | None = 100.0, **more: object) -> dict[str, object]:
    """Ten days of demo, ten of offer, then won."""
    stays = [("demo", closed - dt.timedelta(days=20)), ("offer", closed - dt.timedelta(days=10))]
    return {"stays": stays, "outcome": "won", "closed": closed, "amount": amount, **more}


def lost(closed: dt.datetime) -> dict[str, object]:
    return won(closed, None) | {"outcome": "lost"}


def still_open(stage: str, entered: dt.datetime, **more: object) -> dict[str, object]:
    return {"stays": [(stage, entered)], **more}
