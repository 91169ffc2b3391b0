"""Many values of a model set at once, for one parameter draw after another.

The paths are looked up once. After that a part that lies on many paths is copied once a draw instead of
once a path, and a distribution takes all its parameters together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from funnelsim.core.errors import ChangeError, Problem
from funnelsim.distributions import Distribution
from funnelsim.model.changes.paths import (
    chances_sharing_the_rest,
    edit_below,
    holds_parts,
    probability_path,
    with_own_dwell,
)
from funnelsim.model.changes.readers import read_field, read_parameter
from funnelsim.model.fields import Part
from funnelsim.model.parts import Exit, Model, Stage
from funnelsim.model.type_messages import shown

Values = Mapping[str, Any]


class ValueSetter:
    """Sets the values at some paths, as `edit` sets one; then the probabilities, stage by stage.

    Parameters
    ----------
    model : Model
        Models that differ from it in values alone can be set.
    paths : sequence of str

    Raises
    ------
    ChangeError
        If the path of a probability does not exist.
    """

    def __init__(self, model: Model, paths: Sequence[str]) -> None:
        split = [_Path(path, path.split("."), probability_path(model, path) is not None) for path in paths]
        self._node = _node(model, split, 0) if split else None

    def set(self, model: Model, values: Values) -> Model:
        """The model with the value of each path.

        Raises
        ------
        ValueError
            If there is no such path or a place cannot hold its value; `edit` tells which.
        """
        found: Model = model if self._node is None else self._node.set(model, values)
        return found


def read_probability(path: str, value: Any) -> float:
    """`value` as a probability, of which the stage's others decide how large it may be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"expected a number in 0 to 1, found {shown(value)}"
        raise ChangeError("change", [Problem(path=path, message=message)])
    return float(value)


class _Path(NamedTuple):
    path: str
    keys: list[str]
    is_probability: bool


class _Node(Protocol):
    """A place of the model with what is to be set there and below."""

    def set(self, old: Any, values: Values, /) -> Any: ...


def _node(place: Any, paths: Sequence[_Path], at: int) -> _Node:
    if len(paths) == 1 and len(paths[0].keys) == at and not isinstance(place, Part | dict):
        return _Value(paths[0].path)
    if isinstance(place, Distribution):
        names = {".".join(p.keys[at:]): p.path for p in paths}
        if all(name in place.given for name in names):
            return _Parameters(names)
    if not _can_be_shared(place, paths, at):
        last = [p for p in paths if p.is_probability]
        steps: list[_Node] = [_ByPath(p.path, p.keys, at) for p in paths if not p.is_probability]
        return _OneAfterAnother((*steps, _node(place, last, at)) if last else tuple(steps))
    own_dwells = []
    if isinstance(place, Stage):
        own_dwells = [p.keys[at + 1] for p in paths if p.keys[at + 2 : at + 3] == ["after"]]
        for name in own_dwells:
            place = with_own_dwell(place, name)
    if at == 3 and any(p.is_probability for p in paths):  # below stages, a key of them, exits
        return _exits(place, paths, at)
    by_key = _by_key(paths, at)
    if isinstance(place, dict):
        return _Entries({key: _node(place[key], own, at + 1) for key, own in by_key.items()})
    fields = {name: _node(getattr(place, name), own, at + 1) for name, own in by_key.items()}
    to_read = {
        name
        for name, node in fields.items()
        if not holds_parts(getattr(place, name)) and not isinstance(node, _Parameters)
    }
    return _Fields(fields, to_read, tuple(own_dwells))


def _exits(exits: dict[str, Exit], paths: Sequence[_Path], at: int) -> _Exits:
    given = {p.keys[at]: p.path for p in paths if p.is_probability}
    others = _by_key([p for p in paths if not p.is_probability], at)
    nodes = {key: _node(exits[key], own, at + 1) for key, own in others.items()}
    return _Exits(given, nodes, next(iter(given.values())).rpartition(".exits.")[0] + ".exits")


def _by_key(paths: Sequence[_Path], at: int) -> dict[str, list[_Path]]:
    found: dict[str, list[_Path]] = {}
    for p in paths:
        found.setdefault(p.keys[at], []).append(p)
    return found


def _can_be_shared(place: Any, paths: Sequence[_Path], at: int) -> bool:
    """Whether all paths go on below, to places that do not depend on one another."""
    if not isinstance(place, Part | dict):
        return False
    names = place if isinstance(place, dict) else type(place).model_fields
    own = "after" if isinstance(place, Stage) else None
    return all(len(p.keys) > at and p.keys[at] in names and p.keys[at] != own for p in paths)


@dataclass(frozen=True, slots=True)
class _Value:
    path: str

    def set(self, _old: Any, values: Values) -> Any:
        return values[self.path]


@dataclass(frozen=True, slots=True)
class _Parameters:
    paths: dict[str, str]  # by the parameter's name

    def set(self, old: Distribution, values: Values) -> Distribution:
        return old.with_parameters(
            {name: read_parameter(old, name, values[path]) for name, path in self.paths.items()}
        )


@dataclass(frozen=True, slots=True)
class _Entries:
    nodes: dict[str, _Node]

    def set(self, old: dict[str, Any], values: Values) -> dict[str, Any]:
        return old | {key: node.set(old[key], values) for key, node in self.nodes.items()}


@dataclass(frozen=True, slots=True)
class _Fields:
    nodes: dict[str, _Node]
    to_read: set[str]  # those that are not read in a place of their own
    own_dwells: tuple[str, ...]  # exits of a stage that are set their own dwell

    def set(self, old: Part, values: Values) -> Part:
        return old.model_copy(update=self.changed(old, values))

    def changed(self, old: Any, values: Values) -> dict[str, Any]:
        for name in self.own_dwells:
            old = with_own_dwell(old, name)
        found = {name: node.set(getattr(old, name), values) for name, node in self.nodes.items()}
        for name in self.to_read:
            found[name] = read_field(type(old), name, found[name])
        return found


@dataclass(frozen=True, slots=True)
class _Exits:
    """The exits of a stage of which some are set their probability."""

    given: dict[str, str]  # path of the probability, by the exit's name
    nodes: dict[str, _Node]  # of what else is set, by the exit's name
    path: str

    def set(self, old: dict[str, Exit], values: Values) -> dict[str, Exit]:
        given = {name: read_probability(path, values[path]) for name, path in self.given.items()}
        p = chances_sharing_the_rest(old, given, self.path)
        found = {}
        for name, e in old.items():
            node = self.nodes.get(name)
            if isinstance(node, _Fields):
                found[name] = e.model_copy(update=node.changed(e, values) | {"p": p[name]})
            else:
                own = e if node is None else node.set(e, values)
                found[name] = own.model_copy(update={"p": p[name]})
        return found


@dataclass(frozen=True, slots=True)
class _ByPath:
    path: str
    keys: list[str]
    at: int

    def set(self, old: Any, values: Values) -> Any:
        return edit_below(old, self.keys, self.at, lambda _: values[self.path], self.path)


@dataclass(frozen=True, slots=True)
class _OneAfterAnother:
    """Where a value depends on what was set before."""

    steps: tuple[_Node, ...]

    def set(self, old: Any, values: Values) -> Any:
        for step in self.steps:
            old = step.set(old, values)
        return old
