"""Connections to a store: one writer at a time, whole transactions, errors in words without credentials.

SQLite keeps its default rollback journal: a store is one file that can be copied, a killed writer is rolled
back by the next reader, and a second writer waits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from funnelsim.core.passwords import passwords_in, without_passwords
from funnelsim.store.address import Address, StoreError, refuse
from funnelsim.store.migrations import LATEST, migrate_one, version_of

#: How long a writer waits for another one; a forecast is written in less than a second.
_PATIENCE_SECONDS = 120
_CONNECT_SECONDS = 15
#: The lock of all writers of a PostgreSQL database, released at the end of the transaction.
_LOCK = 0x66756E6E  # "funn"
_WRITES = "funnelsim_writes"


class Database:
    """A store's database, at the latest version of its schema.

    Parameters
    ----------
    address : Address
    create : bool
        Make the store if there is none; else that is an error.

    Raises
    ------
    StoreError
        If there is none, it is no store, is of a newer funnelsim, or cannot be reached.
    """

    def __init__(self, address: Address, *, create: bool) -> None:
        self.address = address
        if address.path is not None and not create and not address.path.exists():
            raise self._none()
        self.engine = _engine(address)
        with self.reading() as connection:
            version = version_of(connection)
        if version > LATEST:
            message = (
                f"was written by a newer funnelsim: its schema is version {version}, this program knows "
                f"{LATEST}"
            )
            raise refuse(address, message, "upgrade funnelsim")
        if version == 0 and not create:
            raise self._none()
        while version < LATEST:
            with self.writing() as connection:
                if not migrate_one(connection):
                    break

    def _none(self) -> StoreError:
        hint = f"make it with: funnelsim forecast model.toml --store {self.address.shown}"
        return refuse(self.address, "there is no store of forecasts", hint)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store."""
        with self._errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer runs beside; all of it is kept, or nothing."""
        with (
            self._errors(),
            self.engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise refuse(self.address, _words(error)) from None


def _engine(address: Address) -> Engine:
    if address.path is None:
        try:
            return create_engine(
                address.url, poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_SECONDS}
            )
        except ModuleNotFoundError:
            message = "needs the driver of PostgreSQL: pip install 'funnelsim[store]'"
            raise refuse(address, message) from None
    engine = create_engine(address.url, poolclass=NullPool, connect_args={"timeout": _PATIENCE_SECONDS})
    event.listen(engine, "connect", _no_implicit_transactions)
    event.listen(engine, "begin", _begin)
    return engine


def _no_implicit_transactions(connection: sqlite3.Connection, _: Any) -> None:
    """sqlite3 would begin a transaction only at the first change, after what was read before it."""
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    """A writer takes the lock first: one that has read before could not wait for another."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _words(error: SQLAlchemyError) -> str:
    """What the database says, in one line and without passwords."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = without_passwords(" ".join(str(cause).split()), passwords_in(()))
    if "file is not a database" in said:
        return "is not a store: the file is not a SQLite database"
    return f"the database says: {said[:300]}"
