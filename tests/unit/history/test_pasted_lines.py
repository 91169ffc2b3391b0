"""The lines of a mapping under "Look at this" can be pasted: they are read, and settle what they are for."""

from __future__ import annotations

import io
import itertools
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.mapping.keys import Mapping
from funnelsim.report.screens.import_ import print_audit
from tests.unit.history.exports import assert_consistent, check_names, deals, mapping, write

Files = dict[str, tuple[str, ...]]
USUAL = [
    f"D{n},2025-01-{n:02},2025-02-{n:02},{'Closed Won' if n % 2 else 'Closed Lost'},50" for n in range(10, 19)
]
EXPORTS: dict[str, Files] = {
    "outcomes in other words": {
        "deals.csv": (
            "id,created,closed,outcome",
            "1,2025-01-01,2025-02-01,Gewonnen",
            "2,2025-01-02,2025-02-02,Verloren",
            "3,2025-01-03,2025-02-03,No decision",
            '4,2025-01-03,2025-02-03,"Bananas ""à la carte"""',
            "5,2025-01-04,,Waiting",
        )
    },
    "events with odd labels": {
        "events.csv": (
            "deal,stage,entered_at",
            *("1,Démo,2025-01-01", "1,Won,2025-01-09", "2,Demo 🔥,2025-01-01", "2,Disqualified,2025-01-09"),
            *("3,Cancelled,2025-01-09", "4,Lost contact,2025-01-09", "4,Demo ✅,2025-01-19"),
        ),
        "deals.csv": (
            "deal,created,closed,amount,is_deleted,stage",
            '1,2025-01-01T08:00:00+02:00,2025-01-09,"1.500,00",false,Won',
            '2,2025-01-01T08:00:00+02:00,2025-01-08,"2.500,00",false,Disqualified',
            '3,2025-01-01T08:00:00+02:00,2025-01-09,"1.250,00",false,Cancelled',
            '4,2025-01-01T08:00:00+02:00,,"1.250,00",true,Demo',
            '6,2025-01-01T08:00:00+02:00,,"1.250,00",false,Demo',
        ),
    },
    "typing errors": {
        "deals.csv": (
            "Deal ID,created,closed,stage,amount",
            *USUAL,
            "🍕,2025-01-12,2045-02-12,Closed Lost,50",
            "big,2025-01-12,2025-02-12,Closed Won,90000000000",
            "credit,2025-01-12,2025-02-12,Closed Won,-50",
            "odd,2025-01-12,2204-01-01,Open,50",
        )
    },
    "amounts in thousands": {
        "deals.csv": (
            "Deal ID,created,closed,stage,Amount (k€)",
            *USUAL,
        )
    },
    "amounts in cents": {
        "deals.csv": (
            "Deal ID,created,closed,stage,value,value_formatted",
            *(f'{row[:-2]}{n}50,"${n}.50"' for n, row in enumerate(USUAL, start=9)),
        )
    },
    "an amount of two readings": {
        "deals.csv": (
            "id;created;closed;stage;amount",
            "1;01.01.2025;01.02.2025;Won;1.500",
            "2;13.01.2025;14.02.2025;Lost;2.500",
        )
    },
    "dates that may be stages": {
        "deals.csv": (
            "id,created,closed,status,renewal_date,contract_end",
            "1,2025-01-01,2025-02-01,won,2026-01-01,2026-03-01",
            "2,2025-01-02,2025-02-02,lost,,",
        )
    },
    "two tables that disagree": {
        "opportunities.csv": (
            "Id,StageName,CreatedDate,CloseDate,IsClosed,IsWon",
            "1,Closed Won,2025-01-01T10:00:00Z,2025-02-01,true,true",
            "2,Closed Lost,2025-01-01T10:00:00Z,2025-02-01,true,false",
            "3,Prospecting,2025-01-01T10:00:00Z,2025-02-01,false,false",
        ),
        "history.csv": (
            "OpportunityId,StageName,CreatedDate",
            "1,Prospecting,2025-01-02T10:00:00Z",
            "1,Closed Lost,2025-02-01T03:00:00Z",
        ),
    },
    "two pipelines": {
        "deals.csv": (
            'Record ID,Deal Name,Deal Stage,Pipeline,Create Date,Close Date,"Date entered ""Demo (Sales)""",'
            '"Date entered ""Demo (Renewals 🔥)"""',
            "1,A,Closed Won,Sales,2025-01-01,2025-02-01,2025-01-03,",
            "2,B,Closed Lost,Renewals 🔥,2025-01-01,2025-02-01,,2025-01-03",
        )
    },
    "flags against each other": {
        "deals.csv": (
            "id,created,closed,stage,IsClosed,IsWon",
            *(f"{n},2025-01-01,2025-02-01,Ende,true,{'false' if n == 3 else 'true'}" for n in range(1, 14)),
        )
    },
    "a status of deleted deals": {
        "deals.csv": (
            "id,created,closed,status",
            "1,2025-01-01,2025-02-01,won",
            "2,2025-01-01,2025-02-01,Gelöscht",
        )
    },
    "a label for each deal": {
        "deals.csv": (
            "id,created,closed,stage,outcome",
            *(f"{n},2025-01-01,2025-02-01,Note {n},won" for n in range(120)),
        )
    },
}
#: Offered to whoever wants one pipeline only: the others stay in the columns of the export.
STANDS = {"pipelines"}


