"""Small forecast documents whose parts add up."""

from __future__ import annotations

from typing import Any

from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.validate import read_as


def open_deal(
    key: str, expected: float, *, stage: str = "demo", amount: float | None = 100.0, p: float | None = None
) -> dict[str, Any]:
    chance = (expected / amount if amount else 0.0) if p is None else p
    return {
        "lead": key,
        "name": f"Deal {key}",
        "stage": stage,
        "amount": amount,
        "p_in_period": chance,
        "expected_in_period": expected,
        "owner": "Ana",
    }


def booked_deal(key: str, bookings: float) -> dict[str, Any]:
    return {
        "deal": key,
        "name": f"Deal {key}",
        "closed": "2026-02-03",
        "bookings": bookings,
        "quota_credit": bookings,
    }


def forecast_of(
    *deals: dict[str, Any],
    booked: tuple[dict[str, Any], ...] = (),
    new: float = 50.0,
    as_of: str = "2026-02-01",
    parameters: str = "p1",
    **more: Any,
) -> ForecastDocument:
    """A forecast of 2026Q1; the mean is what is booked, the open deals and `new`."""
    already = sum(one["bookings"] for one in booked)
    pipeline = sum(one["expected_in_period"] for one in deals)
    parts = {
        "booked": already,
        "pipeline": {"mean": pipeline},
        "new": {"mean": new},
        "expansion": {"mean": 0.0},
    }
    period = {
        "period": "2026Q1",
        "start": "2026-01-01",
        "end": "2026-03-31",
        "bookings": {"mean": already + pipeline + new, "p50": already + pipeline, "mc_error": 3.0},
        "parts": parts,
        "parts_bookings": parts,
        "counts": {"booked_deals": len(booked), "open_deals": len(deals), "new_leads": 10},
        **more.pop("period", {}),
    }
    document = {
        "format": 1,
        "command": "forecast",
        "provenance": {
            "model": "model.toml",
            "parameters_sha256": parameters,
            "seed": 1,
            "replications": 100,
        },
        "name": "Acme",
        "noun": "deal",
        "currency": "USD",
        "amount_is": "ACV",
        "as_of": as_of,
        "periods": [period],
        "deals": list(deals),
        "booked_deals": list(booked),
        **more,
    }
    return read_as(ForecastDocument, document)


def override(key: str, without: float, with_: float, p: tuple[float, float] = (0.1, 0.9)) -> dict[str, Any]:
    """An entry of `overrides`; the open deal has `with_`."""
    return {
        "deal": key,
        "p_without": p[0],
        "p_with": p[1],
        "expected_without": without,
        "expected_with": with_,
        "difference": with_ - without,
    }
