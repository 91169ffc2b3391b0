"""Documents of ``reverse``, made up, for screens, figures and pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.unit.report.made_up import LONG_STAGES, provenance

SOURCES = {"inbound": "Website inbound", "partner": "Partners"}


def reverse_document(
    *,
    multiplier: float | None = 1.31,
    months: int = 11,
    stages: tuple[str, ...] = LONG_STAGES[3:9],
    size: float = 1.0,
    currency: str = "USD",
    name: str = "SaaS, mid-market",
    roles: bool = True,
    counts: str = "quota_credit",
    source_names: dict[str, str] = SOURCES,
    only: tuple[str, ...] = (),
    noun: str = "lead",
) -> dict[str, Any]:
    """A plan for a year that began in February; None as multiplier: out of reach."""
    keys = [f"s{place}" for place in range(len(stages))]
    planned = 1.0 if multiplier is None else multiplier

    def plan(leads: float) -> dict[str, Any]:
        own = {key: leads * share for key, share in zip(source_names, (0.7, 0.3), strict=False)}
        entered = {key: leads * 0.7**place for place, key in enumerate(keys)}
        return {
            "leads": own,
            "entered": entered,
            "touches": {keys[1]: 3 * entered[keys[1]]},
            **(
                {"tasks": {keys[2]: entered[keys[2]]}, "utilisation": {"ae": 0.83, "sdr": None}}
                if roles
                else {}
            ),
            "budget": 85.0 * size * leads,
            "wins": leads * 0.1,
            "bookings": leads * 1_200 * size,
        }

    def month(place: int) -> dict[str, Any]:
        start = dt.date(2026 + (place + 1) // 12, (place + 1) % 12 + 1, 9 if place == 0 else 1)
        end = dt.date(2026 + (place + 2) // 12, (place + 2) % 12 + 1, 1) - dt.timedelta(days=1)
        return {
            **plan(1_000 * planned),
            "month": f"{start:%Y-%m}",
            "start": start.isoformat(),
            "end": end.isoformat(),
            "in_period": place > 0,
            "leads_today": plan(1_000)["leads"],
            "close_in_period": max(1 - 0.1 * place, 0.0) if place < months - 1 else None,
        }

    def point(at: float) -> dict[str, Any]:
        return {
            "multiplier": at,
            "probability": min(0.6 * at, 1.0),
            "mc_error": 0.01,
            "mean": 4e6 * size * at,
        }

    needed = None
    if multiplier is not None:
        interval = {"low": multiplier * 0.98, "high": multiplier * 1.02, "level": 0.9}
        needed = {**plan(1_000 * months * planned), "multiplier": multiplier, "interval": interval}
    steps = [("booked", -900.0), ("pipeline", -700.0), ("mix", 12.0), ("timing", 1_400.0), ("reps", 120.0)]
    capacity = {
        "multiplier": planned,
        "utilisation": {"ae": 0.99, "sdr": None} if multiplier is None else {},
        "probability_without_limits": 0.95,
        "saturates_at": 1.45,
        "remedies": [{"added": {"ae": 2, "sdr": 1}, "multiplier": 1.5, "probability": 0.81}],
    }
    return {
        "format": 1,
        "command": "reverse",
        "provenance": provenance(),
        "name": name,
        "noun": noun,
        "currency": currency,
        "amount_is": "ACV",
        "stage_names": dict(zip(keys, stages, strict=True)),
        **({"role_names": {"ae": "Account executives", "sdr": "SDRs"}} if roles else {}),
        "source_names": source_names,
        "period": "2026",
        "start": "2026-03-01",
        "end": "2026-12-31",
        "model_start": "2026-02-09",
        "quota": 4_800_000 * size if counts == "quota_credit" else 120,
        "counts": counts,
        "confidence": 0.8,
        "scaled": list(only or source_names),
        "booked": {"bookings": 4e5 * size, "quota_credit": 4e5 * size, "deals_won": 12},
        "today": {**plan(1_000 * months), "probability": 0.31, "mc_error": 0.01},
        "reached": multiplier is not None,
        "needed": needed,
        "achieved_probability": None if multiplier is None else 0.801,
        "achieved_mc_error": None if multiplier is None else 0.009,
        "best": point(1.5),
        "binding_role": "ae" if multiplier is None and roles else None,
        "capacity": capacity if roles else None,
        "naive": {
            "leads": 13_900.0,
            "deal_size": 12_000.0 * size if counts == "quota_credit" else None,
            "win_rate": 0.1,
            "steps": [] if multiplier is None else [{"kind": kind, "leads": n} for kind, n in steps],
        },
        "late_from": "2026-10-20",
        "months": [month(place) for place in range(months)],
        "curve": [point(at) for at in (0.6, 0.9, 1.0, 1.3, 1.5, 2.0)],
        "warnings": [],
    }
