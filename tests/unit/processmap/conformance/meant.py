"""Models of a few moves, written as text."""

from __future__ import annotations

import datetime as dt
from typing import Any

from funnelsim.model.parts import Model


def meant(*moves: str, stages: dict[str, dict[str, Any]] | None = None, **more: Any) -> Model:
    """``new > demo``, ``demo > offer``, ``offer > won``; `stages` adds fields of stages, such as targets."""
    exits: dict[str, dict[str, Any]] = {}
    enters = []
    for move in moves:
        origin, to = (part.strip() for part in move.split(">"))
        if origin == "new":
            enters.append(to)
        else:
            exits.setdefault(origin, {})[to] = {}
    for found in exits.values():
        for to in found:
            found[to] = {"p": 1 / len(found), "after": "1d"}
    document = {
        "name": "the plan",
        "start": dt.date(2026, 1, 1),
        "sources": {"web": {"enters": dict.fromkeys(enters, 1 / len(enters)), "rate": "1 per day"}},
        "stages": {key: {"exits": found} | (stages or {}).get(key, {}) for key, found in exits.items()},
    }
    return Model.model_validate(document | more)


STRAIGHT = (
    "new > demo",
    "demo > offer",
    "demo > lost",
    "offer > contract",
    "offer > lost",
    "contract > won",
    "contract > lost",
)
