"""A PostgreSQL for the tests of this folder, and the same small CRM in each kind of database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.unit.history.databases.crm import PASSWORD, PASSWORD_IN_URL, USER, fill


@pytest.fixture(scope="session")
def postgres_crm(postgres_url: str) -> str:
    """URL, password included, of a database with the tables of `crm.fill`."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute(f"CREATE DATABASE sales OWNER {USER}".encode())
    host = postgres_url.rpartition("@")[2].split("/")[0]
    url = f"postgresql://{USER}:{PASSWORD_IN_URL}@{host}/sales"
    with psycopg.connect(url, autocommit=True) as connection:
        fill(lambda statement: connection.execute(statement.encode()), "timestamp", "numeric(12,2)")
        connection.execute("CREATE SEQUENCE numbers")
    return url


@pytest.fixture
def without_password(postgres_crm: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the same without its password, which is in the environment."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return postgres_crm.replace(f":{PASSWORD_IN_URL}@", "@")


@pytest.fixture
def sqlite_crm(tmp_path: Path) -> Path:
    path = tmp_path / "sales.db"
    connection = sqlite3.connect(path)
    fill(connection.execute, "text", "real")
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def duckdb_crm(tmp_path: Path) -> Path:
    path = tmp_path / "sales.duckdb"
    with duckdb.connect(str(path)) as connection:
        fill(connection.execute, "timestamp", "decimal(12,2)")
    return path


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def any_crm(request: pytest.FixtureRequest) -> str:
    """Each database in turn, as a source of an import."""
    name = {"sqlite": "sqlite_crm", "duckdb": "duckdb_crm", "postgresql": "without_password"}[request.param]
    return str(request.getfixturevalue(name))
