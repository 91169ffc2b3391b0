"""Every type of a column arrives as a plain value, and odd names and sizes of tables are read."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import psycopg
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.databases.read import Selection
from funnelsim.history.imports import read_tables
from funnelsim.history.readers.table import ROW, Table

NOON = dt.datetime(2026, 1, 31, 12, 0)
NOON_UTC = NOON.replace(tzinfo=dt.UTC)


def read(source: object, table: str) -> Table:
    (one,) = read_tables([str(source)], selection=Selection(tables=[table]))
    return one


def row(source: object, table: str) -> dict[str, Any]:
    """The only row of a table."""
    frame = read(source, table).frame.drop(ROW)
    assert not any(kind.is_nested() or kind == pl.Binary for kind in frame.dtypes)
    return frame.row(0, named=True)


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


#: Expression -> what it is read as.
POSTGRES = {
    "1::smallint": 1,
    "9007199254740993::bigint": 9007199254740993,
    "1.5::real": 1.5,
    "2.5::float8": 2.5,
    "1.500::numeric(12,3)": 1.5,
    "9007199254740993::numeric": 9007199254740993,
    "123456789012345678901234567890::numeric": "123456789012345678901234567890",
    "1200.50::numeric::money": 1200.5,
    "true": True,
    "'Zoë'::text": "Zoë",
    "'ab'::char(4)": "ab",
    "'x'::varchar(3)": "x",
    "'ok'::mood": "ok",
    "'2026-01-31 13:00+01'::timestamptz": NOON_UTC,
    "'2026-01-31 12:00'::timestamp": NOON,
    "'2026-01-31'::date": dt.date(2026, 1, 31),
    "'infinity'::timestamptz": None,
    "'-infinity'::timestamp": None,
    "'infinity'::date": None,
    "'20260-01-31'::timestamp": None,
    "'12:00'::time": "12:00:00",
    "'12:00+01'::timetz": "12:00:00+01",
    "interval '1 day'": "1 day",
    """'{"a": 1}'::jsonb""": '{"a": 1}',
    """'{"a":1}'::json""": '{"a":1}',
    "array['x','y']": "{x,y}",
    "array[1,2]": "{1,2}",
    r"'\x00ff'::bytea": r"\x00ff",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "'10.0.0.1'::inet": "10.0.0.1/32",
    "int4range(1,3)": "[1,3)",
    "4294967295::oid": "4294967295",
    "'<a/>'::xml": "<a/>",
    "null::text": None,
    "null": None,
}


def test_types_of_postgresql(postgres_url: str) -> None:
    """Mutants: money and numeric as the driver gives them, infinity as a date of the driver."""
    columns = ", ".join(f"{expression} AS v{place}" for place, expression in enumerate(POSTGRES))
    run(postgres_url, "DROP TYPE IF EXISTS mood CASCADE", "CREATE TYPE mood AS ENUM ('sad', 'ok')")
    run(postgres_url, f"CREATE OR REPLACE VIEW kinds AS SELECT {columns}")
    found = row(postgres_url, "kinds")
    assert dict(zip(POSTGRES, found.values(), strict=True)) == POSTGRES
    notes = read(postgres_url, "kinds").notes
    assert '1 date of "v16" out of the calendar read as empty' in notes


def test_amounts_of_many_digits_are_numbers(postgres_url: str) -> None:
    """A column of amounts in text could be read as thousands: 1.500 is one and a half."""
    run(postgres_url, "DROP TABLE IF EXISTS n", "CREATE TABLE n (a numeric, b numeric)")
    run(postgres_url, "INSERT INTO n VALUES (1.500, 1), (2000.000, 2), (null, null), ('NaN', 3)")
    frame = read(postgres_url, "n").frame
    assert frame["a"].to_list()[:3] == [1.5, 2000.0, None]
    assert frame["b"].to_list() == [1, 2, None, 3]


def test_types_of_duckdb(tmp_path: Path) -> None:
    expected = {
        "1::TINYINT": 1,
        "9007199254740993::HUGEINT": "9007199254740993",
        "1.500::DECIMAL(12,3)": 1.5,
        "2.5::DOUBLE": 2.5,
        "true": True,
        "'Zoë'": "Zoë",
        "'ok'::ENUM('sad', 'ok')": "ok",
        "'2026-01-31 13:00:00+01'::TIMESTAMPTZ": NOON_UTC,
        "'2026-01-31 12:00'::TIMESTAMP": NOON,
        "'2026-01-31 12:00'::TIMESTAMP_S": NOON,
        "'2026-01-31'::DATE": dt.date(2026, 1, 31),
        "'infinity'::TIMESTAMP": None,
        "'infinity'::DATE": None,
        "TIME '12:00'": "12:00:00",
        "INTERVAL 1 DAY": "1 day",
        "[1, 2]": "[1, 2]",
        "{'a': 1}": "{'a': 1}",
        "MAP {'a': 1}": "{a=1}",
        r"'\x00\xFF'::BLOB": r"\x00\xFF",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "null": None,
    }
    path = tmp_path / "kinds.duckdb"
    with duckdb.connect(str(path)) as connection:
        columns = ", ".join(f"{expression} AS v{place}" for place, expression in enumerate(expected))
        connection.execute(f"CREATE TABLE kinds AS SELECT {columns}")
    found = row(path, "kinds")
    times = {name: _utc(value) for name, value in zip(expected, found.values(), strict=True)}
    assert times == expected


def _utc(value: Any) -> Any:
    aware = isinstance(value, dt.datetime) and value.tzinfo is not None
    return value.astimezone(dt.UTC) if aware else value


def sqlite_table(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    connection = sqlite3.connect(path)
    names = ", ".join(f"v{place}" for place in range(len(rows[0])))
    connection.execute(f"CREATE TABLE kinds ({names})")
    connection.executemany(f"INSERT INTO kinds VALUES ({', '.join('?' * len(rows[0]))})", rows)
    connection.commit()
    connection.close()
    return path


def test_cells_of_sqlite_have_types_of_their_own(tmp_path: Path) -> None:
    """A column is one of numbers if all its cells are; bytes that are no text are shown as digits."""
    rows = [
        (1, 1, "a", b"caf\xc3\xa9", 1, None),
        (2, 2.5, 3, b"\xff\x00", "n/a", None),
        (None, None, None, None, 2.5, None),
    ]
    frame = read(sqlite_table(tmp_path / "x.db", rows), "kinds").frame.drop(ROW)
    assert frame.to_dict(as_series=False) == {
        "v0": [1, 2, None],
        "v1": [1.0, 2.5, None],
        "v2": ["a", "3", None],
        "v3": ["café", "ff00", None],
        "v4": ["1", "n/a", "2.5"],
        "v5": [None, None, None],
    }


def test_a_type_that_changes_between_batches_of_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: batches that are not brought to one type."""
    monkeypatch.setattr("funnelsim.history.databases.sqlite_file._ROWS_AT_ONCE", 2)
    rows: list[tuple[Any, ...]] = [(1, 1, None), (2, 2, None), (3, 0.5, None), (4, 4, "x"), ("A5", 5, 7)]
    frame = read(sqlite_table(tmp_path / "x.db", rows), "kinds").frame
    assert frame["v0"].to_list() == ["1", "2", "3", "4", "A5"]
    assert frame["v1"].to_list() == [1.0, 2.0, 0.5, 4.0, 5.0]
    assert frame["v2"].to_list() == [None, None, None, "x", "7"]


