"""Rows of stage entries as a typed frame."""

from __future__ import annotations

import polars as pl

from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.columns.field_history import stage_changes
from funnelsim.history.columns.ids import id_text
from funnelsim.history.columns.money import CURRENCY_OF
from funnelsim.history.columns.probabilities import probability_values
from funnelsim.history.columns.repeated_hour import read_repeated_hour
from funnelsim.history.columns.row_filters import filter_rows, with_positions
from funnelsim.history.columns.row_order import oldest_first
from funnelsim.history.columns.row_versions import keep_newest_entries
from funnelsim.history.columns.timezones import OFFSET
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import Column, EventColumns, columns_read
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.dates import DateColumn


def read_event_rows(parts: Parts, reader: ColumnReader) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """The rows of events, and the creations that a history of all fields has among them."""
    stack, columns = parts.events, parts.event_columns
    if stack is None or columns is None:
        return None, pl.DataFrame(schema={"deal": pl.String, "created": pl.Datetime("us")})
    assert columns.deal is not None
    assert columns.stage is not None
    assert columns.entered is not None
    entered = reader.dates[stack.name, columns.entered.column]
    left = reader.dates[stack.name, columns.left.column].values if columns.left else None
    amount = reader.amounts[stack.name, columns.amount.column].values if columns.amount else None
    rows = stack.frame.select(FILE, ROW).with_columns(
        reader.text(stack, columns.deal.column, "deal", id_text).alias("deal"),
        reader.text(stack, columns.stage.column, "stage").alias("label"),
        entered.values.alias("at"),
        entered.impossible.alias("impossible"),
        _or_null(left, pl.Datetime("us")).alias("left"),
        _or_null(amount, pl.Float64()).alias("amount"),
        _or_null(_sort_numbers(stack, columns.order, reader), pl.Float64()).alias("order"),
    )
    if columns.amount:
        currency = reader.currencies[stack.name, columns.amount.column]
        rows = rows.with_columns(currency.alias(f"{CURRENCY_OF}amount"))
    rows = rows.with_columns(_offsets({"at": entered}, stack, columns, reader))
    if columns.owner:
        rows = rows.with_columns(reader.text(stack, columns.owner.column, "owner").alias("owner"))
    if columns.from_stage:
        rows = rows.with_columns(
            reader.text(stack, columns.from_stage.column, "stage before").alias("from_label")
        )
    rows = rows.with_columns(_event_plans(stack, columns, reader) + _event_tasks(stack, columns, reader))
    rows = keep_newest_entries(with_positions(rows), stack, columns_read(columns), reader)
    rows, creations = stage_changes(rows, stack, columns.stage.column, reader)
    rows = oldest_first(filter_rows(rows, stack, reader))
    if not entered.aware and not entered.whole_days and "time_zone" in reader.mapping.model_fields_set:
        rows, attention = read_repeated_hour(rows, reader.mapping.time_zone, reader.mapping.noun or "deal")
        reader.attention += attention
    return rows, creations


def _offsets(
    known: dict[str, DateColumn], stack: Stack, columns: EventColumns, reader: ColumnReader
) -> list[pl.Series]:
    """What was added to UTC in each column of times, where clocks changed; see `keep_lengths`."""
    for name in ("left", "started", "finished"):
        column: Column | None = getattr(columns, name)
        if column:
            known[name] = reader.dates[stack.name, column.column]
    return [read.offset.alias(OFFSET + name) for name, read in known.items() if read.offset is not None]


def _event_plans(stack: Stack, columns: EventColumns, reader: ColumnReader) -> list[pl.Series]:
    """Planned close, probability and forecast category of each row, if the export has them."""
    pieces = []
    if columns.planned_close:
        pieces.append(reader.dates[stack.name, columns.planned_close.column].values.alias("planned_close"))
    if columns.probability:
        pieces.append(probability_values(stack, columns.probability, reader).alias("probability"))
    if columns.forecast_category:
        category = reader.text(stack, columns.forecast_category.column, "forecast category")
        pieces.append(category.alias("forecast_category"))
    return pieces


def _event_tasks(stack: Stack, columns: EventColumns, reader: ColumnReader) -> list[pl.Series]:
    """The task of each row, if the export has it."""
    pieces = []
    for name in ("started", "finished"):
        column: Column | None = getattr(columns, name)
        if column:
            pieces.append(reader.dates[stack.name, column.column].values.alias(name))
    for name in ("rep", "role"):
        column = getattr(columns, name)
        if column:
            pieces.append(reader.text(stack, column.column, name).alias(name))
    return pieces


def _or_null(values: pl.Series | None, dtype: pl.DataType) -> pl.Expr | pl.Series:
    return pl.lit(None, dtype=dtype) if values is None else values


def _sort_numbers(stack: Stack, column: Column | None, reader: ColumnReader) -> pl.Series | None:
    if column is None:
        return None
    reader.note(stack, column.column, "order of stages")
    return stack.frame[column.column].cast(pl.Float64, strict=False)
