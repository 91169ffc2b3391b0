"""Tables of a database are imported as the same rows of files are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.core.errors import HistoryError
from funnelsim.history.databases.read import Selection
from funnelsim.history.imports import import_history, read_tables
from tests.unit.history.databases.crm import HISTORY, write_files
from tests.unit.loaded import loaded_by


def call(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["import", *map(str, arguments)])


def test_tables_give_the_history_that_files_give(any_crm: str, tmp_path: Path) -> None:
    """Mutants: a numeric read as text of thousands, a time shifted by a zone, rows of a batch lost."""
    files = import_history(write_files(tmp_path), "events")
    read = import_history([any_crm], "events", tables=["deals", "stage_history"])
    assert read.visits.equals(files.visits)
    assert read.deals.equals(files.deals)
    read_rows = {file["file"]: file["rows"] for file in read.meta.audit["files"]}
    assert read_rows == {"sales.deals": 3, "sales.stage_history": 6}


def test_a_query_is_a_table_of_its_own(any_crm: str) -> None:
    """With a comment and a semicolon at its end, which a query in brackets must not have."""
    query = "SELECT deal, stage, entered_at FROM stage_history WHERE deal <> '3' -- no 3\n;"
    history = import_history([any_crm], "events", queries=[query])
    assert sorted(history.deals["deal"]) == ["1", "2"]
    assert history.meta.name == "sales"
    assert [file["file"] for file in history.meta.audit["files"]] == ["query"]


def test_a_query_and_a_table_together(any_crm: str) -> None:
    query = "SELECT deal, stage, entered_at FROM stage_history"
    history = import_history([any_crm], "events", tables=["deals"], queries=[query])
    assert history.deals["amount"].to_list() == [1200.5, 10.0, None]


def test_without_a_name_the_tables_are_listed(any_crm: str) -> None:
    with pytest.raises(HistoryError, match="name one with --table or a query with --query") as caught:
        import_history([any_crm])
    assert "deals" in str(caught.value)
    assert "stage_history" in str(caught.value)


def test_row_counts_are_listed_where_they_cost_nothing(sqlite_crm: Path, duckdb_crm: Path) -> None:
    for path in (sqlite_crm, duckdb_crm):
        with pytest.raises(HistoryError, match=r"deals \(3 rows\), stage_history \(6 rows\)"):
            import_history([path])


def test_the_same_rows_have_the_same_digest(any_crm: str) -> None:
    """And other rows have another one: the audit says which data a history was made of."""
    first, again, other = (
        read_tables([any_crm], selection=Selection(queries=[query]))[0].sha256
        for query in (
            "SELECT * FROM stage_history ORDER BY entered_at",
            "SELECT * FROM stage_history ORDER BY entered_at",
            "SELECT * FROM stage_history WHERE deal <> '3' ORDER BY entered_at",
        )
    )
    assert first == again != other


def test_the_screen_names_the_table_and_what_to_type_next(sqlite_crm: Path, tmp_path: Path) -> None:
    options = ("--table", "stage_history", "--preset", "events")
    result = call(sqlite_crm, *options, "--out", tmp_path / "history")
    assert result.exit_code == 0, result.output
    assert "sales.stage_history" in result.stdout
    assert f"Next: funnelsim fit {tmp_path / 'history'} --out model.toml" in result.stdout


def test_a_draft_of_a_query_imports(sqlite_crm: Path, tmp_path: Path) -> None:
    query = ("--query", "SELECT * FROM stage_history")
    result = call(sqlite_crm, *query, "--draft-mapping", tmp_path / "m.toml")
    assert result.exit_code == 0, result.output
    next_step = f"funnelsim import {sqlite_crm} --query 'SELECT * FROM stage_history' --mapping "
    assert next_step in result.stdout
    done = call(sqlite_crm, *query, "--mapping", tmp_path / "m.toml", "--out", tmp_path / "h", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["audit"]["deals"]["all"] == 3


def test_a_mapping_names_a_table_with_or_without_its_database(sqlite_crm: Path, tmp_path: Path) -> None:
    for name in ("stage_history", "sales.stage_history"):
        (tmp_path / "m.toml").write_text(
            f'preset = "events"\n[events]\nfile = "{name}"\ndeal = "deal"\nstage = "stage"\n'
            'entered = "entered_at"\n'
        )
        history = import_history([sqlite_crm], mapping=tmp_path / "m.toml", tables=["deals", "stage_history"])
        assert history.visits.height == 4


def test_a_database_and_a_file_together(sqlite_crm: Path, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    history = import_history([sqlite_crm, files[0]], "events", tables=["stage_history"])
    assert history.deals["amount"].to_list() == [1200.5, 10.0, None]


@pytest.mark.parametrize("scheme", ["sqlite:///", "sqlite:////", "SQLITE:///"])
def test_a_file_may_be_given_as_a_url(sqlite_crm: Path, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes and a relative path, or four and an absolute one, as SQLAlchemy writes it."""
    monkeypatch.chdir(sqlite_crm.parent)
    path = str(sqlite_crm)[1:] if scheme.endswith("////") else sqlite_crm.name
    assert import_history([scheme + path], "events", tables=["stage_history"]).visits.height == 4


