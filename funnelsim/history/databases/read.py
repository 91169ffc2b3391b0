"""Tables and queries of a database as tables of an import."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.databases.address import Address
from funnelsim.history.databases.database import Database, Rows
from funnelsim.history.databases.tables import choose_tables
from funnelsim.history.history_error import history_error
from funnelsim.history.readers.names import column_names
from funnelsim.history.readers.plain_values import plain, within_calendar
from funnelsim.history.readers.table import ROW, Table

_KINDS = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "duckdb": "DuckDB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to read of a database: names of tables, queries."""

    tables: Sequence[str] = ()
    queries: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.queries)


def read_database(
    address: Address, selection: Selection, progress: Callable[[str], None] | None = None
) -> tuple[Table, ...]:
    """Read tables and queries of a database, all of one moment where the database can give that.

    Raises
    ------
    HistoryError
        With the reason of the driver, never with a password.
    """
    tables: list[Table] = []
    empty: list[str] = []
    with closing(_opened(address)) as database:
        if selection.tables or not selection.queries:
            for one in choose_tables(address.shown, database.tables(), selection.tables):
                title = f"{database.name}.{one.full_name}"
                if progress:
                    progress(f"reading {title}")
                rows = database.read(f"SELECT * FROM {one.quoted}", title)
                if rows.frame.is_empty() and not selection.tables:  # a CRM has tables that nobody fills
                    empty.append(title)
                else:
                    tables.append(_table(title, Path(one.name), rows, address))
        for number, query in enumerate(selection.queries, start=1):
            title = "query" if number == 1 else f"query {number}"
            if progress:
                progress(f"reading {title}")
            tables.append(_table(title, Path(database.name), database.read(query, title), address))
    if not tables:
        raise history_error(address.shown, f"holds no rows in {', '.join(empty)}")
    if empty:
        text = f"{', '.join(empty)}: without a row, left out"
        attention = Attention(check="empty_files", text=text, count=len(empty))
        tables[0] = replace(tables[0], attention=(*tables[0].attention, attention))
    return tuple(tables)


def _opened(address: Address) -> Database:
    if address.kind == "postgresql":
        from funnelsim.history.databases.postgres import Postgres

        return Postgres(address)
    if address.kind == "duckdb":
        from funnelsim.history.databases.duckdb_file import DuckDbFile

        return DuckDbFile(address.where)
    from funnelsim.history.databases.sqlite_file import SqliteFile

    return SqliteFile(address.where)


def _table(title: str, path: Path, rows: Rows, address: Address) -> Table:
    names = column_names(Path(title), rows.names, 0)
    if rows.frame.is_empty():
        raise history_error(title, "holds no rows")
    notes, columns = [_KINDS[address.kind]], []
    for name, column in zip(names, rows.frame.iter_columns(), strict=True):
        values = plain(column.alias(name))
        assert values is not None, f"column {name} has the type {column.dtype}"  # the database gives text
        values, lost = within_calendar(values)
        if lost:
            notes.append(f'{counted(lost, "date")} of "{name}" out of the calendar read as empty')
        columns.append(values)
    frame = pl.DataFrame(columns).rechunk()
    return Table(
        path=path,
        frame=frame.with_row_index(ROW, offset=1),
        rows_read=frame.height,
        sha256=_sha256(frame),
        notes=tuple(notes),
        title=title,
    )


class _Digest(io.RawIOBase):
    """A file that keeps the SHA-256 of what is written to it."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        return len(data)


def _sha256(frame: pl.DataFrame) -> str:
    """Of names, types and values in their order."""
    digest = _Digest()
    frame.write_ipc_stream(cast("IO[bytes]", digest), compat_level=pl.CompatLevel.oldest())
    return digest.sha256.hexdigest()
