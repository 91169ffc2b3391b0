"""What an import asks of a database, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.history.databases.tables import DatabaseTable
from funnelsim.history.history_error import history_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The result of a query; `names` may have a name twice, the columns of `frame` are numbered."""

    names: list[str]
    frame: pl.DataFrame


class Database(Protocol):
    """An open, read-only connection; each method raises `HistoryError` with the driver's reason."""

    @property
    def name(self) -> str:
        """The name of the database, or that of the file without its ending."""

    def tables(self) -> list[DatabaseTable]:
        """Tables and views that are not the database's own, in order of their names."""

    def read(self, query: str, called: str) -> Rows:
        """The rows of a query; values of types that a Parquet file has no plain column for are text."""

    def close(self) -> None:
        """End the connection."""


def quoted(name: str) -> str:
    """A name as SQL: in quotation marks, those within it doubled."""
    return '"' + name.replace('"', '""') + '"'


def as_table(query: str, names: Sequence[str]) -> str:
    """A query as a part of FROM, its columns called ``c0``, ``c1`` and so on: a name may occur twice."""
    columns = ", ".join(f"c{place}" for place in range(len(names)))
    return f"(\n{one_statement(query)}\n) AS funnelsim_rows({columns})"


def one_statement(query: str) -> str:
    """The query without the semicolon at its end."""
    return query.strip().rstrip("; \t\r\n")


def missing_package(source: str, package: str) -> HistoryError:
    return history_error(
        source, f"to read it the package {package} is needed", hint='pip install "funnelsim[sql]"'
    )
