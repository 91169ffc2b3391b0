"""Stages that are not described: who may enter, what happens, when it is done, what the buyer gets."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.parts import Model

NO_ENTRY = Rule(
    id="no-entry",
    one="has no entry rule",
    many="stages have no entry rule",
    mend='say what must be true before a lead comes here: entry = "The buyer named a budget and a date"',
)
NO_CHECKLIST = Rule(
    id="no-checklist",
    one="has no checklist",
    many="stages have no checklist",
    mend='say what must be done before a lead leaves: checklist = ["The offer is with the buyer"]',
)
NO_ACTIVITIES = Rule(
    id="no-activities",
    one="does not say what happens",
    many="stages do not say what happens",
    mend='say who does what: activities = "Call within two hours, send the agenda, confirm by mail"',
)
NO_BUYER_NEEDS = Rule(
    id="no-buyer-needs",
    one="has nothing in it for the customer",
    many="stages have nothing in them for the customer",
    mend='say what the buyer gets out of it: buyer_needs = "A price they can show to their manager"',
)
RULES = (NO_ENTRY, NO_CHECKLIST, NO_ACTIVITIES, NO_BUYER_NEEDS)


def missing_texts(model: Model) -> Iterator[Finding]:
    for key, stage in model.stages.items():
        texts = (stage.entry, stage.checklist, stage.activities, stage.buyer_needs)
        for rule, text in zip(RULES, texts, strict=True):
            if not text or not "".join(text).strip():
                yield Finding(rule=rule, path=f"stages.{key}", name=stage_name(model, key))
