"""Rules for the overrides of segments, singly and together."""

from __future__ import annotations

import math
from collections.abc import Iterator

from funnelsim.core.errors import ChangeError, Problem
from funnelsim.model.changes.changeable import not_changeable
from funnelsim.model.changes.changes import SetValue, effort_without_unit
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Model
from funnelsim.model.rules.model import STAGE_RULES, TOLERANCE


def overrides_fit(model: Model) -> Iterator[Problem]:
    for key, segment in model.segments.items():
        alone = [
            problem
            for path, value in segment.overrides.items()
            for problem in _override(model, key, path, value)
        ]
        yield from alone or _overrides_together(model, key)


def _override(model: Model, segment: str, path: str, value: object) -> Iterator[Problem]:
    where, change = f"segments.{segment}.{path}", SetValue(path=path, to=value)
    if (bare := effort_without_unit(change)) is not None:
        yield Problem(path=where, message=bare.message)
        return
    try:
        resolve(model, changes=[change])
    except ChangeError as error:
        yield from (Problem(path=where, message=p.message, hint=p.hint) for p in error.problems)
        return
    if path.split(".")[0] != "stages" or not_changeable(path, dated=False):
        message = "a segment overrides dwells, exits, clocks, credits, amounts and work of stages only"
        yield Problem(path=where, message=message)


def _overrides_together(model: Model, segment: str) -> Iterator[Problem]:
    """Apply the rules of the file to each segment; problems of both are reported for the file only."""
    where = f"segments.{segment}"
    try:
        found = resolve(model, segment=segment)
    except ChangeError as error:
        yield from (Problem(path=f"{where}.{p.path}", message=p.message, hint=p.hint) for p in error.problems)
        return
    yield from _whole_rows(model, segment)
    for rule in STAGE_RULES:
        known = {str(problem) for problem in rule(model)}
        for p in rule(found):
            if str(p) not in known:
                yield Problem(path=f"{where}.{p.path}", message=p.message, hint=p.hint)


def _whole_rows(model: Model, segment: str) -> Iterator[Problem]:
    """If a segment sets all probabilities of a stage, they must sum to 1."""
    overrides = model.segments[segment].overrides
    for key, stage in model.stages.items():
        paths = [f"stages.{key}.exits.{name}.p" for name in stage.exits]
        given = [overrides[path] for path in paths if path in overrides]
        total = math.fsum(given)
        if len(given) == len(paths) and abs(total - 1) > TOLERANCE:
            message = f"probabilities sum to {total:.10g}, must be 1; or leave one out, it takes the rest"
            yield Problem(path=f"segments.{segment}.stages.{key}.exits", message=message)
