"""Apply a parameter draw, changes and the overrides of a segment to a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.model.changes.changes import SetValue, edit_of
from funnelsim.model.changes.parallel_exits import parallel_path, probabilities_together
from funnelsim.model.changes.paths import (
    edit,
    probability_path,
    set_probabilities,
    set_together,
    sharing_the_rest,
)
from funnelsim.model.parts import Model
from funnelsim.model.type_messages import shown


def resolve(
    model: Model,
    *,
    draw: Mapping[str, float] | None = None,
    changes: Sequence[SetValue] = (),
    segment: str | None = None,
) -> Model:
    """Apply the draw, then the changes in file order, then the segment's overrides; changes also apply to
    these.

    Parameters
    ----------
    model : Model
    draw : dict of str to float, optional
        One row of the parameter draws: path -> value, times in days.
    changes : sequence of SetValue
        The changes in force.
    segment : str, optional
        The segment whose overrides apply.

    Raises
    ------
    ChangeError
        If a path does not exist or a value does not fit.
    """
    drawn = draw or {}
    found = _with_values(model, {p: v for p, v in drawn.items() if not overrides_stage(p)})
    if segment is not None:
        # After the draw: an override sets its exits, and the others keep their drawn proportions.
        own = f"segments.{segment}."
        mine = {p.removeprefix(own): v for p, v in drawn.items() if p.startswith(own) and overrides_stage(p)}
        found = _with_values(found, {**model.segments[segment].overrides, **mine})
    for change in changes:
        found = _with_change(found, change, segment, drawn=draw is not None)
    return found


def overrides_stage(path: str) -> bool:
    """Whether a path is a segment's override of a stage: ``segments.G.stages.S. ...``."""
    keys = path.split(".")
    return len(keys) > 3 and keys[0] == "segments" and keys[2] == "stages"


def _with_values(model: Model, values: Mapping[str, Any]) -> Model:
    probabilities: dict[str, dict[str, float]] = defaultdict(dict)
    others: dict[str, Any] = {}
    for path, value in values.items():
        place = probability_path(model, path)
        if place is not None:
            probabilities[place[0]][place[1]] = _probability(path, value)
        else:
            others[path] = value
    model = _with_others(model, others)
    for stage, given in probabilities.items():
        model = set_probabilities(model, stage, given, f"stages.{stage}.exits")
    return model


def _with_others(model: Model, values: Mapping[str, Any]) -> Model:
    if not values:
        return model
    try:
        return set_together(model, values)
    except ValueError:
        for path, value in values.items():  # reports which path is invalid
            model = _changed(model, SetValue(path=path, to=value))
        return model


def _with_change(model: Model, change: SetValue, segment: str | None, *, drawn: bool) -> Model:
    keys = change.path.split(".")
    if keys[0] == "segments" and len(keys) > 2:
        known = list(model.segments)
        if keys[1] not in known:
            message = f'there is no "{keys[1]}" in segments; it has {", ".join(known) or "nothing"}'
            raise _problem(change.path, message, did_you_mean(keys[1], known))
        if keys[2] == "stages":
            if keys[1] != segment:
                return model
            change = SetValue(path=".".join(keys[2:]), to=change.to, by=change.by, start=change.start)
    several = parallel_path(model, change.path)
    if several is not None:
        stage, names, value = several
        if value == "after":
            for name in names:
                path = f"stages.{stage}.exits.{name}.after"
                model = _changed(model, replace(change, path=path))
            return model
    elif (place := probability_path(model, change.path)) is not None:
        stage, names = place[0], [place[1]]
    else:
        return _changed(model, change)
    try:
        given = probabilities_together(model.stages[stage].exits, names, edit_of(change))
    except ValueError as error:
        raise _problem(change.path, str(error)) from error
    given = {name: _probability(change.path, p) for name, p in given.items()}
    if drawn:
        # The change is valid for the file's value; for an extreme draw, the probability is clipped.
        given = _as_far_as_can_be(given)
    return _with_planned(set_probabilities(model, stage, given, change.path), stage, names, change)


def _as_far_as_can_be(given: Mapping[str, float]) -> dict[str, float]:
    """Clip probabilities to at least 0, with a sum of at most 1."""
    most = max(sum(given.values()), 1.0) if len(given) > 1 else 1.0
    return {name: min(max(p / most, 0.0), 1.0) for name, p in given.items()}


def _with_planned(model: Model, key: str, names: Sequence[str], change: SetValue) -> Model:
    """Apply the same change to leads with a planned close, clipping probabilities."""
    stage = model.stages[key]
    if stage.planned is None:
        return model
    held = [name for name in names if name in stage.planned.exits]
    if not held:
        return model
    given = probabilities_together(stage.planned.exits, held, edit_of(change))
    given = _as_far_as_can_be({name: float(p) for name, p in given.items()})
    exits = sharing_the_rest(stage.planned.exits, given, change.path)
    changed = stage.model_copy(update={"planned": stage.planned.model_copy(update={"exits": exits})})
    return model.model_copy(update={"stages": model.stages | {key: changed}})


def _changed(model: Model, change: SetValue) -> Model:
    try:
        return edit(model, change.path, edit_of(change))
    except ChangeError:
        raise
    except ValueError as error:
        raise _problem(change.path, str(error)) from error


def _probability(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _problem(path, f"expected a number in 0 to 1, found {shown(value)}")
    return float(value)


def _problem(path: str, message: str, hint: str = "") -> ChangeError:
    return ChangeError("change", [Problem(path=path, message=message, hint=hint)])
