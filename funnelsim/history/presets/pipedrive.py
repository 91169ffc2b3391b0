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


def prepare(tables: Sequence[Table], pipelines: Sequence[str] = (), *, in_brackets: bool = True) -> Prepared:
    """Names for ids of stages, and what the words of the status mean.

    Stages get their pipeline in brackets where deals are in more than one of `pipelines` (empty: all), and
    `in_brackets` allows it.
    """
    lines = _pipelines_in_use(tables, pipelines) if in_brackets else {}
    names: dict[str, str] = {}
    for table in tables:
        if _is_stage_list(table):
            names |= _names_of_stages(table, lines if len(lines) > 1 else {})
    done = Prepared()
    for table in tables:
        is_list = _is_stage_list(table) or is_pipeline_list(table)
        (done.lists if is_list else done.tables).append(table if is_list else _named(table, names))
    for table in done.tables:
        done.status |= _outcomes_of_status(table)
    return done


def _outcomes_of_status(table: Table) -> dict[str, str]:
    """Won and lost by the status, in the language of the screen; a stage may be called so too."""
    column = find_column(table.columns, STATUS_NAMES)
    labels = table.frame[column].cast(pl.String).drop_nulls().unique().to_list() if column else []
    return {label: outcome for label in labels if (outcome := plain_outcome(label))}


def is_pipeline_list(table: Table) -> bool:
    """Pipelines with their names: ``id, name, url_title, active``."""
    plain = {plain_name(name) for name in table.columns}
    if not {"id", "name"} <= plain or "status" in plain or _is_stage_list(table):
        return False
    return "urltitle" in plain or table.path.name.lower().startswith("pipeline")


def pipeline_names(tables: Sequence[Table]) -> dict[str, str]:
    """Pipeline id -> name."""
    return {
        key: name
        for table in tables
        if is_pipeline_list(table)
        for key, name, _ in _rows_of_list(table).iter_rows()
    }


def _pipelines_in_use(tables: Sequence[Table], chosen: Sequence[str]) -> dict[str, str]:
    """Id -> name of the pipelines that deals are in, or those of them that are chosen."""
    names = pipeline_names(tables)
    used: set[str] = set()
    for table in tables:
        column = find_column(table.columns, ("pipelineid",))
        if column and is_pipedrive(table) and not _is_stage_list(table):
            used |= {*_plain(table.frame[column]).drop_nulls().unique()}
    wanted = {name.casefold() for name in chosen}
    every = {key: names.get(key, key) for key in sorted(used)}
    return {key: name for key, name in every.items() if not wanted or name.casefold() in wanted}


def _plain(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        column = column.cast(pl.Int64, strict=False)
    return column.cast(pl.String).str.strip_chars().str.replace(r"^(\d+)\.0+$", "$1")


def _rows_of_list(table: Table) -> pl.DataFrame:
    """``key, name, pipeline`` of a list of stages or pipelines."""
    key, name, line = (find_column(table.columns, (one,)) for one in ("id", "name", "pipelineid"))
    assert key is not None
    assert name is not None
    frame = table.frame
    rows = pl.DataFrame({"key": _plain(frame[key]), "name": frame[name].cast(pl.String)})
    of = _plain(frame[line]) if line else pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    return rows.with_columns(of.alias("pipeline")).drop_nulls(["key", "name"])


def _names_of_stages(table: Table, pipelines: Mapping[str, str]) -> dict[str, str]:
    """Id -> name, with the pipeline in brackets for stages of these."""
    return {
        key: f"{name} ({pipelines[line]})" if line in pipelines else name
        for key, name, line in _rows_of_list(table).iter_rows()
    }


def _named(table: Table, names: Mapping[str, str]) -> Table:
    if not names:
        return table
    columns = ("oldvalue", "newvalue") if is_change_log(table) else ("stageid",)
    frame = table.frame
    for plain in columns:
        column = find_column(table.columns, (plain,))
        if column is not None:
            frame = frame.with_columns(_plain(frame[column]).replace(names).alias(column))
    return replace(table, frame=frame)
