"""Leads of Salesforce: which deal each became, its statuses, and how it ended without a deal."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.names import is_field_history
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.schemas.changes import as_written, change_rows, instants
from funnelsim.history.schemas.keys import column_of, plain_columns, plain_keys, texts
from funnelsim.history.values.flags import read_flag
from funnelsim.history.values.labels import known_outcome
from funnelsim.history.values.words import folded

PREFIX = "Lead: "
#: Without a history of leads nobody knows when a status began: they have one stage.
ONLY_STAGE = "Lead"
NO_OPPORTUNITY = f"{PREFIX}converted without an opportunity"
_LOST = re.compile(
    r"unqualif|disqualif|not qualif|not convert|unconvert|junk|spam|\bdead\b|\bbad\b|reject|recycl|"
    r"not interest|no interest|duplicate|\blost\b|^closed$|unresponsive|nicht qualif"
)
#: A conversion writes the last status and the deal within moments of each other.
_AT_CONVERSION = pl.duration(seconds=60)
#: Characters of a day, whatever the order of its parts.
_DAY = 10
_TEXTS: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "status": ("status", "leadstatus"),
    "company": ("company", "companyname"),
    "source": ("leadsource",),
    "name": ("name",),
    "owner": ("ownername", "ownerid"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """The leads of one file.

    Attributes
    ----------
    rows : DataFrame
        A row per lead that counts: ``key`` (the id of its deal, or its own), ``deal`` (null if it became
        none), ``when`` it was created, as written, and `_TEXTS`.
    steps : DataFrame
        ``key, at, when, label, of`` and `ROW` of each status; `of` is ``lead`` (its creation), ``history``
        (a row of LeadHistory) or ``end`` (a loss that no row dates).
    """

    rows: pl.DataFrame
    steps: pl.DataFrame


def is_lead(table: Table) -> bool:
    plain = plain_columns(table)
    return {"id", "isconverted"} <= plain or "convertedopportunityid" in plain


def is_lead_history(table: Table) -> bool:
    return "leadid" in plain_columns(table) and is_field_history(table.columns)


@functools.cache
def means_lost(label: str) -> bool:
    """True if a status, with `PREFIX`, says that nothing will become of the lead."""
    if label == NO_OPPORTUNITY:
        return True
    status = label.removeprefix(PREFIX)
    return known_outcome(status) == "lost" or bool(_LOST.search(folded(status)))


def is_lost(label: str | pl.Expr) -> pl.Expr:
    """`means_lost` of a column of labels."""
    labels = pl.col(label) if isinstance(label, str) else label
    return labels.map_elements(means_lost, return_dtype=pl.Boolean).fill_null(False)


def read_leads(
    table: Table,
    histories: Sequence[Table],
    ids: MappingOf[str, str],
    created: MappingOf[str, dt.datetime],
    mapping: Mapping,
) -> Leads:
    """The leads of a file with their statuses.

    Parameters
    ----------
    histories : sequence of Table
        LeadHistory; without it each lead has one stage.
    ids, created : mapping
        Key of each deal -> its id as written, and when it was created.
    """
    rows = _rows(table, ids, created, mapping)
    changes = [_status_changes(one, mapping) for one in histories]
    lead = rows.select("lead", "deal_created", lead_key="key")
    history = (
        pl.concat(changes).join(lead, left_on="key", right_on="lead", maintain_order="left")
        if changes
        else None
    )
    opening = pl.lit(ONLY_STAGE)
    later = pl.DataFrame(schema=_STEPS)
    if history is not None:
        # The last status is written with the conversion: the deal begins then.
        before = pl.col("deal_created").is_null() | (pl.col("at") < pl.col("deal_created") - _AT_CONVERSION)
        history = history.filter(before).sort("at", maintain_order=True)
        first = history.group_by("key", maintain_order=True).agg(first=pl.col("old").first())
        rows = rows.join(first, left_on="lead", right_on="key", how="left", maintain_order="left")
        opening = PREFIX + pl.coalesce("first", "status")
        opening = pl.when(~is_lost(opening)).then(opening).otherwise(pl.lit(ONLY_STAGE)).fill_null(ONLY_STAGE)
        later = history.select(
            "at", "when", ROW, key="lead_key", label=PREFIX + pl.col("value"), of=pl.lit("history")
        ).select(list(_STEPS))
    entries = rows.select("key", "at", "when", label=opening, of=pl.lit("lead"))
    pieces = [entries, later, _endings(rows, later)]
    return Leads(rows=rows, steps=pl.concat(pieces, how="diagonal_relaxed"))


_STEPS = {
    "key": pl.String(),
    "at": pl.Datetime("us"),
    "when": pl.String(),
    "label": pl.String(),
    "of": pl.String(),
    ROW: pl.UInt32(),
}


def _rows(
    table: Table, ids: MappingOf[str, str], created: MappingOf[str, dt.datetime], mapping: Mapping
) -> pl.DataFrame:
    """A row per lead that is not deleted, the first of those that became one deal."""
    frame = table.frame
    since = column_of(table, "createddate", "createdat")
    key = column_of(table, "id")
    assert since is not None
    assert key is not None
    rows = frame.select(ROW).with_columns(
        plain_keys(frame[key]).alias("lead"),
        instants(table, since, mapping).alias("at"),
        as_written(frame[since]).alias("when"),
        *(_text(table, *names).alias(field) for field, names in _TEXTS.items()),
        _flag(table, "isconverted").alias("converted"),
        _flag(table, "isdeleted").alias("deleted"),
        plain_keys(_text(table, "convertedopportunityid")).alias("deal"),
        *_dates(table, "changed", ("lastmodifieddate", "systemmodstamp"), mapping),
        *_dates(table, "converted_on", ("converteddate",), mapping),
    )
    rows = rows.filter(~pl.col("deleted"), pl.col("lead").is_not_null(), pl.col("at").is_not_null())
    rows = rows.unique("lead", keep="first", maintain_order=True)
    rows = rows.with_columns(
        rows["deal"].replace_strict(ids, default=None, return_dtype=pl.String).alias("deal_id"),
        rows["deal"]
        .replace_strict(created, default=None, return_dtype=pl.Datetime("us"))
        .alias("deal_created"),
    )
    # A deal that was not exported, or that was there before the lead, has no lead before it.
    before = pl.col("deal_id").is_not_null() & (pl.col("at") < pl.col("deal_created"))
    rows = rows.filter((pl.col("deal").is_null() | before).fill_null(False)).sort("at", maintain_order=True)
    first = pl.col("deal").is_null() | pl.col("deal").is_first_distinct()
    return rows.filter(first).with_columns(pl.coalesce("deal_id", "id").alias("key"))


def _text(table: Table, *names: str) -> pl.Series:
    column = column_of(table, *names)
    if column is None:
        return pl.Series([None], dtype=pl.String).new_from_index(0, table.frame.height)
    return texts(table.frame[column])


def _flag(table: Table, name: str) -> pl.Series:
    column = column_of(table, name)
    if column is None:
        return pl.Series([False], dtype=pl.Boolean).new_from_index(0, table.frame.height)
    return read_flag(table.frame[column]).fill_null(False)


def _dates(table: Table, field: str, names: tuple[str, ...], mapping: Mapping) -> list[pl.Series]:
    """A time, read and as written; null where the table has none."""
    column = column_of(table, *names)
    if column is None:
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, table.frame.height)
        return [nothing.cast(pl.Datetime("us")).alias(field), nothing.alias(f"{field}_when")]
    written = as_written(table.frame[column]).alias(f"{field}_when")
    return [instants(table, column, mapping).alias(field), written]


def _status_changes(table: Table, mapping: Mapping) -> pl.DataFrame:
    """Changes of the status in LeadHistory, as `CHANGE`."""
    lead, at, old, new, kind = (
        column_of(table, *names)
        for names in (
            ("leadid",),
            ("createddate", "createdat"),
            ("oldvalue",),
            ("newvalue",),
            ("field", "fieldname"),
        )
    )
    assert lead is not None
    assert at is not None
    assert new is not None
    assert kind is not None
    fields = texts(table.frame[kind]).str.to_lowercase()
    rows = change_rows(table, 0, (lead, at, old, new), fields, mapping)
    rows = rows.filter(pl.col("field").is_in(["status", "leadstatus"])).drop_nulls(["key", "at", "value"])
    return rows.unique(["key", "at", "value"], keep="first", maintain_order=True)


def _endings(rows: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """Ends of leads that became no deal: converted without one, or in a lost status that no row dates."""
    alone = rows.filter(pl.col("deal").is_null())
    contacts = alone.filter("converted").with_columns(
        pl.coalesce("converted_on", "changed").alias("end"),
        pl.coalesce("converted_on_when", "changed_when").alias("end_when"),
        label=pl.lit(NO_OPPORTUNITY),
    )
    dated = later.filter(is_lost("label"))["key"]
    lost = alone.filter(
        ~pl.col("converted"), is_lost(PREFIX + pl.col("status")), ~pl.col("key").is_in(dated.implode())
    ).with_columns(end=pl.col("changed"), end_when=pl.col("changed_when"), label=PREFIX + pl.col("status"))
    both = pl.concat([contacts, lost.select(contacts.columns)])
    # A conversion has a day and no time: it gets the time of day at which the lead came, written alike.
    day_only = (pl.col("end_when").str.len_chars() == _DAY) & (pl.col("when").str.len_chars() > _DAY)
    both = both.with_columns(
        pl.when(day_only)
        .then(pl.col("end") + (pl.col("at") - pl.col("at").dt.truncate("1d")))
        .otherwise("end")
        .alias("end"),
        pl.when(day_only)
        .then(pl.col("end_when") + pl.col("when").str.slice(_DAY))
        .otherwise("end_when")
        .alias("end_when"),
    )
    early = pl.col("end") <= pl.col("at")
    return both.select(
        "key",
        "label",
        pl.max_horizontal("end", "at").alias("at"),
        pl.when(early).then("when").otherwise("end_when").alias("when"),
        of=pl.lit("end"),
    ).drop_nulls("at")
