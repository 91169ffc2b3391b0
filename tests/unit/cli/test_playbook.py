"""``funnelsim playbook`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.history.files.folder import write_history
from funnelsim.model.files.model_files import write_model

from ..made_up_history import day, history_of, won
from ..model.made_up_map import spoilt


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_model(spoilt(), Path("model.toml"))
    return Path("model.toml")


def run(*words: object) -> Result:
    return CliRunner().invoke(group, list(map(str, words)), terminal_width=110)


@pytest.mark.parametrize(("suffix", "begins"), [(".html", "<!doctype html>"), (".md", "# "), (".json", "{")])
def test_out_writes_what_the_suffix_says(model: Path, suffix: str, begins: str) -> None:
    result = run("playbook", model, "--out", f"book{suffix}")
    assert result.exit_code == 0, result.output
    assert Path(f"book{suffix}").read_text(encoding="utf-8").startswith(begins)


def test_json_is_the_document_and_nothing_else(model: Path) -> None:
    document = json.loads(run("playbook", model, "--json", "--out", "book.json").stdout)
    assert document == json.loads(Path("book.json").read_text())
    assert (document["command"], len(document["cards"]), document["lacks"]) == ("playbook", 2, [])


def test_pages_do_not_name_folders_of_this_machine(model: Path, tmp_path: Path) -> None:
    model.write_text(model.read_text().replace('owner = "Revenue operations"', ""))
    assert run("playbook", tmp_path / model, "--out", "book.html", "--out", "book.md").exit_code == 0
    for name in ("book.html", "book.md"):
        text = Path(name).read_text(encoding="utf-8")
        assert str(tmp_path) not in text
    assert "funnelsim playbook model.toml --template texts.toml" in Path("book.html").read_text(
        encoding="utf-8"
    )


def test_a_template_is_a_model_and_never_replaces_a_file(model: Path) -> None:
    Path("maps").mkdir()
    result = run("playbook", model, "--template", "maps/texts.toml")
    assert result.exit_code == 0, result.output
    assert 'include = "../model.toml"' in Path("maps/texts.toml").read_text()
    assert run("playbook", "maps/texts.toml").exit_code == 0
    Path("maps/texts.toml").write_text("mine")
    again = run("playbook", model, "--template", "maps/texts.toml")
    assert again.exit_code == 1
    assert "is there already and may hold texts" in again.output
    assert Path("maps/texts.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("playbook", "nothing.toml"), 1, "no such file"),
        (("playbook", "model.toml", "--out", "a.pdf"), 2, "choose from .html, .md, .json"),
        (("playbook", "model.toml", "--history", "nowhere"), 1, "nowhere"),
        (("playbook", "model.toml", "--template", "t.txt"), 2, "is no .toml file"),
        (("playbook", "model.toml", "--template", "no/t.toml"), 1, 'there is no folder "no"'),
        (("check", "model.toml", "--history", "nowhere"), 1, "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], code: int, said: str, model: Path
) -> None:
    assert model.exists()
    result = run(*words)
    assert result.exit_code == code
    assert said in result.output


def test_check_says_one_line_for_each_rule(model: Path) -> None:
    assert "note:" not in run("check", model).output
    model.write_text(model.read_text().replace('phase = "consideration"', ""))
    output = run("check", model).output
    assert output.count("note:") == 1
    assert "note: All 2 stages are not in the buyer's journey [no-phase]; say where the buyer is" in output
    model.write_text("# lint: ignore[no-phase]\n" + model.read_text())
    assert "note:" not in run("check", model).output


def test_the_history_of_a_model_is_compared_with_its_map(model: Path) -> None:
    """Nine wins: no loss has a chance of (7/12)^9 = 0.8 % after the offer, 0.6^9 = 1.01 % after the demo."""
    write_history(history_of(*(won(day(1, n)) for n in range(1, 10))), Path("history"))
    said = "Offer to lost is in the map, but no lead of the history has done it: 0 of 9, expected 42 %"
    assert said in run("check", model, "--history", "history").output
    assert said not in run("check", model).output
    model.write_text('history = "history"\n' + model.read_text())
    (lack,) = json.loads(run("playbook", model, "--json").stdout)["lacks"]
    assert (lack["rule"], lack["paths"]) == ("exit-not-in-data", ["stages.offer.exits.lost"])
    model.write_text("# lint: ignore[exit-not-in-data]\n" + model.read_text())
    assert json.loads(run("playbook", model, "--json").stdout)["lacks"] == []
    Path("history").rename("moved")
    assert run("playbook", model).exit_code == 0
