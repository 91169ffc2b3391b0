"""What a fit to the first part of a log makes of the rest of it, as logs of tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

import funnelsim as fs
from benchmarks.task_log.split import LOG, Split
from funnelsim.fitting.funnel import Fit
from funnelsim.fitting.workload.office_hours import OpenTime
from funnelsim.history.files.events import WORK_SCHEMA, History
from funnelsim.model.files.model_files import funnel_of

#: Cases that began in time are followed for so long.
RUN_OUT_DAYS = 60
#: Bit of a lead's id above which its kind stands; leads of a source are of kind 0.
_KIND = 62


def without_people(history: History) -> History:
    """The same stays, and nobody known to work: how long a stage takes is all dwell (free flow)."""
    return replace(history, work=pl.DataFrame(schema=WORK_SCHEMA))


def simulated_logs(fit: Fit, of: Split, replications: int, seed: int = 1) -> Iterator[pl.DataFrame]:
    """A log of the new cases of each future.

    Tasks are written as the known log writes them: where it has a first task begin after hours, so do these.
    """
    funnel = funnel_of(fit.model, draws=fit.draws, pipeline=fit.pipeline)
    run = fs.simulate(
        funnel, days=of.days + RUN_OUT_DAYS, replications=replications, seed=seed, visits=True, workers=1
    )
    assert run.visits is not None
    stays = run.visits.filter(pl.col("lead") < 2**_KIND)
    stays = stays.filter(
        pl.col("entered").min().over("replication", "lead") < of.days, pl.col("left").is_not_null()
    )
    start = pl.coalesce("started", "entered")
    if begins_after_hours(of.known, fit):
        start = pl.when(_closed(fit, of)).then("entered").otherwise(start)
    log = stays.with_columns(
        case=pl.col("lead").cast(pl.String),
        activity="stage",
        start=_instant(of.at, start),
        end=_instant(of.at, pl.coalesce("finished", "left")),
    )
    for (_,), one in log.group_by("replication", maintain_order=True):
        yield one.select(list(LOG))


def begins_after_hours(known: History, fit: Fit) -> bool:
    """Whether the log has tasks begin while the office is closed: they were handed over, not worked on."""
    spans = _office(fit)
    if spans is None:
        return False
    first = known.work["started"].min()
    assert isinstance(first, dt.datetime)
    midnight = dt.datetime.combine(first.date(), dt.time(0))
    at = (known.work["started"] - midnight).dt.total_microseconds().to_numpy() / 86_400e6
    office = OpenTime(spans, midnight.date(), int(at.max()) + 2)
    minute = 1 / 1440
    return bool((office.passed(at + minute) - office.passed(at) == 0).any())


def _office(fit: Fit):  # type: ignore[no-untyped-def]
    """Hours of the role that meets a new case first."""
    enters = next(iter(fit.model.sources.values())).enters
    work = fit.model.stages[max(enters, key=lambda stage: enters[stage])].work
    calendar = fit.model.roles[work[0].role].calendar if work else None
    return None if calendar is None else fit.model.calendars[calendar].spans


def _closed(fit: Fit, of: Split) -> pl.Expr:
    """Whether the office was closed when a stage was entered, for the first stage of a case."""
    spans = _office(fit)
    assert spans is not None
    office = OpenTime(spans, of.at.date(), of.days + RUN_OUT_DAYS)

    def closed(at: pl.Series) -> pl.Series:
        begin = at.to_numpy()
        return pl.Series(office.passed(begin + 1 / 1440) - office.passed(begin) == 0)

    first = pl.col("entered") == pl.col("entered").min().over("replication", "lead")
    return pl.col("entered").map_batches(closed, return_dtype=pl.Boolean) & first


def _instant(at: dt.datetime, days: pl.Expr) -> pl.Expr:
    return pl.lit(at) + pl.duration(microseconds=(days * 86_400e6).round().cast(pl.Int64))
