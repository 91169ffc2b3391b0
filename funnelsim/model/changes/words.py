"""Describe a change in words, for tables and figures: ``time in Demo -30 %`` for
``stages.demo.after=x0.7``."""

from __future__ import annotations

import re

from funnelsim.core.nouns import plural_noun
from funnelsim.distributions import Distribution
from funnelsim.model.changes.changes import BY, Change, RemoveStage, SetValue
from funnelsim.model.parts import Model


def change_words(model: Model, change: Change) -> str:
    """Describe a change in words; by default its path."""
    if isinstance(change, RemoveStage):
        return f"no {_name(model, 'stages', change.stage)}"
    return f"{path_words(model, change.path) or change.path} {_how_much(change)}"


def path_words(model: Model, path: str) -> str:
    """Describe the value at a path: ``time in Demo``; empty if there is no description."""
    found = re.fullmatch(r"segments\.([^.]+)\.(.+)", path)
    if found is None:
        return _what(model, path)
    what = _what(model, found[2])
    return f"{what} for {_name(model, 'segments', found[1])}" if what else ""


def _what(model: Model, path: str) -> str:
    """Describe the value at a path; empty if there is no description."""
    keys = path.split(".")
    match keys:
        case ["stages", stage, *rest]:
            return _of_stage(model, stage, rest)
        case ["sources", source, "rate"]:
            return f"{plural_noun(model.noun)} from {_name(model, 'sources', source)}"
        case ["sources", source, "amount"]:
            return f"amounts from {_name(model, 'sources', source)}"
        case ["sources", source, "growth"]:
            return f"growth of {_name(model, 'sources', source)}"
        case ["amount"]:
            return "amounts"
        case ["roles", role, "headcount"]:
            return f"{_name(model, 'roles', role)} headcount"
        case ["roles", role, "open_deals_max"]:
            return f"open {plural_noun(model.noun)} per {_name(model, 'roles', role)}"
    return ""


def _of_stage(model: Model, stage: str, rest: list[str]) -> str:
    name = _name(model, "stages", stage)
    match rest:
        case ["after"]:
            return f"time in {name}"
        case ["after", parameter]:
            return f"time in {name} ({parameter})"
        case ["patience"]:
            return f"patience in {name}"
        case ["amount"]:
            return f"amounts in {name}"
        case ["work", *task, "effort"]:
            return _work(model, stage, name, task[0] if task else "")
        case ["exits", exit_key, *value]:
            where = f"{name} to {_target(model, stage, exit_key)}"
            match value:
                case ["p"]:
                    return f"chance of {where}"
                case ["after"]:
                    return f"time from {where}"
                case ["after", parameter]:
                    return f"time from {where} ({parameter})"
    return ""


def _work(model: Model, stage: str, name: str, place: str) -> str:
    """``work in Demo``; of several tasks, whose work, or which task."""
    tasks = model.stages[stage].work if stage in model.stages else ()
    if len(tasks) < 2 or not place.isdecimal() or int(place) >= len(tasks):
        return f"work in {name}"
    role = tasks[int(place)].role
    if sum(task.role == role for task in tasks) > 1:
        return f"work in {name} (task {int(place) + 1})"
    return f"work of {_name(model, 'roles', role)} in {name}"


def _how_much(change: SetValue) -> str:
    """``-30 %``, ``+5 points``, ``+2`` or ``= 0.4``."""
    found = BY.fullmatch(change.by or "")
    if found is None:
        return f"= {_value(change)}"
    sign, number, unit = found[1], float(found[2].replace("_", "")), found[3]
    if sign == "x":
        return f"x{number:g}" if number >= 3 else f"{100 * (number - 1):+.3g} %"
    shown = {"%": f"{number:g} %", "pp": f"{number:g} point{'' if number == 1 else 's'}", None: f"{number:g}"}
    return f"{sign}{shown.get(unit, f'{number:g} {unit}')}"


def _value(change: SetValue) -> str:
    if isinstance(change.to, Distribution):
        return change.to.text()
    if isinstance(change.to, float | int) and not isinstance(change.to, bool):
        return f"{100 * change.to:g} %" if change.path.endswith(".p") else f"{change.to:,.10g}"
    return str(change.to)


def _target(model: Model, stage: str, exit_key: str) -> str:
    exits = model.stages[stage].exits if stage in model.stages else {}
    to = exits[exit_key].to if exit_key in exits else exit_key
    parts = [key for key, e in exits.items() if e.to == to]
    shown = _name(model, "stages", to)
    return shown if len(parts) < 2 or exit_key == to else f"{shown} ({exit_key})"


def _name(model: Model, table: str, key: str) -> str:
    part = getattr(model, table).get(key)
    return (part.name if part is not None else "") or key.replace("_", " ")
