"""Rows of the deals table as a typed frame."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.documents.audit import AuditLookupMiss
from funnelsim.history.attention import Attention
from funnelsim.history.columns.archived_rows import lost_when_archived
from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.columns.fields import (
    AMOUNT_FIELDS,
    DATE_FIELDS,
    DATE_PREFIX,
    LEFT_PREFIX,
    TEXT_FIELDS,
    deal_fields,
    stack_of,
)
from funnelsim.history.columns.flag_columns import flag_columns
from funnelsim.history.columns.ids import id_text
from funnelsim.history.columns.lookups import count_lookup_rows, look_up
from funnelsim.history.columns.money import CURRENCY_OF
from funnelsim.history.columns.plans import PLAN_FIELDS
from funnelsim.history.columns.probabilities import probability_values, read_probability
from funnelsim.history.columns.timezones import OFFSET
from funnelsim.history.files.events import PLAN_SCHEMA
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import Column
from funnelsim.history.presets.crm_columns import PROBABILITY_NAMES
from funnelsim.history.presets.names import find_column
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag


def read_deal_rows(
    parts: Parts, reader: ColumnReader, *, salesforce: bool
) -> tuple[pl.DataFrame | None, dict[str, list[AuditLookupMiss]]]:
    stack, columns = parts.deals, parts.deal_columns
    if stack is None or columns is None:
        return None, {}
    rows = stack.frame.select(FILE, ROW)
    misses: dict[str, list[AuditLookupMiss]] = {}
    used: dict[str, pl.Series] = {}
    for path, field, column in deal_fields(columns):
        values = _typed(parts, reader, field, column)
        if column.table is not None:
            values, missed, hit = look_up(stack, stack_of(parts, column), reader, column, values)
            used[column.table] = pl.concat([used[column.table], hit]) if column.table in used else hit
            # Most keys are unknown to a table that adds to some deals only, such as one of wins.
            if missed and values.null_count() * 2 < len(values):
                misses[path] = missed
        rows = rows.with_columns(values.alias(_FRAME_NAMES.get(field, field)))
        if field in AMOUNT_FIELDS:
            rows = rows.with_columns(_currencies(parts, reader, column).alias(CURRENCY_OF + field))
        if field in ("created", "closed") or field.startswith(DATE_PREFIX):
            offset = reader.dates[stack_of(parts, column).name, column.column].offset
            if offset is not None and column.table is None:
                rows = rows.with_columns(offset.alias(OFFSET + field))
    for pattern, hit in used.items():
        count_lookup_rows(parts.lookups[pattern], hit)
    rows = rows.with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in _DEAL_FRAME.items()
        if name not in rows.columns
    )
    if columns.closed and columns.closed.table is None:
        impossible = reader.dates[stack.name, columns.closed.column].impossible
        rows = rows.with_columns(impossible.alias("closed_impossible"))
    named = reader.mapping.deals and reader.mapping.deals.outcome  # it decides alone
    if salesforce or not named:
        rows = _with_flags(rows, stack, reader)
    return rows.with_columns(_stated_chance(rows, stack).alias("chance")), misses


def _stated_chance(rows: pl.DataFrame, stack: Stack) -> pl.Series:
    """What the CRM says of each deal's chance: evidence of how its stage ends, not a plan that is read."""
    name = find_column(stack.columns, PROBABILITY_NAMES)
    return rows["probability"] if name is None else read_probability(stack.frame[name])


def _currencies(parts: Parts, reader: ColumnReader, column: Column) -> pl.Series:
    """The currency of an amount in each row of the deals table."""
    home = stack_of(parts, column)
    values = reader.currencies[home.name, column.column]
    if column.table is None or parts.deals is None:
        return values
    return look_up(parts.deals, home, reader, column, values)[0]


_FRAME_NAMES = {"stage": "stage_label", "outcome": "outcome_label"}


_DEAL_FRAME: dict[str, pl.DataType] = {
    "deal": pl.String(),
    "created": pl.Datetime("us"),
    "closed": pl.Datetime("us"),
    "closed_impossible": pl.Boolean(),
    "stage_label": pl.String(),
    "outcome_label": pl.String(),
    **dict.fromkeys(AMOUNT_FIELDS, pl.Float64()),
    **dict.fromkeys(TEXT_FIELDS, pl.String()),
    **{name: PLAN_SCHEMA[name] for name in PLAN_FIELDS},
    "is_closed": pl.Boolean(),
    "is_won": pl.Boolean(),
}


def _typed(parts: Parts, reader: ColumnReader, field: str, column: Column) -> pl.Series:
    home = stack_of(parts, column)
    if field in DATE_FIELDS or field.startswith((DATE_PREFIX, LEFT_PREFIX)):
        return reader.dates[home.name, column.column].values
    if field in AMOUNT_FIELDS:
        return reader.amounts[home.name, column.column].values
    if field == "probability":
        return probability_values(home, column, reader)
    tidy = id_text if field == "deal" else None
    return reader.text(home, column.column, field.replace("_", " "), tidy)


def _with_flags(rows: pl.DataFrame, stack: Stack, reader: ColumnReader) -> pl.DataFrame:
    flags, columns = {}, flag_columns(stack)
    for flag, column in columns.items():
        flags[flag] = read_flag(stack.frame[column])
        reader.note(stack, column, "flag")
    lost = flags.pop("lost", None)
    if lost is not None and "won" in flags and "closed" not in flags:
        flags["won"] = flags["won"].fill_null(False)
        flags["closed"] = flags["won"] | lost.fill_null(False)
    elif lost is not None and "won" not in flags and "closed" in flags:
        flags["won"] = flags["closed"] & ~lost.fill_null(False)
        reader.attention.append(_won_unless_lost(columns, flags["won"]))
    elif not columns and rows["outcome_label"].is_null().all():
        rows = rows.with_columns(outcome_label=lost_when_archived(stack, reader))
    return rows.with_columns(**{f"is_{flag}": values for flag, values in flags.items()})


def _won_unless_lost(columns: Mapping[str, str], won: pl.Series) -> Attention:
    number = int(won.sum())
    text = (
        f"no column says which deals are won: {counted(number, 'row')} with {quoted(columns['closed'])} and "
        f"without {quoted(columns['lost'])} {verb(number, 'are')} read as won. If that is not so, name a "
        'column that says how deals ended in a mapping: [deals] outcome = "..."'
    )
    return Attention(check="won_unless_lost", text=text, count=number)
