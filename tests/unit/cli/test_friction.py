"""``funnelsim friction`` on the command line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.model.files.model_files import write_model

from ..made_up_runs import model_of, pipeline_of

QUICK = ("-n", "20", "--quiet")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_model(model_of(pipeline="open.parquet"), tmp_path / "model.toml")
    pipeline_of({"name": "Acme"}, {"name": "Globex"}).write_parquet(tmp_path / "open.parquet")
    return Path("model.toml")


def run(*words: object) -> Result:
    return CliRunner().invoke(group, ["friction", *map(str, words)], terminal_width=110)


def test_it_prints_one_document_and_nothing_else(model: Path) -> None:
    result = run(model, "--json", *QUICK)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["command"], document["metric"], document["top"]) == ("friction", "bookings", 10)
    assert document["provenance"]["replications"] == 20


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet", ".png", ".svg", ".html"])
def test_out_writes_what_the_suffix_says(model: Path, suffix: str) -> None:
    place = Path(f"result{suffix}")
    assert run(model, "--out", place, *QUICK).exit_code == 0
    begins = {".png": b"\x89PNG", ".parquet": b"PAR1", ".svg": b"<?xml", ".html": b"<!DOCTYPE", ".json": b"{"}
    assert place.read_bytes().lower().startswith(begins.get(suffix, b"kind,name").lower())
    if suffix == ".parquet":
        expected = ["kind", "name", "path", "change", "from", "clear", "metric", "mean", "low", "high"]
        assert pl.read_parquet(place).columns == expected


def test_a_stage_may_be_named_as_it_is_printed(model: Path) -> None:
    result = run(model, "--stage", "OFFER", "--json", *QUICK)
    assert json.loads(result.stdout)["stages"] == ["offer"]


def test_the_usual_number_of_futures_depends_on_the_model_only(model: Path) -> None:
    result = run(model, "--json", "--quiet", "--stage", "offer")
    assert json.loads(result.stdout)["provenance"]["replications"] == 2000


def test_what_to_type_next_runs(model: Path) -> None:
    result = run(model, "-n", 60)
    assert result.exit_code == 0
    _, _, said = result.stdout.replace("\\\n", " ").partition("Next:")
    for line in filter(None, map(str.strip, said.splitlines())):
        program, *words = shlex.split(line)
        assert program == "funnelsim"
        if words[0] != "report":
            again = CliRunner().invoke(group, [*words, *QUICK])
            assert again.exit_code == 0, again.output


@pytest.mark.parametrize("stage", [(), ("--stage", "demo")])
def test_the_comparison_to_type_next_gives_the_same_numbers(model: Path, stage: tuple[str, ...]) -> None:
    """Without the date, or with the futures of a comparison, they would differ."""
    result = run(model, *stage, "--days", 60, "-n", 60, "--level", 0.8)
    _, _, said = result.stdout.replace("\\\n", " ").partition("Next:")
    words = shlex.split(said.strip().splitlines()[0])
    assert words[:2] == ["funnelsim", "compare"]
    found = CliRunner().invoke(group, [*words[1:], "--json"])
    (compared,) = json.loads(found.stdout)["scenarios"]
    document = json.loads(run(model, *stage, "--days", 60, "-n", 60, "--level", 0.8, "--json").stdout)
    change = words[words.index("--set") + 1].rpartition(": ")[2].partition("@")[0]
    (lever,) = [one for one in document["levers"] if f"{one['path']}={one['change']}" == change]
    for end in ("mean", "low", "high"):
        assert compared["metrics"]["bookings"]["difference"][end] == lever["metrics"]["bookings"][end]


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--stage", "ofer"), "did you mean", 1),
        (("--period", "2025Q3"), "is over", 1),
        (("--period", "2026Q1", "--days", "9"), "either --period or --days", 2),
        (("--metric", "revenue"), "is not one of", 2),
        (("--top", "0"), "0", 2),
        (("--out", "friction.doc"), "no known suffix", 2),
    ],
)
def test_wrong_questions_end_with_one_clear_message(
    model: Path, words: tuple[str, ...], said: str, code: int
) -> None:
    result = run(model, *words, *QUICK)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.output


def test_a_missing_model_is_said() -> None:
    result = run("nothere.toml", *QUICK)
    assert result.exit_code == 1
    assert "nothere.toml: no such file" in result.output


def test_an_interruption_prints_what_is_known_and_writes_nothing(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from funnelsim.experiments.friction import questions as module

    done: list[object] = []

    def stops(*given: object) -> object:
        done.append(given)
        if len(done) > 2:
            raise KeyboardInterrupt
        return effects(*given)

    effects = module._lever_rows
    monkeypatch.setattr(module, "_lever_rows", stops)
    result = run(model, "--out", "friction.json", "-n", 20)
    assert result.exit_code != 0
    assert "interrupted: only 2 of" in result.stdout
    assert "Next:" not in result.stdout
    assert not Path("friction.json").exists()
