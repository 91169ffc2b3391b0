"""Stages outside the buyer's journey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.core.errors import did_you_mean
from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.parts import Model

#: The usual phases, in order; `process.phases` replaces them.
PHASES = (
    "awareness", "interest", "consideration", "evaluation", "decision", "purchase", "onboarding", "adoption",
    "retention", "renewal", "expansion", "loyalty", "advocacy",
)  # fmt: skip

NO_PHASE = Rule(
    id="no-phase",
    one="is not in the buyer's journey",
    many="stages are not in the buyer's journey",
    mend='say where the buyer is by then: phase = "consideration"',
)
UNKNOWN_PHASE = Rule(
    id="unknown-phase",
    one="has a phase that the buyer's journey does not know",
    many="stages have a phase that the buyer's journey does not know",
    mend='write one of the usual phases, or list your own: [process] phases = ["looking", "choosing"]',
)
RULES = (NO_PHASE, UNKNOWN_PHASE)


def outside_the_journey(model: Model) -> Iterator[Finding]:
    known = journey(model)
    for key, stage in model.stages.items():
        name = stage_name(model, key)
        if not stage.phase.strip():
            yield Finding(rule=NO_PHASE, path=f"stages.{key}", name=name)
        elif stage.phase.strip().casefold() not in [phase.casefold() for phase in known]:
            hint = did_you_mean(stage.phase, list(known))
            detail = f'"{stage.phase}"' + (f", {hint}" if hint else "")
            yield Finding(rule=UNKNOWN_PHASE, path=f"stages.{key}.phase", name=name, detail=detail)


def journey(model: Model) -> Sequence[str]:
    """The phases of the buyer's journey, in order."""
    return model.process.phases or PHASES
