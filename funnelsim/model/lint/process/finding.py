"""What a rule is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from funnelsim.model.parts import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the lint.

    Attributes
    ----------
    id : str
        As in ``# lint: ignore[no-entry]``.
    one, many : str
        Follow a name and a number: ``Demo`` *has no checklist*, *stages have no checklist*.
    mend : str
        What to write.
    texts : bool
        Whether the rule is about texts, so that it is not shown for a map that has none.
    """

    id: str
    one: str
    many: str
    mend: str
    texts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A place that a rule objects to.

    Attributes
    ----------
    rule : Rule
    path : str
        In the model file: ``stages.demo.checklist``; for rules about comments, the line.
    name : str
        For people: ``Demo``, ``Demo to Proposal``.
    detail : str
        What exactly was found, if the rule does not say it: ``"qualified" in the checklist``.
    """

    rule: Rule
    path: str
    name: str
    detail: str = ""


def stage_name(model: Model, key: str) -> str:
    """The name of a stage or outcome for people."""
    stage = model.stages.get(key)
    return (stage.name if stage else "") or key.replace("_", " ")


def has_texts(model: Model) -> bool:
    """Whether anybody has begun to describe this process."""
    return any(
        stage.entry
        or stage.activities
        or stage.checklist
        or stage.buyer_needs
        or stage.department
        or stage.owner
        or stage.phase
        for stage in model.stages.values()
    )
