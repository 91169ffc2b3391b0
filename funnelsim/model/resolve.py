"""The model as it holds for one parameter draw, some changes and one segment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from funnelsim.core.errors import ChangeError, Problem
from funnelsim.core.time import parse_rate_per_day
from funnelsim.model.changes import SetValue, edit_of
from funnelsim.model.parts import Model
from funnelsim.model.paths import edit, probability_path, set_probabilities, value_at


def resolve(
    model: Model,
    *,
    draw: Mapping[str, float] | None = None,
    changes: Sequence[SetValue] = (),
    segment: str | None = None,
) -> Model:
    """File, draw, changes in file order, the segment's value; a change also acts on segments' values.

    Parameters
    ----------
    model : Model
    draw : dict of str to float, optional
        One row of the parameter draws: path to value, times in days.
    changes : sequence of SetValue
        Those in force.
    segment : str, optional
        Whose overrides hold.

    Raises
    ------
    ChangeError
        If a path does not exist or a value does not fit.
    """
    values = dict(draw or {})
    if segment is not None:
        values |= model.segments[segment].overrides
        own = f"segments.{segment}."
        values |= {p.removeprefix(own): v for p, v in (draw or {}).items() if p.startswith(own)}
    found = _with_values(model, {p: v for p, v in values.items() if not p.startswith("segments.")})
    for change in changes:
        found = _with_change(found, change, segment)
    return found


def _with_values(model: Model, values: Mapping[str, Any]) -> Model:
    probabilities: dict[str, dict[str, float]] = defaultdict(dict)
    for path, value in values.items():
        place = probability_path(model, path)
        if place is not None:
            probabilities[place[0]][place[1]] = float(value)
        else:
            model = _checked_edit(model, SetValue(path=path, to=value))
    for stage, given in probabilities.items():
        model = set_probabilities(model, stage, given, f"stages.{stage}.exits")
    return model


def _with_change(model: Model, change: SetValue, segment: str | None) -> Model:
    keys = change.path.split(".")
    if keys[0] == "segments" and len(keys) > 3:
        if keys[1] in model.segments and keys[1] != segment:
            return model
        change = SetValue(path=".".join(keys[2:]), to=change.to, by=change.by, start=change.start)
    place = probability_path(model, change.path)
    if place is None:
        return _checked_edit(model, change)
    stage, name = place
    try:
        p = float(edit_of(change)(model.stages[stage].exits[name].p))
    except ValueError as error:
        raise ChangeError("change", [Problem(path=change.path, message=str(error))]) from error
    return set_probabilities(model, stage, {name: p}, change.path)


def _checked_edit(model: Model, change: SetValue) -> Model:
    keys = change.path.split(".")
    if keys[0] == "sources" and keys[-1] == "rate" and isinstance(change.to, str):
        change = SetValue(path=change.path, to=parse_rate_per_day(change.to))
    try:
        found = edit(model, change.path, edit_of(change))
    except ChangeError:
        raise
    except ValueError as error:
        raise ChangeError("change", [Problem(path=change.path, message=str(error))]) from error
    value = value_at(found, change.path) if isinstance(change.to, int | float | str) or change.by else None
    if isinstance(value, int | float) and not value >= 0 and keys[-1] != "growth":
        message = f"would become {value:g}; it must not be negative"
        raise ChangeError("change", [Problem(path=change.path, message=message)])
    return found
