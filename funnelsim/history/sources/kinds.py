"""Whether a table holds stage entries or deals."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.history.mapping.keys import Column, EventColumns, Mapping
from funnelsim.history.presets.hubspot import is_stage_history
from funnelsim.history.presets.names import any_row_has, is_salesforce_history
from funnelsim.history.presets.pipedrive import is_change_log
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.part_columns import deal_columns, deal_references, event_columns

#: From this share of distinct ids on a table has a row per deal.
_NEARLY_UNIQUE = 0.9


def has_columns(table: Table, columns: Sequence[Column | None]) -> bool:
    return all(column is not None and column.column in table.columns for column in columns)


def is_meant_as_events(table: Table, mapping: Mapping, preset: str) -> bool:
    """True for a Salesforce history, also with a missing column, and for any table with all of them."""
    if preset == "salesforce" and mapping.events is None:
        return is_salesforce_history(table.columns)
    return may_be_events(table, mapping, preset)


def may_be_events(table: Table, mapping: Mapping, preset: str) -> bool:
    if preset == "hubspot" and mapping.events is None:
        return is_stage_history(table)
    if preset == "pipedrive" and mapping.events is None:
        return is_change_log(table)
    columns = event_columns(table.columns, mapping, preset)
    if not has_columns(table, (columns.deal, columns.stage, columns.entered)):
        return False
    return mapping.events is not None or preset == "salesforce" or _has_transitions(table, columns)


def _has_transitions(table: Table, columns: EventColumns) -> bool:
    """False for a deals table that has a stage and a date of creation or of the last change."""
    assert columns.deal is not None
    assert columns.stage is not None
    assert columns.entered is not None
    if not any_row_has(columns.entered.column) or columns.from_stage is not None:
        return True
    ids = table.frame[columns.deal.column].drop_nulls()
    return ids.n_unique() < _NEARLY_UNIQUE * len(ids)


def looks_like_events(table: Table) -> bool:
    """True if the columns are named like those of stage entries, without a mapping."""
    return may_be_events(table, Mapping(), preset="events")


def looks_like_deals(table: Table) -> bool:
    """True if the columns are named like those of deals with a beginning or an end, without a mapping."""
    columns = deal_columns(table.columns, Mapping(), preset="deals")
    return has_columns(table, (columns.deal,)) and any(
        column is not None for column in (columns.created, columns.closed, columns.stage, columns.outcome)
    )


def may_be_deals(table: Table, mapping: Mapping, preset: str, *, by_name: bool = False) -> bool:
    columns = deal_columns(table.columns, mapping, preset, by_name=by_name)
    if mapping.deals is not None:
        own = [column for column in deal_references(mapping) if column.table is None]
        return has_columns(table, (columns.deal, *own))
    known = (columns.created, columns.closed, columns.stage, columns.outcome, columns.amount, columns.source)
    return has_columns(table, (columns.deal,)) and any(column is not None for column in known)
