"""Parallel exits of a stage, which lead to the same target: one path, ``stages.S.exits.TARGET.p``, changes
them all.

A fit splits an exit whose times no single distribution follows (``won``, ``won_late``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from funnelsim.model.parts import Exit, Model

#: Fields of parallel exits with a common path; parameters of distributions differ between exits.
SHARED = ("p", "after")


def exits_to(exits: Mapping[str, Exit], name: str) -> list[str]:
    """The keys matched by ``exits.NAME``: all exits to the target NAME, else the exit with that key."""
    if name in exits and exits[name].to != name:
        return [name]
    parts = [key for key, e in exits.items() if e.to == name]
    return parts or [key for key in exits if key == name]


def parallel_path(model: Model, path: str) -> tuple[str, list[str], str] | None:
    """Stage, exits and field of a path to several exits; None for any other path."""
    keys = path.split(".")
    if len(keys) != 5 or (keys[0], keys[2]) != ("stages", "exits") or keys[4] not in SHARED:
        return None
    stage = model.stages.get(keys[1])
    parts = exits_to(stage.exits, keys[3]) if stage is not None else []
    return (keys[1], parts, keys[4]) if parts and parts != [keys[3]] else None


def probabilities_together(
    exits: Mapping[str, Exit], names: list[str], change: Callable[[Any], Any]
) -> dict[str, float]:
    """Apply `change` to the sum of probabilities, keeping their ratios."""
    if len(names) == 1:
        return {names[0]: change(exits[names[0]].p)}
    before = sum(exits[name].p for name in names)
    after = change(before)
    if isinstance(after, bool) or not isinstance(after, int | float):
        return dict.fromkeys(names, after)  # rejected by the caller
    return {name: after * (exits[name].p / before if before else 1 / len(names)) for name in names}
