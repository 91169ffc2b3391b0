"""``funnelsim backtest`` on the command line: a document, its page and its figure, and what to type next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.core.calendar.time import Period
from funnelsim.forecasting import backtest as backtest_module
from funnelsim.forecasting.track_record import Origin
from funnelsim.history.files.events import History
from funnelsim.history.files.folder import write_history
from tests.recovery.known_funnel import known_history

ONE_MONTH = ("--from", "2024-04-01", "--to", "2024-04-01", "--draws", "2", "-n", "100")


def test_one_run_writes_a_document_that_draws_the_same_page_and_figure(tmp_path: Path) -> None:
    write_history(known_history(5, deals=300, days=160.0), tmp_path / "history")
    files = [tmp_path / name for name in ("b.json", "b.html", "b.svg", "b.csv")]
    outs = [word for path in files for word in ("--out", str(path))]
    run = [
        "backtest",
        str(tmp_path / "history"),
        *ONE_MONTH,
        "--steady",
        "--recalibrate",
        "--workers",
        "1",
        *outs,
    ]
    done = CliRunner().invoke(group, run)
    assert done.exit_code == 0, done.output
    assert "funnelsim, no drift" in done.output
    assert "Next:" not in done.output
    assert json.loads(files[0].read_text())["summary"]["told"]["funnelsim, no drift"] == 1
    assert "Forecasts of past periods" in files[1].read_text()
    missing = "recalibration needs 12 earlier origins, but there are only 0; it is left out"
    assert missing in done.output
    assert json.loads(files[0].read_text())["notes"] == [missing]
    assert missing in files[1].read_text()
    for drawn in (files[1], files[2]):
        again = tmp_path / f"again{drawn.suffix}"
        assert CliRunner().invoke(group, ["report", str(files[0]), "--out", str(again)]).exit_code == 0
        assert again.read_bytes() == drawn.read_bytes()
    ranges = tmp_path / "ranges.png"
    report = ["report", str(files[0]), "--figure", "calibration", "--out", str(ranges)]
    assert CliRunner().invoke(group, report).exit_code == 0
    assert ranges.read_bytes().startswith(b"\x89PNG")


def test_an_interruption_shows_the_periods_that_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of three months is interrupted: the first one is scored on screen, and no file appears."""
    write_history(known_history(5, deals=300, days=160.0), tmp_path / "history")
    origin, months = backtest_module._origin, []

    def interrupted(history: History, period: Period, **how: Any) -> Origin:
        months.append(period.label)
        if len(months) == 2:
            raise KeyboardInterrupt
        return origin(history, period, **how)

    monkeypatch.setattr(backtest_module, "_origin", interrupted)
    span = ("--from", "2024-03-01", "--to", "2024-05-01", "--draws", "2", "-n", "100", "--every", "month")
    out = tmp_path / "b.json"
    done = CliRunner().invoke(group, ["backtest", str(tmp_path / "history"), *span, "--out", str(out)])
    assert done.exit_code != 0
    assert "2024-03" in done.output
    assert "these are 1 of 3 months" in done.output
    assert not out.exists()
