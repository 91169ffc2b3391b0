"""Build a model from a TOML document, with every problem in terms of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.model.fields import Part
from funnelsim.model.parts import Model
from funnelsim.model.rules.all_checks import check_model
from funnelsim.model.rules.unknown import is_unknown
from funnelsim.model.type_messages import in_words

_ABSENT = object()


def read_document(document: dict[str, Any]) -> tuple[Model | None, list[Problem]]:
    """Return the model of a document, or None, and all its problems.

    Values of the wrong type are reported and left out, so that the rules between parts can still be checked
    for the rest. Follow-up problems of the parts left out are not reported.
    """
    document = dict(document)
    problems = _format_problem(document.pop("format", _ABSENT))
    broken: list[tuple[str, ...]] = []
    stood_in: list[tuple[str, ...]] = []
    for _ in range(4):
        try:
            model = Model.model_validate(document)
        except ValidationError as error:
            found = _of_one_value([_located(item, document) for item in error.errors()])
            # Invalid parts that were left out are not missing.
            problems += [problem for problem, place in found if place not in broken]
            document, parts = _without(document, [place for _, place in found], stood_in)
            broken += [place for _, place in found]
            stood_in += parts
            continue
        problems += [problem for problem in check_model(model) if not _follows_from(problem, broken)]
        return (None if problems else model), problems
    return None, problems


def _follows_from(problem: Problem, broken: Sequence[tuple[str, ...]]) -> bool:
    """Whether a problem may be caused by a part that was left out.

    An unknown name is always a problem of its own.
    """
    path = tuple(problem.path.split("."))
    if path[0] == "segments" and path[2:3] == ("stages",):
        path = path[2:]
    depth = None if is_unknown(problem) else 2
    return any(all(a == b for a, b in zip(path, place[:depth], strict=False)) for place in broken)


def _format_problem(found: Any) -> list[Problem]:
    if found is _ABSENT:
        return [Problem(path="format", message="is missing; write format = 1")]
    if found != 1:
        return [Problem(path="format", message=f"found {found!r}, this version reads 1")]
    return []


def _located(item: Any, document: dict[str, Any]) -> tuple[Problem, tuple[str, ...]]:
    place = _place(item["loc"], document)
    path = ".".join(place)
    kind = item["type"]
    if kind == "extra_forbidden":
        part = _part_at(place[:-1])
        allowed = [info.alias or name for name, info in part.model_fields.items() if name != "overrides"]
        allowed = ["format", "include", *allowed] if part is Model else allowed
        hint = did_you_mean(place[-1], allowed)
        if place[:2] == ("shocks", "sources"):
            hint = 'a path stands in quotes: "sources.KEY.rate" = { sd = 0.1 }'
        return Problem(path=path, message=f"unknown key; allowed are {', '.join(allowed)}", hint=hint), place
    if kind == "missing":
        return Problem(path=path, message="is missing"), place
    return Problem(path=path, message=in_words(item)), place


def _place(location: Sequence[str | int], document: Any) -> tuple[str, ...]:
    """Convert a location of pydantic to a path in the file.

    Names of union members (such as the two forms of a quota) and the index of a single task are dropped.
    """
    place: list[str] = []
    at = document
    for part in location:
        if isinstance(part, int) and not isinstance(at, list):
            continue
        place.append(str(part))
        try:
            at = at[part]
        except (KeyError, TypeError):  # names added by pydantic, such as the union member that it tried
            at = None
    return tuple(place[:2] + place[3:] if place[:2] == ["goal", "quota"] else place)


def _of_one_value(
    found: Sequence[tuple[Problem, tuple[str, ...]]],
) -> list[tuple[Problem, tuple[str, ...]]]:
    """Report one problem per value: for a value with two forms, the deeper one, or both in one line."""
    kept: dict[tuple[str, ...], Problem] = {}
    for problem, place in found:
        deeper = any(other[: len(place)] == place and len(other) > len(place) for _, other in found)
        if deeper and place == ("goal", "quota"):
            continue
        message = problem.message
        if place in kept and message.startswith("expected "):
            wanted, _, value = message.removeprefix("expected ").partition(", found ")
            message = kept[place].message.replace(f", found {value}", f" or {wanted}, found {value}")
        kept[place] = Problem(path=problem.path, message=message, hint=problem.hint)
    return [(problem, place) for place, problem in kept.items()]


def _part_at(place: Sequence[str]) -> type[Part]:
    """The type of the part at a path."""
    part: type[Part] = Model
    keys = iter(place)
    for key in keys:
        field = part.model_fields.get(key)
        inner = None if field is None else _part_in(field.annotation)
        if field is None or inner is None:
            break
        part = inner
        if get_origin(field.annotation) in (dict, tuple):
            next(keys, None)  # the key in a table of parts, or the index in a list
    return part


def _part_in(annotation: Any) -> type[Part] | None:
    """The type of part that a field holds, singly, in a table or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    found = (_part_in(inner) for inner in get_args(annotation))
    return next((part for part in found if part is not None), None)


#: Placeholders for invalid parts, so that references to them are not reported as unknown.
_STAND_IN: dict[str, dict[str, Any]] = {
    "stages": {"exits": {"lost": {"p": 1.0, "after": 0}}},
    "sources": {"enters": "lost", "rate": 0.0},
    "segments": {"amount": 1.0},
    "roles": {"headcount": 1},
    "calendars": {"hours": "Mon-Sun 00:00-24:00"},
}


def _without(
    document: dict[str, Any], places: Sequence[tuple[str, ...]], stood_in: Sequence[tuple[str, ...]]
) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """Remove invalid values from a document; return it with the parts that got placeholders.

    A part keeps its valid values and gets placeholders for missing ones; if it is still invalid
    (`stood_in`), it is replaced entirely.
    """
    # Two invalid values in one list remove the list, and nothing around it.
    found = dict.fromkeys(_as_far_as_tables_go(document, place) for place in places)
    parts: list[tuple[str, ...]] = [p for p in found if len(p) == 2 and p[0] in _STAND_IN]
    for part in parts:
        kind, key = part[0], part[1]
        own = document[kind][key]
        own = own if isinstance(own, dict) and part not in stood_in else {}
        document = document | {kind: document[kind] | {key: _STAND_IN[kind] | own}}
    for place in found:
        if place not in parts:
            document = _dropped(document, place)
    return document, parts


def _as_far_as_tables_go(table: Any, place: tuple[str, ...]) -> tuple[str, ...]:
    for n, key in enumerate(place):
        if not isinstance(table, dict) or key not in table:
            return place[:n]
        table = table[key]
    return place


def _dropped(table: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    if not place or place[0] not in table:
        return table
    if len(place) > 1:
        return table | {place[0]: _dropped(table[place[0]], place[1:])}
    return {k: v for k, v in table.items() if k != place[0]}
