"""Run an office of known hours, heads and efforts, keep only who did what when, fit: all of it comes back."""

from __future__ import annotations

import dataclasses
import io
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

import funnelsim as fs
from funnelsim.core.calendar.workhours import parse_hours
from funnelsim.core.errors import ModelError
from funnelsim.distributions import parse_distribution
from funnelsim.fitting.files import report_document, write_fit
from funnelsim.fitting.funnel import Fit
from funnelsim.fitting.workload.fit import learn_work
from funnelsim.history.files.events import WORK_SCHEMA, History
from funnelsim.model.files.model_files import funnel_of, read_funnel
from funnelsim.report.screens.fit import print_fit

from .made_up_office import DAYS, MAPPING, START, office_history, office_model, office_visits, written_log

EFFORTS = {
    "check": "exponential(mean=30min)",
    "reject": "5min",
    "assess": "gamma(mean=60min, sd=20min)",
    "sign": "15min",
}
HOURS = {
    "clerk": ["Mon-Fri 08:00-16:30"],
    "officer": ["Mon-Thu 09:00-12:30", "Mon-Thu 13:30-18:00"],
}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return office_visits(office_model(tmp_path_factory.mktemp("office")))


@pytest.fixture(scope="module")
def history(visits: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> History:
    return office_history(visits, tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def fit(history: History) -> Fit:
    return fs.fit_funnel(history, draws=20, horizon_days=None, covariates=False)


def test_roles_their_heads_and_their_hours_come_back(fit: Fit) -> None:
    """Catches a mutant that gives all roles the hours of all, and one that counts tasks for heads."""
    model = fit.model
    assert {key: role.headcount for key, role in model.roles.items()} == {"clerk": 3, "officer": 4}
    for key, texts in HOURS.items():
        calendar = model.roles[key].calendar
        assert calendar is not None
        assert model.calendars[calendar].spans == parse_hours(texts)
    assert [(key, task.role) for key, stage in model.stages.items() for task in stage.work] == [
        ("check", "clerk"),
        ("reject", "clerk"),
        ("assess", "officer"),
        ("sign", "officer"),
    ]


def test_efforts_come_back_in_working_time(fit: Fit) -> None:
    """Means and quartiles within four standard errors. Catches the mutant that counts effort by the clock:
    what is begun before lunch or closing then takes an hour or a night longer."""
    for stage, text in EFFORTS.items():
        truth = parse_distribution(text, kind="effort")
        (task,) = fit.model.stages[stage].work
        (report,) = (one for one in fit.report.tasks if one.stage == stage)
        if truth.sd() == 0:
            assert task.effort.mean() == pytest.approx(truth.mean(), rel=1e-3)
            continue
        error = truth.sd() / math.sqrt(report.tasks)
        assert report.standard_error_hours == pytest.approx(24 * error, rel=0.2)
        assert abs(task.effort.mean() - truth.mean()) < 4 * error
        for p in (0.25, 0.5, 0.75):
            at = float(task.effort.cdf(truth.ppf(p)))
            assert abs(at - p) < 4 * math.sqrt(p * (1 - p) / report.tasks), (stage, p)


def test_a_wait_for_a_rep_is_no_dwell(history: History) -> None:
    """Assessments wait over nights and in a queue; nothing of that is the buyer's time. Catches the mutant
    that calls all time between two tasks dwell."""
    work = learn_work(history)
    assert work is not None
    moved = work.history.visits.filter(pl.col("exit") == "assess")
    assert (moved["left"] == moved["entered"]).all()
    waited = history.visits.filter(pl.col("stage") == "assess")
    assert (waited["left"] - waited["entered"]).mean().total_seconds() > 3 * 3600  # type: ignore[union-attr, operator]


def test_the_buyers_time_comes_back_where_the_office_never_closes(tmp_path: Path) -> None:
    """Mean and sd of the log of the dwell within four standard errors. Catches the mutant that takes none of
    the time between tasks for dwell, and the one that takes it all."""
    always = {'[roles.officer]\nheadcount = 4\ncalendar = "credit"': "[roles.officer]\nheadcount = 2"}
    visits = office_visits(office_model(tmp_path, "lognormal(median=20h, sigma=0.6)", **always))
    work = learn_work(office_history(visits, tmp_path))
    assert work is not None
    assert work.roles["officer"].hours is None
    found = work.history.visits.filter(pl.col("exit") == "assess")
    dwells = (found["left"] - found["entered"]).dt.total_microseconds().to_numpy() / 86_400e6
    logs = np.log(dwells[dwells > 0])
    assert len(logs) > 0.98 * len(dwells)
    assert abs(logs.mean() - math.log(20 / 24)) < 4 * 0.6 / math.sqrt(len(logs))
    assert logs.std() == pytest.approx(0.6, rel=4 / math.sqrt(2 * len(logs)) + 0.02)


def test_what_is_learnt_runs_as_busy_as_what_it_was_learnt_from(fit: Fit, history: History) -> None:
    """Tasks done in the log and in futures of the fit. Catches the mutant that halves the rate of leads."""
    run = fs.simulate(
        funnel_of(fit.model), days=DAYS, warmup_days=28, replications=40, workers=1, visits=True
    )
    assert run.visits is not None
    tasks = run.visits.filter(pl.col("finished").is_not_null(), pl.col("finished") > 0)
    seen = history.work.group_by("stage").len().rows_by_key("stage", named=False, unique=True)
    for stage, number in seen.items():
        futures = tasks.filter(pl.col("stage") == stage).group_by("replication").len()["len"].to_numpy()
        # The history is one draw; its own noise is that of the futures.
        assert abs(futures.mean() - number) < 4 * futures.std(ddof=1), stage


def test_entries_that_are_recorded_tell_wait_from_dwell(tmp_path: Path, visits: pl.DataFrame) -> None:
    """With entries in the export nothing is guessed: dwells are those of the run, to the second."""
    model = office_model(tmp_path, "lognormal(median=20h, sigma=0.6)")
    visits = office_visits(model)
    path = written_log(visits, tmp_path)
    entered = visits.drop_nulls("finished").select(
        entered=pl.lit(START)
        + pl.duration(microseconds=(pl.col("entered") * 86_400e6).round().cast(pl.Int64))
    )
    log = pl.read_csv(path).hstack(entered)
    log.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6f")
    columns = MAPPING.events.model_dump() | {"entered": "entered"}  # type: ignore[union-attr]
    history = fs.import_history(
        [path], None, MAPPING.model_copy(update={"events": type(MAPPING.events)(**columns)})
    )
    work = learn_work(history)
    assert work is not None
    assert work.recorded
    found = work.history.visits.filter(pl.col("exit") == "assess").sort("entered")
    truth = visits.filter(pl.col("exit") == "assess", pl.col("left") < DAYS).sort("finished")
    held = truth.join(
        visits.filter(pl.col("stage") == "assess").drop_nulls("finished"), on="lead", how="semi"
    )
    dwells = (found["left"] - found["entered"]).dt.total_microseconds().to_numpy() / 86_400e6
    np.testing.assert_allclose(dwells, (held["left"] - held["finished"]).to_numpy(), atol=1e-9)


def test_open_leads_are_told_apart_by_what_they_do(fit: Fit, history: History) -> None:
    """Cut in the middle of a working day: those at a desk are working, and have no dwell behind them yet."""
    known = fs.fit_funnel(history, as_of="2024-03-13T10:47", draws=0, horizon_days=None, covariates=False)
    assert known.pipeline is not None
    begun = history.work.filter(pl.col("started") < pl.datetime(2024, 3, 13, 10, 47))
    at_work = begun.filter(pl.col("finished") >= pl.datetime(2024, 3, 13, 10, 47))["deal"].sort()
    working = known.pipeline.filter(pl.col("state") == "working")
    assert len(at_work) > 0
    assert working["lead"].sort().to_list() == at_work.to_list()
    assert (working["age_days"] == 0).all()
    run = fs.simulate(funnel_of(known.model, pipeline=known.pipeline), days=7, replications=2, workers=1)
    assert run.notes == ()


def test_tasks_of_nobody_teach_no_roles(history: History) -> None:
    nobody = history.work.with_columns(rep=pl.lit(None, dtype=WORK_SCHEMA["rep"]))
    unknown = History(visits=history.visits, deals=history.deals, meta=history.meta, work=nobody)
    assert learn_work(unknown) is None
    fit = fs.fit_funnel(unknown, draws=0, horizon_days=None, covariates=False)
    assert not fit.model.roles
    assert "Tasks are recorded without saying who did them" in " ".join(fit.report.cannot_tell)


def test_days_alone_tell_no_office_hours(history: History) -> None:
    """Catches the mutant that learns an office which opens for half an hour at midnight."""
    days = [pl.col(name).dt.truncate("1d") for name in ("started", "finished")]
    meta = dataclasses.replace(history.meta, resolution="day")
    by_day = dataclasses.replace(history, work=history.work.with_columns(days), meta=meta)
    assert learn_work(by_day) is None


def test_a_fit_of_work_is_replaced_by_another_and_what_a_person_wrote_into_it_is_kept(
    tmp_path: Path, fit: Fit
) -> None:
    """Catches a fit that takes its own roles for written by hand, and one that writes over a cost."""
    path = tmp_path / "office.toml"
    write_fit(fit, path)
    write_fit(fit, path)
    by_hand = path.read_text().replace(
        "headcount = 4", 'headcount = 9\ndiscipline = "lifo"\nannual_cost = 50_000'
    )
    by_hand = by_hand.replace("[stages.sign]", "[calendars.fair]\nhours = 'Sat 10:00-12:00'\n[stages.sign]")
    path.write_text(by_hand)
    with pytest.raises(ModelError, match=r"not write \(roles\.officer, calendars\.fair"):
        write_fit(fit, path)
    write_fit(fit, path, update=True)
    model = read_funnel(path).model
    officer = model.roles["officer"]
    assert (officer.headcount, officer.discipline, officer.annual_cost) == (4, "lifo", 50_000)
    assert "fair" in model.calendars
    assert model.stages["sign"].work == fit.model.stages["sign"].work


def test_the_screen_says_who_works_when_and_for_how_long(fit: Fit) -> None:
    console = Console(record=True, width=110, file=io.StringIO())
    print_fit(report_document(fit, "office.toml"), console, detail=True)
    text = console.export_text()
    assert re.search(
        r"officer +4 +4 +[\d,]+ +[\d.,]+ +[\d.,]+ +[-+]?\d %  Mon-Thu 09:00-12:30, Mon-Thu 13:30-18:00", text
    )
    assert re.search(r"sign +officer +\d+ +15\.0 min +0\.0 min +constant\(15min\)", text)
    assert "only when its task was started" in " ".join(text.split())
