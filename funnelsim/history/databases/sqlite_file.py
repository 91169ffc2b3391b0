"""SQLite files, read with Python's own driver."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import NoneType
from urllib.parse import quote

import polars as pl

from funnelsim.history.databases.database import Rows, quoted
from funnelsim.history.databases.tables import DatabaseTable
from funnelsim.history.history_error import history_error

_TABLES = r"""
SELECT name, type FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name
"""
_ROWS_AT_ONCE = 50_000
#: Counting reads the whole file.
_COUNTED_UP_TO = 200 * 1024**2


class SqliteFile:
    """A SQLite file, opened read-only."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = Path(path).name.rsplit(".", 1)[0]
        try:
            address = f"file:{quote(os.path.abspath(path))}?mode=ro"  # noqa: PTH100, resolves no links
            self.connection = sqlite3.connect(address, uri=True)
            self.connection.execute("PRAGMA query_only = ON")
            self.connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.Error as error:
            raise history_error(path, f"cannot be opened as a SQLite database: {error}") from None

    def tables(self) -> list[DatabaseTable]:
        found = self.connection.execute(_TABLES).fetchall()
        counted = Path(self.path).stat().st_size <= _COUNTED_UP_TO
        return [
            DatabaseTable(
                schema="main",
                name=name,
                default=True,
                quoted=quoted(name),
                rows=self._count(name) if counted and kind == "table" else None,
            )
            for name, kind in found
        ]

    def read(self, query: str, called: str) -> Rows:
        try:
            cursor = self.connection.execute(query)
            if cursor.description is None:
                raise history_error(called, "gives no rows; write a SELECT")
            names = [column[0] for column in cursor.description]
            pieces = []
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                pieces.append(_frame(rows))
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise history_error(called, str(error)) from None
        return Rows(
            names=names, frame=pl.concat(pieces, how="vertical_relaxed") if pieces else pl.DataFrame()
        )

    def close(self) -> None:
        self.connection.close()

    def _count(self, name: str) -> int | None:
        try:
            count: int = self.connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
        except sqlite3.Error:
            return None
        return count


def _frame(rows: Sequence[Sequence[object]]) -> pl.DataFrame:
    return pl.DataFrame([_column(str(place), values) for place, values in enumerate(zip(*rows, strict=True))])


def _column(name: str, values: Sequence[object]) -> pl.Series:
    """A column of SQLite, whose cells have each a type of its own: numbers if all are, else text."""
    kinds = set(map(type, values)) - {NoneType}
    if not kinds:
        return pl.Series(name, values, dtype=pl.Null)
    if kinds == {int}:
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    texts: Iterable[str | None] = values if kinds == {str} else map(_text, values)  # type: ignore[assignment]
    return pl.Series(name, texts, dtype=pl.String)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.hex()
    return None if value is None else str(value)
