"""Values of a model by path: ``stages.demo.exits.proposal.after.median``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.distributions import Distribution
from funnelsim.model.changes.readers import read_field, read_parameter
from funnelsim.model.fields import Part
from funnelsim.model.parts import Exit, Model, Stage

Edit = Callable[[Any], Any]


def edit(model: Model, path: str, change: Edit) -> Model:
    """Return the model with the value at `path` replaced by ``change(value)``, parsed as in a model file.

    ``stages.S.after`` stands for every dwell of the stage; an exit without its own distribution has that of
    its stage; probabilities are edited by `set_probabilities`.

    Raises
    ------
    ChangeError
        If there is no such path.
    ValueError
        If the field does not accept what `change` returns.
    """
    keys = path.split(".")
    found: Model = _edit(model, keys, 0, change, path)
    return found


def set_together(model: Model, values: Mapping[str, Any]) -> Model:
    """Set several values as `edit` would, one after the other, in one traversal.

    A part on many paths is copied once instead of once per path: parameter draws set dozens of values,
    hundreds of times.

    Raises
    ------
    ValueError
        If there is no such path or a field does not accept its value; `edit` reports which.
    """
    edits = [_Edit(path.split("."), _to(value), path) for path, value in values.items()]
    found: Model = _edit_together(model, edits, 0)
    return found


def value_at(model: Model, path: str) -> Any:
    """Get the value at a path; for ``stages.S.after`` the stage's own distribution, which may be None."""
    held: list[Any] = []

    def look(value: Any) -> Any:
        held.append(value)
        return value

    edit(model, path, look)
    return held[-1]


def set_probabilities(model: Model, stage: str, given: Mapping[str, float], path: str) -> Model:
    """Set the probabilities of some exits of a stage and scale the others to sum to 1.

    Raises
    ------
    ChangeError
        If a probability leaves [0, 1], or the given ones leave too much or nothing for the others.
    """
    held = model.stages[stage]
    changed = held.model_copy(update={"exits": sharing_the_rest(held.exits, given, path)})
    return model.model_copy(update={"stages": model.stages | {stage: changed}})


def sharing_the_rest(held: Mapping[str, Exit], given: Mapping[str, float], path: str) -> dict[str, Exit]:
    """The exits with the given probabilities; the others are scaled to sum to 1.

    Raises
    ------
    ChangeError
        As for `set_probabilities`.
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
        return {name: e.model_copy(update={"p": given[name] / total}) for name, e in held.items()}
    if rest == 0 and abs(total - 1) > 1e-9:
        raise _problem(path, f"no other exit is left to take the remaining {1 - total:.4g}")
    share = max(1 - total, 0.0) / rest if rest else 0.0
    return {
        name: e.model_copy(update={"p": given[name] if name in given else e.p * share})
        for name, e in held.items()
    }


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


class _Edit(NamedTuple):
    keys: list[str]
    change: Edit
    path: str


def _to(value: Any) -> Edit:
    return lambda _: value


def _edit_together(value: Any, edits: Sequence[_Edit], at: int) -> Any:
    if len(edits) == 1 or not _can_be_shared(value, edits, at):
        for keys, change, path in edits:
            value = _edit(value, keys, at, change, path)
        return value
    if isinstance(value, Stage):
        for keys in (e.keys for e in edits if e.keys[at + 2 : at + 3] == ["after"]):
            value = _with_own_dwell(value, keys[at + 1])
    by_key: dict[str, list[_Edit]] = {}
    for e in edits:
        by_key.setdefault(e.keys[at], []).append(e)
    if isinstance(value, dict):
        return value | {key: _edit_together(value[key], own, at + 1) for key, own in by_key.items()}
    fields = {}
    for name, own in by_key.items():
        old = getattr(value, name)
        new = _edit_together(old, own, at + 1)
        fields[name] = new if _holds_parts(old) else read_field(type(value), name, new)
    return value.model_copy(update=fields)


def _can_be_shared(value: Any, edits: Sequence[_Edit], at: int) -> bool:
    """Whether all edits are at a lower level, in fields that do not depend on one another."""
    if not isinstance(value, Part | dict):
        return False
    names = value if isinstance(value, dict) else type(value).model_fields
    own = "after" if isinstance(value, Stage) else None
    return all(len(keys) > at and keys[at] in names and keys[at] != own for keys, _, _ in edits)


def _edit(value: Any, keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
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
        value = _with_own_dwell(value, keys[at + 1])
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
    new = _edit(old, keys, at + 1, change, path)
    if not _holds_parts(old):
        new = read_field(type(part), name, new)
    return part.model_copy(update={name: new})


def _edit_entry(table: dict[str, Any], keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
    """Edit one entry of a table; its key may contain dots, like those of shocks."""
    for end in range(at + 1, len(keys) + 1):
        key = ".".join(keys[at:end])
        if key in table:
            return table | {key: _edit(table[key], keys, end, change, path)}
    raise _unknown(path, keys, at, list(table))


def _edit_item(
    items: tuple[Part, ...], keys: Sequence[str], at: int, change: Edit, path: str
) -> tuple[Part, ...]:
    """Edit one item of a list by its index from 0, which may be omitted if there is only one."""
    if keys[at].isdecimal():
        n, after = int(keys[at]), at + 1
        if n >= len(items):
            raise _unknown(path, keys, at, [str(place) for place in range(len(items))])
    elif len(items) == 1:
        n, after = 0, at
    else:
        places = ", ".join(f"{'.'.join(keys[:at])}.{place}" for place in range(len(items)))
        raise _problem(path, f"there are several: name one of {places}")
    return (*items[:n], _edit(items[n], keys, after, change, path), *items[n + 1 :])


def _is_list_of_parts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Part) for item in value)


def _holds_parts(value: Any) -> bool:
    """Whether a field holds parts that are edited by their own fields."""
    if isinstance(value, dict):
        return any(isinstance(inner, Part) for inner in value.values())
    return isinstance(value, Part)


def _with_new_entry(table: dict[str, Any], keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
    """Add a complete part to a table, such as a campaign."""
    try:
        added = change(None)
    except ValueError:  # a change by a factor or step
        added = None
    if not isinstance(added, dict):
        raise _unknown(path, keys, at, list(table))
    return table | {keys[at]: added}


def _with_own_dwell(stage: Stage, name: str) -> Stage:
    """Copy the dwell of the stage to one exit without its own."""
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
