"""Exports, mappings and options that cannot be used: exit 1, one clear message with file and place.

No traceback, nothing half-written. Each case would fail if its check were taken out: the import would go
through, or end in a traceback (exit 1 too, but with an exception that is not a `SystemExit`).
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group

DEALS = """\
deal_id,created,closed,outcome,amount
A1,2025-01-05,2025-02-20,won,1200
A2,2025-01-13,2025-03-02,lost,800
A3,2025-01-20,,open,500
A4,2025-02-01,2025-03-20,won,950
"""
EVENTS = """\
deal_id,stage,entered_at
A1,Lead,2025-01-05
A1,Demo,2025-01-20
A1,Closed Won,2025-02-20
A2,Lead,2025-01-13
A2,Closed Lost,2025-03-02
"""
MAPPING = """\
format = 1
preset = "deals"
[deals]
deal = "deal_id"
created = "created"
closed = "closed"
outcome = "outcome"
amount = "amount"
"""


@dataclass(frozen=True)
class Broken:
    """One broken input: what is written, how it is called, what the message must say."""

    name: str
    content: str | bytes
    says: tuple[str, ...]
    preset: str | None = "deals"
    mapping: str | None = None
    file: str = "deals.csv"
    options: tuple[str, ...] = ()


def rows(*lines: str, header: str = "deal_id,created,closed,outcome,amount") -> str:
    return "\n".join((header, *lines)) + "\n"


CASES = [
    Broken("binary", b"\x89\x01\x00\x02\x00\xff" * 50, ("deals.csv", "is not text", "CSV or Parquet")),
    Broken("empty", b"", ("deals.csv", "is empty")),
    Broken("only blanks", b"\n  \n", ("deals.csv", "is empty")),
    Broken("header only", rows(), ("deals.csv", "has a header and no rows")),
    Broken(
        "wrong delimiter",
        DEALS.replace(",", "~"),
        ("deals.csv: row 1", "cannot tell the columns apart", "comma, semicolon, tab or |"),
    ),
    Broken(
        "two date formats",
        rows("A1,13/01/2025,,open,1", "A2,01/14/2025,,open,1", "A3,02/03/2025,,open,1"),
        ("column created", "mixes two formats", 'row 2 "13/01/2025"', 'row 3 "01/14/2025"', "dd/mm/yyyy"),
    ),
    Broken(
        "order of day and month is not clear",
        rows("A1,03/04/2025,05/06/2025,won,1", "A2,04/05/2025,06/07/2025,lost,1"),
        ("column created", "fit both dd/mm/yyyy and mm/dd/yyyy", '[date_formats] "created" = "dd/mm/yyyy"'),
    ),
    Broken(
        "a date that is none",
        DEALS.replace("2025-01-20", "soon"),
        ("deals.csv", "column created", 'row 4 "soon"', "missing = "),
    ),
    Broken(
        "conflicting rows under the same ids",
        DEALS.replace("A4", "A1"),
        ("column deal_id", "1 of 3 ids", '"A1" in row 2 and row 5', "--preset events"),
    ),
    Broken(
        "closed before created, nearly all",
        rows("A1,2025-02-20,2025-01-05,won,1", "A2,2025-03-02,2025-01-13,lost,1", "A3,2025-01-20,,open,1"),
        ("column closed", "2 of 2 closed deals close before they begin", '"A1"'),
    ),
    Broken(
        "no column for the deal",
        DEALS.replace("deal_id", "whatever"),
        ("deals.csv", "deal", "no column identifies a deal", "whatever, created", "[deals] deal ="),
    ),
    Broken(
        "no column for the outcome",
        DEALS.replace("outcome", "colour"),
        ("deals.csv", "outcome", "no column says which deals were won or lost"),
    ),
    Broken(
        "no column for the stage entry",
        EVENTS.replace("entered_at", "colour"),
        ("events.csv", "entered", "no column says when it is entered", "[events] entered ="),
        preset="events",
        file="events.csv",
    ),
    Broken(
        "mapping with an unknown column",
        DEALS,
        ("deals.csv", "deals.amount", 'no column "amuont"', 'did you mean "amount"?'),
        mapping=MAPPING.replace('amount = "amount"', 'amount = "amuont"'),
    ),
    Broken(
        "mapping with an unknown key",
        DEALS,
        ("mapping.toml", "deals.clsoed", "unknown key", 'did you mean "closed"?'),
        mapping=MAPPING.replace('closed = "closed"', 'clsoed = "closed"'),
    ),
    Broken(
        "one label with two meanings",
        DEALS,
        ("mapping.toml", "outcomes.lost", 'label "gone" is already under stages.demo'),
        mapping=MAPPING + '[stages]\ndemo = ["Demo", "Gone"]\n[outcomes]\nlost = "gone"\n',
    ),
    Broken(
        "unknown rule of a filter",
        DEALS,
        ("mapping.toml", "where.amount.at_lest", "unknown rule", "choose from not, from, before"),
        mapping=MAPPING + "[where]\namount = { at_lest = 5 }\n",
    ),
    Broken(
        "filter on an unknown column",
        DEALS,
        ("mapping.toml", "where.regoin", 'no column "regoin"'),
        mapping=MAPPING + '[where]\nregoin = "EMEA"\n',
    ),
    Broken(
        "mapping that is not TOML",
        DEALS,
        ("mapping.toml", "is not valid TOML", "line 3"),
        mapping='format = 1\npreset = "deals"\n[deals\n',
    ),
    Broken(
        "three problems of a mapping at once",
        DEALS,
        (
            "mapping.toml: 3 problems",
            "time_zone",
            "date_formats.closed",
            "deals.dates.dmo",
            'did you mean "demo"?',
        ),
        mapping=MAPPING.replace("format = 1", 'format = 1\ntime_zone = "Europe/Berlyn"')
        + '[deals.dates]\ndmo = "created"\n[stages]\ndemo = "Demo"\n[date_formats]\nclosed = "dd-yy"\n',
    ),
    Broken(
        "table to look up is not given",
        DEALS,
        ("mapping.toml", "prices.csv", "is not among the files given (deals.csv)"),
        mapping=MAPPING.replace('"amount"\n', '{ table = "prices.csv", column = "price", on = "deal_id" }\n'),
    ),
    Broken("as-of that is no date", DEALS, ("as-of", '"soon" is not a date'), options=("--as-of", "soon")),
    Broken(
        "as-of before everything",
        DEALS,
        ("as-of", "there is no data before 1 Mar 2020", "5 Jan 2025"),
        options=("--as-of", "2020-03-01"),
    ),
    Broken(
        "amounts that are not numbers",
        DEALS.replace("800", "a lot").replace("500", "tbd"),
        ("deals.csv", "column amount", 'row 3 "a lot"', 'row 4 "tbd"'),
    ),
    Broken(
        "incomplete gzip",
        gzip.compress(DEALS.encode() * 50)[:60],
        ("deals.csv.gz", "incomplete gzip"),
        file="deals.csv.gz",
    ),
    Broken("UTF-16 cut off", DEALS.encode("utf-16")[:-1], ("deals.csv", "is damaged UTF-16 text", "UTF-8")),
    Broken("UTF-32", DEALS.encode("utf-32"), ("deals.csv", "is not text")),
    Broken(
        "Excel workbook",
        b"PK\x03\x04" + b"\x14\x00" * 40,
        ("deals.xlsx", "is a damaged or incomplete zip file or workbook"),
        file="deals.xlsx",
    ),
    Broken(
        "workbook with a password",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 600
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 99,
        ("deals.xlsx", "is protected with a password"),
        file="deals.xlsx",
    ),
    Broken(
        "old workbook, damaged",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        ("deals.xls", "is a damaged workbook"),
        file="deals.xls",
    ),
    Broken(
        "web page that calls itself a workbook",
        "<html><table><tr><td>deal_id</td></tr></table></html>",
        ("deals.xls", "is a web page", "save it as .xlsx or CSV"),
        file="deals.xls",
    ),
    Broken(
        "quotation mark never closed",
        DEALS.replace("A2,", '"A2,'),
        ("deals.csv: row 3", "quotation mark"),
    ),
    Broken(
        "two columns of one name",
        DEALS.replace("closed", "created"),
        ("deals.csv: row 1", 'column "created" appears 2 times'),
    ),
    Broken(
        "rows longer than the header",
        rows("A1,2025-01-05,2025-02-20,won,1,200", "A2,2025-01-05,2025-02-20,won,1,300"),
        ("deals.csv: row 2", "more fields than the 5 of the header"),
    ),
    Broken(
        "Parquet that is none",
        b"PAR1 not really",
        ("deals.parquet", "is not a Parquet file"),
        file="deals.parquet",
    ),
    Broken(
        "every row is filtered out",
        DEALS,
        ("deals.csv", "none of 4 rows gives a deal that entered a stage", "4 left out by where"),
        mapping=MAPPING + '[where]\noutcome = "churned"\n',
    ),
]


def run(tmp_path: Path, case: Broken) -> tuple[int, str, list[str], BaseException | None]:
    source = tmp_path / case.file
    source.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    arguments = ["import", str(source), "--out", str(tmp_path / "history"), *case.options]
    if case.mapping is not None:
        (tmp_path / "mapping.toml").write_text(case.mapping)
        arguments += ["--mapping", str(tmp_path / "mapping.toml")]
    elif case.preset:
        arguments += ["--preset", case.preset]
    before = sorted(path.name for path in tmp_path.iterdir())
    result = CliRunner().invoke(group, arguments)
    after = sorted(path.name for path in tmp_path.iterdir())
    return result.exit_code, result.output, [name for name in after if name not in before], result.exception


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_export_is_refused_with_file_and_place(tmp_path: Path, case: Broken) -> None:
    code, output, written, exception = run(tmp_path, case)
    assert code == 1, output
    assert isinstance(exception, SystemExit), f"a traceback, not a message: {exception!r}"
    assert "Traceback" not in output
    assert output.count("Error:") == 1
    for text in case.says:
        assert text in output
    assert written == [], "something was half-written"


def test_the_same_files_unbroken_are_imported(tmp_path: Path) -> None:
    """Keeps the cases above honest: what they start from is fine."""
    for name, content, preset in (("deals.csv", DEALS, "deals"), ("events.csv", EVENTS, "events")):
        code, output, written, _ = run(tmp_path, Broken(name, content, (), preset=preset, file=name))
        assert code == 0, output
        assert written in (["history"], [])
    code, output, _, _ = run(tmp_path, Broken("mapping", DEALS, (), mapping=MAPPING))
    assert code == 0, output


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    out = str(tmp_path / "history")
    for source, text in ((tmp_path / "none.csv", "there is no such file"), (tmp_path, "is a folder")):
        result = CliRunner().invoke(group, ["import", str(source), "--preset", "deals", "--out", out])
        assert result.exit_code == 1
        assert text in result.output
        assert str(source) in result.output


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(DEALS)
    kept = tmp_path / "photos"
    kept.mkdir()
    (kept / "me.jpg").write_text("precious")
    result = CliRunner().invoke(
        group, ["import", str(tmp_path / "deals.csv"), "--preset", "deals", "--out", str(kept)]
    )
    assert result.exit_code == 1
    assert "holds other files but no history" in result.output
    assert [path.name for path in kept.iterdir()] == ["me.jpg"]


def test_a_failed_import_leaves_the_history_of_before(tmp_path: Path) -> None:
    """Fails if the folder is emptied before the new history is complete."""
    (tmp_path / "deals.csv").write_text(DEALS)
    arguments = [
        "import",
        str(tmp_path / "deals.csv"),
        "--preset",
        "deals",
        "--out",
        str(tmp_path / "history"),
    ]
    assert CliRunner().invoke(group, arguments).exit_code == 0
    before = (tmp_path / "history" / "meta.json").read_bytes()
    (tmp_path / "deals.csv").write_text(DEALS.replace("1200", "a lot"))
    assert CliRunner().invoke(group, arguments).exit_code == 1
    assert (tmp_path / "history" / "meta.json").read_bytes() == before


def test_an_unknown_preset_and_a_missing_out_are_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(DEALS)
    for arguments in (["--preset", "spreadsheet", "--out", "h"], ["--preset", "deals"]):
        result = CliRunner().invoke(group, ["import", str(tmp_path / "deals.csv"), *arguments])
        assert result.exit_code == 2


def test_files_of_no_known_kind_are_asked_about(tmp_path: Path) -> None:
    code, output, written, _ = run(tmp_path, Broken("no kind", "colour,shape\nred,round\n", (), preset=None))
    assert code == 1
    assert "preset: cannot be recognised from the columns of deals.csv (colour, shape)" in output
    assert "choose from events, deals, salesforce, hubspot, pipedrive, xes" in output
    assert written == []


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deals.parquet"
    pl.DataFrame({"deal_id": ["A1"] * 100, "created": ["2025-01-01"] * 100}).write_parquet(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    result = CliRunner().invoke(
        group, ["import", str(path), "--preset", "deals", "--out", str(tmp_path / "h")]
    )
    assert result.exit_code == 1
    assert "damaged" in result.output
