"""Ids that refer from one table to another, and the names that they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.presets.row_names import COPIED
from funnelsim.history.readers.table import Table

_NOTHING = ("", "null", "none", "nan", "n/a", "nil")
#: What people and connectors put around the name of a table: ``sf_opportunity_data``, ``Account export``.
_AROUND = re.compile(
    r"^(?:sf|sfdc|salesforce|hubspot|hs|pipedrive|pd|crm|stg|raw|src)+|(?:data|export|extract|table|tbl|\d)+$"
)


def plain_keys(column: pl.Series) -> pl.Series:
    """Ids as text that is the same in all tables.

    ``40001.0`` is ``40001``, as programs make numbers of ids. Of 18 characters of Salesforce, the last three
    only repeat which letters are capital.
    """
    if column.dtype.is_float():
        column = column.cast(pl.Int64, strict=False)
    text = column.cast(pl.String).str.strip_chars().str.replace(r"^(\d+)[.,]0+$", "$1")
    text = text.str.replace(r"^(\w{15})[A-Z0-5]{3}$", "$1")
    return text.set(text.str.to_lowercase().is_in(_NOTHING).fill_null(False), None)


def texts(column: pl.Series) -> pl.Series:
    """The column as text, null where there is none."""
    text = column.cast(pl.String).str.strip_chars()
    return text.set((text == "").fill_null(False), None)


def table_word(table: Table) -> str:
    """``sf_opportunity_data.csv`` and ``Opportunities.parquet`` are both ``opportunity``."""
    stem = table.sheet if table.sheet and "." not in table.sheet else (table.sheet or table.path.name)
    plain = re.sub(r"[^a-z0-9]", "", stem.split(".")[0].lower())
    word = _AROUND.sub("", plain) or plain
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.removesuffix("s") if not word.endswith("ss") else word


def named(table: Table, words: Iterable[str]) -> bool:
    """True if the name of the file says that it is this table."""
    word = table_word(table)
    return any(word == one for one in words)


def plain_columns(table: Table) -> set[str]:
    return {plain_name(name) for name in table.columns}


def column_of(table: Table, *names: str) -> str | None:
    """The column with the earliest of these plain names."""
    return find_column(table.columns, names)


def names_by_key(table: Table, key: str, columns: Sequence[str]) -> dict[str, str]:
    """Key -> the columns in words (first and last name); of several copies of a row the newest."""
    words = pl.concat_str([texts(table.frame[name]).fill_null("") for name in columns], separator=" ")
    frame = table.frame.select(words.str.strip_chars().alias("words")).with_columns(
        plain_keys(table.frame[key]).alias("key")
    )
    if copied := column_of(table, *COPIED):
        frame = frame.with_columns(texts(table.frame[copied]).alias("copied")).sort(
            "copied", nulls_last=False, maintain_order=True
        )
    return dict(frame.filter(pl.col("words") != "").drop_nulls("key").select("key", "words").iter_rows())


def with_names(table: Table, key: str, names: Mapping[str, str], new: str) -> Table:
    """The table with a column more: the name that each id stands for, or the id where it has none."""
    if new in table.columns or not names:
        return table
    keys = plain_keys(table.frame[key])
    words = keys.replace_strict(list(names), list(names.values()), default=None, return_dtype=pl.String)
    return replace(table, frame=table.frame.with_columns(words.fill_null(keys).alias(new)))


def person_columns(table: Table) -> list[str]:
    """The columns that name a person, the best first: a name, its parts, or an address."""
    if name := column_of(table, "name", "fullname", "ownername", "username2"):
        return [name]
    parts = [column_of(table, one) for one in ("firstname", "lastname")]
    if all(parts):
        return [part for part in parts if part]
    mail = column_of(table, "email", "username")
    return [mail] if mail else []
