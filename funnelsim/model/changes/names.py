"""Paths with display names of stages, sources and other parts: ``stages."Security review".after``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from funnelsim.core.errors import ChangeError, Problem, did_you_mean
from funnelsim.model.parts import Exit, Model

#: Parts of a model that have a name in addition to their key.
NAMED = ("stages", "sources", "segments", "roles")
_STEP = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^."\']+)')


def stage_key(model: Model, text: str) -> str:
    """Find the key of a stage by key or name, ignoring spaces, case and punctuation.

    Raises
    ------
    ChangeError
        If there is no such stage, or the name is ambiguous.
    """
    return _key(text, model.stages, _names(model.stages), "stage", text)


def path_by_keys(model: Model, path: str) -> str:
    """Replace names of parts in a path by their keys; unknown names are unchanged.

    Raises
    ------
    ChangeError
        If a quoted name is unknown, or a name is ambiguous.
    """
    steps = [(quoted or other or bare, not bare) for quoted, other, bare in _STEP.findall(path)]
    if not any(is_quoted for _, is_quoted in steps) and _is_path(model, steps):
        return path
    keys: list[str] = []
    for step, is_quoted in steps:
        table, names = _table_at(model, keys)
        known = step in table or not table
        if known or (not is_quoted and not _matches(step, table, names)):
            keys.append(step)
        else:
            keys.append(_key(step, table, names, keys[-1].removesuffix("s"), path))
    return ".".join(keys)


def _is_path(model: Model, steps: list[tuple[str, bool]]) -> bool:
    """Whether a path consists of keys only."""
    keys = [step for step, _ in steps]
    return all(not (table := _table_at(model, keys[:n])[0]) or keys[n] in table for n in range(len(keys)))


def _table_at(model: Model, keys: list[str]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """The parts among which the next step of a path chooses, with their names; empty for a field."""
    if keys[:1] == ["segments"] and len(keys) > 2:
        keys = keys[2:]
    if len(keys) == 1 and keys[0] in NAMED:
        parts = getattr(model, keys[0])
        return parts, _names(parts)
    if len(keys) == 3 and keys[0] == "stages" and keys[2] == "exits" and keys[1] in model.stages:
        exits = model.stages[keys[1]].exits
        return exits, {key: _target_name(model, e) for key, e in exits.items()}
    return {}, {}


def _names(parts: Mapping[str, Any]) -> dict[str, str]:
    return {key: part.name or key for key, part in parts.items()}


def _target_name(model: Model, e: Exit) -> str:
    return model.stages[e.to].name or e.to if e.to in model.stages else e.to


def _matches(text: str, table: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    wanted = _plain(text)
    by_key = [key for key in table if _plain(key) == wanted]
    return by_key or [key for key, name in names.items() if _plain(name) == wanted]


def _key(text: str, table: Mapping[str, Any], names: Mapping[str, str], noun: str, path: str) -> str:
    if text in table:
        return text
    found = _matches(text, table, names)
    if len(found) == 1:
        return found[0]
    if found:
        message = f'"{text}" may be {" or ".join(found)}; write one of these'
        raise ChangeError("change", [Problem(path=path, message=message)])
    message = f'there is no {noun} "{text}"; the model has {", ".join(table)}'
    hint = did_you_mean(_plain(text), [_plain(name) for name in names.values()])
    near = next((key for key, name in names.items() if hint and f'"{_plain(name)}"' in hint), None)
    raise ChangeError(
        "change",
        [Problem(path=path, message=message, hint=f'did you mean "{near}"?' if near else "")],
    )


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
