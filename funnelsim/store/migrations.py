"""Versions of the schema of a store. Append a function for a new version; never change an old one.

Each runs in a transaction of its own together with the row that records it, so a store is at one version or
the next after a kill at any moment.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

from sqlalchemy import Connection, func, inspect, select, text

from funnelsim.store.schema import SCHEMA

Migration = Callable[[Connection], None]

_REAL = {"sqlite": "DOUBLE", "postgresql": "DOUBLE PRECISION"}
_BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def _forecasts_with_their_deals(connection: Connection) -> None:
    real = _REAL[connection.dialect.name]
    key = "forecast_id TEXT NOT NULL REFERENCES funnelsim_forecasts (id)"
    _execute(
        connection,
        f"""CREATE TABLE funnelsim_forecasts (
            id TEXT NOT NULL PRIMARY KEY, content_sha256 TEXT NOT NULL UNIQUE, stored_at TEXT NOT NULL,
            company TEXT NOT NULL, noun TEXT NOT NULL, currency TEXT NOT NULL, amount_is TEXT NOT NULL,
            metric TEXT NOT NULL, as_of DATE NOT NULL, period TEXT NOT NULL, period_start DATE NOT NULL,
            period_end DATE NOT NULL, likely {real}, quota {real}, chance {real},
            model_sha256 TEXT NOT NULL, plan_sha256 TEXT NOT NULL, seed BIGINT, replications BIGINT,
            engine TEXT NOT NULL, version TEXT NOT NULL, document TEXT NOT NULL)""",
        f"""CREATE TABLE funnelsim_periods (
            {key}, place INTEGER NOT NULL, period TEXT NOT NULL, period_start DATE NOT NULL,
            period_end DATE NOT NULL, quota {real}, chance {real}, mean {real}, p10 {real}, p50 {real},
            p90 {real}, booked {real}, pipeline {real}, new {real}, expansion {real},
            PRIMARY KEY (forecast_id, place))""",
        f"""CREATE TABLE funnelsim_quantiles (
            {key}, place INTEGER NOT NULL, amount TEXT NOT NULL, percent INTEGER NOT NULL,
            value {real} NOT NULL, PRIMARY KEY (forecast_id, place, amount, percent))""",
        f"""CREATE TABLE funnelsim_deals (
            {key}, "row" INTEGER NOT NULL, deal TEXT NOT NULL, state TEXT NOT NULL, name TEXT, account TEXT,
            owner TEXT, source TEXT, segment TEXT, stage TEXT, amount {real}, p_in_period {real},
            p_ever {real}, expected_in_period {real}, median_close DATE, closed DATE,
            PRIMARY KEY (forecast_id, "row"))""",
    )


def _models_of_forecasts(connection: Connection) -> None:
    held = _BYTES[connection.dialect.name]
    _execute(
        connection,
        f"CREATE TABLE funnelsim_models (sha256 TEXT NOT NULL PRIMARY KEY, toml TEXT NOT NULL, draws {held})",
        "ALTER TABLE funnelsim_forecasts ADD COLUMN parameters_sha256 TEXT",
        f"ALTER TABLE funnelsim_forecasts ADD COLUMN pipeline {held}",
    )


def _overrides_of_forecasts(connection: Connection) -> None:
    """Number of deals that people have overridden, also of the forecasts that are stored already."""
    _execute(connection, "ALTER TABLE funnelsim_forecasts ADD COLUMN overrides INTEGER NOT NULL DEFAULT 0")
    found = "SELECT id, document FROM funnelsim_forecasts WHERE document LIKE '%\"overrides\"%'"
    for key, document in connection.execute(text(found)).all():
        many = len(json.loads(document).get("overrides") or ())
        statement = text("UPDATE funnelsim_forecasts SET overrides = :many WHERE id = :key")
        connection.execute(statement, {"many": many, "key": key})


#: Version 1, 2 and so on.
MIGRATIONS: tuple[Migration, ...] = (
    _forecasts_with_their_deals,
    _models_of_forecasts,
    _overrides_of_forecasts,
)
LATEST = len(MIGRATIONS)


def version_of(connection: Connection) -> int:
    """The version of the schema; 0 where there is none."""
    if not inspect(connection).has_table(SCHEMA.name):
        return 0
    return int(connection.execute(select(func.max(SCHEMA.c.version))).scalar() or 0)


def migrate_one(connection: Connection) -> bool:
    """Do the next migration in the transaction of the connection; false where none is left."""
    version = version_of(connection)
    if version >= LATEST:
        return False
    if version == 0:
        SCHEMA.create(connection, checkfirst=True)
    MIGRATIONS[version](connection)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    connection.execute(SCHEMA.insert().values(version=version + 1, migrated_at=now))
    return True


def _execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(text(statement))
