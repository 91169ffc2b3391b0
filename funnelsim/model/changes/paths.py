"""Values of a model by path: ``stages.demo.exits.proposal.after.median``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.distributions import Distribution
from funnelsim.model.changes.no_roles import no_effort_hours
from funnelsim.model.changes.readers import read_field, read_parameter
from funnelsim.model.fields import Part
from funnelsim.model.parts import Exit, Model, Stage

Edit = Callable[[Any], Any]

_STAFF = "  How many reps a quota needs, with or without effort hours: funnelsim staff MODEL"


def edit(model: Model, path: str, change: Edit) -> Model:
    """Return the model with the value at `path` replaced by ``change(value)``, parsed as in a model file.

    ``stages.S.after`` stands for every dwell of the stage; an exit without its own distribution has that of
    its stage; probabilities are edited by `set_probabilities`.

    Raises
    ------
    ChangeError
        If there is no such path.
    ValueError
        If the place cannot hold what `change` returns.
    """
    keys = path.split(".")
    if keys[0] == "roles" and len(keys) > 1 and not model.roles:
        raise _problem(path, f"{no_effort_hours(model, keys[1])}\n{_STAFF}")
    found: Model = edit_below(model, keys, 0, change, path)
    return found


def value_at(model: Model, path: str) -> Any:
    """The value at a path; for ``stages.S.after`` the stage's own distribution, which may be None."""
    held: list[Any] = []

    def look(value: Any) -> Any:
        held.append(value)
        return value

    edit(model, path, look)
    return held[-1]


def set_probabilities(model: Model, stage: str, given: Mapping[str, float], path: str) -> Model:
    """Hold these exits of a stage at these probabilities; the others share the rest in proportion.

    Raises
    ------
    ChangeError
        If a probability leaves [0, 1], or the given ones leave too much or nothing for the others.
    """
    held = model.stages[stage]
    changed = held.model_copy(update={"exits": sharing_the_rest(held.exits, given, path)})
    return model.model_copy(update={"stages": model.stages | {stage: changed}})


def sharing_the_rest(held: Mapping[str, Exit], given: Mapping[str, float], path: str) -> dict[str, Exit]:
    """Exits of which some have the given probabilities, and the others share the rest in proportion.

    Raises
    ------
    ChangeError
        As `set_probabilities`.
    """
    p = chances_sharing_the_rest(held, given, path)
    return {name: e.model_copy(update={"p": p[name]}) for name, e in held.items()}


def chances_sharing_the_rest(
    held: Mapping[str, Exit], given: Mapping[str, float], path: str
) -> dict[str, float]:
    """Probabilities of the exits of which some are given, and the others share the rest in proportion.

    Raises
    ------
    ChangeError
        As `set_probabilities`.
    """
    total = sum(given.values())
    others = {name: e.p for name, e in held.items() if name not in given}
    rest = sum(others.values())
    if any(not 0 <= p <= 1 for p in given.values()) or total > 1 + 1e-9:
        raise _problem(
            path,
            f"the changed probabilities would be {_listed(given)}; each must lie in 0 to 1, their sum too",
        )
    if not others and total == 0:
        raise _problem(path, "all probabilities of the stage would be 0")
    if rest == 0 and not others:
        return {name: p / total for name, p in given.items()}
    if rest == 0 and abs(total - 1) > 1e-9:
        raise _problem(path, f"no other exit is left to take the remaining {1 - total:.4g}")
    share = max(1 - total, 0.0) / rest if rest else 0.0
    return {**given, **{name: p * share for name, p in others.items()}}


def probability_path(model: Model, path: str) -> tuple[str, str] | None:
    """Stage and exit of ``stages.S.exits.K.p``; None for any other path."""
    keys = path.split(".")
    if len(keys) != 5 or (keys[0], keys[2], keys[4]) != ("stages", "exits", "p"):
        return None
    if keys[1] not in model.stages:
        raise _unknown(path, keys, 1, list(model.stages))
    if keys[3] not in model.stages[keys[1]].exits:
        raise _unknown(path, keys, 3, list(model.stages[keys[1]].exits))
    return keys[1], keys[3]