ODD_NAMES = ('deal "stages"', "Großes Ä/ö", "select", "a.b", "x; DROP TABLE y", "'", "名前", "two  words")


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_odd_names_of_tables_and_columns(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Mutant: names put into a statement as they are."""
    source = str(tmp_path / f"odd.{kind}")
    statements = []
    for place, name in enumerate(ODD_NAMES):
        table = '"' + name.replace('"', '""') + '"'
        statements += [f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} ({table} integer)"]
        statements += [f"INSERT INTO {table} VALUES ({place})"]
    if kind == "postgresql":
        source = request.getfixturevalue("postgres_url")
        run(source, *statements)
    else:
        connection: Any = sqlite3.connect(source) if kind == "sqlite" else duckdb.connect(source)
        for statement in statements:
            connection.execute(statement)
        if kind == "sqlite":
            connection.commit()
        connection.close()
    for place, name in enumerate(ODD_NAMES):
        assert list(row(source, name).values()) == [place]


def test_schemas_and_views(postgres_url: str, tmp_path: Path) -> None:
    """A name without a schema means the table on the search path; one of several others is asked for."""
    statements = [
        "CREATE SCHEMA a",
        "CREATE SCHEMA b",
        "CREATE TABLE a.only_a AS SELECT 1 AS v",
        "CREATE TABLE a.both_ab AS SELECT 2 AS v",
        "CREATE TABLE b.both_ab AS SELECT 3 AS v",
        "CREATE TABLE in_all AS SELECT 4 AS v",
        "CREATE TABLE a.in_all AS SELECT 5 AS v",
        "CREATE VIEW a.seen AS SELECT v + 4 AS v FROM a.both_ab",
    ]
    run(postgres_url, "DROP SCHEMA IF EXISTS a CASCADE", "DROP SCHEMA IF EXISTS b CASCADE", *statements)
    path = tmp_path / "schemas.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    for source in (postgres_url, path):
        names = ("only_a", "a.only_a", "a.both_ab", "b.both_ab", "in_all", "a.in_all", "A.SEEN", "seen")
        assert [row(source, name)["v"] for name in names] == [1, 1, 2, 3, 4, 5, 6, 6]
        with pytest.raises(HistoryError, match=r"fits 2 tables: a.both_ab, b.both_ab; name one of them"):
            read(source, "both_ab")
        assert read(source, "a.only_a").name.endswith(".a.only_a")


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_an_empty_table_and_a_name_that_occurs_twice(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    source = str(tmp_path / f"empty.{kind}")
    statement = "CREATE TABLE nothing_in (a integer)"
    if kind == "postgresql":
        source = request.getfixturevalue("postgres_url")
        run(source, "DROP TABLE IF EXISTS nothing_in", statement)
    else:
        connection: Any = sqlite3.connect(source) if kind == "sqlite" else duckdb.connect(source)
        connection.execute(statement)
        connection.close()
    with pytest.raises(HistoryError, match="nothing_in: holds no rows"):
        read(source, "nothing_in")
    with pytest.raises(HistoryError, match='query: column "a" appears 2 times; rename all but one'):
        read_tables([source], selection=Selection(queries=["SELECT 1 AS a, 2 AS a"]))


def test_tables_of_a_crm_that_are_empty_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody named them; all empty, or one that is named, is an error."""
    path = sqlite_table(tmp_path / "crm.db", [(1,)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE leads (a)")
        connection.execute("CREATE TABLE users (a)")
    monkeypatch.setattr("funnelsim.history.databases.tables.tables_of_a_crm", tuple)
    (table,) = read_tables([path])
    assert table.name == "crm.kinds"
    assert table.attention[-1].text == "crm.leads, crm.users: without a row, left out"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE kinds")
    with pytest.raises(HistoryError, match=r"crm.db: holds no rows in crm.leads, crm.users"):
        read_tables([path])


def test_ten_thousand_columns(tmp_path: Path) -> None:
    path = tmp_path / "wide.duckdb"
    with duckdb.connect(str(path)) as connection:
        columns = ", ".join(f"{place} AS column{place}" for place in range(10_000))
        connection.execute(f"CREATE TABLE wide AS SELECT {columns}")
    assert sum(row(path, "wide").values()) == 9_999 * 5_000


def test_most_columns_of_postgresql(postgres_url: str) -> None:
    columns = ", ".join(f"c{place} smallint DEFAULT {place}" for place in range(1_600))
    run(postgres_url, "DROP TABLE IF EXISTS wide", f"CREATE TABLE wide ({columns})")
    run(postgres_url, "INSERT INTO wide DEFAULT VALUES")
    assert sum(row(postgres_url, "wide").values()) == 1_599 * 800
