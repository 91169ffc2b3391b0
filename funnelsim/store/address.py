"""Where a store is: a SQLite file, or the URL of a database. Users and passwords are never shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from funnelsim.core.errors import InputError, Problem

#: Endings of SQLite files: a store is never made where a model or a result was meant.
SUFFIXES = (".db", ".sqlite", ".sqlite3")
VARIABLE = "FUNNELSIM_STORE"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


class StoreError(InputError):
    """A store cannot be used, or does not have what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a store is.

    Attributes
    ----------
    url : URL
        With the credentials, for the driver alone.
    shown : str
        The file, or host, port and database.
    path : Path or None
        Of a SQLite file.
    """

    url: URL
    shown: str
    path: Path | None = None


def address_of(given: str | Path) -> Address:
    """The address of a store from a file name or a URL.

    Raises
    ------
    StoreError
        If it is neither, without repeating what was given: it may hold a password.
    """
    text = str(given)
    if "://" not in text:
        return _file(Path(text))
    try:
        url = make_url(text)
        port = f":{url.port}" if url.port else ""
    except (ArgumentError, ValueError):  # the message of the library repeats the URL
        raise _refuse("store", "is not the URL of a database", _EXAMPLES) from None
    if url.get_backend_name() == "sqlite" and url.database:
        return _file(Path(url.database))
    if "@" in (url.host or ""):  # an @ in the password is not escaped: the rest of it is taken for the host
        raise _refuse("store", "is not the URL of a database", "an @ in a user or password is written %40")
    if url.drivername not in _POSTGRES or not url.database:
        raise _refuse(f"store ({url.drivername})", "is not a database that can be used", _EXAMPLES)
    shown = f"postgresql://{url.host or 'localhost'}{port}/{url.database}"
    return Address(url=url.set(drivername="postgresql+psycopg"), shown=shown)


def missing_store() -> StoreError:
    """The error that no store is named."""
    hint = f"give --store FILE.db, or set {VARIABLE}"
    return StoreError("store", [Problem(path="", message="no store is named", hint=hint)])


def refuse(address: Address, message: str, hint: str = "") -> StoreError:
    """An error about a store, with its name as it may be shown."""
    return _refuse(address.shown, message, hint)


_EXAMPLES = f"give a file ({' '.join(SUFFIXES)}), or postgresql://USER@HOST/DATABASE"


def _file(path: Path) -> Address:
    if path.suffix.lower() not in SUFFIXES:
        raise _refuse(
            str(path), f"a store is a file that ends in {', '.join(SUFFIXES)}", "such as forecasts.db"
        )
    if path.is_dir():
        raise _refuse(str(path), "is a folder; give a file")
    if not path.parent.is_dir():
        raise _refuse(str(path), f'there is no folder "{path.parent}"; create it first')
    url = URL.create("sqlite+pysqlite", database=os.path.realpath(path))
    return Address(url=url, shown=str(path), path=path)


def _refuse(source: str, message: str, hint: str = "") -> StoreError:
    return StoreError(source, [Problem(path="", message=message, hint=hint)])
