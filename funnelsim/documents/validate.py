"""Validate a plain dict as a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from funnelsim.core.errors import Problem
from funnelsim.documents.record import DocumentError, Record
from funnelsim.documents.stages import FunnelStage

_Kind = TypeVar("_Kind", bound=Record)


def read_as(kind: type[_Kind], document: Mapping[str, Any], source: str = "document") -> _Kind:
    """Validate a dict as a record; a `DocumentError` lists all its problems."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise DocumentError(source, [_problem(found) for found in error.errors()]) from error


def funnel_rows(stages: Sequence[Mapping[str, Any]], source: str = "funnel") -> tuple[FunnelStage, ...]:
    """Validate the rows of a funnel."""
    return tuple(read_as(FunnelStage, row, f"{source}[{place}]") for place, row in enumerate(stages))


#: What is allowed, by pydantic error type.
_ALLOWED = {
    "float": "a number",
    "int": "a whole number",
    "date": "a date such as 2026-03-31",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
}


def _problem(error: Mapping[str, Any]) -> Problem:
    where = ".".join(str(step) for step in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return Problem(path=where, message="is missing")
    if error["type"] == "value_error":
        return Problem(path=where, message=message)
    allowed = next((words for kind, words in _ALLOWED.items() if error["type"].startswith(kind)), None)
    message = f"must be {allowed}" if allowed else f"{message[:1].lower()}{message[1:]}"
    return Problem(path=where, message=f"{message}, found {_short(error['input'])}")


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 40 else f"{text[:37]}..."
