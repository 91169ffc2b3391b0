"""``funnelsim map`` on the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from funnelsim.cli.main import group
from funnelsim.history.files.folder import write_history
from funnelsim.model.files.model_files import write_model
from funnelsim.report.screens.process_map import print_map
from tests.unit.loaded import loaded_by

from ..made_up_runs import model_of
from ..processmap.logs import log
from .test_loaded_modules import COMPILED, RARE

LEADS = ("demo 2, offer 4, contract 6, won", "demo 4, lost", "demo 6, offer 8, lost", "demo")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_history(log(*LEADS, owners=("Ana", "Bo", "Ana", None)), "history")
    write_model(model_of(), tmp_path / "model.toml")
    Path("reps.csv").write_text("name,team\nAna,North\nBo,South\n", encoding="utf-8")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(group, ["map", *map(str, words)], terminal_width=100)


def test_it_prints_one_document_and_nothing_else(folder: Path) -> None:
    result = run("history", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["command"], document["of"], document["leads"]) == ("map", "history", 4)
    assert {"from": "demo", "to": "lost", "n": 1}.items() <= document["moves"][2].items()


def test_a_model_has_the_same_document(folder: Path) -> None:
    document = json.loads(run("model.toml", "--json").stdout)
    assert (document["of"], document["leads"], document["won"]) == ("model", 100, 50)
    assert document["provenance"]["model"] == "model.toml"


def test_the_answer_comes_first(folder: Path) -> None:
    result = run("history")
    assert result.exit_code == 0
    head = result.stdout.split("\n\n")[1]
    assert head.startswith("Of 4 deals 1 was won, 2 were lost and 1 is open.")
    assert "Half of the wins took 12 days or less." in head
    assert "Next:  funnelsim map history --out map.png" in result.stdout


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
def test_out_writes_what_the_suffix_says(folder: Path, suffix: str) -> None:
    place = Path(f"map{suffix}")
    assert run("history", "--out", place, "--min-share", "0").exit_code == 0
    begins = {".parquet": b"PAR1", ".json": b"{", ".csv": b"from,to,from_name"}
    assert place.read_bytes().startswith(begins[suffix])
    if suffix == ".parquet":
        table = pl.read_parquet(place)
        assert table.filter(pl.col("from") == "demo")["n"].sum() == 3
        assert table["from_name"].to_list()[:2] == ["start", "Demo"]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".html"])
def test_the_picture_and_the_page(folder: Path, suffix: str) -> None:
    place = Path(f"map{suffix}")
    for what in ("history", "model.toml"):
        assert run(what, "--out", place).exit_code == 0
        begins = {".png": b"\x89png", ".svg": b"<?xml", ".html": b"<!doctype"}
        assert place.read_bytes().lower().startswith(begins[suffix])


def test_text_forms_are_written_by_suffix(folder: Path) -> None:
    begins = {".mmd": "---\ntitle:", ".dot": "digraph", ".bpmn": "<?xml"}
    for what in ("history", "model.toml"):
        places = [Path(f"map{suffix}") for suffix in begins]
        assert run(what, *(word for place in places for word in ("--out", place))).exit_code == 0
        for place in places:
            assert place.read_text(encoding="utf-8").startswith(begins[place.suffix])


def test_an_event_log_has_the_selected_leads_of_a_history_and_none_of_a_model(folder: Path) -> None:
    assert run("history", "--rep", "Ana", "--out", "log.xes").exit_code == 0
    text = Path("log.xes").read_text(encoding="utf-8")
    assert text.count("<trace>") == 2
    refused = run("model.toml", "--out", "model.xes")
    assert refused.exit_code == 2
    assert "model.toml is a model" in " ".join(refused.output.split())
    assert not Path("model.xes").exists()


def test_a_report_draws_the_document(folder: Path) -> None:
    run("history", "--out", "map.json")
    assert CliRunner().invoke(group, ["report", "map.json", "--out", "page.html"]).exit_code == 0
    assert "as it really ran" in Path("page.html").read_text(encoding="utf-8")


def test_filters_are_said(folder: Path) -> None:
    result = run("history", "--team", "north", "--reps", "reps.csv", "--period", "2026Q1")
    assert "Only team North; period 2026Q1 (deals created in it)." in result.stdout
    assert "Of 2 deals" in result.stdout


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("nothing",), "there is no such history folder or model file", 1),
        (("reps.csv",), "is a CSV table, neither a history folder nor a model; make a history", 1),
        (("model.tml",), "there is no such history", 1),
        ((".",), "no meta.json in it", 1),
        (("history", "--rep", "Anna"), 'did you mean "Ana"?', 1),
        (("history", "--team", "North"), "give --reps reps.csv", 1),
        (("history", "--team", "Nort", "--reps", "reps.csv"), 'did you mean "North"?', 1),
        (("history", "--period", "2031"), "no deal fits period 2031", 1),
        (
            ("model.toml", "--period", "2026Q1"),
            "--period chooses leads of a history; model.toml is a model",
            2,
        ),
        (("model.toml", "--source", "web"), "the model has inbound", 1),
        (("history", "--min-share", "2"), "not between 0 and 100 %", 2),
        (("history", "--top", "0"), "not in the range", 2),
        (("history", "--out", "map.pdf"), "has no known suffix", 2),
    ],
)
def test_what_is_wrong_is_said(folder: Path, words: tuple[str, ...], said: str, code: int) -> None:
    result = run(*words)
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())


def test_14_stages_with_long_names_fit_100_columns(folder: Path) -> None:
    """Mutant: a path in full, or a name of 200 letters in one line."""
    names = tuple(f"stage_{n}_" + "long_" * (39 if n == 3 else 4) + "name" for n in range(14))
    straight = ", ".join(f"{name} 30" for name in names[:3]) + ", won"
    zigzag = ", ".join(f"{names[n]} 1" for n in (0, 2, 1, 3, 5, 4, 3, 13)) + ", lost"
    write_history(log(straight, zigzag, stages=names, amounts=(1_234_567.0, None)), "long")
    document = json.loads(run("long", "--json").stdout)
    held = io.StringIO()
    print_map(document, Console(width=100, file=held), source="long")
    lines = held.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= 100
    assert len(lines) < 90


def test_names_are_shown_as_they_are(folder: Path) -> None:
    write_history(log("demo 1, won", owners=("<b>Zoë</b> [red]",)), "odd")
    result = run("odd", "--rep", "<b>Zoë</b> [red]")
    assert "Only rep <b>Zoë</b> [red]." in result.stdout


def test_an_empty_history_says_so(folder: Path) -> None:
    write_history(log(), "empty")
    result = run("empty")
    assert result.exit_code == 0
    assert "There is no deal with a dated stage in this history." in result.stdout


def test_a_model_is_mapped_without_compiled_code_or_figures(folder: Path) -> None:
    assert loaded_by(["map", "model.toml", "--quiet"], folder).isdisjoint({*RARE, *COMPILED})


@pytest.mark.parametrize("name", ["meta.json", "visits.parquet"])
def test_a_history_is_never_overwritten(folder: Path, name: str) -> None:
    """Catches a map written in place of a table of the history that it was made from."""
    before = (folder / "history" / name).read_bytes()
    result = run("history", "--out", f"history/{name}")
    assert result.exit_code == 1
    assert "is a table of a history" in result.output
    assert (folder / "history" / name).read_bytes() == before