def read(folder: Path, files: Files, rules: Mapping | None = None) -> History:
    return import_history([write(folder, name, *lines) for name, lines in files.items()], mapping=rules)


def attention(history: History) -> dict[str, str]:
    """Check -> its lines of a mapping."""
    return {
        item["check"]: "\n".join(item["mapping"])
        for item in history.meta.audit["checks"]
        if item.get("mapping")
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, History]:
    """Each export read without a mapping."""
    return {name: read(tmp_path_factory.mktemp("export"), files) for name, files in EXPORTS.items()}


@pytest.mark.parametrize("name", EXPORTS)
def test_each_line_can_be_pasted_and_settles_its_question(
    plain: dict[str, History], tmp_path: Path, name: str
) -> None:
    lines = attention(plain[name])
    assert lines, "this export is here for its questions"
    for check, text in lines.items():
        history = read(tmp_path, EXPORTS[name], mapping(tmp_path, text + "\n"))
        assert_consistent(history)
        assert check in STANDS or check not in check_names(history), text


@pytest.mark.parametrize("name", EXPORTS)
def test_all_lines_together_are_a_mapping_that_changes_nothing(
    plain: dict[str, History], tmp_path: Path, name: str
) -> None:
    """Catches sections that stand twice, and lines that read the export otherwise."""
    history = plain[name]
    block = "\n".join(history.meta.audit["suggested_mapping"])
    again = read(tmp_path, EXPORTS[name], mapping(tmp_path, block + "\n"))
    assert_consistent(again)
    for table in ("deals", "visits"):
        assert getattr(again, table).equals(getattr(history, table))
    as_read = {check["check"] for check in history.meta.audit["checks"] if check.get("as_read")}
    assert not as_read & attention(again).keys()


@pytest.mark.parametrize("name", EXPORTS)
def test_the_screen_shows_the_mapping_of_several_questions(plain: dict[str, History], name: str) -> None:
    """Catches lines that are folded on screen, so that they cannot be pasted."""
    history = plain[name]
    out = io.StringIO()
    print_audit(history, Console(file=out, width=100))
    _, offered, block = out.getvalue().partition("All suggestions as one mapping.toml")
    assert bool(offered) == (len(attention(history)) > 1)
    if offered:
        text = block.partition(":\n")[2].partition("\n\n")[0]
        assert tomllib.loads(text) == tomllib.loads("\n".join(history.meta.audit["suggested_mapping"]))


@pytest.mark.parametrize("name", ["outcomes in other words", "events with odd labels"])
def test_labels_read_as_outcomes_are_read_so_by_a_mapping(
    plain: dict[str, History], tmp_path: Path, name: str
) -> None:
    """Catches other outcomes (No decision) that are unmapped as soon as a mapping names one."""
    alone = plain[name]
    rules = mapping(tmp_path, attention(alone)["labels_read_as_outcomes"] + "\n")
    assert read(tmp_path, EXPORTS[name], rules).meta.audit["deals"] == alone.meta.audit["deals"]


