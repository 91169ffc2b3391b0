"""What escapes a command is one line on screen and a file to report, never a traceback."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from funnelsim.cli.guard import guarded

MAIN = """
import sys
import funnelsim.cli.commands.init as init
def fail(*args, **kwargs):
    {code}
init.command.callback = fail
sys.argv = ["funnelsim", "init", "m.toml"]
from funnelsim.cli.main import main
main()
"""


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", MAIN.format(code=code)]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "code",
    [
        "raise KeyError('demo')",
        "raise EOFError('Ran out of input')",
        "import polars; raise polars.exceptions.PanicException('attempt to divide by zero')",
        "import warnings; warnings.simplefilter('error'); warnings.warn('odd')",
        "fail()",
        "import funnelsim.not_there",
    ],
)
def test_a_bug_is_one_line_and_a_file(code: str, tmp_path: Path) -> None:
    done = run(code, tmp_path)
    assert done.returncode == 70
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("funnelsim has a bug: ")
    (report,) = tmp_path.glob("funnelsim-error-*.txt")
    assert report.name in done.stderr
    text = report.read_text()
    assert "Traceback" in text
    assert "command: funnelsim init m.toml" in text
    assert "polars" in text


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("raise MemoryError", 1, "Error: not enough free memory"),
        ("raise KeyboardInterrupt", 130, "interrupted"),
        ("sys.exit(5)", 5, ""),
        ("import click; raise click.UsageError('no')", 2, "no"),
        ("from funnelsim.core.errors import FunnelSimError; raise FunnelSimError('mine')", 1, "Error: mine"),
    ],
)
def test_what_is_no_bug_keeps_its_exit_code(code: str, exit_code: int, said: str, tmp_path: Path) -> None:
    done = run(code, tmp_path)
    assert done.returncode == exit_code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_where_no_report_can_be_written_the_line_remains(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert guarded(raising(ValueError("odd"))) == 70
    assert capsys.readouterr().err == "funnelsim has a bug: ValueError: odd; please report it\n"


def test_an_error_that_cannot_say_what_it_is_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    monkeypatch.chdir(tmp_path)
    assert guarded(raising(Mute())) == 70
    assert capsys.readouterr().err.startswith("funnelsim has a bug: Mute; ")


def test_a_message_of_many_lines_and_colours_is_one_plain_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    guarded(raising(ValueError("one\ntwo \x1b[31mred\x07" + "x" * 9_000)))
    err = capsys.readouterr().err
    assert len(err) < 400
    assert "\x1b" not in err
    assert err.count("\n") == 1


def test_a_thread_that_fails_prints_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # put back afterwards

    def work() -> int:
        thread = threading.Thread(target=raising(ValueError("odd")))
        thread.start()
        thread.join()
        return 0

    assert guarded(work) == 0
    assert capsys.readouterr().err.startswith("funnelsim has a bug: ValueError: odd")
