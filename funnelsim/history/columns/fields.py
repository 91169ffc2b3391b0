"""Which columns of an export each field is read from."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.history.columns.column_reader import ColumnReader
from funnelsim.history.mapping.keys import Column, DealColumns, columns_by_field
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.stack import Stack

DATE_PREFIX = "date:"


LEFT_PREFIX = "left:"


TEXT_FIELDS = ("source", "segment", "owner", "account", "name", "product")


AMOUNT_FIELDS = ("amount", "listed_amount")


DATE_FIELDS = ("created", "closed", "planned_close")


def deal_fields(columns: DealColumns) -> Iterator[tuple[str, str, Column]]:
    """Place in the mapping, field, column."""
    for name, value in columns:
        if isinstance(value, Column):
            yield f"deals.{name}", name, value
    for key, column in columns.dates.items():
        yield f"deals.dates.{key}", DATE_PREFIX + key, column
    for key, column in columns.left.items():
        yield f"deals.left.{key}", LEFT_PREFIX + key, column


def stack_of(parts: Parts, column: Column) -> Stack:
    if column.table is not None:
        return parts.lookups[column.table]
    assert parts.deals is not None
    return parts.deals


def require_columns(parts: Parts, reader: ColumnReader) -> None:
    if parts.events and parts.event_columns:
        named = [(f"events.{field}", one.column) for field, one in columns_by_field(parts.event_columns)]
        reader.require(parts.events, named)
    if parts.deals and parts.deal_columns:
        reader.require(parts.deals, [("deals.not_stages", name) for name in parts.deal_columns.not_stages])
        for path, _, column in deal_fields(parts.deal_columns):
            reader.require(stack_of(parts, column), [(path, column.column)])
            for deal_column, other_column in column.on.items():
                reader.require(parts.deals, [(f"{path}.on", deal_column)])
                reader.require(stack_of(parts, column), [(f"{path}.on", other_column)])


def date_columns(parts: Parts) -> Iterator[tuple[Stack, str, str]]:
    if parts.events and parts.event_columns:
        for name in ("entered", "left", "started", "finished", "planned_close"):
            column: Column | None = getattr(parts.event_columns, name)
            if column:
                yield parts.events, column.column, name.replace("_", " ")
    if parts.deals and parts.deal_columns:
        for _, field, column in deal_fields(parts.deal_columns):
            if field in DATE_FIELDS:
                yield stack_of(parts, column), column.column, field.replace("_", " ")
            elif field.startswith(DATE_PREFIX):
                yield stack_of(parts, column), column.column, f"entry to {field.removeprefix(DATE_PREFIX)}"
            elif field.startswith(LEFT_PREFIX):
                yield stack_of(parts, column), column.column, f"exit of {field.removeprefix(LEFT_PREFIX)}"


def amount_columns(parts: Parts) -> Iterator[tuple[Stack, Column, str]]:
    if parts.events and parts.event_columns and parts.event_columns.amount:
        yield parts.events, parts.event_columns.amount, "amount"
    if parts.deals and parts.deal_columns:
        for _, field, column in deal_fields(parts.deal_columns):
            if field in AMOUNT_FIELDS:
                yield stack_of(parts, column), column, field.replace("_", " ")
