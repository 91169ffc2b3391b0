"""docs/task-log.md: a log cut by time, distances that are known, words that follow from the numbers."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest

from benchmarks.task_log.__main__ import main
from benchmarks.task_log.distances import distances, halves
from benchmarks.task_log.split import split
from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from funnelsim.history.mapping.keys import Mapping
from tests.unit.history.exports import write

ROOT = Path(__file__).parents[3]
LOG = ROOT.parent / "shared" / "data" / "loanapp" / "train.csv.gz"
ZERO = dt.datetime(2024, 1, 1)
RULES = {
    "preset": "events",
    "events": {"deal": "case", "stage": "activity", "started": "start", "finished": "end", "rep": "who"},
    "ends_with": {"won": ["sign"]},
}


def log(*cases: tuple[float, float], longer: float = 0.0) -> pl.DataFrame:
    """Cases of two tasks each: when they begin, how long each task takes, in hours."""
    rows = []
    for number, (begin, hours) in enumerate(cases):
        for name, first, last in (("check", 0.0, hours), ("sign", hours, 2 * hours + longer)):
            at = [ZERO + dt.timedelta(hours=begin + after) for after in (first, last)]
            rows.append((str(number), name, *at))
    return pl.DataFrame(rows, schema=["case", "activity", "start", "end"], orient="row")


def test_a_log_is_cut_at_a_midnight_and_what_began_before_is_not_to_be_met(tmp_path: Path) -> None:
    """Ten cases, one begun each noon, each of thirty hours: the eighth is open when the ninth is to begin."""
    lines = []
    for day in range(10):
        begin = ZERO + dt.timedelta(days=day, hours=12)
        middle, end = begin + dt.timedelta(hours=10), begin + dt.timedelta(hours=30)
        lines += [f"{day},check,{begin},{middle},Ana", f"{day},sign,{middle},{end},Bob"]
    path = write(tmp_path, "log.csv", "case,activity,start,end,who", *lines)
    history = import_history([path], None, Mapping.model_validate(RULES))
    found = split(history, 0.75)
    assert found.at == ZERO + dt.timedelta(days=8)
    assert (found.days, found.cases, found.known.deals.height) == (2, 2, 8)
    assert found.known.deals.filter(pl.col("outcome").is_null())["deal"].to_list() == ["7"]
    assert found.tested["case"].unique().sort().to_list() == ["8", "9"]


def test_a_history_without_tasks_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "events.csv", "deal,stage,entered", "A,check,2024-01-01", "A,won,2024-01-02")
    with pytest.raises(HistoryError, match=r"has no tasks with start and end; map them"):
        split(import_history([path], "events"), 0.8)


def test_distances_are_hours() -> None:
    """Nothing between a log and itself; one hour where every case ends an hour later. The end is one of four
    events of a case, so events are a quarter of an hour apart. Catches bins of a day or a minute."""
    pytest.importorskip("log_distance_measures", reason="needs the extra calibration")
    cases = [(float(10 * n), 1.0 + n) for n in range(6)]
    assert distances(log(*cases), log(*cases)) == (0.0, 0.0)
    later = distances(log(*cases), log(*cases, longer=1.0))
    assert later == pytest.approx((1.0, 0.25))
    assert len(halves(log(*cases), 100, 4)) == 4


def test_wrong_numbers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--log", "log.csv", "--mapping", "m.toml", "--share", "1.5"])
    assert "--share lies between 0 and 1" in capsys.readouterr().err


def test_the_page_is_written_from_a_log(tmp_path: Path) -> None:
    """Two futures of the published log, if it is there. The page that is kept shows the same sections."""
    pytest.importorskip("log_distance_measures", reason="needs the extra calibration")
    if not LOG.is_file():
        pytest.skip("the published log is not there: ../shared/data/loanapp")
    page = tmp_path / "page.md"
    mapping = ROOT / "docs" / "examples" / "loanapp.toml"
    asked = ["--log", str(LOG), "--mapping", str(mapping), "--times", "2", "--page", str(page)]
    assert main(asked) == 0
    text, kept = page.read_text(), (ROOT / "docs" / "task-log.md").read_text()
    heads = re.findall(r"^#.*$", text, re.MULTILINE)
    assert heads == re.findall(r"^#.*$", kept, re.MULTILINE)
    assert "| Clerk | 8 | 8 |" in text
