"""Nine rows of a made-up CRM, as SQL and as the files of an export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

#: A password with the letters that divide a URL, and the same as a URL has it.
PASSWORD, PASSWORD_IN_URL = "s3cret/p@ss:w%rd?#", "s3cret%2Fp%40ss%3Aw%25rd%3F%23"
USER = "tester"
DEALS = (
    ("1", "Acme", "1200.50", "Ada"),
    ("2", 'O\'Hara "GmbH" & Söhne', "10.00", None),
    ("3", "株式会社", "50.25", "Bo"),
)
HISTORY = (
    ("1", "Lead", "2025-01-05 08:00:00"),
    ("1", "Demo", "2025-01-09 10:30:00"),
    ("1", "Won", "2025-02-01 12:00:00"),
    ("2", "Lead", "2025-01-06 09:00:00"),
    ("2", "Lost", "2025-02-03 09:00:00"),
    ("3", "Lead", "2025-01-07 09:00:00"),
)


def fill(execute: Callable[[str], Any], time: str, amount: str) -> None:
    """Tables ``deals`` and ``stage_history`` with these types of columns."""
    execute(f"CREATE TABLE deals (deal varchar(20), account text, amount {amount}, owner text)")
    execute(f"CREATE TABLE stage_history (deal varchar(20), stage text, entered_at {time})")
    for table, rows in (("deals", DEALS), ("stage_history", HISTORY)):
        for row in rows:
            execute(f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))})")


def write_files(folder: Path) -> list[Path]:
    """The same as CSV."""
    paths = [folder / "deals.csv", folder / "stage_history.csv"]
    heads = ("deal,account,amount,owner", "deal,stage,entered_at")
    for path, head, rows in zip(paths, heads, (DEALS, HISTORY), strict=True):
        lines = [",".join(map(_field, row)) for row in rows]
        path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return paths


def _literal(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def _field(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'