def test_pasted_outcomes_leave_other_outcomes_as_they_were(tmp_path: Path) -> None:
    """Catches outcomes of the export that are skipped as soon as a mapping names another one."""
    files: Files = {
        "deals.csv": (
            "id,created,closed,outcome",
            *(f"w{n},2025-01-01,2025-02-{n:02},won" for n in range(1, 4)),
            *(f"n{n},2025-01-01,2025-02-{n:02},No budget" for n in range(1, 4)),
            *("v,2025-01-01,2025-02-05,Verloren", "g,2025-01-01,2025-02-01,Gelöscht", "o,2025-01-01,,open"),
        )
    }
    alone = read(tmp_path, files)
    expected = {"all": 8, "won": 3, "no_budget": 3, "lost": 1, "open": 1}
    assert alone.meta.audit["deals"] == expected
    rules = mapping(tmp_path, attention(alone)["deleted_rows"] + "\n")
    assert read(tmp_path, files, rules).meta.audit["deals"] == expected | {"all": 9, "lost": 2}


def test_pasted_outcomes_keep_those_of_the_mapping(tmp_path: Path) -> None:
    files = {
        "deals.csv": (
            *EXPORTS["a status of deleted deals"]["deals.csv"],
            *("3,2025-01-01,2025-02-01,Futsch", "4,2025-01-01,2025-02-01,Weg"),
        )
    }
    rules = mapping(tmp_path, '[outcomes]\nlost = "Futsch"\ngone = "Weg"\n')
    lines = attention(read(tmp_path, files, rules))["deleted_rows"]
    assert tomllib.loads(lines) == {"outcomes": {"lost": ["Futsch", "Gelöscht"], "gone": "Weg"}}


def test_labels_with_mixed_flags_are_one_question(tmp_path: Path) -> None:
    rows = [
        f"{label}{n},2025-01-01,2025-02-01,{label},{closed},{won}"
        for label, won in (("Ende", "true"), ("Aus", "false"))
        for n, closed in enumerate(["true"] * 19 + ["false"])
    ]
    files = {"deals.csv": ("id,created,closed,stage,IsClosed,IsWon", *rows)}
    history = read(tmp_path, files)
    found = [item for item in history.meta.audit["checks"] if item["check"] == "mixed_flags"]
    assert [item["mapping"] for item in found] == [["[outcomes]", 'won = "Ende"', 'lost = "Aus"']]


def test_lines_with_long_names_parse_as_they_are_printed(tmp_path: Path) -> None:
    """Ids for stages make a comment, and names of stages a string, that the screen has no room for."""
    long = "A stage whose name alone is wider than the screen as forms that sales fills in at times are "
    stages = [f"f66c{n}" * 4 for n in range(6)] + [long * 2]
    header = ",".join(["id,dealstage,createdate,closedate", *(f"hs_v2_date_entered_{one}" for one in stages)])
    rows = [
        f"{n},{stages[n % 7]},2025-01-01,2025-03-0{1 + n % 7},"
        + ",".join("2025-02-01" if n % 7 == place else "" for place in range(7))
        for n in range(35)
    ]
    history = deals(tmp_path, header, *rows)
    (doubt,) = [one for one in history.meta.audit["checks"] if one["check"] == "labels_like_outcomes"]
    screen = Console(file=io.StringIO(), width=80)
    print_audit(history, screen)
    lines = screen.file.getvalue().split("\n")  # type: ignore[attr-defined]
    asked = next(place for place, line in enumerate(lines) if "labels that may be outcomes" in line)
    start = next(place for place, line in enumerate(lines) if place > asked and "[outcomes]" in line)
    pasted = list(itertools.takewhile(lambda line: line.startswith("       "), lines[start:]))
    assert tomllib.loads("\n".join(pasted)) == tomllib.loads("\n".join(doubt["mapping"]))
    assert all(label in "".join(pasted) for label in stages[:-1]), pasted
