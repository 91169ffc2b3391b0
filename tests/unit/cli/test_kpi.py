"""``funnelsim kpi`` on the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.history.files.folder import write_history
from funnelsim.model.files.model_files import write_model

from ..made_up_history import history_of, lost, still_open, won
from ..made_up_runs import model_of, pipeline_of

AS_OF = dt.datetime(2026, 2, 10)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A year of a deal a day, half of them won; in January one in ten."""
    monkeypatch.chdir(tmp_path)
    deals = []
    for n in range(360):
        closes = dt.datetime(2025, 2, 14) + dt.timedelta(days=n)
        wins = n % 10 == 0 if (closes.year, closes.month) == (2026, 1) else n % 2 == 0
        deals.append(won(closes) if wins else lost(closes))
    opened = [still_open("demo", AS_OF - dt.timedelta(days=n)) for n in range(1, 20)]
    write_history(history_of(*deals, *opened, as_of=AS_OF), Path("history"))
    return Path("history")


def run(*words: object) -> Result:
    return CliRunner().invoke(group, ["kpi", *map(str, words)], terminal_width=110)


def test_the_first_sentence_says_what_has_changed(history: Path) -> None:
    result = run(history)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "KEY FIGURES  made up, by month, as of 9 February 2026"
    assert lines[2].startswith("Conversion of Offer fell to ")
    assert "in 2026-01, below the" in lines[2]
    assert any(line.startswith("win rate, all deals") and line.endswith("worse") for line in lines)
    assert not any("inf" in line or "nan" in line for line in lines)


def test_the_table_fits_a_hundred_columns(history: Path) -> None:
    text = run(history, "--quiet").stdout
    rows = text[text.index("deals created") : text.index("Usual:")].splitlines()
    assert [row for row in rows if len(row) > 100] == []


def test_it_prints_one_document_and_nothing_else(history: Path) -> None:
    result = run(history, "--json", "--split", "rep")
    document = json.loads(result.stdout)
    assert (document["command"], document["by"], document["split"]) == ("kpi", "month", "rep")
    rate = next(one for one in document["kpis"] if one["name"] == "win_rate")
    assert (rate["beyond_noise"], rate["direction"], rate["better"]) == (True, "down", False)
    assert set(rate["periods"][0]) >= {"period", "value", "low", "high", "n"}
    assert [one["name"] for one in document["groups"]] == ["Ana"]


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet", ".png", ".svg", ".html"])
def test_out_writes_what_the_suffix_says(history: Path, suffix: str) -> None:
    place = Path(f"result{suffix}")
    assert run(history, "--out", place, "--quiet").exit_code == 0
    begins = {".png": b"\x89PNG", ".parquet": b"PAR1", ".svg": b"<?xml", ".html": b"<!DOCTYPE", ".json": b"{"}
    assert place.read_bytes().lower().startswith(begins.get(suffix, b"group,kpi").lower())
    if suffix == ".parquet":
        table = pl.read_parquet(place)
        assert {"group", "kpi", "period", "value", "low", "high", "n"} <= set(table.columns)


def test_only_and_detail(history: Path) -> None:
    text = run(history, "--only", "WIN_RATE", "--detail").stdout
    assert "deals created" not in text
    assert "Wilson" in text
    assert "no quota is known" in text


def test_mistakes_are_one_clear_error(history: Path) -> None:
    wrong = run(history, "--only", "winrate", "--only", "coverage")
    assert wrong.exit_code == 1
    assert 'did you mean "win_rate"?' in wrong.stderr
    assert "no quota is known" in wrong.stderr
    assert run(history, "--by", "team").exit_code == 2
    assert "Give one length" in run(history, "--by", "week", "--by", "month").stderr
    assert "Give one kind of group" in run(history, "--by", "source", "--split", "owner").stderr
    assert run("nothing").exit_code == 1
    assert "there is no such history folder" in run("nothing").stderr
    assert run("nothing.toml").exit_code == 1


def test_teams_come_from_a_file_of_reps(history: Path) -> None:
    Path("reps.csv").write_text("name,team\nAna,North\n")
    document = json.loads(run(history, "--split", "team", "--reps", "reps.csv", "--json").stdout)
    assert [one["name"] for one in document["groups"]] == ["North"]
    by = json.loads(run(history, "--by", "team", "--by", "month", "--reps", "reps.csv", "--json").stdout)
    assert (by["groups"], by["split"], by["by"]) == (document["groups"], "team", "month")


def test_a_model_is_simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same means as `simulate` over the same periods."""
    monkeypatch.chdir(tmp_path)
    write_model(model_of(pipeline="open.parquet"), tmp_path / "model.toml")
    pipeline_of({"name": "Acme"}, {"name": "Globex"}).write_parquet(tmp_path / "open.parquet")
    result = run("model.toml", "--periods", "2", "-n", "30", "--by", "quarter", "--json", "--quiet")
    document = json.loads(result.stdout)
    assert document["simulated"]
    start = document["kpis"][0]["periods"][0]["start"]
    words = [
        "simulate",
        "model.toml",
        "--until",
        document["kpis"][0]["periods"][-1]["end"],
        "-n",
        "30",
        "--json",
    ]
    simulated = json.loads(CliRunner().invoke(group, [*words, "--quiet"]).stdout)
    expected = next(period for period in simulated["periods"] if period["start"] == start)["metrics"]
    for one in document["kpis"]:
        if one["name"] in expected:
            assert one["periods"][0]["value"] == pytest.approx(expected[one["name"]]["mean"]), one["name"]
    assert run("model.toml", "-n", "30", "--periods", "2").stdout.count("simulated from the model") == 1
    refused = run("model.toml", "--by", "source")
    assert refused.exit_code == 2
    assert "is simulated as a whole" in refused.stderr
