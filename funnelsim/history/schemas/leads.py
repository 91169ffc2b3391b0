"""Leads of Salesforce before the deals that they became; those that became none are deals open or lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns, Mapping
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.schemas.changes import instants
from funnelsim.history.schemas.keys import column_of, plain_keys, texts
from funnelsim.history.schemas.lead_rows import NO_OPPORTUNITY, Leads, is_lost, means_lost, read_leads
from funnelsim.history.sources.part_columns import deal_columns, event_columns

_WRITTEN = "%Y-%m-%d %H:%M:%S%.f"


def with_leads(
    deals: list[Table],
    histories: list[Table],
    leads: Sequence[Table],
    lead_histories: Sequence[Table],
    mapping: Mapping,
    done: Prepared,
) -> tuple[list[Table], list[Table]]:
    """Deals and histories with the leads before them, and with leads as deals of their own."""
    events = event_columns(histories[0].columns, mapping, "salesforce") if histories else EventColumns()
    columns = deal_columns(deals[0].columns, mapping, "salesforce")
    needed = (events.deal, events.stage, events.entered, columns.deal, columns.created)
    if any(column is None or column.table is not None for column in needed):
        text = (
            f"{leads[0].name} is not read: without OpportunityHistory and the creation of deals no stage has "
            "a date, so that leads cannot come before deals"
        )
        done.attention.append(Attention(check="leads_unused", text=text))
        done.unused += [*leads, *lead_histories]
        return deals, histories
    ids, created = _opportunities(deals, columns, mapping)
    read = [read_leads(table, lead_histories, ids, created, mapping) for table in leads]
    order = _order(pl.concat([one.steps for one in read]))
    of_leads = []
    for table, one in zip(leads, read, strict=True):
        of_leads += _as_events(table, lead_histories, one, histories[0], events, order)
    labels = pl.concat([one.steps["label"] for one in read]).unique().sort().to_list()
    done.meanings |= {label: "lost" for label in labels if means_lost(label)}
    done.attention += [_what_was_done(read, leads, has_history=bool(lead_histories)), *_undated_losses(read)]
    alone = [_as_deals(table, one, deals[0], columns) for table, one in zip(leads, read, strict=True)]
    return [*(_begun_as_leads(table, columns, read) for table in deals), *alone], [*histories, *of_leads]


def _name(column: Column | None) -> str:
    assert column is not None
    return column.column


def _opportunities(
    deals: Sequence[Table], columns: DealColumns, mapping: Mapping
) -> tuple[dict[str, str], dict[str, dt.datetime]]:
    """Key of each deal -> its id as written, and when it was created."""
    ids: dict[str, str] = {}
    created: dict[str, dt.datetime] = {}
    for table in deals:
        rows = pl.DataFrame(
            {
                "key": plain_keys(table.frame[_name(columns.deal)]),
                "id": texts(table.frame[_name(columns.deal)]),
                "at": instants(table, _name(columns.created), mapping),
            }
        ).drop_nulls()
        ids |= dict(rows.select("key", "id").iter_rows())
        created |= dict(rows.select("key", "at").iter_rows())
    return ids, created


def _order(steps: pl.DataFrame) -> dict[str, float]:
    """Label -> a number by which it stands before all stages of deals, in the order of the leads' paths."""
    first = steps.sort("at", maintain_order=True).unique(["key", "label"], keep="first", maintain_order=True)
    ranked = first.with_columns(pl.int_range(pl.len()).over("key").alias("rank"))
    means = ranked.group_by("label").agg(pl.col("rank").mean()).sort("rank", "label")["label"].to_list()
    return {label: float(position - len(means)) for position, label in enumerate(means)}


def _as_events(
    table: Table,
    histories: Sequence[Table],
    read: Leads,
    like: Table,
    columns: EventColumns,
    order: MappingOf[str, float],
) -> list[Table]:
    """Statuses as rows of the history of stages: those of the list of leads, and those of LeadHistory."""
    values = {
        _name(columns.deal): pl.col("key"),
        _name(columns.stage): pl.col("label"),
        _name(columns.entered): pl.col("when"),
    }
    if columns.order:
        values[columns.order.column] = pl.col("label").replace_strict(order, return_dtype=pl.Float64)
    made = []
    for of, home, sheet in (
        ("history", histories[0] if histories else table, ""),
        ("lead", table, "created"),
        ("end", table, "lost"),
    ):
        rows = read.steps.filter(pl.col("of") == of)
        number = pl.col(ROW) if of == "history" else pl.int_range(2, 2 + pl.len(), dtype=pl.UInt32)
        frame = rows.select(number.alias(ROW), *_filled(values, like))
        if frame.height:
            made.append(_of_leads(home, frame, ("statuses of leads",), sheet))
    return made


