"""Keys of the model file that no engine acts on yet: refused, never ignored."""

from __future__ import annotations

from pydantic import BaseModel

from funnelsim.model.parts import Exit, Goal, Model, Source, Stage

NOT_YET: dict[type[BaseModel], tuple[str, ...]] = {
    Model: ("roles", "calendars", "shocks"),
    Goal: ("recognise", "target"),
    Source: ("hours", "campaigns"),
    Stage: ("work", "patience", "abandons_to", "spawns"),
    Exit: ("wait_half_life",),
}
MESSAGE = "is not supported yet by any engine; remove it to run this model"


def is_not_yet(path: str) -> bool:
    """Whether ``stages.demo.work.role``, a path as overrides have it, leads through such a key."""
    keys = path.split(".")
    if keys[0] != "stages":
        return False
    return keys[2:3] != [] and (
        keys[2] in NOT_YET[Stage] or (keys[2] == "exits" and len(keys) > 4 and keys[4] in NOT_YET[Exit])
    )
