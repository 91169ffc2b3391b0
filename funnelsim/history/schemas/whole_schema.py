"""The tables of an import with the ids of their CRM resolved: who owns a deal, which stage an id means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from funnelsim.history.mapping.keys import Mapping
from funnelsim.history.presets.prepared import Prepared
from funnelsim.history.readers.table import Table
from funnelsim.history.schemas import hubspot, pipedrive, salesforce
from funnelsim.history.schemas.keys import column_of, plain_keys, texts

_CURRENCIES = ("currency", "dealcurrencycode", "propertydealcurrencycode", "currencycode")


def join_schema(tables: Sequence[Table], preset: str, mapping: Mapping) -> Prepared:
    """Join the tables of one CRM; tables that it does not know are passed on."""
    if preset == "salesforce":
        return salesforce.prepare(tables, mapping)
    if preset == "hubspot":
        return with_currency(hubspot.prepare(tables, mapping))
    if preset == "pipedrive":
        return with_currency(pipedrive.prepare(tables, mapping))
    return Prepared(tables=list(tables))


def with_currency(done: Prepared) -> Prepared:
    """The currency of each deal beside the amounts of its history, which bear none."""
    codes: dict[str, str] = {}
    name = ""
    for table in done.tables:
        key, column = column_of(table, "dealid", "id"), column_of(table, *_CURRENCIES)
        if key and column and not _is_history(table):
            name = column
            rows = pl.DataFrame({"key": plain_keys(table.frame[key]), "code": texts(table.frame[column])})
            codes |= dict(rows.drop_nulls().iter_rows())
    if codes:
        done.tables = [_marked(table, codes, name) if _is_history(table) else table for table in done.tables]
    return done


def _is_history(table: Table) -> bool:
    return any(name.endswith("_then") for name in table.columns)


def _marked(table: Table, codes: dict[str, str], name: str) -> Table:
    key = column_of(table, "dealid", "objectid", "itemid")
    if key is None or name in table.columns:
        return table
    marks = plain_keys(table.frame[key]).replace_strict(codes, default=None, return_dtype=pl.String)
    return replace(table, frame=table.frame.with_columns(marks.alias(name)))
