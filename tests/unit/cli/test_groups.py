"""Options that split a forecast, and that begin a funnel at a later stage."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.group_options import GROUPS_BY
from funnelsim.cli.main import group
from funnelsim.history.files.folder import read_history, write_history
from funnelsim.metrics.groups import names
from funnelsim.model.files.model_files import write_model

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import model_of, pipeline_of


def run(*words: object) -> Result:
    return CliRunner().invoke(group, [*map(str, words)], terminal_width=100)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_model(model_of(pipeline="open.parquet", history="history"), tmp_path / "model.toml")
    pipeline_of({"name": "Acme"}, {"name": "Globex", "owner": None}).write_parquet(tmp_path / "open.parquet")
    early = {"stays": [("demo", day(1, 2))], "outcome": "lost", "closed": day(1, 9)}
    write_history(
        history_of(won(day(1, 20)), lost(day(2, 1)), early, still_open("offer", day(2, 1))), "history"
    )
    return tmp_path


def test_the_kinds_of_groups_are_those_of_the_library() -> None:
    assert GROUPS_BY == names.GROUPS_BY


def test_a_forecast_by_owner_in_every_form(folder: Path) -> None:
    Path("reps.csv").write_text("name,team,quota\nAna,North,500\nBen,,100\n")
    words = ["forecast", "model.toml", "-n", 50, "--by", "owner", "--reps", "reps.csv"]
    shown = run(*words, "--out", "f.json", "--out", "f.csv", "--out", "f.png")
    assert shown.exit_code == 0, shown.output
    assert "By owner" in shown.stdout
    document = json.loads(Path("f.json").read_text())
    period = document["periods"][0]
    assert document["by"] == "owner"
    assert [one["name"] for one in period["groups"]] == ["Ana", "Ben", "unknown"]
    means = sum(one["bookings"]["mean"] for one in period["groups"])
    assert means == pytest.approx(period["bookings"]["mean"], rel=1e-12)
    rows = pl.read_csv("f.csv").filter(pl.col("group").is_not_null(), pl.col("amount") == "bookings")
    assert rows["mean"].sum() == pytest.approx(period["bookings"]["mean"])
    assert rows["quota"].to_list() == [500.0, 100.0, None]


def test_what_does_not_fit_is_one_clear_error(folder: Path) -> None:
    unused = run("forecast", "model.toml", "--reps", "reps.csv")
    assert unused.exit_code == 2
    assert "--by owner or --by team" in unused.stderr
    nobody = run("forecast", "model.toml", "--by", "segment", "-n", 20)
    assert nobody.exit_code == 1
    assert "no lead has a segment; the leads can be split by owner or source" in nobody.stderr
    assert run("forecast", "model.toml", "--by", "rep").exit_code == 2


def test_a_model_keeps_its_stages(folder: Path) -> None:
    assert run("forecast", "model.toml", "--start-at", "Demo", "-n", 20).exit_code == 0
    refused = run("forecast", "model.toml", "--start-at", "offer", "-n", 20)
    assert refused.exit_code == 1
    assert "begins at demo" in refused.stderr
    assert "funnelsim fit" in refused.stderr
    assert "--start-at offer" in refused.stderr


def test_an_import_and_a_map_can_begin_later(folder: Path) -> None:
    shown = run("map", "history", "--start-at", "offer")
    assert "1 of 4 deals reached neither it nor a later stage" in shown.stderr
    Path("deals.csv").write_text(
        "deal,created,demo,offer,won,amount\n1,2026-01-01,2026-01-02,2026-01-05,2026-01-20,900\n"
        "2,2026-01-03,2026-01-05,,,100\n"
    )
    made = run("import", "deals.csv", "--start-at", "offer", "--out", "begun")
    assert made.exit_code == 0, made.output
    assert "begins at Offer: 1 of 2" in made.stderr
    assert "begins at Offer: 1 of 2" in " ".join(made.stdout.split())
    assert read_history("begun").deals.height == 1


def test_teams_come_from_a_table_of_a_crm_with_its_own_names(folder: Path) -> None:
    """Mutants: the strict reader for teams; the tolerant one for owners, whose quotas it would lose."""
    Path("agents.csv").write_text("sales_agent,manager,office\nAna,Kim,East\nBen,Kim,West\n")
    words = ["forecast", "model.toml", "-n", 50, "--reps", "agents.csv", "--by"]
    shown = run(*words, "team", "--out", "f.json")
    assert shown.exit_code == 0, shown.output
    assert 'reps are read from the column "sales_agent", teams from "manager"' in " ".join(
        shown.stdout.split()
    )
    groups = json.loads(Path("f.json").read_text())["periods"][0]["groups"]
    assert "Kim" in [one["name"] for one in groups]
    refused = run(*words, "owner")
    assert refused.exit_code == 1
    assert 'unknown column "sales_agent"' in refused.output