def test_names_are_found_whatever_letters_they_have(any_crm: str) -> None:
    assert import_history([any_crm], "events", tables=["STAGE_history"]).visits.height == len(HISTORY) - 2


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (["deal"], 'table deal: is not in the database.*did you mean "deals"'),
        (["x; DROP TABLE deals"], "is not in the database"),
        (['deals"; DROP TABLE deals; --'], "is not in the database"),
        (["nothing", "stage_histori"], "2 problems"),
    ],
)
def test_a_table_that_is_not_there(any_crm: str, tables: list[str], said: str) -> None:
    with pytest.raises(HistoryError, match=f"(?s){said}"):
        import_history([any_crm], tables=tables)
    assert len(read_tables([any_crm], selection=Selection(tables=["deals", "stage_history"]))) == 2


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FORM deals",
        "SELECT nope FROM deals",
        "SELECT * FROM nope",
        "",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "SELECT",
    ],
)
def test_a_query_that_fails_is_one_error_with_the_reason(any_crm: str, query: str, tmp_path: Path) -> None:
    result = call(any_crm, "--query", query, "--out", tmp_path / "h")
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: query: ")
    assert len(result.stderr.splitlines()) == 1
    assert "nope" not in query or "nope" in result.stderr


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM deals",
        "DELETE FROM deals RETURNING *",
        "UPDATE deals SET owner = 'x'",
        "INSERT INTO deals VALUES ('9', 'x', 1, 'x') RETURNING *",
        "CREATE TABLE more (a int)",
        "DROP TABLE deals",
        "SELECT 1; DROP TABLE deals",
        "WITH gone AS (DELETE FROM deals RETURNING *) SELECT * FROM gone",
    ],
)
def test_a_query_cannot_write(any_crm: str, query: str, tmp_path: Path) -> None:
    """Mutants: a connection that is not read-only (`mode=ro` and `query_only`, `read_only`)."""
    result = call(any_crm, "--query", query, "--out", tmp_path / "h")
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: query: ")
    deals, _ = read_tables([any_crm], selection=Selection(tables=["deals", "stage_history"]))
    assert deals.frame["owner"].to_list() == ["Ada", None, "Bo"]


def test_a_function_that_writes_cannot_either(without_password: str, tmp_path: Path) -> None:
    """Mutant: a session that may write. A sequence keeps its new value even if nothing is committed."""
    query = "SELECT nextval('numbers') AS deal"
    result = call(without_password, "--query", query, "--out", tmp_path / "h")
    assert result.exit_code == 1
    assert "Error: query: cannot execute nextval() in a read-only transaction" in result.stderr


def test_duckdb_reads_no_other_file_and_writes_none(duckdb_crm: Path, tmp_path: Path) -> None:
    for query in (f"SELECT * FROM read_text('{__file__}')", f"COPY deals TO '{tmp_path / 'out.csv'}'"):
        result = call(duckdb_crm, "--query", query, "--out", tmp_path / "h")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: query: Cannot access file")
    assert not (tmp_path / "out.csv").exists()


def test_options_of_databases_need_one(sqlite_crm: Path, duckdb_crm: Path, tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="for one database; no database is given"):
        import_history(write_files(tmp_path), tables=["deals"])
    with pytest.raises(HistoryError, match="for one database; 2 databases are given"):
        import_history([sqlite_crm, duckdb_crm], tables=["deals"])


def test_damaged_files_are_refused(sqlite_crm: Path, duckdb_crm: Path, tmp_path: Path) -> None:
    for path in (sqlite_crm, duckdb_crm):
        damaged = tmp_path / f"damaged{path.suffix}"
        damaged.write_bytes(path.read_bytes()[:300] + b"\xff" * 4000)
        with pytest.raises(HistoryError, match=f"{damaged.name}: cannot be opened|{damaged.name}: "):
            import_history([damaged], tables=["deals"])


@pytest.mark.parametrize(("module", "kind"), [("duckdb", "duckdb"), ("adbc_driver_postgresql", "postgresql")])
def test_a_missing_package_is_named_with_the_command(
    module: str, kind: str, duckdb_crm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    source = duckdb_crm if kind == "duckdb" else "postgresql://localhost/sales"
    result = call(source, "--table", "deals", "--out", tmp_path / "h")
    assert result.exit_code == 1
    assert result.stderr.endswith('pip install "funnelsim[sql]"\n')
    assert len(result.stderr.splitlines()) == 1


def test_files_need_no_driver(tmp_path: Path) -> None:
    files = [str(path) for path in write_files(tmp_path)]
    loaded = loaded_by(["import", *files, "--preset", "events", "--out", str(tmp_path / "h"), "--quiet"])
    assert loaded.isdisjoint({"duckdb", "pyarrow", "adbc_driver_manager", "sqlite3"})
