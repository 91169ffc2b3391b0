"""A file of the texts of a process map, to be filled in and laid over a model with `include`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from funnelsim.core.harmless import harmless
from funnelsim.model.lint.process.buyer_journey import journey
from funnelsim.model.parts import Model, Stage

_TEXTS = (
    ("department", "who is responsible: a department"),
    ("owner", "and a person or job title"),
    ("phase", "of the buyer's journey"),
    ("involves", "who else takes part"),
    ("entry", "what must be true before a lead comes here"),
    ("activities", "what happens: begin with verbs"),
    ("checklist", "what must be done before a lead leaves"),
    ("buyer_needs", "what the buyer gets out of it"),
)


def texts_template(model: Model, include: str) -> str:
    """TOML with every text of each stage: what is known is filled in, the rest is empty.

    Parameters
    ----------
    model : Model
    include : str
        The path of the model file, relative to the file to be written.
    """
    return "\n".join(_lines(model, include)) + "\n"


def _lines(model: Model, include: str) -> Iterator[str]:
    yield "# The texts of a process map. Fill in what is empty, then: funnelsim playbook THIS_FILE"
    yield "# Numbers stay in the model below; fit it again, and the texts stay as they are."
    yield "format = 1"
    yield f"include = {_text(include)}"
    yield ""
    yield "[process]"
    yield f"owner = {_text(model.process.owner)}  # who keeps this map up to date"
    day = model.process.reviewed
    yield f"reviewed = {day.isoformat()}" if day else "# reviewed = 2026-01-31"
    if model.process.review_every is None:
        yield '# review_every = "90d"'
    yield f"# phases of the buyer's journey: {harmless(', '.join(journey(model)))}"
    for key, stage in model.stages.items():
        yield ""
        yield f"[stages.{key}]  # {_one_line(stage.name or key)}"
        yield from _stage(stage)


def _stage(stage: Stage) -> Iterator[str]:
    for name, meaning in _TEXTS:
        value = getattr(stage, name)
        if isinstance(value, tuple):
            text = "[" + ", ".join(_text(item) for item in value) + "]"
        else:
            text = _text(value)
        yield f"{name} = {text}" + ("" if value else f"  # {meaning}")
    targets = stage.targets
    if targets.dwell is None and targets.conversion is None:
        yield '# targets = { dwell = "7d", conversion = 0.6 }'


def _text(text: str) -> str:
    return json.dumps(harmless(text), ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(harmless(text).split())
