"""The file of reps: read, and refused with all its problems at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import InputError
from funnelsim.core.harmless import harmless_table
from funnelsim.fitting.productivity.reps_file import RepRow, read_reps


def _file(folder: Path, text: str) -> Path:
    path = folder / "reps.csv"
    path.write_text(text)
    return path


def test_all_columns_are_read(tmp_path: Path) -> None:
    text = "Name,role,team,start,end,share\nAna,ae,North,2025-01-15,2026-03-31,50%\n\nBo,,,,,\n"
    assert read_reps(_file(tmp_path, text)) == (
        RepRow(
            name="Ana",
            role="ae",
            team="North",
            start=dt.date(2025, 1, 15),
            end=dt.date(2026, 3, 31),
            share=0.5,
        ),
        RepRow(name="Bo"),
    )


def test_semicolons_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "reps.csv"
    path.write_bytes("name;share\nZoë;0.5\n".encode("utf-8-sig"))
    assert read_reps(path) == (RepRow(name="Zoë", share=0.5),)


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    text = "name,start,end,share\nAna,2025-02-30,,\nAna,,,2\n,2025-06-01,2025-01-01,much\nBo,,,,x\n"
    with pytest.raises(InputError) as error:
        read_reps(_file(tmp_path, text))
    assert [str(problem) for problem in error.value.problems] == [
        'line 2, column start: "2025-02-30" is no date such as 2026-03-31',
        'line 3, column share: "2" is no share of full time from 0 to 1, such as 0.5',
        'line 3, column name: "Ana" is also on line 2; give each rep one row',
        "line 4, column name: is empty",
        "line 4, column end: 2025-01-01 is before the start, 2025-06-01",
        'line 4, column share: "much" is no share of full time from 0 to 1, such as 0.5',
        "line 5: has 5 cells, the header has 4",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "nmae,role\nAna,ae\n",
            'unknown column "nmae"; choose from name, role, team, start, end, share, quota; did',
        ),
        ("role\nae\n", 'has no column "name"'),
        ("name,name\nAna,Bo\n", 'column "name" occurs twice'),
        ("", "is empty; the first line names columns"),
        ("name\n", "holds no rep"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_reps(_file(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_reps(tmp_path / "none.csv")


def test_names_that_look_like_formulas_are_read_as_import_writes_them(tmp_path: Path) -> None:
    """``import --reps`` puts an apostrophe before them; their deals would be of no team."""
    table = harmless_table(
        pl.DataFrame({"name": ["@ana", "-bo", "O'Neil", "'quoted"], "team": ["+one", "", "A", "B"]})
    )
    path = tmp_path / "reps.csv"
    table.write_csv(path)
    assert "'@ana,'+one" in path.read_text()
    assert [(row.name, row.team) for row in read_reps(path)] == [
        ("@ana", "+one"),
        ("-bo", ""),
        ("O'Neil", "A"),
        ("'quoted", "B"),
    ]
