"""Check changes of a model, singly and together."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.model.changes.changeable import not_changeable
from funnelsim.model.changes.changes import Change, RemoveStage, SetValue, effort_without_unit
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.flows.ways_on import ways_on
from funnelsim.model.parts import Model
from funnelsim.model.rules.model import check_values


def check_changes(changes: Sequence[Change], model: Model, source: str) -> None:
    """Raise `ChangeError` with all problems of some changes of a model.

    Each change is checked alone, then all that are in force together, for each segment.
    """
    problems: list[Problem] = []
    for change in changes:
        if isinstance(change, RemoveStage):
            problems += _removal_problems(change, model)
        else:
            problems += _setting_problems(change, model)
    if not problems:
        problems += _problems_together([c for c in changes if isinstance(c, SetValue)], model)
    if problems:
        raise ChangeError(source, problems)


def _setting_problems(change: SetValue, model: Model) -> Sequence[Problem]:
    keys = change.path.split(".")
    segment = keys[1] if keys[0] == "segments" and len(keys) > 1 else None
    try:
        resolve(model, changes=[change], segment=segment if segment in model.segments else None)
    except ChangeError as error:
        return error.problems
    refused = not_changeable(change.path, dated=change.start is not None) or effort_without_unit(change)
    return [refused] if refused else []


def _problems_together(changes: Sequence[SetValue], model: Model) -> list[Problem]:
    """Problems that arise from several changes: probabilities outside [0, 1], an endless loop."""
    found: dict[str, Problem] = {}
    dates = sorted({c.start for c in changes if c.start is not None})
    for day in (None, *dates):
        held = [c for c in changes if c.start is None or (day is not None and c.start <= day)]
        for segment in (None, *model.segments):
            known = {str(problem) for problem in check_values(resolve(model, segment=segment))}
            try:
                problems = check_values(resolve(model, changes=held, segment=segment))
            except ChangeError as error:
                problems = list(error.problems)
            found |= {str(problem): problem for problem in problems if str(problem) not in known}
    return list(found.values())


def _removal_problems(change: RemoveStage, model: Model) -> list[Problem]:
    path = f"remove_stage {change.stage}"
    if change.stage not in model.stages:
        known = list(model.stages)
        hint = did_you_mean(change.stage, known)
        return [
            Problem(
                path=path,
                message=f'there is no stage "{change.stage}"; the model has {", ".join(known)}',
                hint=hint,
            )
        ]
    found = []
    goal, stage = model.goal, model.stages[change.stage]
    if change.stage in (goal.books_at, goal.credits_at) or stage.credit is not None:
        found.append(
            Problem(path=path, message="the stage books or credits an amount, so it cannot be removed")
        )
    if goal.recognise is not None and change.stage == goal.recognise.start:
        found.append(
            Problem(path=path, message="revenue is recognised from the stage on, so it cannot be removed")
        )
    later = ways_on(model.stages, change.stage, goal.books_at)
    if not any(e.p > 0 and e.to in later for e in stage.exits.values()):
        found.append(Problem(path=path, message="the stage has no way on, so it cannot be removed"))
    if any(not 0 <= share <= 1 for share in change.recovered):
        found.append(
            Problem(path=path, message=f"recovered must lie in 0 to 1, found {list(change.recovered)}")
        )
    return found
