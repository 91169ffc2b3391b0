"""Rules of ``--fail-on``: when a process counts as drifted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast, get_args

from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.documents.map_conformance import Conformance, Drift, Rule

RULES: tuple[Rule, ...] = get_args(Rule)
ANY = "any"
#: A rule that needs a target in the model, and where the model has it.
_NEEDS = {"time": "dwell", "conversion": "conversion"}
_FORM = re.compile(r"\s*([A-Za-z_-]+)\s*(?:>\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*%)?\s*")
_EXAMPLE = "such as unknown_moves>5%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One rule and the share that it allows.

    Attributes
    ----------
    named : bool
        False for the rules behind ``any``, which are left out where the model has no targets.
    """

    rule: Rule
    allowed: float = 0.0
    named: bool = True


def parse_rules(given: Iterable[str]) -> tuple[Limit, ...]:
    """Read rules: ``unknown_moves>5%``, ``skipped``, ``any``; several may stand in one text, after commas.

    Raises
    ------
    InputError
        With all rules that cannot be read.
    """
    limits: list[Limit] = []
    problems: list[Problem] = []
    for text in (part for one in given for part in one.split(",")):
        found = _FORM.fullmatch(text)
        name = found[1].casefold().replace("-", "_") if found else ""
        if found is None or (name != ANY and name not in RULES):
            problems.append(_problem(text, name))
            continue
        allowed = float(found[2] or 0) / 100
        if allowed > 1:
            problems.append(Problem(path="", message=f'"{text.strip()}" allows more than 100 %'))
        names = RULES if name == ANY else (cast(Rule, name),)
        limits += [Limit(rule=rule, allowed=allowed, named=name != ANY) for rule in names]
    if problems:
        raise InputError("--fail-on", problems)
    return tuple(limits)


def _problem(text: str, name: str) -> Problem:
    allowed = f"choose from {', '.join((*RULES, ANY))}, each with a limit if you like, {_EXAMPLE}"
    if name:
        message = f'there is no rule "{name}"'
        return Problem(path="", message=message, hint=did_you_mean(name, [*RULES, ANY]) or allowed)
    return Problem(path="", message=f'"{text.strip()}" is not a rule', hint=allowed)


def drifts(found: Conformance, limits: Iterable[Limit], source: str = "the model") -> tuple[Drift, ...]:
    """The rules that a history breaks.

    Raises
    ------
    InputError
        If there is nothing to check: no lead, or a rule about targets that the model does not state, or only
        for stages that the history lacks. Such a check would always pass.
    """
    limits = tuple(limits)
    problems = [problem for limit in limits for problem in _unchecked(found, limit, source)]
    if limits and not found.leads:
        problems = [Problem(path="", message="the history has no lead, so there is nothing to check")]
    if problems:
        raise InputError("--fail-on", problems)
    return tuple(
        drift for limit in limits for drift in _measured(found, limit) if drift.found > limit.allowed
    )


def _unchecked(found: Conformance, limit: Limit, source: str) -> Iterator[Problem]:
    """Why a rule about targets, if it was named, has nothing to look at."""
    stated = {"time": found.time_targets, "conversion": found.conversion_targets}
    compared = {"time": len(found.late), "conversion": len(found.conversions)}
    if not limit.named or compared.get(limit.rule, 1):
        return
    key = _NEEDS[limit.rule]
    if stated[limit.rule]:
        message = f'"{limit.rule}" checks targets, and the history has no stage for which {source} states one'
        yield Problem(path="", message=message)
    else:
        message = f'"{limit.rule}" checks targets, and no stage of {source} states one'
        yield Problem(path="", message=message, hint=f"add targets = {{ {key} = ... }} to a stage")


def _measured(found: Conformance, limit: Limit) -> Iterator[Drift]:
    """What a rule looks at, once or for each stage."""
    rule, allowed = limit.rule, limit.allowed
    if rule == "time":
        for late in found.late:
            yield Drift(rule=rule, found=late.over_share or 0.0, allowed=allowed, at=late.stage)
    elif rule == "conversion":
        for one in found.conversions:
            if one.clear and one.conversion is not None:
                yield Drift(rule=rule, found=one.target - one.conversion, allowed=allowed, at=one.stage)
    elif rule == "unknown_stages":
        share = max((stage.share or 0.0 for stage in found.new_stages), default=0.0)
        worst = max(found.new_stages, key=lambda stage: stage.share or 0.0, default=None)
        yield Drift(rule=rule, found=share, allowed=allowed, at=worst.stage if worst else "")
    elif rule == "unused":
        yield Drift(rule=rule, found=len(found.unused) / max(found.model_stages, 1), allowed=allowed)
    else:
        share = (found.unknown if rule == "unknown_moves" else found.skipping).share or 0.0
        yield Drift(rule=rule, found=share, allowed=allowed)
