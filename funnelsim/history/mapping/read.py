"""Read a mapping file, with all of its problems at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.input_files import UnreadableError
from funnelsim.core.files.toml import read_toml
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.checks import mapping_problems
from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns, Mapping, StageLabels
from funnelsim.history.mapping.messages import shown


def read_mapping(path: str | Path) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    HistoryError
        With all problems of the file at once.
    """
    file = Path(path)
    try:
        document = read_toml(file)
    except UnreadableError as error:
        raise history_error(file, "there is no such mapping file" if error.missing else str(error)) from None
    if problems := document_problems(document, control_characters=True):
        raise HistoryError(str(file), problems)
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        # A value that may be of two types fails once for each.
        value = dict.fromkeys(_problem(item) for item in error.errors())
        raise HistoryError(str(file), list(value)) from None
    if problems := mapping_problems(mapping):
        raise HistoryError(str(file), problems)
    return mapping


def _problem(item: Any) -> Problem:
    loc = [str(step) for step in item["loc"] if not str(step).startswith(("literal[", "datetime"))]
    where, kind, value = ".".join(loc), item["type"], item.get("input")
    if kind == "extra_forbidden":
        hint = did_you_mean(loc[-1], _keys_at(loc[:-1]))
        return Problem(
            path=where, message=f"unknown key; choose from {', '.join(_keys_at(loc[:-1]))}", hint=hint
        )
    if kind == "missing":
        return Problem(path=where, message="is missing")
    if loc and loc[0] == "observed_from":
        return Problem(path=where, message=f"{shown(value)} is neither a date such as 2026-01-31 nor false")
    if loc and loc[0] == "open_without_stage":
        message = f'{shown(value)} is not known; write "creation", "skip" or a date such as 2026-01-31'
        return Problem(path=where, message=message)
    if kind == "literal_error":
        return Problem(
            path=where, message=f"{shown(value)} is not known; choose from {item['ctx']['expected']}"
        )
    if kind in ("model_type", "tuple_type", "dict_type") and (expected := _expected(loc)):
        return Problem(path=where, message=f"expected {expected}, found {shown(value)}")
    return Problem(path=where, message=f"{item['msg'].removeprefix('Input ').lower()}, found {shown(value)}")


def _expected(loc: list[str]) -> str:
    if len(loc) == 1 and loc[0] in (
        "events",
        "deals",
        "stages",
        "outcomes",
        "ends_with",
        "aliases",
        "where",
        "date_formats",
        "rates",
        "renames",
        "units",
    ):
        return f"a table: [{loc[0]}]"
    return {
        "events": "the name of a column",
        "deals": "the name of a column, or { table, column, on }",
        "stages": "a label, a list of labels, or { name, labels }",
        "outcomes": "a label or a list of labels",
        "ends_with": "a label or a list of labels",
        "ignore": "a label or a list of labels",
        "not_outcomes": "a label or a list of labels",
        "missing": "a text or a list of texts",
        "hidden_sheets": "the name of a sheet or a list of names",
    }.get(loc[0], "")


def _keys_at(loc: list[str]) -> list[str]:
    if not loc:
        return list(Mapping.model_fields)
    tables: dict[str, type[BaseModel]] = {"events": EventColumns, "deals": DealColumns, "stages": StageLabels}
    table = tables.get(loc[0])
    if table is None or (loc[0] != "stages" and len(loc) > 1):
        return list(Column.model_fields)
    return list(table.model_fields)
