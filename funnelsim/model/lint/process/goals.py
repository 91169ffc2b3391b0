"""Stages without a number to judge them by."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.parts import Model

NO_TARGET = Rule(
    id="no-target",
    one="has no target",
    many="stages have no target",
    mend='say how long it should take or how many should go on: targets = { dwell = "7d", conversion = 0.6 }',
)
RULES = (NO_TARGET,)


def without_targets(model: Model) -> Iterator[Finding]:
    for key, stage in model.stages.items():
        if stage.targets.dwell is None and stage.targets.conversion is None:
            yield Finding(rule=NO_TARGET, path=f"stages.{key}", name=stage_name(model, key))
