"""Which rep is in which team, from a file of reps or a table of a CRM with the usual names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from funnelsim.core.errors import InputError, Problem
from funnelsim.core.nouns import listed
from funnelsim.fitting.productivity.reps_file import COLUMNS, RepRow, read_reps, rep_table

#: What other programs call the columns, the likeliest first.
_NAMES = {
    "name": (
        *("name", "rep", "owner", "sales_agent", "sales_rep", "agent", "seller", "salesperson"),
        *(
            "account_executive",
            "deal_owner",
            "opportunity_owner",
            "user",
            "full_name",
            "owner_name",
            "rep_name",
        ),
    ),
    "team": (
        *(
            "team",
            "sales_team",
            "team_name",
            "group",
            "pod",
            "squad",
            "manager",
            "sales_manager",
            "team_lead",
        ),
        *("department", "regional_office", "office", "region", "territory"),
    ),
}


class Teams(NamedTuple):
    """The rows of a file, and which columns were taken where they have other names; else empty."""

    rows: tuple[RepRow, ...]
    taken: str = ""


def read_teams(path: Path | str) -> Teams:
    """Read who is in which team.

    Parameters
    ----------
    path : Path
        A file as `read_reps` takes it, or a CSV file with columns such as ``sales_agent`` and ``manager``.

    Raises
    ------
    InputError
        If there is no column of names or of teams; lists all problems of the file.
    """
    header, lines = rep_table(path)
    plain = [re.sub(r"[^a-z0-9]+", "_", cell).strip("_") for cell in header]
    if set(header) <= set(COLUMNS):
        return Teams(read_reps(path))
    return _taken(path, header, plain, lines)


def teams_given(reps: Sequence[RepRow] | Path | str, *, by: str | None) -> Teams:
    """The reps of a cut: for teams of a file with the usual names of columns, otherwise as `read_reps`."""
    if not isinstance(reps, str | Path):
        return Teams(tuple(reps))
    return read_teams(reps) if by == "team" else Teams(read_reps(reps))


def _taken(
    path: Path | str, header: Sequence[str], plain: Sequence[str], lines: Sequence[Sequence[str]]
) -> Teams:
    at = {part: next((plain.index(n) for n in names if n in plain), None) for part, names in _NAMES.items()}
    name, team = at["name"], at["team"]
    if name is None or team is None:
        raise InputError(str(path), [_without(part, header) for part, place in at.items() if place is None])
    teams: dict[str, str] = {}
    problems = []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header has {len(header)}"
            problems.append(Problem(path=f"line {number}", message=message))
            continue
        rep, of = cells[name].strip(), cells[team].strip()
        if not rep:
            problems.append(Problem(path=f"line {number}, column {header[name]}", message="is empty"))
        elif teams.setdefault(rep, of) != of:
            message = (
                f'"{rep}" is in {teams[rep] or "no team"} and in {of or "no team"}; give each rep one team'
            )
            problems.append(Problem(path=f"line {number}, column {header[team]}", message=message))
    if not teams and not problems:
        problems.append(Problem(path="", message="holds no rep"))
    if problems:
        raise InputError(str(path), problems)
    rows = tuple(RepRow(name=rep, team=of) for rep, of in teams.items())
    others = [names for n, names in enumerate(header) if plain[n] in _NAMES["team"] and n != team]
    rename = f'; to take "{others[0]}" instead, rename it to "team"' if others else ""
    return Teams(rows, f'reps are read from the column "{header[name]}", teams from "{header[team]}"{rename}')


def _without(part: str, header: Sequence[str]) -> Problem:
    known = listed(_NAMES[part], 5)
    message = (
        f"has no column of the {'names of reps' if part == 'name' else 'teams'}; it has {listed(header, 12)}"
    )
    return Problem(path="line 1", message=message, hint=f'name one of them "{part}" (also read: {known})')
