"""Who is in which team, from files with the names of columns that other programs use."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import InputError
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.fitting.productivity.teams_file import read_teams


def _file(folder: Path, text: str) -> Path:
    path = folder / "teams.csv"
    path.write_text(text)
    return path


def test_usual_names_are_read_and_named(tmp_path: Path) -> None:
    """Mutant: the last column that could be the team taken, so that Ana is in East."""
    found = read_teams(_file(tmp_path, "Sales Agent;Manager;regional_office\nAna;Mo;East\n\nBo;;West\n"))
    assert found.rows == (RepRow(name="Ana", team="Mo"), RepRow(name="Bo"))
    assert found.taken == (
        'reps are read from the column "sales agent", teams from "manager"; to take "regional_office" '
        'instead, rename it to "team"'
    )


def test_a_file_of_reps_says_nothing(tmp_path: Path) -> None:
    assert read_teams(_file(tmp_path, "name,team,start\nAna,North,2025-01-01\n")).taken == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,manager\nAna,Mo\n",
            'names of reps; it has a, manager; name one of them "name"',
        ),
        ("owner,b\nAna,Mo\n", 'no column of the teams; it has owner, b; name one of them "team"'),
        ("owner,manager\n", "holds no rep"),
        ("owner,manager\nAna,Mo\nAna,Bo\n", 'line 3, column manager: "Ana" is in Mo and in Bo'),
        ("owner,manager\nAna\n", "line 2: has 1 cells, the header has 2"),
        ("owner,manager\n,Mo\n", "line 2, column owner: is empty"),
        ("", "is empty; the first line names columns"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_teams(_file(tmp_path, text))
