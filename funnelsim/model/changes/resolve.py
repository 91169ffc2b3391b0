"""The model as it holds for one parameter draw, some changes and one segment."""

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
    sharing_the_rest,
)
from funnelsim.model.changes.value_setter import ValueSetter, read_probability
from funnelsim.model.parts import Model


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
    return Resolver(model, tuple(draw or ())).resolve_each(draw, [changes], [segment])[0][0]


class Resolver:
    """Resolves a model for one draw after another.

    Parameters
    ----------
    model : Model
    columns : sequence of str
        The paths that every draw sets.
    """

    def __init__(self, model: Model, columns: Sequence[str] = ()) -> None:
        self.model = model
        self.columns = columns
        self._drawn = _Together(model, [path for path in columns if not overrides_stage(path)])
        self._segments: dict[str, _SegmentValues] = {}

    def resolve_each(
        self,
        draw: Mapping[str, float] | None,
        changes: Sequence[Sequence[SetValue]],
        segments: Sequence[str | None],
    ) -> list[list[Model]]:
        """The model as `resolve` gives it under each list of changes (outer) for each segment (inner).

        What no value reaches is the same object in all of them, draw after draw.
        """
        return changed_models(self.before_changes(draw, segments), changes, segments, drawn=draw is not None)

    def before_changes(
        self, draw: Mapping[str, float] | None, segments: Sequence[str | None]
    ) -> dict[str | None, Model]:
        """The model for each segment with the values of a draw."""
        if draw is None and self.columns:
            return Resolver(self.model).before_changes(None, segments)
        drawn = self.model if draw is None else self._drawn.set(self.model, draw)
        # After the draw: an override holds its exits, and the others share the rest as they were drawn.
        return {key: drawn if key is None else self._of_segment(key).set(drawn, draw) for key in segments}

    def _of_segment(self, key: str) -> _SegmentValues:
        if key not in self._segments:
            self._segments[key] = _SegmentValues(self.model, key, self.columns)
        return self._segments[key]


def changed_models(
    models: Mapping[str | None, Model],
    changes: Sequence[Sequence[SetValue]],
    segments: Sequence[str | None],
    *,
    drawn: bool,
) -> list[list[Model]]:
    """Models of segments under each list of changes (outer), for each segment (inner).

    Parameters
    ----------
    models : mapping of segment to Model
        As `Resolver.before_changes` gives them.
    drawn : bool
        Whether they hold the values of a draw, for which a change goes as far as a probability can.
    """
    return [[_changed_by(models[key], held, key, drawn) for key in segments] for held in changes]


class _SegmentValues:
    """The overrides of a segment, those of a draw in place of the file's."""

    def __init__(self, model: Model, segment: str, columns: Sequence[str]) -> None:
        own = f"segments.{segment}."
        self.overrides = model.segments[segment].overrides
        self.column = {
            column.removeprefix(own): column
            for column in columns
            if column.startswith(own) and overrides_stage(column)
        }
        self.together = _Together(model, list({**self.overrides, **self.column}))

    def set(self, model: Model, draw: Mapping[str, float] | None) -> Model:
        drawn = {} if draw is None else {path: draw[column] for path, column in self.column.items()}
        return self.together.set(model, {**self.overrides, **drawn})


def overrides_stage(path: str) -> bool:
    """Whether a path is a segment's own value of a stage: ``segments.G.stages.S. ...``."""
    keys = path.split(".")
    return len(keys) > 3 and keys[0] == "segments" and keys[2] == "stages"


class _Together:
    """Some values of a model, set at once."""

    def __init__(self, model: Model, paths: Sequence[str]) -> None:
        self.setter = ValueSetter(model, paths)

    def set(self, model: Model, values: Mapping[str, Any]) -> Model:
        try:
            return self.setter.set(model, values)
        except ValueError:
            return _one_after_another(model, values)  # finds the path that does not fit


def _one_after_another(model: Model, values: Mapping[str, Any]) -> Model:
    probabilities: dict[str, dict[str, float]] = defaultdict(dict)
    for path, value in values.items():
        place = probability_path(model, path)
        if place is None:
            model = _changed(model, SetValue(path=path, to=value))
        else:
            probabilities[place[0]][place[1]] = read_probability(path, value)
    for stage, given in probabilities.items():
        model = set_probabilities(model, stage, given, f"stages.{stage}.exits")
    return model


def _changed_by(model: Model, changes: Sequence[SetValue], segment: str | None, drawn: bool) -> Model:
    for change in changes:
        model = _with_change(model, change, segment, drawn=drawn)
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
    given = {name: read_probability(change.path, p) for name, p in given.items()}
    if drawn:
        # The change fits the file's value; a draw further out goes as far as a probability can.
        given = _as_far_as_can_be(given)
    return _with_planned(set_probabilities(model, stage, given, change.path), stage, names, change)


def _as_far_as_can_be(given: Mapping[str, float]) -> dict[str, float]:
    """Probabilities of at least 0, whose sum is 1 at most."""
    most = max(sum(given.values()), 1.0) if len(given) > 1 else 1.0
    return {name: min(max(p / most, 0.0), 1.0) for name, p in given.items()}


def _with_planned(model: Model, key: str, names: Sequence[str], change: SetValue) -> Model:
    """The same change for leads with a planned close; it goes as far as a probability can."""
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


def _problem(path: str, message: str, hint: str = "") -> ChangeError:
    return ChangeError("change", [Problem(path=path, message=message, hint=hint)])
