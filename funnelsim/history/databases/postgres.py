"""PostgreSQL, read through ADBC: columns arrive as Arrow, without an object for each value."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.passwords import passwords_in, without_passwords
from funnelsim.history.databases.address import Address
from funnelsim.history.databases.database import Rows, as_table, missing_package, one_statement
from funnelsim.history.databases.tables import DatabaseTable
from funnelsim.history.history_error import history_error

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor

#: Types that arrive as they are; the server turns all others into text, ``char(n)`` without its blanks.
_NUMBERS_AND_TIMES = ("int2", "int4", "int8", "float4", "float8", "bool", "date", "timestamp", "timestamptz")
_PLAIN = frozenset((*_NUMBERS_AND_TIMES, "text", "varchar", "name"))
#: Amounts and ids; the driver gives their digits.
_NUMERIC = {"numeric": "c{0}::text", "money": "c{0}::numeric::text"}
#: One snapshot for all tables of an import, in the order in which they are stored.
_SETTINGS = (
    "SET default_transaction_read_only = on",
    "SET default_transaction_isolation = 'repeatable read'",
    "SET synchronize_seqscans = off",
)
_SECONDS_TO_CONNECT = 15
_TABLES = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid), format('%I.%I', n.nspname, c.relname),
       CASE WHEN c.relkind IN ('r', 'm') AND c.reltuples >= 0 THEN c.reltuples::bigint END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT c.relispartition AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY 3 DESC, 1, 2
"""
_NO_PASSWORD = "set PGPASSWORD, or write the password to ~/.pgpass"


class Postgres:
    """A connection to PostgreSQL, in one read-only transaction."""

    def __init__(self, address: Address) -> None:
        try:
            import pyarrow as arrow  # noqa: F401, the driver needs it
            from adbc_driver_postgresql import dbapi
        except ImportError:
            raise missing_package(address.shown, "adbc-driver-postgresql") from None
        self.address = address
        try:
            self.connection = dbapi.connect(_patient(address.where), autocommit=True)
            with self.connection.cursor() as cursor:
                for setting in _SETTINGS:
                    cursor.execute(setting)
                cursor.execute("SELECT current_database()::text")
                self.name = str(cursor.fetchall()[0][0])
            self.connection.adbc_connection.set_autocommit(False)
        except dbapi.Error as error:
            raise self._failure(address.shown, error) from None

    def tables(self) -> list[DatabaseTable]:
        with self.connection.cursor() as cursor:
            found = self._fetched(cursor, _TABLES, self.address.shown)
        return [
            DatabaseTable(schema=schema, name=name, default=visible, quoted=quoted, rows=rows)
            for schema, name, visible, quoted, rows in found.rows()
        ]

    def read(self, query: str, called: str) -> Rows:
        with self.connection.cursor() as cursor:
            try:
                schema = cursor.adbc_execute_schema(one_statement(query))
            except Exception as error:
                raise self._failure(called, error) from None
            if not schema.names:
                raise history_error(called, "gives no rows; write a SELECT")
            kinds = [(field.metadata or {}).get(b"POSTGRESQL:type", b"").decode() for field in schema]
            columns = ", ".join(_column(place, kind) for place, kind in enumerate(kinds))
            wrapped = f"SELECT {columns} FROM {as_table(query, schema.names)}"
            frame = self._fetched(cursor, wrapped, called)
        numbers = [f"c{place}" for place, kind in enumerate(kinds) if kind in _NUMERIC]
        return Rows(names=schema.names, frame=frame.with_columns(_number(frame[name]) for name in numbers))

    def close(self) -> None:
        self.connection.close()

    def _fetched(self, cursor: Cursor, query: str, called: str) -> pl.DataFrame:
        try:
            cursor.execute(query)
            return pl.DataFrame(cursor.fetch_record_batch())
        # What ends a connection in the middle comes as an error of the driver, of Arrow or of polars.
        except Exception as error:
            raise self._failure(called, error) from None

    def _failure(self, source: str, error: Exception) -> HistoryError:
        text = without_passwords(str(error), passwords_in([self.address.where]))
        reason, hint = _in_words(text)
        return history_error(source, reason, hint=hint)


def _column(place: int, kind: str) -> str:
    if kind in _PLAIN:
        return f"c{place}"
    return f"{_NUMERIC.get(kind, 'c{0}::text').format(place)} AS c{place}"


def _patient(url: str) -> str:
    """The URL with an end to waiting for a host that does not answer, unless one is set."""
    if "connect_timeout=" in url or "PGCONNECT_TIMEOUT" in os.environ:
        return url
    return f"{url}{'&' if '?' in url else '?'}connect_timeout={_SECONDS_TO_CONNECT}"


def _in_words(text: str) -> tuple[str, str]:
    """What went wrong, in the first line of the server, and what to do."""
    connecting = "Failed to connect" in text
    found = re.search(r"(?:ERROR|FATAL):\s*(.+)", text)
    reason = found[1] if found else text.split("Failed to connect: ")[-1].split("Query was:")[0]
    reason = " ".join(reason.strip().split("\n")[0].split()).removesuffix(".")
    if "no password supplied" in text or "password authentication failed" in text:
        return f"cannot be opened: {reason}", _NO_PASSWORD
    if connecting:
        return f"cannot be opened: {reason}", ""
    hint = re.search(r"HINT:\s*(.+)", text)
    return reason, hint[1].strip() if hint else ""


def _number(column: pl.Series) -> pl.Series:
    """Digits as numbers: whole ones keep all their digits, as they may be ids, the others are amounts."""
    try:
        return column.cast(pl.Int64)
    except pl.exceptions.PolarsError:
        pass
    if not column.drop_nulls().str.contains(r"^-?[0-9]+$").all():
        return column.cast(pl.Float64)
    return column
