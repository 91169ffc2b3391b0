"""The wrong kind of file is named as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.core.files.file_kinds import other_kind


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "history").mkdir()
    for name in ("meta.json", "visits.parquet"):
        (tmp_path / "history" / name).write_text("{}")
    (tmp_path / "forecast.json").write_text('{\n  "format": 1,\n  "command": "forecast"\n}')
    (tmp_path / "deals.csv").write_text("deal,amount\n1,2\n")
    (tmp_path / "model.toml").write_text('format = 1\n[sources.a]\nrate = 1\n[stages.demo]\nafter = "2d"\n')
    (tmp_path / "faster.toml").write_text('[[change]]\nset = "stages.demo.after"\nby = "x0.7"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["check", "history"], "is a history folder, not a model"),
        (["check", "forecast.json"], "is a forecast document, not a model"),
        (["check", "deals.csv"], "is a CSV table, not a model"),
        (["check", "faster.toml"], "is a scenario, not a model"),
        (["fit", "model.toml", "--out", "new.toml"], "is a model, not a history folder"),
        (["report", "deals.csv", "--out", "page.html"], "is a CSV table, not a document"),
        (["import", "history", "--out", "h"], "is a history folder, not a table"),
        (["import", "forecast.json", "--out", "h"], "is a forecast document, not a table"),
    ],
)
def test_a_command_says_what_it_was_given(
    files: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], said: str
) -> None:
    monkeypatch.chdir(files)
    ran = CliRunner().invoke(group, command)
    assert ran.exit_code == 1
    assert said in ran.output


def test_nothing_is_said_of_the_right_kind_or_of_what_is_not_plain(files: Path) -> None:
    assert other_kind(files / "model.toml", "model") is None
    assert other_kind(files / "history", "history folder") is None
    assert other_kind(files / "deals.csv", "table") is None
    assert other_kind(files / "nothing", "model") is None
    assert other_kind(files, "history folder") is None
