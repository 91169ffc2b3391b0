"""Times of rows: the newest one, for the export is at least that new, and those of the last stage changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.columns.row_versions import row_times
from funnelsim.history.ledger import FILE
from funnelsim.history.presets.crm_columns import STAGE_CHANGED, without_prefix
from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.presets.row_names import is_row_time
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestRow:
    """A column with times of rows, and the latest of them."""

    column: str
    at: dt.datetime


def newest_rows(parts: Parts, reader: ColumnReader) -> Iterator[NewestRow]:
    """The latest time of each such column, unless it is in the future."""
    for stack in (parts.deals, parts.events):
        for column in () if stack is None else stack.columns:
            plain = {plain_name(column), plain_name(without_prefix(column))}
            if not is_row_time(column) and not plain & {*STAGE_CHANGED}:
                continue
            assert stack is not None
            times = row_times(stack, column, reader)
            latest = None if times is None else times.max()
            if isinstance(latest, dt.datetime) and latest <= dt.datetime.now():
                yield NewestRow(column=column, at=latest)


def stage_change_times(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.Series:
    """When each deal of the deals table entered its current stage; null where the export does not say."""
    column = find_column(stack.columns, STAGE_CHANGED)
    times = None if column is None else row_times(stack, column, reader)
    if column is None or times is None:
        return pl.Series("changed", [None] * rows.height, dtype=pl.Datetime("us"))
    reader.note(stack, column, "entry to the current stage")
    known = stack.frame.select(FILE, ROW, times.alias("changed"))
    return rows.select(FILE, ROW).join(known, on=[FILE, ROW], how="left", maintain_order="left")["changed"]
