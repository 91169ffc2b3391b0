"""From a TOML document to a model, with every problem in the words of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.model.checks import check_model
from funnelsim.model.parts import Clock, Credit, Exit, Goal, Model, Segment, Source, Stage, Targets

_ABSENT = object()

#: Keys of the model file that no engine acts on yet: refused, never ignored.
NOT_YET: dict[type[BaseModel], tuple[str, ...]] = {
    Model: ("roles", "calendars", "shocks"),
    Goal: ("recognise", "target"),
    Source: ("hours", "campaigns"),
    Stage: ("work", "patience", "abandons_to", "spawns"),
    Exit: ("wait_half_life",),
}


def read_document(document: dict[str, Any]) -> tuple[Model | None, list[Problem]]:
    """The model of a document, or None, and all its problems.

    What has the wrong type is reported and left out, so that the rules between parts can still be checked
    on the rest; what these say about a part with a wrong value is not repeated.
    """
    document = dict(document)
    problems = _format_problem(document.pop("format", _ABSENT))
    broken: list[tuple[str, ...]] = []
    for _ in range(4):
        try:
            model = Model.model_validate(document)
        except ValidationError as error:
            found = [_located(item) for item in error.errors()]
            # What was left out as broken is not missing.
            problems += [problem for problem, _ in found if tuple(problem.path.split(".")) not in broken]
            broken += [place for _, place in found]
            document = _without(document, [place for _, place in found])
            continue
        problems += [problem for problem in check_model(model) if not _follows_from(problem, broken)]
        return (None if problems else model), problems
    return None, problems


def _follows_from(problem: Problem, broken: Sequence[tuple[str, ...]]) -> bool:
    """Whether a problem lies in a part that was left out, or around it."""
    path = tuple(problem.path.split("."))
    return any(all(a == b for a, b in zip(path, place[:2], strict=False)) for place in broken)


def _format_problem(found: Any) -> list[Problem]:
    if found is _ABSENT:
        return [Problem(path="format", message="is missing; write format = 1")]
    if found != 1:
        return [Problem(path="format", message=f"found {found!r}, this version reads 1")]
    return []


def _located(item: Any) -> tuple[Problem, tuple[str, ...]]:
    place = tuple(str(part) for part in item["loc"] if not _is_branch(part))
    path = ".".join(place)
    kind, value = item["type"], item["input"]
    if kind == "extra_forbidden":
        part = _part_at(place[:-1])
        if place[-1] in NOT_YET.get(part, ()):
            message = "is not supported yet by any engine; remove it to run this model"
            return Problem(path=path, message=message), place
        allowed = [name for name in part.model_fields if name not in ("overrides",)]
        hint = did_you_mean(place[-1], [*allowed, *NOT_YET.get(part, ())])
        return Problem(path=path, message=f"unknown key; allowed are {', '.join(allowed)}", hint=hint), place
    if kind == "missing":
        return Problem(path=path, message="is missing"), place[:-1] if len(place) > 1 else place
    return Problem(path=path, message=_words(kind, item, value)), place


def _is_branch(part: Any) -> bool:
    """Pydantic names the branch of a union in the place; a reader of the file does not care."""
    return isinstance(part, str) and (
        part in ("float", "str") or part.startswith(("dict[", "tuple[", "function-"))
    )


def _words(kind: str, item: Any, value: Any) -> str:
    context = item.get("ctx", {})
    shown = repr(value) if not isinstance(value, dict) else "a table"
    if kind == "value_error":
        return str(context["error"])
    wanted = {
        "float_parsing": "a number",
        "float_type": "a number",
        "string_type": "text in quotes",
        "tuple_type": "a list",
        "dict_type": "a table",
        "model_type": "a table",
        "date_type": "a date such as 2026-01-01",
        "date_parsing": "a date such as 2026-01-01",
        "date_from_datetime_parsing": "a date such as 2026-01-01",
        "date_from_datetime_inexact": "a date without time",
        "literal_error": f"one of {context.get('expected', '')}".replace("'", ""),
        "less_than_equal": f"at most {context.get('le')}",
        "greater_than_equal": f"at least {context.get('ge')}",
        "string_pattern_mismatch": 'a month and day such as "02-01"',
    }.get(kind)
    if wanted is None:
        return f"{item['msg'][0].lower()}{item['msg'][1:]}, found {shown}"
    return f"expected {wanted}, found {shown}"


def _part_at(place: Sequence[str]) -> type[BaseModel]:
    """Which part of a model lies at a place."""
    if not place:
        return Model
    if place[0] == "goal":
        return Goal
    inside_stage: dict[str, type[BaseModel]] = {"exits": Exit, "credit": Credit, "targets": Targets}
    if place[0] == "stages" and len(place) > 2:
        return inside_stage.get(place[2], Stage)
    sections: dict[str, type[BaseModel]] = {
        "stages": Stage,
        "sources": Source,
        "segments": Segment,
        "clocks": Clock,
    }
    return sections.get(place[0], Model)


def _without(document: dict[str, Any], places: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    for place in places:
        document = _dropped(document, place)
    return document


def _dropped(table: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    if not place or place[0] not in table:
        return table
    inner = table[place[0]]
    if len(place) > 1 and isinstance(inner, dict) and place[1] in inner:
        return table | {place[0]: _dropped(inner, place[1:])}
    return {k: v for k, v in table.items() if k != place[0]}
