"""Pipedrive: deals with the log of their changes, users, organisations and pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.crm_columns import MORE_DEAL_NAMES, PIPEDRIVE_EVENTS
from funnelsim.history.presets.names import find_column
from funnelsim.history.presets.pipedrive import is_change_log, is_pipedrive, is_pipeline_list, pipeline_names
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.presets.row_names import CHANGED_BY
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.schemas.changes import (
    as_they_stood,
    as_written,
    change_rows,
    first_values,
    instants,
    latest_before,
)
from funnelsim.history.schemas.keys import (
    column_of,
    named,
    names_by_key,
    person_columns,
    plain_columns,
    plain_keys,
    texts,
    with_names,
)
from funnelsim.history.schemas.people import people, team_of_users

OWNER, ACCOUNT, PIPELINE = "owner_name", "org_name", "pipeline_name"
_FIELDS = {"value": "value_then", "expected_close_date": "expected_close_date_then"}
_STAGE_FIELDS = ("stage_id", "stage", "stageid")
_CLOSED = ("won", "lost")


def prepare(tables: Sequence[Table], mapping: Mapping) -> Prepared:
    """Names for users and organisations, and the log of changes as entries into stages and outcomes."""
    done = Prepared()
    logs = [table for table in tables if is_change_log(table)]
    users = [table for table in tables if _is_users(table)]
    organisations = [table for table in tables if _is_list(table, ("organization", "organisation", "org"))]
    taken = [*logs, *users, *organisations]
    rest = [table for table in tables if not any(table is one for one in taken)]
    done.people = people(users, team_of_users(users, []))
    names = {person.key: person.name for person in done.people}
    lines = pipeline_names(tables)
    lists = [table for table in rest if is_pipeline_list(table)]
    rest = [_named(table, names, organisations, lines) if is_pipedrive(table) else table for table in rest]
    deals = next((table for table in rest if is_pipedrive(table) and column_of(table, "status")), None)
    done.tables = [*rest, *_entries(logs, deals, mapping)]
    done.lists += [*users, *organisations]
    for several, words in ((users, "users"), (organisations, "organisations"), (lists, "pipelines")):
        done.lists_as |= dict.fromkeys((one.name for one in several), f"names of {words}")
    return done


def _is_users(table: Table) -> bool:
    plain = plain_columns(table)
    return (
        "id" in plain
        and bool(person_columns(table))
        and named(table, ("user", "owner"))
        and "title" not in plain
    )


def _is_list(table: Table, words: tuple[str, ...]) -> bool:
    return {"id", "name"} <= plain_columns(table) and named(table, words)


def _named(
    table: Table, names: dict[str, str], organisations: Sequence[Table], lines: dict[str, str]
) -> Table:
    if column_of(table, "status") and (line := column_of(table, "pipelineid")):
        table = with_names(table, line, lines, PIPELINE)
    if owner := column_of(table, "userid", "ownerid"):
        table = with_names(table, owner, names, OWNER)
    organisation = column_of(table, "orgid", "organizationid")
    for other in organisations if organisation else ():
        key, name = column_of(other, "id"), column_of(other, "name")
        assert organisation is not None
        assert key is not None
        assert name is not None
        table = with_names(table, organisation, names_by_key(other, key, [name]), ACCOUNT)
    return table


def _entries(logs: list[Table], deals: Table | None, mapping: Mapping) -> list[Table]:
    """The logs as rows of stages and outcomes, with value and expected close as they stood.

    A row is added for each deal: the stage in which it was created, which no change records.
    """
    if not logs:
        return []
    changes = pl.concat([_changes(log, of, mapping) for of, log in enumerate(logs)])
    changes = changes.unique(
        ["key", "at", "field", "value"], keep="first", maintain_order=True
    )  # copied twice
    now = _creations(deals, mapping) if deals is not None else None
    every = changes if now is None else pl.concat([_first_rows(changes, now, logs[0]), changes])
    rows = as_they_stood(_with_outcomes(every), every, _FIELDS)
    return [_as_table(log, rows.filter(pl.col("of") == of), logs[0]) for of, log in enumerate(logs)]


def _log_columns(log: Table) -> tuple[str, str, str | None, str, str]:
    """The columns with the deal, the time, the old and the new value, and which field changed."""
    kind, old, new = (find_column(log.columns, (one,)) for one in ("fieldkey", "oldvalue", "newvalue"))
    deal, at = (find_column(log.columns, PIPEDRIVE_EVENTS[one]) for one in ("deal", "entered"))
    assert kind is not None
    assert new is not None
    assert deal is not None
    assert at is not None
    return deal, at, old, new, kind


def _changes(log: Table, of: int, mapping: Mapping) -> pl.DataFrame:
    *columns, kind = _log_columns(log)
    fields = texts(log.frame[kind]).str.to_lowercase().replace(dict.fromkeys(_STAGE_FIELDS, "stage_id"))
    deal, at, old, new = columns
    return change_rows(log, of, (str(deal), str(at), old, str(new)), fields, mapping)


def _creations(deals: Table, mapping: Mapping) -> pl.DataFrame | None:
    """When each deal was created, and its stage, value and expected close as they are now."""
    key = column_of(deals, "dealid", "id")
    added = column_of(deals, *MORE_DEAL_NAMES["created"])
    columns = {
        "stage_id": column_of(deals, "stageid", "stage", "dealstage"),
        "value": column_of(deals, "value", "dealvalue"),
        "expected_close_date": column_of(deals, "expectedclosedate"),
    }
    if key is None or added is None or columns["stage_id"] is None:
        return None
    frame = deals.frame
    rows = pl.DataFrame(
        {
            "key": plain_keys(frame[key]),
            "at": instants(deals, added, mapping),
            "when": as_written(frame[added]),
        }
    )
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    rows = rows.with_columns(
        (plain_keys(frame[name]) if name else nothing).alias(field) for field, name in columns.items()
    )
    return rows.drop_nulls(["key", "at"]).unique("key", keep="first", maintain_order=True)


def _first_rows(changes: pl.DataFrame, now: pl.DataFrame, log: Table) -> pl.DataFrame:
    """What each field was when its deal was created, with row numbers behind those of the first log."""
    first = first_values(changes, now, ("stage_id", *_FIELDS))
    start = int(str(log.frame[ROW].max() or 1)) + 1
    return first.with_columns(
        pl.int_range(start, start + pl.len(), dtype=pl.UInt32).alias(ROW),
        pl.lit(0, pl.UInt16).alias("of"),
        pl.lit(None, pl.String).alias("old"),
        pl.lit(None, pl.String).alias("by"),
    ).select(changes.columns)


def _with_outcomes(changes: pl.DataFrame) -> pl.DataFrame:
    """Entries into stages, and the outcomes: a deal that is opened again is in the stage that it was in."""
    rows = changes.rename({"value": "stage"}).select("key", "at", "when", "field", "stage", "by", "of", ROW)
    stages = rows.filter(pl.col("field") == "stage_id").drop("field")
    status = rows.filter(pl.col("field") == "status").drop("field")
    status = status.with_columns(pl.col("stage").str.to_lowercase())
    closed = status.filter(pl.col("stage").is_in(_CLOSED))
    opened = status.filter(pl.col("stage") == "open").drop("stage").drop_nulls(["key", "at"])
    dated = stages.drop_nulls(["key", "at"]).sort("at", maintain_order=True).select("key", "at", "stage")
    again = latest_before(opened.sort("at", maintain_order=True), dated).drop_nulls("stage")
    return pl.concat([stages, closed, again.select(stages.columns)])


def _as_table(log: Table, rows: pl.DataFrame, like: Table) -> Table:
    """Rows of one log with the columns that all logs get."""
    deal, at, _, new, kind = _log_columns(like)
    frame = rows.select(
        pl.col(ROW),
        pl.col("key").alias(deal),
        pl.col("when").alias(at),
        pl.lit("stage_id").alias(kind),
        pl.col("stage").alias(new),
        *_FIELDS.values(),
        *([pl.col("by").alias(by)] if (by := column_of(like, *CHANGED_BY)) else []),
    )
    added = int((~frame[ROW].is_in(log.frame[ROW].implode())).sum())
    skipped = log.frame.height - (frame.height - added)
    notes = [f"{counted(skipped, 'change')} of other fields: skipped"] if skipped else []
    if added:
        words = "the stage that a deal was in when it was created"
        notes.append(f"{counted(added, 'row')} added: {words}")
    rows_read = frame.height + len(log.malformed) + len(log.headers)
    return replace(log, frame=frame, rows_read=rows_read, notes=(*log.notes, *notes))
