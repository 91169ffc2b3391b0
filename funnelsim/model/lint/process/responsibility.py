"""Stages that nobody could act on: no owner, no verb; and a map that nobody looks after."""

from __future__ import annotations

import re
from collections.abc import Iterator

from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.lint.process.verbs import has_verb
from funnelsim.model.parts import Model

NO_OWNER = Rule(
    id="no-owner",
    one="has no owner and no department",
    many="stages have no owner and no department",
    mend='name who answers for it: department = "Sales", owner = "Head of sales"',
)
NO_VERB = Rule(
    id="no-verb",
    one="does not say what to do",
    many="stages do not say what to do",
    mend='begin activities with verbs: not "Demo for the team" but "Show the demo to the team"',
)
NO_MAP_OWNER = Rule(
    id="no-map-owner",
    one="has no owner",
    many="maps have no owner",
    mend='name who keeps the map up to date: [process] owner = "Revenue operations", reviewed = 2026-01-31',
)
RULES = (NO_OWNER, NO_VERB, NO_MAP_OWNER)
_ENGLISH = re.compile(r"\b(?:the|and|with|for|of)\b", re.IGNORECASE)


def nobody_responsible(model: Model) -> Iterator[Finding]:
    for key, stage in model.stages.items():
        if not stage.owner and not stage.department:
            yield Finding(rule=NO_OWNER, path=f"stages.{key}", name=stage_name(model, key))
    if not model.process.owner:
        yield Finding(rule=NO_MAP_OWNER, path="process", name="The map")


def without_verbs(model: Model) -> Iterator[Finding]:
    """Judged only where the map is in English: the verbs known are English ones."""
    texts = [text for s in model.stages.values() for text in (s.activities, s.entry, s.buyer_needs)]
    if not any(_ENGLISH.search(text) for text in texts):
        return
    for key, stage in model.stages.items():
        if stage.activities.strip() and not has_verb(stage.activities):
            path = f"stages.{key}.activities"
            yield Finding(rule=NO_VERB, path=path, name=stage_name(model, key))
