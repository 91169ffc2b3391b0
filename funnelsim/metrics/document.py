"""The common part of the JSON documents about runs, and the document of one run."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from funnelsim.documents.simulate import Precision, SimulateDocument, SimulatedPeriod
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.summary import metric_summaries
from funnelsim.metrics.target import target_doubts, target_of
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import TARGET, Run, Window


def heading(command: str, funnel: Funnel, run: Run) -> dict[str, Any]:
    """The fields that every document about runs starts with, see `Titled`."""
    model = funnel.model
    roles = {key: role.name or key for key, role in model.roles.items()}
    return {
        "format": 1,
        "command": command,
        "provenance": run.provenance.as_json() | {"model": str(funnel.path or model.name)},
        "name": model.name,
        "noun": model.noun,
        "currency": model.currency,
        "amount_is": model.amount_is,
        "stage_names": {key: stage.name or key for key, stage in model.stages.items()},
        **({"role_names": roles} if roles else {}),
    }


def run_document(
    run: Run, funnel: Funnel, *, warmup_days: float = 0.0, precision: Precision | None = None
) -> dict[str, Any]:
    """The JSON document of ``simulate``."""
    return simulate_document(run, funnel, warmup_days=warmup_days, precision=precision).as_json()


def simulate_document(
    run: Run, funnel: Funnel, *, warmup_days: float = 0.0, precision: Precision | None = None
) -> SimulateDocument:
    """The document of ``simulate``: every metric over the whole span and over each of its periods."""
    whole, start = run.windows[0], funnel.model.start
    target = target_of(run, funnel.model)
    return SimulateDocument(
        **heading("simulate", funnel, run),
        **span(whole, start),
        days=whole.end_day - whole.start_day,
        warmup_days=warmup_days,
        metrics=metric_summaries(run),
        periods=tuple(
            SimulatedPeriod(
                period=window.label,
                **span(window, start),
                complete=window.complete,
                metrics=metric_summaries(run, w),
            )
            for w, window in enumerate(run.windows)
            if w > 0 and window.label != TARGET
        ),
        **({} if target is None else {"target": target}),
        warnings=tuple(_warnings(run, funnel, warmup_days)),
        **({} if precision is None else {"precision": precision}),
    )


def _warnings(run: Run, funnel: Funnel, warmup_days: float) -> Iterator[str]:
    # A fit without a pipeline file found no open deals.
    yield from empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None)
    yield from _without_the_first(run)
    yield from overloads(funnel.model).values()
    yield from target_doubts(run, funnel.model)
    yield from run.notes


def _without_the_first(run: Run) -> list[str]:
    """Warn if the replications do not begin at 0: they are part of another run."""
    first, last = run.replications.start, run.replications.stop
    if first == 0:
        return []
    return [f"a part of a run, {first}:{last}: replications 0:{first} are missing; funnelsim merge adds them"]


def run_table(run: Run, funnel: Funnel) -> pl.DataFrame:
    """A row per window and metric, with its summary."""
    return pl.DataFrame(
        [
            {"window": window.label, **span(window, funnel.model.start), "metric": name, **summary.as_json()}
            for w, window in enumerate(run.windows)
            for name, summary in metric_summaries(run, w).items()
        ],
        infer_schema_length=None,
    )


def span(window: Window, start: dt.date) -> dict[str, dt.date]:
    """First and last day of a window, inclusive."""
    return {"start": day_at(start, window.start_day), "end": last_day(start, window.end_day)}


def day_at(start: dt.date, day: float) -> dt.date:
    """The date of an instant."""
    return (dt.datetime(start.year, start.month, start.day) + dt.timedelta(days=day)).date()


def last_day(start: dt.date, end_day: float) -> dt.date:
    """The last date before an instant."""
    return start + dt.timedelta(days=math.ceil(end_day) - 1)
