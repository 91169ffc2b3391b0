"""DuckDB files, read with its own driver."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.history.databases.database import Rows, as_table, missing_package, one_statement, quoted
from funnelsim.history.databases.tables import DatabaseTable
from funnelsim.history.history_error import history_error

if TYPE_CHECKING:
    import duckdb

#: What polars reads as it is; all else is turned into text by DuckDB.
_PLAIN = re.compile(
    r"(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT)|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|BOOLEAN|DATE|"
    r"TIMESTAMP(?:_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)"
)
_TABLES = """
SELECT schema_name, table_name, estimated_size, schema_name = current_schema() FROM duckdb_tables()
WHERE NOT internal AND database_name = current_database()
UNION ALL
SELECT schema_name, view_name, NULL, schema_name = current_schema() FROM duckdb_views()
WHERE NOT internal AND database_name = current_database()
ORDER BY 4 DESC, 1, 2
"""
#: A query reads the file alone: no other files, no network, no variables of this program.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
}


class DuckDbFile:
    """A DuckDB file, opened read-only."""

    def __init__(self, path: str) -> None:
        try:
            import duckdb
        except ImportError:
            raise missing_package(path, "duckdb") from None
        self.name = Path(path).name.rsplit(".", 1)[0]
        self.errors = duckdb.Error
        try:
            self.connection = duckdb.connect(path, read_only=True, config=_CLOSED)
        except duckdb.Error as error:
            raise _failure(path, error) from None

    def tables(self) -> list[DatabaseTable]:
        return [
            DatabaseTable(
                schema=schema,
                name=name,
                default=default,
                quoted=f"{quoted(schema)}.{quoted(name)}",
                rows=rows,
            )
            for schema, name, rows, default in self.connection.execute(_TABLES).fetchall()
        ]

    def read(self, query: str, called: str) -> Rows:
        try:
            result = self._selected(query, called)
            names = list(result.columns)
            columns = (
                f"c{place}" if _PLAIN.fullmatch(str(kind)) else f"CAST(c{place} AS VARCHAR) AS c{place}"
                for place, kind in enumerate(result.types)
            )
            chosen = self.connection.sql(f"SELECT {', '.join(columns)} FROM {as_table(query, names)}")
            return Rows(names=names, frame=pl.DataFrame(chosen))
        except self.errors as error:
            raise _failure(called, error) from None

    def close(self) -> None:
        self.connection.close()

    def _selected(self, query: str, called: str) -> duckdb.DuckDBPyRelation:
        result = self.connection.sql(one_statement(query))
        if result is None:
            raise history_error(called, "gives no rows; write a SELECT")
        return result


def _failure(source: str, error: Exception) -> HistoryError:
    """``Binder Error: Referenced column "nope" not found! ... LINE 1: ...`` without its drawing."""
    text = re.split(r"\n\s*LINE \d+:", str(error))[0]
    text = re.sub(r"^(?:[A-Z]\w+ ){1,3}Error: ", "", text)
    return history_error(source, " ".join(text.split()))
