"""Rows as files: CSV or Parquet, in the spelling of the CRM or of a warehouse."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

Row = Mapping[str, Any]
SYNCED = "2026-01-01 03:10:04.512"


def utc(at: dt.datetime | None) -> str | None:
    """As the API writes an instant."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"


def plain(at: dt.datetime | None) -> str | None:
    """As a warehouse does."""
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def milliseconds(at: dt.datetime | None) -> int | None:
    return None if at is None else int(at.replace(tzinfo=dt.UTC).timestamp() * 1000)


def snake(name: str) -> str:
    """``OpportunityId`` as a connector names it: ``opportunity_id``."""
    if name.startswith("_"):
        return name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("__c", "_c")).lower()


def write_tables(
    folder: Path, tables: Mapping[str, Sequence[Row]], *, parquet: Iterable[str] = ()
) -> dict[str, Path]:
    """A file for each table, all text but for those of `parquet`, whose names are the keys."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, rows in tables.items():
        every = list(dict.fromkeys(key for row in rows for key in row))
        frame = pl.DataFrame([{key: row.get(key) for key in every} for row in rows], infer_schema_length=None)
        if name in parquet:
            paths[name] = folder / f"{name}.parquet"
            frame.write_parquet(paths[name])
        else:
            paths[name] = folder / f"{name}.csv"
            frame.write_csv(paths[name])
    return paths
