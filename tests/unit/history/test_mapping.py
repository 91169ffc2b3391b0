"""Mapping files: every key is documented, every example is valid, every problem has a place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history import ledger
from funnelsim.history.imports import import_history
from funnelsim.history.mapping.keys import DealColumns, EventColumns, Mapping
from funnelsim.history.mapping.read import read_mapping
from funnelsim.history.readers.table import Table
from funnelsim.history.sources.assign import called

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "guides" / "import.md").read_text(encoding="utf-8")
EXAMPLE = GUIDE.split("```toml\n")[1].split("```")[0]


def problems(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError) as caught:
        read_mapping(path)
    return str(caught.value)


def test_the_mapping_of_the_guide_is_valid_and_shows_every_key(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    read_mapping(path)
    shown = tomllib.loads(EXAMPLE)
    assert set(shown) == set(Mapping.model_fields)
    assert set(shown["deals"]) == set(DealColumns.model_fields)
    assert set(shown["events"]) == set(EventColumns.model_fields)


def test_the_guide_explains_every_reason_for_setting_rows_aside() -> None:
    reasons = [
        value for name, value in vars(ledger).items() if name.isupper() and name not in ("FILE", "ROW")
    ]
    table = GUIDE.split("| reason | meaning |")[1].split("\n\n")[0]
    explained = {
        reason.strip() for line in table.splitlines() if line.startswith("|") for reason in _reasons(line)
    }
    internal = {ledger.MALFORMED, ledger.NO_KEY}
    assert {reason for reason in reasons if isinstance(reason, str)} - internal <= explained


def _reasons(line: str) -> list[str]:
    cell = line.split("|")[1]
    found = cell.split(", ")
    return [*found, ", ".join(found), ", ".join(found[:2]), ", ".join(found[1:])]


@pytest.mark.parametrize("path", sorted((DOCS / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_the_worked_mappings_are_valid(path: Path) -> None:
    mapping = read_mapping(path)
    assert mapping.preset is not None
    assert mapping.name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = 2", 'format: 2 is not known; choose from 1'),
        ('preset = "siebel"', 'preset: "siebel" is not known; choose from'),
        ("nmae = 1", 'nmae: unknown key'),
        ('nmae = "x"', 'did you mean "name"?'),
        ('observed_from = "soon"', 'observed_from: "soon" is neither a date such as 2026-01-31 nor false'),
        ("observed_from = true", "observed_from: True is neither a date"),
        ('[stages]\n"Demo call" = "Demo"', "stages.Demo call: a key has only lower-case letters"),
        ('[stages]\n"Demo call" = "Demo"', "; write demo_call"),
        ('[deals.dates]\nAngebot = "Angebot am"', "deals.dates.Angebot: a key has only lower-case letters"),
        ('[deals.dates]\n"Geprüft am" = "x"', "; write gepruft_am"),
        ('[deals.dates]\n"商談" = "x"', "; write an English word"),
        ('[deals.left]\n"2nd call" = "x"', "deals.left.2nd call: a key has only lower-case letters"),
        ('[deals.dates]\nnever = "x"', 'deals.dates.never: "never" has another meaning in a model'),
        ('created_enters = "New lead"', "created_enters: a key has only lower-case letters"),
        ('created_enters = "New lead"', "; write new_lead"),
        ('[stages]\nwon = "Won"', "stages.won: is an outcome and cannot be a stage too"),
        ('[stages]\na = "X"\nb = "x"', 'stages.b: label "x" is already under stages.a'),
        ('created_enters = "leed"\n[stages]\nlead = "Lead"', 'created_enters: "leed" is neither a stage nor'),
        ('[deals]\namount = { table = "p.csv", column = "x" }', "deals.amount.on: is missing"),
        ('[deals]\namount = { column = "x", on = "y" }', "deals.amount.table: is missing"),
        ('[deals]\namount = { table = "p.csv", colum = "x", on = "y" }', 'did you mean "column"?'),
        ('[events]\nstage = { table = "p.csv", column = "x", on = "y" }', "events.stage: only columns"),
        ("[deals]\namount = 5", "deals.amount: expected the name of a column, or"),
        ('time_zone = "Mars/Olympus"', 'time_zone: unknown time zone "Mars/Olympus"'),
        ('holidays = "Brazil"', 'holidays: unknown country "Brazil"; write ISO 3166'),
        ('holidays = "Brazil"', 'did you mean "BR"?'),
        ('[date_formats]\nx = "dd/yyyy"', 'date_formats.x: unknown date format "dd/yyyy"'),
        ('[where]\nx = { form = 1 }', 'did you mean "from"?'),
        ('[where]\nx = { from = "a" }', "where.x.from: expected a date or a number"),
        ('decimal = ";"', 'decimal: ";" is not known'),
        ("[outcomes]\nwon = 5", "outcomes.won: expected a label or a list of labels, found 5"),
    ],
)  # fmt: skip
def test_each_problem_names_its_place(tmp_path: Path, text: str, says: str) -> None:
    assert says in problems(tmp_path, text)


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    text = problems(tmp_path, 'decimal = ";"\nnmae = "x"\n[deals]\nclsoed = "c"\n')
    assert "3 problems" in text
    assert text.count("\n") == 3


def test_a_value_that_may_be_of_two_types_is_refused_once(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text('observed_from = "soon"\n')
    with pytest.raises(HistoryError) as refused:
        read_mapping(path)
    assert len(refused.value.problems) == 1


def test_a_date_may_mark_the_beginning_of_the_records(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text("observed_from = 2025-07-01\n")
    read = read_mapping(path).observed_from
    assert read is not None
    assert f"{read:%Y-%m-%d %H:%M}" == "2025-07-01 00:00"
    path.write_text("observed_from = false\n")
    assert read_mapping(path).observed_from is False


def test_the_suggested_keys_meet_the_labels(tmp_path: Path) -> None:
    """With its key written as suggested, a stage by a date and the same stage by a label are one."""
    header = "id,Angelegt am,Angebot am,Abgeschlossen am,Phase,Status"
    rows = (
        "1,2025-01-01,2025-01-05,,Angebot,Offen",
        "2,2025-01-02,,,Qualifizierung,Offen",
        "3,2025-01-03,2025-01-09,2025-02-01,Angebot,Gewonnen",
    )
    path = tmp_path / "deals.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    rules = tmp_path / "mapping.toml"
    rules.write_text(
        '[deals]\ndeal = "id"\nclosed = "Abgeschlossen am"\nstage = "Phase"\noutcome = "Status"\n'
        '[deals.dates]\nqualifizierung = "Angelegt am"\nangebot = "Angebot am"\n',
        encoding="utf-8",
    )
    history = import_history([path], "deals", rules)
    assert history.meta.stages == {"qualifizierung": "Qualifizierung", "angebot": "Angebot"}
    assert history.meta.audit["stages_never_entered"] == []
    assert "labels_ahead" not in {check["check"] for check in history.meta.audit["checks"]}


@pytest.mark.parametrize(
    ("pattern", "names", "found"),
    [
        ("products.csv", ["crm.products", "crm.deals"], ["crm.products"]),
        ("crm.products", ["products.csv.gz", "deals.csv"], ["products.csv.gz"]),
        ("products.*", ["crm.Products", "crm.deals"], ["crm.Products"]),
        ("sales_*.csv", ["crm.sales_east", "crm.sales_west"], ["crm.sales_east", "crm.sales_west"]),
        ("products.csv", ["products.csv", "products.xlsx"], ["products.csv"]),
        ("deals.2024.csv", ["leads.2024.csv"], []),
        ("product.csv", ["crm.products"], []),
    ],
)
def test_a_mapping_serves_files_and_the_tables_of_a_database(
    pattern: str, names: list[str], found: list[str]
) -> None:
    """Mutants: the last part of a file's name taken for a table; ``*`` after a dot matching every table."""
    tables = [
        Table(
            path=Path(name if "csv" in name or "xlsx" in name else "crm.duckdb"),
            title="" if "csv" in name or "xlsx" in name else name,
            frame=pl.DataFrame(),
            rows_read=0,
            sha256=name,
        )
        for name in names
    ]
    assert [table.name for table in called(tables, pattern)] == found
