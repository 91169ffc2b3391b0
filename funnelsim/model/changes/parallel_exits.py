"""Exits of a stage that lead to the same place: one path, ``stages.S.exits.PLACE.p``, reaches them all.

A fit splits an exit whose times no single distribution follows (``won``, ``won_late``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from funnelsim.model.parts import Exit, Model

#: Which values of parallel exits have one path; parameters of distributions differ between them.
SHARED = ("p", "after")


def exits_to(exits: Mapping[str, Exit], name: str) -> list[str]:
    """The keys that ``exits.NAME`` stands for: all that lead to the place NAME, else the exit of that key."""
    if name in exits and exits[name].to != name:
        return [name]
    parts = [key for key, e in exits.items() if e.to == name]
    return parts or [key for key in exits if key == name]


def parallel_path(model: Model, path: str) -> tuple[str, list[str], str] | None:
    """Stage, exits and field of a path that reaches several exits; None for any other path."""
    keys = path.split(".")
    if len(keys) != 5 or (keys[0], keys[2]) != ("stages", "exits") or keys[4] not in SHARED:
        return None
    stage = model.stages.get(keys[1])
    parts = exits_to(stage.exits, keys[3]) if stage is not None else []
    return (keys[1], parts, keys[4]) if parts and parts != [keys[3]] else None


def probabilities_together(
    exits: Mapping[str, Exit], names: list[str], change: Callable[[Any], Any]
) -> dict[str, float]:
    """Each part's probability once `change` has been made to their sum; they keep their ratio."""
    if len(names) == 1:
        return {names[0]: change(exits[names[0]].p)}
    before = sum(exits[name].p for name in names)
    after = change(before)
    if isinstance(after, bool) or not isinstance(after, int | float):
        return dict.fromkeys(names, after)  # the caller refuses it
    return {name: after * (exits[name].p / before if before else 1 / len(names)) for name in names}
