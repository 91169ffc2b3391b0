"""Pipedrive: status and stage of deals, and the log of their changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from funnelsim.history.presets.crm_columns import (
    PIPEDRIVE_EVENTS,
    STATUS_NAMES,
    without_prefix,
)
from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import Table
from funnelsim.history.values.outcome_words import plain_outcome

_STAGE_FIELDS = ("stage_id", "stage", "stageid")


def is_pipedrive(table: Table) -> bool:
    """True for a deals table, a log of changes or the stages of Pipedrive, by its columns."""
    plain = {plain_name(without_prefix(name)) for name in table.columns}
    prefixed = sum(name.startswith("Deal - ") for name in table.columns)
    screen = {"title", "status"} <= plain and bool(plain & {"wontime", "losttime", "dealcreated"})
    api = {"addtime", "status"} <= plain and bool(
        plain & {"stageid", "wontime", "losttime", "stagechangetime"}
    )
    return prefixed >= 3 or screen or api or is_change_log(table) or _is_stage_list(table)


def is_change_log(table: Table) -> bool:
    """A row per change of a field of a deal, as the flow or the changelog of a deal has it."""
    plain = {plain_name(name) for name in table.columns}
    return {"fieldkey", "newvalue"} <= plain and bool(plain & set(PIPEDRIVE_EVENTS["entered"]))


def _is_stage_list(table: Table) -> bool:
    plain = {plain_name(name) for name in table.columns}
    return {"id", "name", "ordernr"} <= plain and "pipelineid" in plain


def prepare(tables: Sequence[Table]) -> Prepared:
    """Names for ids of stages, and what the words of the status mean."""
    names: dict[str, str] = {}
    for table in tables:
        if _is_stage_list(table):
            names |= _names_of_stages(table)
    done = Prepared(lists=[table for table in tables if _is_stage_list(table)])
    done.tables = [_named(table, names) for table in tables if not _is_stage_list(table)]
    for table in done.tables:
        done.status |= _outcomes_of_status(table)
    return done


def _outcomes_of_status(table: Table) -> dict[str, str]:
    """Won and lost by the status, in the language of the screen; a stage may be called so too."""
    column = find_column(table.columns, STATUS_NAMES)
    labels = table.frame[column].cast(pl.String).drop_nulls().unique().to_list() if column else []
    return {label: outcome for label in labels if (outcome := plain_outcome(label))}


def _names_of_stages(table: Table) -> dict[str, str]:
    key, name = (find_column(table.columns, (one,)) for one in ("id", "name"))
    assert key is not None
    assert name is not None
    rows = table.frame.select(pl.col(key).cast(pl.String), pl.col(name).cast(pl.String)).drop_nulls()
    return dict(rows.iter_rows())


def _named(table: Table, names: Mapping[str, str]) -> Table:
    if not names:
        return table
    columns = ("oldvalue", "newvalue") if is_change_log(table) else ("stageid",)
    frame = table.frame
    for plain in columns:
        column = find_column(table.columns, (plain,))
        if column is not None:
            frame = frame.with_columns(pl.col(column).cast(pl.String).replace(names))
    return replace(table, frame=frame)
