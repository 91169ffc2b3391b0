"""An office of known hours, heads and efforts, run by the engine and written as a log of tasks."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import polars as pl

import funnelsim as fs
from funnelsim.history.files.events import History
from funnelsim.history.mapping.keys import Mapping

START = dt.datetime(2024, 1, 1)  # a Monday
DAYS = 91
MODEL = """
format = 1
name = "office"
start = 2024-01-01
[calendars.desk]
hours = "Mon-Fri 08:00-16:30"
[calendars.credit]
hours = ["Mon-Thu 09:00-12:30", "Mon-Thu 13:30-18:00"]
[calendars.counter]
hours = "Mon-Fri 08:00-15:00"
[roles.clerk]
headcount = 3
calendar = "desk"
[roles.officer]
headcount = 4
calendar = "credit"
[sources.all]
enters = "check"
rate = "12 per day"
hours = "counter"
[stages.check]
work = { role = "clerk", effort = "exponential(mean=30min)" }
exits.assess = { p = 0.8, after = "AFTER" }
exits.reject = { p = 0.2, after = "0d" }
[stages.reject]
work = { role = "clerk", effort = "5min" }
exits.lost = { p = 1, after = "0d" }
[stages.assess]
work = { role = "officer", effort = "gamma(mean=60min, sd=20min)" }
exits.sign = { p = 1, after = "0d" }
[stages.sign]
work = { role = "officer", effort = "15min" }
exits.won = { p = 1, after = "0d" }
"""
MAPPING = Mapping.model_validate(
    {
        "preset": "events",
        "events": {
            "deal": "case",
            "stage": "activity",
            "started": "start",
            "finished": "end",
            "rep": "who",
        },
        "stages": {"check": "check", "reject": "reject", "assess": "assess", "sign": "sign"},
        "ends_with": {"won": ["sign"], "lost": ["reject"]},
    }
)


def office_model(folder: Path, after: str = "0d", **changed: str) -> fs.Funnel:
    """The model, with another dwell before the assessment or other texts in place of its own."""
    text = MODEL.replace("AFTER", after)
    for old, new in changed.items():
        text = text.replace(old, new)
    path = folder / "office.toml"
    path.write_text(text, encoding="utf-8")
    return fs.read_model(path)


def office_visits(model: fs.Funnel, seed: int = 1, days: int = DAYS) -> pl.DataFrame:
    """What one future of it brings, a row a stay."""
    visits = fs.simulate(model, days=days, replications=1, seed=seed, visits=True, workers=1).visits
    assert visits is not None
    return visits


def written_log(visits: pl.DataFrame, folder: Path) -> Path:
    """The finished tasks of a run, as people log them: case, activity, start, end, who."""
    start, end = (
        (pl.lit(START) + pl.duration(microseconds=(pl.col(name) * 86_400e6).round().cast(pl.Int64))).alias(to)
        for name, to in (("started", "start"), ("finished", "end"))
    )
    log = visits.drop_nulls("finished").select(
        pl.col("lead").cast(pl.String).alias("case"), pl.col("stage").alias("activity"), start, end, who="rep"
    )
    path = folder / f"log{next(_NUMBERS)}.csv"
    log.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6f")
    return path


_NUMBERS = itertools.count()


def office_history(visits: pl.DataFrame, folder: Path) -> History:
    """The log of a run, imported."""
    as_of = START + dt.timedelta(days=DAYS)
    return fs.import_history([written_log(visits, folder)], None, MAPPING, as_of)