def _of_leads(home: Table, frame: pl.DataFrame, notes: tuple[str, ...], sheet: str = "") -> Table:
    return replace(
        home,
        frame=frame,
        rows_read=frame.height,
        notes=notes,
        sheet=sheet or home.sheet,
        malformed=(),
        headers=(),
        shown={},
        attention=(),
    )


def _filled(values: MappingOf[str, pl.Expr], like: Table) -> list[pl.Expr]:
    """The columns of another table, of its types, empty but for these."""
    return [
        _typed(values[name], dtype).alias(name) if name in values else pl.lit(None, dtype).alias(name)
        for name, dtype in like.frame.schema.items()
        if name != ROW
    ]


def _typed(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text as the type of a column; times that are written with their zone keep it as text only."""
    if isinstance(dtype, pl.Datetime | pl.Date):
        moment = value.str.slice(0, 26).str.replace("T", " ").str.to_datetime(_WRITTEN, strict=False)
        day = value.str.slice(0, 10).str.to_datetime("%Y-%m-%d", strict=False)
        moment = pl.coalesce(moment, day)
        if isinstance(dtype, pl.Datetime) and dtype.time_zone:
            moment = moment.dt.replace_time_zone("UTC")
        return moment.cast(dtype)
    return value.cast(dtype, strict=False)


def _as_deals(table: Table, read: Leads, like: Table, columns: DealColumns) -> Table:
    """The leads that became no deal, as rows of Opportunity."""
    steps = read.steps.sort("at", maintain_order=True)
    last = steps.group_by("key", maintain_order=True).agg(
        pl.col("label").last(), pl.col("when").filter(is_lost("label")).last().alias("end")
    )
    rows = read.rows.filter(pl.col("deal").is_null()).join(last, on="key", how="left", maintain_order="left")
    fields = {"deal": "key", "created": "when", "stage": "label", "account": "company"}
    fields |= {name: name for name in ("source", "name", "owner")}
    values = {
        column.column: pl.col(value)
        for field, value in fields.items()
        if (column := getattr(columns, field)) is not None and column.table is None
    }
    if columns.closed is not None and columns.closed.table is None:
        values[columns.closed.column] = pl.col("end").str.slice(0, 10)
    closed = pl.col("end").is_not_null()
    for flag, value in (("isclosed", closed), ("iswon", pl.lit(False)), ("isdeleted", pl.lit(False))):
        if name := column_of(like, flag):
            values[name] = value
    frame = rows.select(pl.col(ROW), *_filled(values, like))
    others = table.frame.height - frame.height
    notes = (
        f"{counted(frame.height, 'lead')} that became no deal",
        f"{counted(others, 'row')} of leads that did, deleted or repeated: not deals of their own",
    )
    return _of_leads(table, frame, (*table.notes, *notes))


def _begun_as_leads(table: Table, columns: DealColumns, read: Sequence[Leads]) -> Table:
    """Deals whose lead came first begin with it."""
    since = pl.concat([one.rows.filter(pl.col("deal").is_not_null()).select("deal", "when") for one in read])
    keys = plain_keys(table.frame[_name(columns.deal)])
    begun = keys.replace_strict(dict(since.iter_rows()), default=None, return_dtype=pl.String)
    column = _name(columns.created)
    earlier = table.frame.select(_typed(pl.lit(begun), table.frame.schema[column]).alias(column))[column]
    return replace(table, frame=table.frame.with_columns(earlier.fill_null(table.frame[column])))


def _what_was_done(read: Sequence[Leads], leads: Sequence[Table], *, has_history: bool) -> Attention:
    rows = pl.concat([one.rows.select("key", "deal") for one in read])
    lost = pl.concat([one.steps.filter(is_lost("label")).select("key") for one in read])["key"].n_unique()
    joined = rows["deal"].drop_nulls().len()
    others = rows.height - joined
    stages = "each status of LeadHistory is a stage"
    if not has_history:
        stages = 'all are in one stage, "Lead", because no LeadHistory says since when they have their status'
    text = (
        f"the funnel begins with the leads of {leads[0].name}: {counted(joined, 'deal')} "
        f"{verb(joined, 'begin')} as a lead (by ConvertedOpportunityId), and {counted(others, 'lead')} that "
        f"became no deal {verb(others, 'count')} as {counted(lost, 'lost deal')} and "
        f"{counted(others - lost, 'open deal')}; {stages}. To begin with the deals:"
    )
    return Attention(check="leads_before_deals", text=text, mapping=("leads = false",), count=rows.height)


def _undated_losses(read: Sequence[Leads]) -> list[Attention]:
    ends = pl.concat([one.steps.filter(pl.col("of") == "end") for one in read])
    number = ends.filter(pl.col("label") != NO_OPPORTUNITY).height
    if not number:
        return []
    text = (
        f"{counted(number, 'lost lead')} {verb(number, 'have')} no date of the loss: counted as lost when "
        "last changed (LastModifiedDate), which may be later. LeadHistory has the dates"
    )
    return [Attention(check="leads_lost_undated", text=text, count=number)]
