"""Pipedrive: status and stage of deals, and the log of their changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.history.presets.crm_columns import (
    MORE_DEAL_NAMES,
    PIPEDRIVE_EVENTS,
    STATUS_NAMES,
    without_prefix,
)
from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import ROW, Table
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
    """Names for ids of stages; of a log of changes those of the stage, with the stage at creation before."""
    names: dict[str, str] = {}
    for table in tables:
        if _is_stage_list(table):
            names |= _names_of_stages(table)
    done = Prepared(lists=[table for table in tables if _is_stage_list(table)])
    done.tables = [_named(table, names) for table in tables if not _is_stage_list(table)]
    deals = next((one for one in done.tables if is_pipedrive(one) and not is_change_log(one)), None)
    done.tables = [_stage_changes(one, deals) if is_change_log(one) else one for one in done.tables]
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


def _stage_changes(log: Table, deals: Table | None) -> Table:
    """Changes of the stage, and one row before them for each deal: the stage in which it was created."""
    kind, old, new = (find_column(log.columns, (one,)) for one in ("fieldkey", "oldvalue", "newvalue"))
    deal, at = (find_column(log.columns, PIPEDRIVE_EVENTS[one]) for one in ("deal", "entered"))
    if kind is None or new is None or deal is None or at is None:
        return log
    about = pl.col(kind).cast(pl.String).str.to_lowercase().is_in(_STAGE_FIELDS)
    changes = log.frame.filter(about.fill_null(False))
    others = log.frame.height - changes.height
    notes = [f"{counted(others, 'change')} of fields other than the stage: skipped"] if others else []
    first = _first_stages(changes, deals, deal=deal, old=old, new=new, at=at)
    if first is not None and first.height:
        start = int(str(log.frame[ROW].max() or 1)) + 1
        first = first.with_columns(pl.int_range(start, start + first.height, dtype=pl.UInt32).alias(ROW))
        notes.append(
            f"{counted(first.height, 'row')} added: the stage that a deal was in when it was created"
        )
        changes = pl.concat([changes, first], how="diagonal_relaxed")
    rows_read = changes.height + len(log.malformed) + len(log.headers)
    return replace(log, frame=changes, rows_read=rows_read, notes=(*log.notes, *notes))


def _first_stages(
    changes: pl.DataFrame, deals: Table | None, *, deal: str, old: str | None, new: str, at: str
) -> pl.DataFrame | None:
    """Deal, stage and time of creation: the old stage of the first change, or the present one without any."""
    if deals is None or old is None:
        return None
    key = find_column(deals.columns, ("dealid", "id"))
    added = find_column(deals.columns, MORE_DEAL_NAMES["created"])
    present = find_column(deals.columns, ("stageid", "stage", "dealstage"))
    if key is None or added is None or present is None:
        return None
    before = (
        changes.sort(at, maintain_order=True).group_by(pl.col(deal).cast(pl.String)).agg(pl.col(old).first())
    )
    created = deals.frame.select(
        pl.col(key).cast(pl.String).alias(deal),
        pl.col(added).alias(at),
        pl.col(present).cast(pl.String).alias("now"),
    ).drop_nulls([deal, at])
    both = created.join(before, on=deal, how="left", maintain_order="left")
    return both.select(
        pl.col(deal).cast(changes.schema[deal]),
        at,
        pl.coalesce(pl.col(old).cast(pl.String), "now").alias(new),
    ).drop_nulls(new)
