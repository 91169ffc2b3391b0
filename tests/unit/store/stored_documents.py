"""Forecast documents to store, all different."""

from __future__ import annotations

import copy
from typing import Any

from tests.unit.report import made_up

_ONE = made_up.forecast_document()


def document(number: int = 0, *, as_of: str = "2026-02-09", **more: Any) -> dict[str, Any]:
    """A forecast with open and booked deals; each number has other content."""
    made = copy.deepcopy(_ONE)
    made["as_of"] = as_of
    made["provenance"] |= {"seed": number, "parameters_sha256": "e" * 64}
    made["booked_deals"] = [
        {
            "deal": f"won-{k}",
            "name": f"Made-up client {k}",
            "account": None,
            "owner": "Rep 1",
            "closed": "2026-01-20",
            "bookings": 1000.25 + k,
            "quota_credit": 0.0,
        }
        for k in range(3)
    ]
    return made | more
