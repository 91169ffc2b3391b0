"""All rules together, and the comments that switch them off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from funnelsim.core.errors import did_you_mean
from funnelsim.model.lint.process import (
    buyer_journey,
    goals,
    missing_texts,
    responsibility,
    size,
    vague_words,
    ways_out,
)
from funnelsim.model.lint.process.finding import Finding, Rule
from funnelsim.model.lint.process.ignores import Ignore
from funnelsim.model.parts import Model

UNKNOWN_IGNORE = Rule(
    id="unknown-ignore",
    one="ignores a rule that does not exist",
    many="comments ignore rules that do not exist",
    mend="docs/reference/lint.md lists the rules",
    texts=False,
)
UNUSED_IGNORE = Rule(
    id="unused-ignore",
    one="ignores a rule that has nothing to say there",
    many="comments ignore rules that have nothing to say there",
    mend="take the comment out",
    texts=False,
)
#: Rules that compare the map with a history; `processmap.contradictions` has their checks.
EXIT_NOT_IN_DATA = Rule(
    id="exit-not-in-data",
    one="is in the map, but no lead of the history has done it",
    many="moves are in the map, but no lead of the history has done them",
    mend="take it out of the map, or find out why nobody does it",
)
MOVE_NOT_IN_MAP = Rule(
    id="move-not-in-map",
    one="happens, but is not in the map",
    many="moves happen, but are not in the map",
    mend="give the stage this exit, or find out why leads take it",
)
STAGE_NOT_IN_DATA = Rule(
    id="stage-not-in-data",
    one="is in the map, but no lead of the history has been there",
    many="stages are in the map, but no lead of the history has been there",
    mend="take it out of the map, or record it in the CRM",
)
DATA_RULES = (STAGE_NOT_IN_DATA, EXIT_NOT_IN_DATA, MOVE_NOT_IN_MAP)

_CHECKS: tuple[Callable[[Model], Iterator[Finding]], ...] = (
    ways_out.unused_steps,
    responsibility.nobody_responsible,
    missing_texts.missing_texts,
    vague_words.vague_words,
    responsibility.without_verbs,
    size.too_large,
    ways_out.no_answer_to_no,
    ways_out.circles,
    goals.without_targets,
    buyer_journey.outside_the_journey,
)
RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        *ways_out.RULES,
        *responsibility.RULES,
        *missing_texts.RULES,
        *vague_words.RULES,
        *size.RULES,
        *goals.RULES,
        *buyer_journey.RULES,
        *DATA_RULES,
        UNKNOWN_IGNORE,
        UNUSED_IGNORE,
    )
}


def process_findings(
    model: Model, ignores: Sequence[Ignore] = (), *, also: Iterable[Finding] | None = None
) -> list[Finding]:
    """What the rules object to, less what comments switch off.

    Parameters
    ----------
    model : Model
        Valid.
    ignores : sequence of Ignore
        Of the model's file and those it includes. Those without an effect are findings too.
    also : iterable of Finding, optional
        Of the rules that need the history; None if they were not tried.
    """
    found = [finding for check in _CHECKS for finding in check(model)]
    found += [] if also is None else list(also)
    kept = [f for f in found if not any(ignore.covers(f.rule.id, f.path) for ignore in ignores)]
    untried = () if also is not None else DATA_RULES
    return [*kept, *_of_comments(ignores, found, untried)]


def _of_comments(
    ignores: Sequence[Ignore], found: Sequence[Finding], untried: Sequence[Rule]
) -> Iterator[Finding]:
    for ignore in ignores:
        line = f"line {ignore.line}" + (f" of {ignore.file}" if ignore.file else "")
        here = Finding(rule=UNKNOWN_IGNORE, path=line, name=line[0].upper() + line[1:])
        if not ignore.rules:
            yield replace(here, detail="name the rule: # lint: ignore[no-entry]")
        for rule in ignore.rules:
            if rule not in RULES:
                hint = did_you_mean(rule, list(RULES))
                yield replace(here, detail=f'"{rule}"' + (f", {hint}" if hint else ""))
            elif RULES[rule] not in untried and not any(
                f.rule.id == rule and ignore.covers(rule, f.path) for f in found
            ):
                yield replace(here, rule=UNUSED_IGNORE, detail=f'"{rule}"')
