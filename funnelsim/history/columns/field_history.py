"""Histories with a row per change of any field, of which the changes of the stage count."""

from __future__ import annotations

import polars as pl

from funnelsim.core.errors import did_you_mean
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.history_error import history_error
from funnelsim.history.ledger import FILE, OTHER_FIELD
from funnelsim.history.presets.names import (
    FIELD_COLUMN,
    FIELD_IS_CREATION,
    FIELD_IS_STAGE,
    find_column,
    plain_name,
)
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack


def stage_changes(
    rows: pl.DataFrame, stack: Stack, stage: str, reader: ColumnReader
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """From a history of all fields: stage changes, and creations.

    The second frame has ``deal, created`` with `FILE` and `ROW`.

    Parameters
    ----------
    stage : str
        The column that is read as stage; only where it is a new value is the table a history of fields.

    Raises
    ------
    HistoryError
        If no row is about the stage.
    """
    field = find_column(stack.columns, FIELD_COLUMN)
    if field is None or plain_name(stage) != "newvalue" or field in reader.mapping.where:
        return rows, _creations(rows.clear())
    reader.note(stack, field, "which field changes")
    names = stack.frame[field].cast(pl.String)
    plain = names.str.to_lowercase().str.replace_all(r"[^a-z0-9]", "").fill_null("")
    rows = rows.with_columns(plain.alias("__field"))
    if not plain.is_in(FIELD_IS_STAGE).any():
        known = names.drop_nulls().unique().sort().to_list()
        message = f"no row is about the stage; it has {', '.join(known[:8]) or 'nothing'}"
        hint = did_you_mean("Stage", known) or f'name it in a mapping: [where] "{field}" = "..."'
        raise history_error(stack.name, message, at=f"column {field}", hint=hint)
    creations = _creations(rows.filter(pl.col("__field").is_in(FIELD_IS_CREATION)))
    kept = stack.ledger.keep(rows, pl.col("__field").is_in(FIELD_IS_STAGE), OTHER_FIELD)
    return kept.drop("__field"), creations


def _creations(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(FILE, ROW, "deal", created="at")
