"""Read a file of reps: who they are, what they do, and when they began and left."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text
from funnelsim.core.harmless import as_it_was

COLUMNS = ("name", "role", "team", "start", "end", "share", "quota")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepRow:
    """One row of the file; what is empty there is None."""

    name: str
    role: str | None = None
    team: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    share: float = 1.0
    quota: float | None = None


def read_reps(path: Path | str) -> tuple[RepRow, ...]:
    """Read a CSV file with a row per rep.

    Parameters
    ----------
    path : Path
        Columns ``name`` (as the owner of deals is called), and if known ``role``, ``team``, ``start`` and
        ``end`` (first and last day at work, 2026-03-31) and ``share`` of full time (0.5, 50%; 0 for an owner
        of deals who is no rep), and ``quota`` of the goal's period (300000, 300_000, 300k, 1.2m).

    Raises
    ------
    InputError
        Lists all problems of the file.
    """
    source = str(path)
    header, lines = rep_table(path)
    problems = list(_header_problems(header))
    if problems:
        raise InputError(source, problems)
    rows: list[RepRow] = []
    seen: dict[str, int] = {}
    for line, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}"
            problems.append(Problem(path=f"line {line}", message=message))
            continue
        row, wrong = _row(dict(zip(header, cells, strict=False)), line)
        problems += wrong
        if row.name in seen:
            message = f'"{row.name}" is also on line {seen[row.name]}; give each rep one row'
            problems.append(Problem(path=f"line {line}, column name", message=message))
        seen.setdefault(row.name, line)
        rows.append(row)
    if not rows and not problems:
        problems.append(Problem(path="", message="holds no rep"))
    if problems:
        raise InputError(source, problems)
    return tuple(rows)


def rep_table(path: Path | str) -> tuple[list[str], list[list[str]]]:
    """The header, in small letters, and the other lines of a CSV file."""
    try:
        text = read_text(Path(path), most_bytes=8 * MEGABYTE)
    except UnreadableError as error:
        raise InputError(str(path), [Problem(path="", message=str(error))]) from error
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    table = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    return [cell.strip().lower() for cell in table[0]] if table else [], table[1:]


def _header_problems(header: list[str]) -> Iterator[Problem]:
    if not header:
        yield Problem(path="", message=f"is empty; the first line names columns of {', '.join(COLUMNS)}")
        return
    for column in header:
        if column not in COLUMNS:
            message = f'unknown column "{column}"; choose from {", ".join(COLUMNS)}'
            yield Problem(path="line 1", message=message, hint=did_you_mean(column, COLUMNS))
        elif header.count(column) > 1 and column:
            yield Problem(path="line 1", message=f'column "{column}" occurs twice')
    if "name" not in header:
        yield Problem(
            path="line 1",
            message='has no column "name" (the owner of the deals); rename the columns of your file, such as '
            '"owner" to "name", and take the others out',
        )


def _row(cells: dict[str, str], line: int) -> tuple[RepRow, list[Problem]]:
    text = {column: as_it_was(cell.strip()) for column, cell in cells.items()}
    problems: list[Problem] = []

    def wrong(column: str, message: str) -> None:
        problems.append(Problem(path=f"line {line}, column {column}", message=message))

    if not text["name"]:
        wrong("name", "is empty")
    days: dict[str, dt.date | None] = {}
    for column in ("start", "end"):
        days[column] = None
        if text.get(column):
            try:
                days[column] = dt.date.fromisoformat(text[column])
            except ValueError:
                wrong(column, f'"{text[column]}" is no date such as 2026-03-31')
    start, end = days["start"], days["end"]
    if start and end and end < start:
        wrong("end", f"{end} is before the start, {start}")
    share = 1.0
    if text.get("share"):
        share = _share(text["share"])
        if not 0 <= share <= 1:
            wrong("share", f'"{text["share"]}" is no share of full time from 0 to 1, such as 0.5')
    quota = None
    if text.get("quota"):
        quota = _amount(text["quota"])
        if not (quota >= 0 and math.isfinite(quota)):
            wrong("quota", f'"{text["quota"]}" is no quota such as 300000, 300k or 1.2m')
    row = RepRow(
        name=text["name"],
        role=text.get("role") or None,
        team=text.get("team", ""),
        start=start,
        end=end,
        share=share,
        quota=quota,
    )
    return row, problems


def _amount(text: str) -> float:
    """A plain number: a comma could be a decimal or group thousands, so it is refused."""
    factor = {"k": 1e3, "m": 1e6}.get(text[-1].lower(), 1.0)
    try:
        return float(text[:-1] if factor > 1 else text) * factor
    except ValueError:
        return math.nan


def _share(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return math.nan
    return value / 100 if text.endswith("%") else value
