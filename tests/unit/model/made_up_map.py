"""A small process map that no rule of the lint objects to, and how to spoil it."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from funnelsim.model.parts import Model

STAGE: dict[str, Any] = {
    "after": "5d",
    "department": "Sales",
    "phase": "consideration",
    "entry": "The buyer named a budget and a date",
    "activities": "Call within two hours, send the agenda",
    "checklist": ["The offer is with the person who pays"],
    "buyer_needs": "A price they can show to their manager",
    "targets": {"dwell": "7d", "conversion": 0.6},
}
#: Two stages and a step back: of 100 leads 100 / 0.95 visits of demo, 60 / 0.95 of offer, 30 / 0.95 wins.
DOCUMENT: dict[str, Any] = {
    "start": dt.date(2026, 1, 1),
    "process": {"owner": "Revenue operations"},
    "sources": {"inbound": {"enters": "demo", "rate": 1.0}},
    "stages": {
        "demo": {**STAGE, "name": "Demo", "exits": {"offer": {"p": 0.6}, "lost": {"p": 0.4}}},
        "offer": {
            **STAGE,
            "name": "Offer",
            "department": "Deal desk",
            "exits": {
                "won": {"p": 0.5, "after": "exponential(mean=10d)"},
                "demo": {"p": 1 / 12},
                "lost": {"p": 5 / 12},
            },
        },
    },
}


def spoilt(changes: dict[str, Any] | None = None) -> Model:
    """The map with values replaced: ``{"stages.demo.entry": ""}``."""
    document = copy.deepcopy(DOCUMENT)
    for path, value in (changes or {}).items():
        *tables, key = path.split(".")
        at = document
        for table in tables:
            at = at.setdefault(table, {})
        at[key] = value
    return Model.model_validate(document)
