"""Questions on a terminal: what files leave open is asked, and the answers make a mapping."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.cli.questions import _read, ask_on_terminal
from funnelsim.history.drafting.interview import Question, interview
from funnelsim.history.files.folder import read_history
from funnelsim.history.imports import import_history
from tests.made_up_crm import hubspot
from tests.unit.history.exports import deal, write


class Typed:
    """Answers in the order of the questions, which are kept."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Sequence[str]:
        self.asked.append(question)
        return self.answers.pop(0)


def unclear(folder: Path) -> Path:
    """Columns of no known name, dates of two readings, labels that nobody knows."""
    return write(
        folder, "export.csv",
        "Vorgang,Start,Last step,Money",
        "A-1,03/04/2025,Eingetütet,100", "A-2,05/06/2025,Weg,200", "A-3,07/08/2025,Demo,300",
        "A-4,09/08/2025,Eingetütet,300",
    )  # fmt: skip


def test_what_is_clear_is_not_asked(tmp_path: Path) -> None:
    hubspot.write_hubspot(tmp_path / "crm", number=40)
    text = interview([tmp_path / "crm"], None, Typed())
    assert text.splitlines()[1:] == ["format = 1", 'preset = "hubspot"']


def test_a_pipeline_is_asked_for(tmp_path: Path) -> None:
    hubspot.write_hubspot(tmp_path / "crm", number=40, renewals=lambda number: number % 5 == 0)
    typed = Typed(["New business"])
    text = interview([tmp_path / "crm"], None, typed)
    assert 'pipeline = "New business"' in text
    assert [value for value, _ in typed.asked[0].choices] == ["New business", "Renewals"]
    rules = write(tmp_path, "m.toml", text)
    assert import_history([tmp_path / "crm"], mapping=rules).deals.height == 32


def test_columns_orders_of_dates_and_outcomes_are_asked_for(tmp_path: Path) -> None:
    """3 April, not 4 March. Catches mutants that write the answers to other keys."""
    typed = Typed(
        ["deals"],
        ["dd/mm/yyyy"],
        ["Vorgang"],
        ["Start"],
        ["Start"],
        ["Last step"],
        ["Money"],
        ["Eingetütet"],
        ["Weg"],
    )
    text = interview([unclear(tmp_path)], None, typed)
    assert typed.answers == [], "as many questions as answers"
    assert "is the day or the month first?" in typed.asked[1].text
    history = import_history([unclear(tmp_path)], mapping=write(tmp_path, "m.toml", text))
    assert deal(history, "A-1")["outcome"] == "won"
    assert deal(history, "A-2")["outcome"] == "lost"
    assert f"{deal(history, 'A-1')['created']:%Y-%m-%d}" == "2025-04-03"
    assert history.deals.filter(outcome="won")["amount"].sum() == 400.0


def test_a_pipe_is_refused_and_a_mapping_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, target = unclear(tmp_path), tmp_path / "m.toml"
    command = [
        "import",
        str(file),
        "--interactive",
        "--draft-mapping",
        str(target),
        "--out",
        str(tmp_path / "h"),
    ]
    result = CliRunner().invoke(group, command)
    assert result.exit_code == 1
    assert "this is not a terminal; write a draft with --draft-mapping mapping.toml" in result.output
    monkeypatch.setattr("funnelsim.cli.commands.import_.is_terminal", lambda: True)
    target.write_text("format = 1\n", encoding="utf-8")
    result = CliRunner().invoke(group, command)
    assert result.exit_code == 1
    assert "already exists and may have been edited" in result.output
    assert target.read_text(encoding="utf-8") == "format = 1\n"
    without = CliRunner().invoke(group, ["import", str(file), "--interactive"])
    assert without.exit_code == 2
    assert "Missing option '--out'" in without.output


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("1", ["a"]), ("2, 1", ["b", "a"]), ("B", ["b"]), ("0", []), ("3", None), ("x", None), ("1,1", ["a"])],
)
def test_answers_are_numbers_or_names(typed: str, expected: list[str] | None) -> None:
    assert _read(typed, ["a", "b"]) == expected


def test_an_unknown_number_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter(["9", "", "2"])
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(given))
    question = Question(text="Which?", choices=(("a", ""), ("b", "")))
    assert ask_on_terminal(question) == ["b"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_the_answers_are_typed(tmp_path: Path) -> None:
    """A real terminal: two pipelines, the second is chosen, and the history is imported."""
    hubspot.write_hubspot(tmp_path / "crm", number=40, renewals=lambda number: number % 5 == 0)
    ours, theirs = pty.openpty()
    command = [
        *(sys.executable, "-m", "funnelsim", "import", "crm", "--interactive"),
        *("--draft-mapping", "m.toml", "--out", "h"),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    os.write(ours, b"2\n")
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    assert process.wait(timeout=60) == 0, seen.decode()
    assert b"Deals are in several pipelines" in seen
    assert read_history(tmp_path / "h").deals.height == 8
    assert 'pipeline = "Renewals"' in (tmp_path / "m.toml").read_text(encoding="utf-8")
