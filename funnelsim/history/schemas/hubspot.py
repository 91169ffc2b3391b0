"""HubSpot: deals with the history of their properties, owners, companies, and deals merged into others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.hubspot import STAGE, is_stage_history, pipeline_names
from funnelsim.history.presets.hubspot_dates import PIPELINE
from funnelsim.history.presets.names import plain_name
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.presets.row_names import CHANGED_BY
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.schemas.changes import as_they_stood, change_rows
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

OWNER, COMPANY, PIPELINE_NAME = "owner_name", "company_name", "pipeline_name"
#: Properties whose changes are read beside the stage, and the columns that they go to.
_FIELDS = {"amount": "amount_then", "closedate": "closedate_then"}
_STAGE_NAMES = ("dealstage", "dealpipelinestageid", "hsdealstage")
_OWNER_KEYS = ("ownerid", "hubspotownerid", "propertyhubspotownerid")


def prepare(tables: Sequence[Table], mapping: Mapping) -> Prepared:
    """Owners and companies by name, merged deals once, and properties as they stood at each change."""
    done = Prepared()
    merged = [table for table in tables if _is_merges(table)]
    owners = [table for table in tables if _is_owners(table)]
    links = [table for table in tables if {"dealid", "companyid"} <= plain_columns(table)]
    companies = [table for table in tables if _is_companies(table)]
    taken = [*merged, *owners, *links, *companies]
    rest = [table for table in tables if not any(table is one for one in taken)]
    done.people = people(owners, team_of_users(owners, []))
    accounts = _accounts(links, companies)
    histories = [table for table in rest if is_stage_history(table)]
    deals = [table for table in rest if _is_deals(table) and not any(table is one for one in histories)]
    others = [table for table in rest if not any(table is one for one in [*histories, *deals])]
    names = {person.key: person.name for person in done.people}
    lines = pipeline_names(tables)
    deals = [_named(table, names, accounts, lines) for table in deals]
    absorbed = _absorbed(merged)
    if absorbed:
        deals, histories = _once(deals, histories, absorbed, merged, done)
    done.tables = [*deals, *_one_history(histories, mapping), *others]
    for several, words in (
        (owners, "owners"),
        (links, "companies"),
        (companies, "companies"),
        (merged, "merged deals"),
    ):
        done.lists += several
        done.lists_as |= dict.fromkeys((one.name for one in several), f"names of {words}")
    done.lists_as |= dict.fromkeys((one.name for one in merged), "merged deals")
    return done


def _is_deals(table: Table) -> bool:
    plain = plain_columns(table)
    return bool(plain & {*STAGE, "propertydealname", "propertiesdealname", "dealname"}) and bool(
        plain & {"dealid", "id", "hsobjectid", "recordid"}
    )


def _is_merges(table: Table) -> bool:
    return {"dealid", "mergeddealid"} <= plain_columns(table)


def _is_owners(table: Table) -> bool:
    plain = plain_columns(table)
    by_name = named(table, ("owner", "user")) and bool(plain & {"ownerid", "id", "userid"})
    listed = "ownerid" in plain and {"email", "lastname"} <= plain
    return (by_name or listed) and bool(person_columns(table)) and "dealid" not in plain


def _is_companies(table: Table) -> bool:
    plain = plain_columns(table)
    of_deals = plain & {"dealid", "propertydealname"}
    return "id" in plain and not of_deals and (named(table, ("company",)) or "propertydomain" in plain)


def _accounts(links: Sequence[Table], companies: Sequence[Table]) -> dict[str, str]:
    """Deal -> the name of its company; of several the primary one, else the first."""
    names: dict[str, str] = {}
    for table in companies:
        key, name = column_of(table, "id"), column_of(table, "propertyname", "name", "companyname")
        if key and name:
            names |= names_by_key(table, key, [name])
    accounts: dict[str, str] = {}
    for table in links:
        deal, company, kind = (column_of(table, one) for one in ("dealid", "companyid", "typeid"))
        assert deal is not None
        assert company is not None
        rows = pl.DataFrame(
            {"deal": plain_keys(table.frame[deal]), "company": plain_keys(table.frame[company])}
        )
        # 5 is how HubSpot writes that a company is the primary one of a deal.
        first = pl.lit(0) if kind is None else (plain_keys(table.frame[kind]) != "5").cast(pl.Int8)
        rows = rows.with_columns(
            first.alias("rank") if isinstance(first, pl.Expr) else first.fill_null(1).alias("rank")
        )
        for row in (
            rows.sort("rank", maintain_order=True).drop_nulls(["deal", "company"]).iter_rows(named=True)
        ):
            accounts.setdefault(row["deal"], names.get(row["company"], row["company"]))
    return accounts


def _named(table: Table, names: dict[str, str], accounts: dict[str, str], lines: dict[str, str]) -> Table:
    if line := column_of(table, *PIPELINE):
        table = with_names(table, line, lines, PIPELINE_NAME)
    if owner := column_of(table, *_OWNER_KEYS):
        table = with_names(table, owner, names, OWNER)
    key = column_of(table, "dealid", "id", "hsobjectid", "recordid")
    if accounts and key and COMPANY not in table.columns:
        keys = plain_keys(table.frame[key])
        words = keys.replace_strict(accounts, default=None, return_dtype=pl.String)
        table = replace(table, frame=table.frame.with_columns(words.alias(COMPANY)))
    return table


def _absorbed(merged: Sequence[Table]) -> set[str]:
    """Ids of the deals that were merged into another one."""
    absorbed: set[str] = set()
    for table in merged:
        into, gone = column_of(table, "dealid"), column_of(table, "mergeddealid")
        assert into is not None
        assert gone is not None
        pairs = zip(plain_keys(table.frame[into]), plain_keys(table.frame[gone]), strict=True)
        absorbed |= {key for kept, key in pairs if key and key != kept}
    return absorbed


def _once(
    deals: list[Table], histories: list[Table], absorbed: set[str], merged: Sequence[Table], done: Prepared
) -> tuple[list[Table], list[Table]]:
    """The tables without the deals that were merged into others."""
    counts, kept = [], []
    for several in (deals, histories):
        left = []
        for table in several:
            key = column_of(table, "dealid", "objectid", "id", "hsobjectid", "recordid")
            assert key is not None
            gone = plain_keys(table.frame[key]).is_in(list(absorbed)).fill_null(False)
            counts.append((several is deals, int(gone.sum())))
            note = f"{counted(int(gone.sum()), 'row')} of deals merged into others: skipped"
            left.append(
                replace(
                    table,
                    frame=table.frame.filter(~gone),
                    rows_read=table.rows_read - int(gone.sum()),
                    notes=(*table.notes, note) if gone.any() else table.notes,
                )
            )
        kept.append(left)
    number = sum(count for is_deal, count in counts if is_deal)
    if number:
        text = (
            f"{counted(number, 'deal')} {verb(number, 'were')} merged into others ({merged[0].name}) and "
            f"{verb(number, 'are')} counted once, as the deal that was kept"
        )
        done.attention.append(Attention(check="merged_deals", text=text, count=number))
    return kept[0], kept[1]


def _one_history(histories: list[Table], mapping: Mapping) -> list[Table]:
    """Stages by one kind of table, with amount and closing date as they stood at each change."""
    by_property = [table for table in histories if not _dates_stages(table)]
    if not by_property:
        return histories
    by_stage = [table for table in histories if _dates_stages(table)]
    tables = [*by_stage, *by_property]
    changes = pl.concat([_changes(table, of, mapping) for of, table in enumerate(tables)])
    changes = changes.unique(
        ["key", "at", "field", "value"], keep="first", maintain_order=True
    )  # copied twice
    homes = range(len(by_stage)) if by_stage else range(len(tables))
    stages = changes.filter(pl.col("field") == "dealstage", pl.col("of").is_in(list(homes)))
    if stages.is_empty():
        return histories  # the names of properties may be hashed: see `funnelsim.history.presets.hubspot`
    rows = as_they_stood(
        stages.select("key", "at", "when", pl.col("value").alias("stage"), "by", "of", ROW), changes, _FIELDS
    )
    made = [_as_table(table, rows.filter(pl.col("of") == of), tables[0]) for of, table in enumerate(tables)]
    return [table for table in made if table.frame.height]


def _dates_stages(table: Table) -> bool:
    return bool(plain_columns(table) & {"dateentered", "fivetranstart"})


def _changes(table: Table, of: int, mapping: Mapping) -> pl.DataFrame:
    deal, at, value, name = _history_columns(table)
    fields = pl.Series(["dealstage"]).new_from_index(0, table.frame.height)
    if name is not None:
        written = texts(table.frame[name])
        plain = {text: plain_name(text).removeprefix("property") for text in written.drop_nulls().unique()}
        plain = {text: "dealstage" if field in _STAGE_NAMES else field for text, field in plain.items()}
        fields = written.replace_strict(plain, default=None, return_dtype=pl.String) if plain else written
    return change_rows(table, of, (deal, at, None, value), fields, mapping)


def _history_columns(table: Table) -> tuple[str, str, str, str | None]:
    """The columns with the deal, the time and the value, and with the property where rows are of several."""
    deal, value = column_of(table, "dealid", "objectid"), column_of(table, "value")
    at = column_of(table, "dateentered", "fivetranstart", "timestamp", "updatedat")
    assert deal is not None
    assert at is not None
    assert value is not None
    name = None if _dates_stages(table) else column_of(table, "name", "property", "propertyname")
    return deal, at, value, name


def _as_table(home: Table, rows: pl.DataFrame, like: Table) -> Table:
    """Rows of one file with the columns that all files of the history get."""
    deal, at, value, name = _history_columns(like)
    columns = [
        pl.col(ROW),
        pl.col("key").alias(deal),
        pl.col("when").alias(at),
        pl.col("stage").alias(value),
        *(pl.col(column) for column in _FIELDS.values()),
    ]
    if name is not None:
        columns.append(pl.lit("dealstage").alias(name))
    if by := column_of(like, *CHANGED_BY):
        columns.append(pl.col("by").alias(by))
    for mark in ("source", "_fivetran_synced"):  # by which `is_stage_history` knows a history
        if mark in like.columns:
            columns.append(pl.lit(None, pl.String).alias(mark))
    frame = rows.select(columns)
    left = home.frame.height - frame.height
    note = (f"{counted(left, 'row')} repeated or about other properties: skipped",) if left else ()
    rows_read = frame.height + len(home.malformed) + len(home.headers)
    return replace(home, frame=frame, rows_read=rows_read, notes=(*home.notes, *note))