def edit_below(value: Any, keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
    """The value with what lies below it, at ``keys[at:]``, replaced as `edit` does."""
    if at == len(keys):
        if isinstance(value, Part | dict):
            raise _unknown(path, [*keys, "?"], at, _names(value))
        return change(value)
    if isinstance(value, Stage) and list(keys[at:]) == ["after"]:
        return _edit_every_dwell(value, change)
    key = keys[at]
    if isinstance(value, Stage) and key == "after" and value.after is None:
        dwells = [f"stages.{keys[at - 1]}.exits.{k}.after" for k, e in value.exits.items() if e.after]
        raise _problem(path, f"the stage has no dwell of its own; its exits have: {', '.join(dwells)}")
    if isinstance(value, Stage) and key == "exits" and keys[at + 2 : at + 3] == ["after"]:
        value = with_own_dwell(value, keys[at + 1])
    if isinstance(value, Part):
        return _edit_field(value, key, keys, at, change, path)
    if isinstance(value, dict):
        return _edit_entry(value, keys, at, change, path)
    if _is_list_of_parts(value):
        return _edit_item(value, keys, at, change, path)
    if isinstance(value, Distribution):
        name = ".".join(keys[at:])  # such as law_2.median, of the second distribution of a mixture
        if name not in value.given:
            raise _unknown(path, [*keys[:at], name], at, list(value.given))
        return value.replaced(name, read_parameter(value, name, change(value.given[name])))
    if value is None or value == ():
        raise _problem(path, f"{'.'.join(keys[:at])} is not set in the file")
    raise _unknown(path, keys, at, [])


def _edit_field(part: Part, name: str, keys: Sequence[str], at: int, change: Edit, path: str) -> Part:
    if name not in type(part).model_fields:
        raise _unknown(path, keys, at, _names(part))
    old = getattr(part, name)
    if isinstance(old, dict) and at + 2 == len(keys) and keys[-1] not in old:
        new = _with_new_entry(old, keys, at + 1, change, path)
        return part.model_copy(update={name: read_field(type(part), name, new)})
    new = edit_below(old, keys, at + 1, change, path)
    if not holds_parts(old):
        new = read_field(type(part), name, new)
    return part.model_copy(update={name: new})


def _edit_entry(table: dict[str, Any], keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
    """One entry of a table; a key may be a path itself, as those of shocks are."""
    for end in range(at + 1, len(keys) + 1):
        key = ".".join(keys[at:end])
        if key in table:
            return table | {key: edit_below(table[key], keys, end, change, path)}
    raise _unknown(path, keys, at, list(table))


def _edit_item(
    items: tuple[Part, ...], keys: Sequence[str], at: int, change: Edit, path: str
) -> tuple[Part, ...]:
    """One part of a list, by its place from 0; of a single one the place may be left out."""
    if keys[at].isdecimal():
        n, after = int(keys[at]), at + 1
        if n >= len(items):
            raise _unknown(path, keys, at, [str(place) for place in range(len(items))])
    elif len(items) == 1:
        n, after = 0, at
    else:
        places = ", ".join(f"{'.'.join(keys[:at])}.{place}" for place in range(len(items)))
        raise _problem(path, f"there are several: name one of {places}")
    return (*items[:n], edit_below(items[n], keys, after, change, path), *items[n + 1 :])


def _is_list_of_parts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Part) for item in value)


def holds_parts(value: Any) -> bool:
    """Whether what lies below has been read in its own place."""
    if isinstance(value, dict):
        return any(isinstance(inner, Part) for inner in value.values())
    return isinstance(value, Part)


def _with_new_entry(table: dict[str, Any], keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
    """A table with one more part, such as another campaign; only a whole one can be added."""
    try:
        added = change(None)
    except ValueError:  # a change by a factor or step
        added = None
    if not isinstance(added, dict):
        raise _unknown(path, keys, at, list(table))
    return table | {keys[at]: added}


def with_own_dwell(stage: Stage, name: str) -> Stage:
    """The stage with its dwell written out at one exit that has none of its own."""
    e = stage.exits.get(name)
    if e is None or e.after is not None or e.to == "never" or stage.after is None:
        return stage
    return stage.model_copy(
        update={"exits": stage.exits | {name: e.model_copy(update={"after": stage.after})}}
    )


def _edit_every_dwell(stage: Stage, change: Edit) -> Stage:
    exits: dict[str, Exit] = {
        name: e
        if e.after is None
        else e.model_copy(update={"after": read_field(Exit, "after", change(e.after))})
        for name, e in stage.exits.items()
    }
    after = None if stage.after is None else read_field(Stage, "after", change(stage.after))
    return stage.model_copy(update={"exits": exits, "after": after})


def _names(value: Part | dict[str, Any]) -> list[str]:
    return list(value) if isinstance(value, dict) else list(type(value).model_fields)


def _unknown(path: str, keys: Sequence[str], at: int, allowed: Sequence[str]) -> ChangeError:
    where = ".".join(keys[:at]) or "the model"
    if keys[at] == "?":
        message = f"is a table, name one of its values: {', '.join(allowed)}"
        return _problem(path, message)
    listed = f"it has {', '.join(allowed)}" if allowed else "it is a plain value"
    return _problem(path, f'there is no "{keys[at]}" in {where}; {listed}', did_you_mean(keys[at], allowed))


def _problem(path: str, message: str, hint: str = "") -> ChangeError:
    return ChangeError("change", [Problem(path=path, message=message, hint=hint)])


def _listed(given: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {p:.4g}" for name, p in given.items())
