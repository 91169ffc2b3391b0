"""Flow documents, made up from seeded draws."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from tests.unit.report.made_up import LONG_STAGES


def flow(stages: tuple[str, ...] = ("Demo", "Offer"), *, size: float = 30, older: int = 2) -> dict[str, Any]:
    """Half a year of a funnel with so many open leads a stage."""
    rng = np.random.default_rng(3)
    keys = [f"s{place}" for place in range(len(stages))]
    weeks = [dt.date(2025, 8, 18) + dt.timedelta(weeks=k) for k in range(26)]
    wins = np.sort(rng.uniform(0, 180, 120))
    return {
        "format": 1,
        "command": "flow",
        "name": "Acme",
        "noun": "deal",
        "as_of": "2026-02-09",
        "stage_names": dict(zip(keys, stages, strict=True)),
        "flow": {
            "weeks": [str(week) for week in weeks],
            "open": {key: (size + rng.integers(0, 9, 26)).astype(int).tolist() for key in keys},
            "won": np.cumsum(rng.integers(0, 9, 26)).tolist(),
            "ended": np.cumsum(rng.integers(5, 40, 26)).tolist(),
        },
        "cycle": {
            "wins": [
                {
                    "deal": f"D{k}",
                    "closed": str(dt.date(2025, 8, 18) + dt.timedelta(days=int(day))),
                    "days": float(days),
                }
                for k, (day, days) in enumerate(zip(wins, rng.gamma(6, 9, 120), strict=True))
            ],
            "n": 120,
            "p50": 52.0,
            "p85": 76.0,
            "p95": 95.0,
        },
        "ages": [
            {
                "stage": key,
                "open": [{"deal": f"{key}-{k}", "days": float(d)} for k, d in enumerate((90, 80, 12, 5, 1))],
                "open_now": 5,
                "went_on": 400,
                "p50": 8.0,
                "p80": 16.0,
                "p95": 30.0,
                "longest": 70.0,
                "older": older,
            }
            for key in keys
        ],
        "cohorts": [
            {
                "month": f"2025-{month:02d}",
                "leads": 120,
                "won": 20,
                "days": np.linspace(0, 200 - 10 * month, 20).tolist(),
                "share": np.linspace(0, 0.15 + month / 200, 20).tolist(),
                "complete_to": 330.0 - 30 * month,
            }
            for month in range(1, 13)
        ],
    }


CASES = {
    "usual": flow(),
    "one stage": flow(("Engaging",), size=2400),
    "fourteen long stages": flow(LONG_STAGES, size=1),
    "none too old": flow(older=0),
}
