"""funnelsim fit on the command line: files, streams, exit codes."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from funnelsim.cli import main as cli
from funnelsim.documents.read import typed
from funnelsim.history.files.folder import write_history
from tests.recovery.known_funnel import known_history


@pytest.fixture
def history(tmp_path: Path) -> Path:
    write_history(known_history(3, deals=300), tmp_path / "history")
    return tmp_path / "history"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Call the program; gives exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["funnelsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        streams = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, streams.out, streams.err

    return call


def test_the_screen_answers_first_and_ends_with_what_to_type_next(run, history: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, out, err = run("fit", history, "--out", tmp_path / "m.toml", "--draws", 20, "--detail")
    assert code == 0
    assert out.startswith("FIT  known")
    assert "The chance that a new deal is won is" in out
    assert "Limitations of the data" in out
    assert f"funnelsim forecast {tmp_path / 'm.toml'}" in out
    assert "m.draws.parquet" in err
    assert max(map(len, out.splitlines())) <= 110


def test_json_is_one_document_and_nothing_else(run, history: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = run("fit", history, "--out", tmp_path / "m.toml", "--draws", 5, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["command"] == "fit"
    assert typed(document).command == "fit"
    assert document == json.loads((tmp_path / "m.fit.json").read_text())


def test_bad_input_is_one_message_and_no_file(run, history: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for arguments, message in (
        ((tmp_path / "nothing",), "there is no such history folder"),
        ((history, "--as-of", "2020-01-01"), "there is no data before"),
        ((history, "--since", "2030-01-01"), "is not before the end of the history"),
        ((history, "--as-of", "last week"), "is not a date"),
    ):
        code, out, err = run("fit", *arguments, "--out", tmp_path / "m.toml")
        assert code == 1
        assert message in err
        assert out == ""
        assert "Traceback" not in err
    assert not (tmp_path / "m.toml").exists()


def with_segments(folder: Path, levels: int) -> Path:
    """A history whose segments tell nothing."""
    history = known_history(3, deals=300)
    segments = pl.Series([f"level {n % levels}" for n in range(history.deals.height)])
    write_history(dataclasses.replace(history, deals=history.deals.with_columns(segment=segments)), folder)
    return folder


def test_segments_are_made_or_it_is_said_why_not(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Mutants: a column of small levels gives no segments in silence; `auto` that made none says nothing."""
    two, small = with_segments(tmp_path / "two", 2), with_segments(tmp_path / "small", 25)
    out = ("--out", tmp_path / "m.toml", "--draws", 0)
    code, text, err = run("fit", small, *out, "--segments", "segment")
    assert (code, text) == (1, "")
    assert "the segment has too few deals for two segments: each needs 30 deals" in err
    assert '"level 0" 12' in err
    assert "and 19 smaller ones" in err
    code, text, err = run("fit", two, *out, "--segments", "colour")
    assert (code, text) == (1, "")
    assert 'there is no column "colour" for segments; choose from segment' in err
    assert not (tmp_path / "m.toml").exists()
    code, text, _ = run("fit", two, *out, "--segments", "auto")
    assert code == 0
    assert "No segments: no field that is known from the start" in text
    code, text, _ = run("fit", two, "--out", tmp_path / "n.toml", "--draws", 0, "--segments", "segment")
    assert code == 0
    assert "segments, by segment" in text
    assert "No segments" not in text
    assert "[segments.level_1]" in (tmp_path / "n.toml").read_text()


def test_a_missing_out_is_wrong_usage(run, history: Path) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run("fit", history)
    assert code == 2
    assert "--out" in err
