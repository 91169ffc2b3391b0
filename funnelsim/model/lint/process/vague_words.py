"""Words that let two people read the same line and do different things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from funnelsim.model.lint.process.finding import Finding, Rule, stage_name
from funnelsim.model.parts import Model, Stage

VAGUE = Rule(
    id="vague-words",
    one="uses vague words",
    many="stages use vague words",
    mend='say how anybody can tell: not "qualified" but "budget over 10,000 named, decision within 6 months"',
)
RULES = (VAGUE,)

_WORDS = (
    "qualified", "interested", "engaged", "good fit", "right fit", "hot", "warm", "serious",
    "follow up", "follow-up", "followed up", "touch base", "check in", "circle back", "keep in touch",
    "etc", "and so on", "and so forth", "and the like", "as needed", "as required", "if needed",
    "if necessary", "where necessary", "when necessary", "as appropriate", "if appropriate", "where possible",
    "if possible", "when possible", "as soon as possible", "asap", "in a timely manner", "timely",
    "regularly", "from time to time", "tbd", "to be defined", "to be decided",
)  # fmt: skip
# Not "sales-qualified" or "hot-line": inside a compound the word is a name.
_VAGUE = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _WORDS))})(?![\w-])", re.IGNORECASE)
#: What makes a vague word clear: a number, a definition or a reason in the same clause.
_CRITERION = re.compile(
    r"\d|[:(=<>]|\b(?:means|because|if|when|once|unless|within|until|by|that|who|which|one|two|three|four|five|"
    r"six|seven|eight|nine|ten|daily|weekly|monthly|every|each)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[.;\n]+(?:\s|$)")
#: Vague whatever else the clause says.
_ALWAYS = frozenset(
    {"etc", "and so on", "and so forth", "and the like", "tbd", "to be defined", "to be decided"}
)


def vague_words(model: Model) -> Iterator[Finding]:
    for key, stage in model.stages.items():
        found = [f'"{word}" in {field}' for field, clause in _clauses(stage) for word in _vague(clause)]
        if found:
            detail = ", ".join(dict.fromkeys(found))
            yield Finding(rule=VAGUE, path=f"stages.{key}", name=stage_name(model, key), detail=detail)


def _clauses(stage: Stage) -> Iterator[tuple[str, str]]:
    for field in ("entry", "activities"):
        for clause in _CLAUSES.split(getattr(stage, field)):
            yield field, clause
    for item in stage.checklist:
        yield "checklist", item


def _vague(clause: str) -> Iterator[str]:
    for match in _VAGUE.finditer(clause):
        word = match[0].lower()
        others = clause[: match.start()] + clause[match.end() :]
        if word in _ALWAYS or not _CRITERION.search(others):
            yield word
