"""Three people work on one case at the same time: who is how busy, and how long cases take, as logged."""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import polars as pl
import pytest
from rich.console import Console

import funnelsim as fs
from funnelsim.fitting.files import report_document
from funnelsim.fitting.funnel import Fit
from funnelsim.history.files.events import History
from funnelsim.history.mapping.keys import Mapping
from funnelsim.model.flows.workload import offered_load
from funnelsim.report.screens.fit import print_fit

START = dt.datetime(2024, 1, 1)  # a Monday
WEEKS, SLOTS = 13, 7
#: Tasks that are done at the same time: by whom, and mean minutes.
TOGETHER = {"rate": ("Analyst", 20.0), "appraise": ("Appraiser", 30.0), "search": ("Investigator", 15.0)}
MAPPING = Mapping.model_validate(
    {
        "preset": "events",
        "noun": "case",
        "events": {"deal": "case", "stage": "task", "started": "start", "finished": "end", "rep": "who"},
        "ends_with": {"won": ["sign"]},
    }
)


def _cases() -> list[tuple[str, str, dt.datetime, dt.datetime, str]]:
    """One case begins each hour of the office day; nobody ever waits, so a log's hours are plain to see."""
    rng = np.random.default_rng(1)
    rows = []
    days = (START + dt.timedelta(days=7 * week + day) for week in range(WEEKS) for day in range(5))
    for number, at in enumerate(day + dt.timedelta(hours=9 + slot) for day in days for slot in range(SLOTS)):
        checked = at + dt.timedelta(minutes=10)
        ends = {}
        for task, (who, mean) in TOGETHER.items():
            ends[task] = checked + dt.timedelta(minutes=min(float(rng.exponential(mean)), 100.0))
            rows.append((str(number), task, checked, ends[task], f"{who}-{number % 3}"))
        signed = max(ends.values())
        rows.append((str(number), "check", at, checked, f"Clerk-{number % 2}"))
        rows.append((str(number), "sign", signed, signed + dt.timedelta(minutes=15), f"Boss-{number % 3}"))
    return sorted(rows, key=lambda row: (row[2], row[0], row[1]))


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    path = tmp_path_factory.mktemp("log") / "log.csv"
    lines = [f"{case},{task},{start},{end},{who}" for case, task, start, end, who in _cases()]
    path.write_text("\n".join(["case,task,start,end,who", *lines]) + "\n", encoding="utf-8")
    return fs.import_history([path], None, MAPPING, START + dt.timedelta(weeks=WEEKS))


@pytest.fixture(scope="module")
def fit(history: History) -> Fit:
    return fs.fit_funnel(history, draws=0, horizon_days=None, covariates=False, at_once="hours")


def logged_hours(history: History) -> dict[str, float]:
    """Hours a week by role, straight from the log."""
    hours: dict[str, float] = {}
    for started, finished, rep in history.work.select("started", "finished", "rep").iter_rows():
        role = rep.split("-")[0].lower()
        hours[role] = hours.get(role, 0.0) + (finished - started) / dt.timedelta(hours=1) / WEEKS
    return hours


def test_the_model_has_as_much_work_for_each_role_as_the_log(fit: Fit, history: History) -> None:
    """Within 4 %: distributions are fitted by likelihood, and a few tasks run past closing time. Catches the
    mutant that gives a stage the time between the k-th start and end of the three: appraisers have half their
    work.
    """
    logged = logged_hours(history)
    for load in offered_load(fit.model):
        assert load.work_hours == pytest.approx(logged[load.role], rel=0.04), load.role
    for role in fit.report.roles:
        assert role.log_hours_a_week == pytest.approx(logged[role.role], rel=0.03), role.role
        assert abs(role.difference) < 0.04
    assert not [text for text in fit.report.warnings if "in the log" in text]


def test_the_time_of_cases_is_kept_where_that_is_asked_for(history: History) -> None:
    """Each instant of a case counts once: the efforts add up to its time in the log, and who then looks less
    busy is named. Catches hours kept under both names."""
    fit = fs.fit_funnel(history, draws=0, horizon_days=None, covariates=False)
    ends = history.work.group_by("deal").agg(start=pl.col("started").min(), end=pl.col("finished").max())
    taken = (ends["end"] - ends["start"]).dt.total_seconds().mean()
    effort = sum(stage.work[0].effort.mean() for stage in fit.model.stages.values())
    assert effort * 86_400 == pytest.approx(taken, rel=0.04)
    warned = [text for text in fit.report.warnings if "in the log" in text]
    assert [text.split(":")[0] for text in warned] == [who for who, _ in TOGETHER.values()]
    assert all("less busy in the model than it was" in text for text in warned)


def test_the_screen_holds_the_model_against_the_log_and_says_what_came_in_a_row(fit: Fit) -> None:
    console = Console(record=True, width=110, file=io.StringIO())
    print_fit(report_document(fit, "office.toml"), console, detail=True)
    text = " ".join(console.export_text().split())
    assert "in the log in the model difference" in text
    assert "worked on at the same time; the model does one task after the other" in text
    assert "--at-once time" in text
