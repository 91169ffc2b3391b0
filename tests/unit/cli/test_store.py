"""``forecast --store``, ``store`` and ``bridge`` on the command line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from funnelsim.cli import guard
from funnelsim.cli.main import group
from funnelsim.cli.store_option import VARIABLE
from funnelsim.core.passwords import without_passwords
from funnelsim.model.files.model_files import write_model
from funnelsim.store import address
from tests.postgres import PASSWORD, USER

from ..made_up_runs import model_of, pipeline_of

QUICK = ("-n", "20")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of last week (old.toml) and one of today (model.toml), with one more deal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    for name, start, deals in (("old", "2026-02-03", 2), ("model", "2026-02-10", 3)):
        write_model(model_of(start=start, pipeline=f"{name}.parquet"), tmp_path / f"{name}.toml")
        leads = [{"lead": f"d{k}", "name": f"Acme {k}"} for k in range(deals)]
        pipeline_of(*leads).write_parquet(tmp_path / f"{name}.parquet")
    return Path("model.toml")


def run(*words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words], terminal_width=110)


def stored(*words: object, store: str = "forecasts.db") -> Result:
    return run(*words, "--store", store)


@pytest.fixture
def two(model: Path) -> list[str]:
    """Ids of two stored forecasts."""
    for name in ("old.toml", "model.toml"):
        result = stored("forecast", name, *QUICK)
        assert result.exit_code == 0, result.output
    listed = json.loads(stored("store", "list", "--json").stdout)
    return [one["id"] for one in listed["forecasts"]]


def test_a_stored_forecast_has_its_deals_and_is_stored_once(model: Path) -> None:
    """Mutant: deals only with --deals."""
    first = stored("forecast", model, *QUICK)
    assert "Stored as 2026-02-09-" in first.stderr
    assert "Already stored as 2026-02-09-" in stored("forecast", model, *QUICK).stderr
    shown = json.loads(stored("store", "show", "last", "--json").stdout)
    assert shown["command"] == "forecast"
    assert sorted(deal["lead"] for deal in shown["deals"]) == ["d0", "d1", "d2"]
    assert stored("forecast", model, *QUICK, "--quiet").stderr == ""


def test_a_stored_forecast_is_the_one_that_was_shown(model: Path) -> None:
    before = stored("forecast", model, *QUICK, "--quiet").stdout
    assert stored("store", "show", "2026-02-09", "--quiet").stdout == before


def test_the_list_has_a_line_for_each_forecast(two: list[str]) -> None:
    result = stored("store", "list")
    lines = [line for line in result.stdout.splitlines() if line.startswith("2026-")]
    assert [line.split()[0] for line in lines] == two
    assert all("made up" in line and "2026Q1" in line and "USD 1,000" in line for line in lines)
    assert "funnelsim bridge --store forecasts.db" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 110


def test_an_export_is_the_document_or_a_table_of_all(two: list[str]) -> None:
    assert stored("store", "export", two[0], "--out", "f.json").exit_code == 0
    document = json.loads(Path("f.json").read_text())
    assert document == json.loads(stored("store", "show", two[0], "--json").stdout)
    assert stored("store", "export", "--out", "all.csv", "--out", "all.parquet").exit_code == 0
    table = pl.read_csv("all.csv")
    assert table["id"].to_list() == two
    assert table["mean"][0] == pytest.approx(document["periods"][0]["bookings"]["mean"])
    assert stored("store", "export", two[1], "--out", "one.csv").exit_code == 0
    assert pl.read_csv("one.csv")["id"].to_list() == two[1:]
    assert "Give the file to write" in stored("store", "export").stderr


def test_a_bridge_is_by_default_from_the_forecast_before(two: list[str]) -> None:
    result = stored("bridge", "--json")
    found = json.loads(result.stdout)
    assert (found["command"], found["from"]["id"], found["to"]["id"]) == ("bridge", *two)
    assert json.loads(stored("bridge", *two, "--json").stdout) == found
    assert json.loads(stored("bridge", two[0], "--json").stdout) == found
    cents = [round(100 * step["amount"]) for step in found["steps"]]
    assert round(100 * found["from"]["mean"]) + sum(cents) == round(100 * found["to"]["mean"])
    (new,) = next(step for step in found["steps"] if step["kind"] == "new")["deals"]
    assert (new["deal"], new["name"], new["was"], new["now"]) == ("d2", "Acme 2", "", "offer")
    assert found["model_change"] == "none"


def test_a_bridge_between_files_is_that_between_ids(two: list[str]) -> None:
    for name in two:
        stored("store", "export", name, "--out", f"{name}.json")
    by_id = json.loads(stored("bridge", "--json").stdout)
    by_file = json.loads(run("bridge", f"{two[0]}.json", f"{two[1]}.json", "--json").stdout)
    assert by_file["steps"] == by_id["steps"]
    assert by_file["from"]["id"] == f"{two[0]}.json"


def test_a_changed_model_is_told_apart_in_the_store_and_by_files(two: list[str]) -> None:
    """The demo takes twice as long in the new model; both ways know the old one."""
    text = Path("model.toml").read_text().replace("p = 0.5", "p = 0.25", 1).replace("p = 0.5", "p = 0.75", 1)
    Path("refit.toml").write_text(text)
    assert stored("forecast", "refit.toml", *QUICK).exit_code == 0
    result = json.loads(stored("bridge", two[0], "last", "--json").stdout)
    assert result["model_change"] == "separated"
    step = next(one for one in result["steps"] if one["kind"] == "model")
    same = json.loads(stored("bridge", *two, "--json").stdout)
    assert step["amount"] == pytest.approx(result["to"]["mean"] - same["to"]["mean"], abs=0.02)
    assert step["amount"] < -1
    for name, key in (("a.json", two[0]), ("b.json", "last")):
        stored("store", "export", key, "--out", name)
    by_file = json.loads(run("bridge", "a.json", "b.json", "--json").stdout)
    assert by_file["steps"] == result["steps"]
    Path("old.toml").write_text(
        Path("old.toml").read_text().replace("p = 0.5", "p = 0.45", 1).replace("p = 0.5", "p = 0.55", 1)
    )
    gone = run("bridge", "a.json", "b.json", "--json")
    assert json.loads(gone.stdout)["model_change"] == "unknown"
    assert "warning: the model was changed between the two forecasts" in gone.stderr


def test_the_screen_of_a_bridge_says_it_in_a_sentence(two: list[str]) -> None:
    result = stored("bridge")
    assert "Expected bookings of 2026Q1" in result.stdout
    assert "new" in result.stdout
    assert "Acme 2" in result.stdout
    assert "Next:  funnelsim bridge --store forecasts.db --out bridge.csv" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 110
    commands = [
        line.split("funnelsim ", 1)[1].split("  ")[0]
        for line in result.stdout.splitlines()
        if "funnelsim " in line
    ]
    for command in commands:
        again = run(*shlex.split(command))
        assert again.exit_code == 0, (command, again.output)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet", ".png", ".svg", ".html"])
def test_a_bridge_is_written_as_the_suffix_says(two: list[str], suffix: str) -> None:
    place = Path(f"bridge{suffix}")
    assert stored("bridge", "--out", place, "--quiet").exit_code == 0
    begins = {".png": b"\x89PNG", ".parquet": b"PAR1", ".svg": b"<?xml", ".html": b"<!DOCTYPE", ".json": b"{"}
    assert place.read_bytes().lower().startswith(begins.get(suffix, b"step,group,amount,deal,name").lower())


def test_a_report_takes_the_last_forecast_and_what_changed(two: list[str]) -> None:
    assert (
        stored("report", "--out", "monday.html", "--out", "bridge.png", "--figure", "bridge").exit_code == 0
    )
    page = Path("monday.html").read_text()
    assert "What changed since the forecast before" in page
    assert "Acme 2" in page
    assert stored("report", "--figure", "fan", "--out", "fan.png").exit_code == 0
    assert stored("store", "fan", "--out", "fan2.png").exit_code == 0
    assert Path("fan.png").read_bytes() == Path("fan2.png").read_bytes()
    assert "Give a model, a history, documents, or --store" in run("report", "--out", "x.html").stderr


def test_the_store_of_the_environment_is_used_where_one_is_read(
    two: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forecast is kept only with --store, which needs no value then. Mutant: every forecast kept."""
    assert VARIABLE == address.VARIABLE
    monkeypatch.setenv(VARIABLE, "forecasts.db")
    assert two[0] in run("store", "list").stdout
    assert run("bridge").exit_code == 0
    assert run("forecast", "model.toml", "-n", "30").exit_code == 0
    assert len(json.loads(run("store", "list", "--json").stdout)["forecasts"]) == 2
    assert run("forecast", "model.toml", "--store", "-n", "30").exit_code == 0
    assert len(json.loads(run("store", "list", "--json").stdout)["forecasts"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("store", "list"), f"store: no store is named; give --store FILE.db, or set {VARIABLE}"),
        (("forecast", "model.toml", "--store"), "store: no store is named"),
        (("store", "list", "--store", "none.db"), "none.db: there is no store of forecasts"),
        (("bridge", "2026-01", "--store", "none.db"), "none.db: there is no store of forecasts"),
        (
            ("forecast", "model.toml", "--store", "model.toml"),
            r"model.toml: a store is a file that ends in .db",
        ),
        (("bridge", "model.toml", "model.toml"), "model.toml"),
        (("bridge", "gone.json", "gone.json"), "gone.json: there is no such file"),
    ],
)
def test_what_cannot_be_is_one_error(model: Path, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert not Path("none.db").exists()


def test_an_unknown_id_names_the_ids(two: list[str]) -> None:
    result = stored("bridge", "2025-02")
    assert result.exit_code == 1
    assert f'no forecast "2025-02"; it has {two[0]}, {two[1]}' in result.stderr


def test_a_password_is_never_printed_or_written(model: Path, tmp_path: Path, postgres_database: str) -> None:
    """In no output, error or file, and in no table of the database. Mutant: the URL as it was given."""
    import psycopg

    outputs = []
    for words in (
        ("forecast", "old.toml", *QUICK),
        ("forecast", "model.toml", *QUICK),
        ("store", "list"),
        ("store", "list", "--json"),
        ("store", "show", "last"),
        ("store", "export", "--out", "all.csv", "--out", "f.json"),
        ("store", "fan", "--out", "fan.svg"),
        ("bridge", "--out", "bridge.json", "--out", "bridge.html"),
        ("report", "--out", "monday.html"),
        ("store", "show", "nothing"),
    ):
        result = stored(*words, store=postgres_database)
        assert result.exit_code == (1 if "nothing" in words else 0), result.output
        outputs.append(result.output)
    assert any("127.0.0.1" in text for text in outputs)
    texts = [text.encode() for text in outputs] + [path.read_bytes() for path in tmp_path.iterdir()]
    with psycopg.connect(postgres_database) as connection:
        for table in ("forecasts", "periods", "deals", "models"):
            rows = connection.execute(f"SELECT * FROM funnelsim_{table}").fetchall()  # type: ignore[call-overload,unused-ignore]
            texts += [str(rows).encode()]
    assert not any(PASSWORD.encode() in text or f"{USER}:".encode() in text for text in texts)


def test_a_report_of_a_bug_has_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://{USER}:{PASSWORD}@host/db"
    monkeypatch.setattr("sys.argv", ["funnelsim", "store", "list", "--store", url])
    error = RuntimeError(f"cannot reach {url}")
    assert PASSWORD not in guard._report(error)
    assert PASSWORD not in guard._in_one_line(error)
    assert f"postgresql://{USER}@host/db" in guard._report(error)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ana:hush@host/db", "postgresql://ana@host/db"),
        ("see postgresql://ana:hu@sh@host:1/db now", "see postgresql://ana@host:1/db now"),
        ("x://h/db?user=a&password=hush&x=1", "x://h/db?user=a&password=***&x=1"),
        ("host=h password='hush hush' user=a", "host=h password=*** user=a"),
        ("https://example.com/a@b", "https://example.com/a@b"),
        ("ana@example.com", "ana@example.com"),
    ],
)
def test_passwords_are_taken_out_of_a_text(text: str, shown: str) -> None:
    assert without_passwords(text) == shown
