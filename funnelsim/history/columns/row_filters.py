"""Rows that the filters of a mapping (``[where]``) keep."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.columns.deleted_rows import drop_deleted, report_doubtful_rows
from funnelsim.history.columns.row_versions import POSITION
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import FILTERED
from funnelsim.history.mapping.keys import Column, Mapping
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.stack import Stack


def with_positions(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with their places in the stack, from which columns are read that only a filter needs."""
    return rows.with_row_index(POSITION)


def filter_rows(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    """Rows that are not deleted and that the filters of the mapping keep."""
    rows = drop_deleted(rows, stack, reader)
    for name, rule in reader.mapping.where.items():
        if name in stack.columns:
            matches = _matches(stack, name, rule, reader).gather(rows[POSITION])
            rows = stack.ledger.keep(rows.with_columns(matches.alias("__kept")), pl.col("__kept"), FILTERED)
            rows = rows.drop("__kept")
    report_doubtful_rows(rows, stack, reader)
    return rows.drop(POSITION)


def _matches(stack: Stack, name: str, rule: Any, reader: ColumnReader) -> pl.Series:
    column = stack.frame[name]
    if not isinstance(rule, dict):
        return _one_of(reader.text(stack, name, "filter"), rule)
    matches = pl.Series([True]).new_from_index(0, len(column))
    if "not" in rule:
        matches &= ~_one_of(reader.text(stack, name, "filter"), rule["not"])
    bounds = [rule[key] for key in ("from", "before") if key in rule]
    if not bounds:
        return matches
    values = _comparable(stack, name, reader, dated=isinstance(bounds[0], dt.date))
    if "from" in rule:
        matches &= (values >= _bound(rule["from"])).fill_null(False)
    if "before" in rule:
        matches &= (values < _bound(rule["before"])).fill_null(False)
    return matches


def _bound(value: Any) -> Any:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return value


def _comparable(stack: Stack, name: str, reader: ColumnReader, *, dated: bool) -> pl.Series:
    if dated:
        reader.read_dates([(stack, name, "filter")])
        reader.raise_problems()
        return reader.dates[stack.name, name].values
    reader.read_amounts([(stack, Column(column=name, currency=False), "filter")])
    reader.raise_problems()
    return reader.amounts[stack.name, name].values


def _one_of(text: pl.Series, wanted_amounts: Any) -> pl.Series:
    values = wanted_amounts if isinstance(wanted_amounts, list) else [wanted_amounts]
    plain = ["" if value is None else str(value).strip().casefold() for value in values]
    return text.fill_null("").str.to_lowercase().is_in(plain)


def check_filters(parts: Parts, mapping: Mapping) -> None:
    stacks = [stack for stack in (parts.events, parts.deals) if stack is not None]
    columns = [name for stack in stacks for name in stack.columns]
    for name in mapping.where:
        if name not in columns:
            message = f'there is no column "{name}" in {" or ".join(stack.name for stack in stacks)}'
            raise history_error("mapping", message, at=f"where.{name}", hint=did_you_mean(name, columns))
