"""Values of a model by path: ``stages.demo.exits.proposal.after.median``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.distributions import Distribution
from funnelsim.model.parts import Exit, Model, Part, Stage

Edit = Callable[[Any], Any]


def edit(model: Model, path: str, change: Edit) -> Model:
    """The model with the value at `path` replaced by ``change(value)``.

    ``stages.S.after`` stands for every dwell of the stage; probabilities are edited by `set_probabilities`.

    Raises
    ------
    ChangeError
        If there is no such path.
    """
    keys = path.split(".")
    found: Model = _edit(model, keys, 0, change, path)
    return found


def value_at(model: Model, path: str) -> Any:
    """The value at a path; for ``stages.S.after`` the stage's own law, which may be None."""
    held: list[Any] = []

    def look(value: Any) -> Any:
        held.append(value)
        return value

    edit(model, path, look)
    return held[0]


def set_probabilities(model: Model, stage: str, given: Mapping[str, float], path: str) -> Model:
    """Hold these exits of a stage at these probabilities; the others share the rest in proportion.

    Raises
    ------
    ChangeError
        If a probability leaves [0, 1], or the given ones leave too much or nothing for the others.
    """
    held = model.stages[stage].exits
    total = sum(given.values())
    others = {name: e.p for name, e in held.items() if name not in given}
    rest = sum(others.values())
    if any(not 0 <= p <= 1 for p in given.values()) or total > 1 + 1e-9:
        raise _problem(
            path,
            f"the changed probabilities would be {_listed(given)}; each must lie in 0 to 1, their sum too",
        )
    if rest == 0 and not others and total > 0:
        exits = {name: e.model_copy(update={"p": given[name] / total}) for name, e in held.items()}
    elif rest == 0 and abs(total - 1) > 1e-9:
        raise _problem(path, f"no other exit is left to take the remaining {1 - total:.4g}")
    else:
        share = max(1 - total, 0.0) / rest if rest else 0.0
        exits = {
            name: e.model_copy(update={"p": given[name] if name in given else e.p * share})
            for name, e in held.items()
        }
    changed = model.stages[stage].model_copy(update={"exits": exits})
    return model.model_copy(update={"stages": model.stages | {stage: changed}})


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


def _edit(value: Any, keys: Sequence[str], at: int, change: Edit, path: str) -> Any:
    if at == len(keys):
        if isinstance(value, Part | dict):
            raise _unknown(path, [*keys, "?"], at, _names(value))
        return change(value)
    if isinstance(value, Stage) and at == 2 and list(keys[2:]) == ["after"]:
        return _edit_every_dwell(value, change)
    key = keys[at]
    if isinstance(value, Part):
        if key not in type(value).model_fields:
            raise _unknown(path, keys, at, _names(value))
        return value.model_copy(update={key: _edit(getattr(value, key), keys, at + 1, change, path)})
    if isinstance(value, dict):
        if key not in value:
            raise _unknown(path, keys, at, list(value))
        return value | {key: _edit(value[key], keys, at + 1, change, path)}
    if isinstance(value, Distribution):
        if key not in value.given or at + 1 != len(keys):
            raise _unknown(path, keys, at, list(value.given))
        return value.replaced(key, change(value.given[key]))
    raise _unknown(path, keys, at, [])


def _edit_every_dwell(stage: Stage, change: Edit) -> Stage:
    exits: dict[str, Exit] = {
        name: e if e.after is None else e.model_copy(update={"after": change(e.after)})
        for name, e in stage.exits.items()
    }
    after = None if stage.after is None else change(stage.after)
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
