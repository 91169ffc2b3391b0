"""Stages with more in them than anybody keeps in mind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.parts import Model

#: A card that is read during a call; above about seven items people stop ticking.
MOST_ITEMS = 7
#: The way on, a shortcut, a step back and the kinds of loss.
MOST_OUTCOMES = 6

TOO_MANY_STEPS = Rule(
    id="too-many-steps",
    one="has too many steps",
    many="stages have too many steps",
    mend=f"keep the {MOST_ITEMS} that matter, or split the stage into sub-stages (parent)",
)
TOO_MANY_OUTCOMES = Rule(
    id="too-many-outcomes",
    one="has too many outcomes",
    many="stages have too many outcomes",
    mend=f"at most {MOST_OUTCOMES} ways out can be told apart; join those that are handled alike",
)
RULES = (TOO_MANY_STEPS, TOO_MANY_OUTCOMES)
_STEPS = re.compile(r"[.;\n]+(?:\s|$)")


def too_large(model: Model) -> Iterator[Finding]:
    for key, stage in model.stages.items():
        path, name = f"stages.{key}", stage_name(model, key)
        if len(stage.checklist) > MOST_ITEMS:
            detail = f"{len(stage.checklist)} items in the checklist"
            yield Finding(rule=TOO_MANY_STEPS, path=f"{path}.checklist", name=name, detail=detail)
        steps = [step for step in _STEPS.split(stage.activities) if step.strip()]
        if len(steps) > MOST_ITEMS:
            detail = f"{len(steps)} activities"
            yield Finding(rule=TOO_MANY_STEPS, path=f"{path}.activities", name=name, detail=detail)
        # Exits of the same target are one outcome: a fit splits a win into a fast and a slow group.
        targets = {e.to for e in stage.exits.values() if e.p > 0}
        if len(targets) > MOST_OUTCOMES:
            detail = f"{len(targets)} ways out"
            yield Finding(rule=TOO_MANY_OUTCOMES, path=f"{path}.exits", name=name, detail=detail)
