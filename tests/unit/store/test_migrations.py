"""An older store is brought up to date with all that is in it; a newer one is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from funnelsim.store import migrations
from funnelsim.store.address import StoreError, address_of
from funnelsim.store.migrations import LATEST, version_of
from funnelsim.store.schema import METADATA
from funnelsim.store.store import Store

from .stored_documents import document

V1 = Path(__file__).with_name("v1.sql").read_text(encoding="utf-8")


def write(address: str, script: str) -> None:
    engine = create_engine(address_of(address).url)
    with engine.begin() as connection:
        lines = [line for line in script.splitlines() if not line.startswith("--")]
        for statement in "\n".join(lines).split(";"):
            if statement.strip():
                connection.execute(text(statement))
    engine.dispose()


def test_a_store_of_version_1_is_brought_up_to_date(address: str) -> None:
    """Mutants: the second migration left out, or not recorded."""
    write(address, V1)
    store = Store(address)
    (old,) = store.forecasts()
    assert (old.id, old.company, old.as_of, old.likely) == (
        "2026-02-01-0a1b2c",
        "Acme",
        dt.date(2026, 2, 1),
        1_100_000.0,
    )
    assert store.periods()[0]["mean"] == 1_112_000.0
    assert store.model(old.id) is None
    key, _ = Store(address).add(document())
    assert [one.id for one in store.forecasts()] == [old.id, key]
    with store._database.reading() as connection:
        assert version_of(connection) == LATEST


def test_overrides_of_forecasts_that_are_stored_already_are_counted(address: str) -> None:
    """Mutant: only the default of 0."""
    with_two = '{"overrides": [{"deal": "a"}, {"deal": "b"}]}'
    write(address, V1 + ";\nUPDATE funnelsim_forecasts SET document = '" + with_two.replace(":", "\\:") + "'")
    assert [one.overrides for one in Store(address).forecasts()] == [2]


def test_the_migrations_make_the_tables_that_the_program_uses(address: str) -> None:
    """Names and order of columns, and which may be empty; a column in one place only fails here."""
    store = Store(address, create=True)
    with store._database.reading() as connection:
        found = inspect(connection)
        for name, table in METADATA.tables.items():
            made = {column["name"]: column["nullable"] for column in found.get_columns(name)}
            assert made == {column.name: bool(column.nullable) for column in table.columns}
            assert found.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key]


def test_a_migration_that_fails_changes_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it is done when it fails: both databases take that back. Mutant: no transaction around it."""
    write(address, V1)

    def half(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE funnelsim_forecasts ADD COLUMN half TEXT"))
        connection.execute(text("SELECT nothing FROM nowhere"))

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (migrations.MIGRATIONS[0], half))
        with pytest.raises(StoreError, match="the database says"):
            Store(address)
    store = Store(address)
    with store._database.reading() as connection:
        names = [column["name"] for column in inspect(connection).get_columns("funnelsim_forecasts")]
    assert "half" not in names
    assert "pipeline" in names


def test_a_store_of_a_newer_program_is_refused(address: str) -> None:
    """Its tables may mean something else. Mutant: no look at the version."""
    Store(address, create=True)
    write(address, f"INSERT INTO funnelsim_schema VALUES ({LATEST + 1}, 'later')")
    with pytest.raises(StoreError, match=f"written by a newer funnelsim: its schema is version {LATEST + 1}"):
        Store(address)
