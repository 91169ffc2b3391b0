"""Errors for files that lack a column."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import Column, Mapping, columns_by_field
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.part_columns import deal_columns, event_columns


def raise_missing_columns(tables: Sequence[Table], mapping: Mapping, preset: str) -> None:
    """The first file that was meant to hold events, and its missing columns."""
    words = {
        "deal": "which deal a row belongs to",
        "stage": "which stage is entered",
        "entered": "when it is entered",
    }
    table = tables[0]
    columns = event_columns(table.columns, mapping, preset)
    problems = []
    for field, meaning in words.items():
        column: Column | None = getattr(columns, field)
        if column is None:
            hint = f'name it in a mapping: [events] {field} = "..."'
            message = f"no column says {meaning} (preset {preset}); it has {_listed(table.columns)}"
            problems.append(Problem(path=field, message=message, hint=hint))
        elif column.column not in table.columns:
            problems.append(missing_column(f"events.{field}", column.column, table.columns))
    if not problems:
        problems = [Problem(path="", message="does not look like a row per deal and stage entry")]
    raise HistoryError(str(table.path), problems)


def raise_no_deals(tables: Sequence[Table], mapping: Mapping, preset: str) -> None:
    if not tables:
        raise history_error("sources", "the files only contain stage names: add the deals table")
    table = tables[0]
    columns = deal_columns(table.columns, mapping, preset)
    problems = []
    if columns.deal is None:
        hint = 'name it in a mapping: [deals] deal = "..."'
        message = f"no column identifies a deal (preset {preset}); it has {_listed(table.columns)}"
        problems.append(Problem(path="deal", message=message, hint=hint))
    problems += [
        missing_column(f"deals.{name}", column.column, table.columns)
        for name, column in columns_by_field(mapping.deals)
        if column.table is None and column.column not in table.columns
    ]
    if not problems:
        message = (
            f"no column says when a deal began or how it ended (preset {preset}); it has "
            f"{_listed(table.columns)}"
        )
        problems = [
            Problem(path="", message=message, hint="write a mapping, or start from --draft-mapping FILE")
        ]
    raise HistoryError(str(table.path), problems)


def missing_column(position: str, name: str, columns: Sequence[str]) -> Problem:
    """The problem of a mapping that names a missing column."""
    message = f'there is no column "{name}"; the file has {_listed(columns)}'
    return Problem(path=position, message=message, hint=did_you_mean(name, list(columns)))


def _listed(columns: Sequence[str], most: int = 12) -> str:
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return ", ".join(columns[:most]) + more
