"""Recognise the preset of files by their columns and by how often ids repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.history.guessing.stage_dates import guess_dated_stages
from funnelsim.history.history_error import history_error
from funnelsim.history.mapping.keys import PRESETS, Mapping
from funnelsim.history.presets.hubspot import is_hubspot
from funnelsim.history.presets.names import is_salesforce_deals, is_salesforce_history, plain_name
from funnelsim.history.presets.pipedrive import is_pipedrive
from funnelsim.history.presets.row_names import begins_version, is_copy_time, is_row_time
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.kinds import looks_like_deals, looks_like_events
from funnelsim.history.sources.part_columns import deal_columns, event_columns

#: Share of rows that share their id with another one, from which on a row is no deal but an event of one.
_REPEATED = 0.1
_ENTRY_NAMES = ("entered", "changed", "dateentered", "fivetranstart", "moved")
_CLOSING_FIELDS = ("closed", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A preset, and why it is the one."""

    preset: str
    reason: str


def recognise(tables: Sequence[Table], mapping: Mapping | None = None) -> Kind:
    """The preset that the files need.

    Raises
    ------
    HistoryError
        If two presets fit, or none; the choices are named.
    """
    rules = mapping or Mapping()
    fitting = _of_a_crm(tables)
    if len(fitting) > 1:
        choices = " or ".join(f"--preset {kind.preset}" for kind in fitting)
        text = "; ".join(f"{kind.reason}: {kind.preset}" for kind in fitting)
        raise history_error(
            "preset", f"the files look like those of more than one CRM ({text})", hint=choices
        )
    if fitting:
        return fitting[0]
    if rules.events is not None:
        return Kind(preset="events", reason="the mapping has [events]")
    of_events = [table for table in tables if looks_like_events(table)]
    repeated = [table for table in of_events if _repeats(table, rules) and not _are_copies(table, rules)]
    for table in repeated:
        if _may_be_versions(table, rules):
            message = (
                f"{table.name} could have a row per deal and stage entry, or several versions of each "
                "deal, of which "
                "the newest is used"
            )
            raise history_error("preset", message, hint="--preset events or --preset deals")
    if repeated:
        return Kind(preset="events", reason=f"{repeated[0].name} has a row per deal and stage")
    clear = [table for table in of_events if _names_an_entry(table, rules)]
    for table in clear:
        if _has_closings(table, rules):
            message = (
                f"{table.name} could have a row per deal and stage entry, or a row per deal with dates; "
                "no id appears twice"
            )
            raise history_error("preset", message, hint="--preset events or --preset deals")
    if clear:
        return Kind(preset="events", reason=f"{clear[0].name} has a row per deal and stage entry")
    of_deals = [table for table in tables if looks_like_deals(table)]
    of_deals = of_deals or [table for table in tables if _has_named_deals(table)]
    if of_deals or rules.deals is not None:
        where = of_deals[0].name if of_deals else "the mapping"
        return Kind(preset="deals", reason=f"{where} has a row per deal with dates")
    names = ", ".join(tables[0].columns[:12])
    message = f"cannot be recognised from the columns of {tables[0].name} ({names})"
    hint = f"choose from {', '.join(PRESETS)}, or start from --draft-mapping FILE"
    raise history_error("preset", message, hint=hint)


def _of_a_crm(tables: Sequence[Table]) -> list[Kind]:
    kinds = []
    for preset, words, fits in (
        ("xes", "is an XES event log", lambda table: bool(table.part)),
        ("salesforce", "has the columns of Salesforce", _is_salesforce),
        ("hubspot", "has the columns of HubSpot", is_hubspot),
        ("pipedrive", "has the columns of Pipedrive", is_pipedrive),
    ):
        table = next((table for table in tables if fits(table)), None)
        if table is not None:
            kinds.append(Kind(preset=preset, reason=f"{table.name} {words}"))
    return kinds


def _is_salesforce(table: Table) -> bool:
    return is_salesforce_history(table.columns) or is_salesforce_deals(table.columns)


def _has_named_deals(table: Table) -> bool:
    """True if a name is used as the id, and at least two columns show the course of deals."""
    columns = deal_columns(table.columns, Mapping(), "deals", by_name=True)
    if columns.deal is None:
        return False
    milestones = (columns.created, columns.closed, columns.stage, columns.outcome)
    dated = guess_dated_stages(table.frame, columns).columns.dates
    return sum(column is not None for column in (*milestones, *dated.values())) > 1


def _repeats(table: Table, rules: Mapping) -> bool:
    column = event_columns(table.columns, rules, "events").deal
    assert column is not None
    ids = table.frame[column.column].drop_nulls()
    return len(ids) > 0 and int(ids.is_duplicated().sum()) > _REPEATED * len(ids)


def _names_an_entry(table: Table, rules: Mapping) -> bool:
    column = event_columns(table.columns, rules, "events").entered
    return column is not None and plain_name(column.column).startswith(_ENTRY_NAMES)


def _may_be_versions(table: Table, rules: Mapping) -> bool:
    """True if rows name the closing, and their time is that of an update or the same for each id."""
    columns = event_columns(table.columns, rules, "events")
    assert columns.deal is not None
    if columns.entered is None or not _has_closings(table, rules):
        return False
    if is_row_time(columns.entered.column):
        return True
    times = pl.col(columns.entered.column).drop_nulls().n_unique()
    return bool(table.frame.group_by(columns.deal.column).agg(times.alias("times"))["times"].max() == 1)


def _are_copies(table: Table, rules: Mapping) -> bool:
    """True if the rows of an id differ in the time of an export or load, and all have the same creation."""
    columns = event_columns(table.columns, rules, "events")
    copied = [name for name in table.columns if is_copy_time(name) and not begins_version(name)]
    if not copied or columns.deal is None or columns.entered is None or not _has_closings(table, rules):
        return False
    names = (columns.entered.column, copied[0])
    if is_row_time(names[0]):
        return False
    times = table.frame.group_by(columns.deal.column).agg(
        *(pl.col(name).drop_nulls().n_unique().alias(f"__{name}") for name in names)
    )
    entered, copies = (times[f"__{name}"].max() for name in names)
    return entered == 1 and copies != 1


def _has_closings(table: Table, rules: Mapping) -> bool:
    columns = deal_columns(table.columns, rules, "deals")
    dated = [getattr(columns, field) for field in _CLOSING_FIELDS]
    return any(column is not None and _is_filled(table.frame[column.column]) for column in dated)


def _is_filled(column: pl.Series) -> bool:
    return column.null_count() < len(column)
