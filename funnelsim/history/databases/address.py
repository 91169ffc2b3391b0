"""Where a database is: a URL, or a file that is known by its first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from funnelsim.core.passwords import without_passwords
from funnelsim.history.history_error import history_error

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_POSTGRES = ("postgresql", "postgres")
_DOWNLOADS = ("http", "https", "ftp", "s3", "gs")
_FILES: dict[str, Literal["sqlite", "duckdb"]] = {"sqlite": "sqlite", "duckdb": "duckdb"}
#: What a user, a password, hosts, the name of a database and parameters may hold; all else is escaped.
_USER, _REST = r"(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", r"(?:[^\s@#?%]|%[0-9A-Fa-f]{2})*"
_HOSTS = r"(?:[\w.,~%-]|\[[0-9A-Fa-f:.%]+\]|:[0-9]*)*"
_URL = re.compile(
    rf"postgres(?:ql)?://(?:{_USER}(?::{_USER})?@)?{_HOSTS}(?:/{_REST})?(?:\?{_REST})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A database to open.

    Attributes
    ----------
    where : str
        The URL for the driver, or the path of the file.
    shown : str
        The same for messages: without a password.
    """

    kind: Literal["postgresql", "sqlite", "duckdb"]
    where: str
    shown: str

    def __repr__(self) -> str:
        return f"Address({self.kind}, {self.shown})"


def address_of(source: str | Path) -> Address | None:
    """The database that a source names; None if it names something else, such as a CSV file.

    Raises
    ------
    HistoryError
        If it is a URL of a database that funnelsim does not read, or a malformed one.
    """
    text = str(source)
    scheme = _SCHEME.match(text)
    if scheme is None:
        kind = _kind_of_file(Path(text))
        return Address(kind=kind, where=text, shown=text) if kind else None
    # Libraries of Python write the driver with a plus: postgresql+psycopg://
    name, _, driver = scheme[1].lower().partition("+")
    text = name + text[len(scheme[1]) :] if driver else text
    shown = without_passwords(text)
    if name in _FILES:
        path = Path(unquote(re.sub(r"^/{2,3}", "", text.partition(":")[2].split("?")[0])))
        return Address(kind=_kind_of_file(path) or _FILES[name], where=str(path), shown=str(path))
    if name not in _POSTGRES:
        message = f"{name}:// is not read; funnelsim reads postgresql:// and files of DuckDB and SQLite"
        hint = "export the tables as CSV or Parquet and import these"
        raise history_error(
            shown, message, hint="download the file and import it" if name in _DOWNLOADS else hint
        )
    if not _URL.fullmatch(text):
        message = "is not a URL of a database such as postgresql://user@host:5432/name"
        hint = "letters like @ : / ? # % in a user or password are written %40 %3A %2F %3F %23 %25"
        # What was typed is not repeated: nobody knows where a password begins and ends in it.
        raise history_error(f"{name}://...", message, hint=hint)
    return Address(kind="postgresql", where=text, shown=shown)


def _kind_of_file(path: Path) -> Literal["sqlite", "duckdb"] | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, ValueError):
        return None  # its reader says what is wrong
    if start == b"SQLite format 3\0":
        return "sqlite"
    return "duckdb" if start[8:12] == b"DUCK" else None
