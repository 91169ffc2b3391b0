"""The JSON documents about runs: what they all say, and that of one run."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl

from funnelsim.metrics.past import empty_start
from funnelsim.metrics.summary import metric_summaries
from funnelsim.metrics.target import target_document, target_doubts
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import TARGET, Run, Window

FORMAT = 1


def heading(command: str, funnel: Funnel, run: Run) -> dict[str, Any]:
    """The common head of every document."""
    model = funnel.model
    roles = {key: role.name or key for key, role in model.roles.items()}
    return {
        "format": FORMAT,
        "command": command,
        "provenance": run.provenance.as_json() | {"model": str(funnel.path or model.name)},
        "name": model.name,
        "noun": model.noun,
        "currency": model.currency,
        "amount_is": model.amount_is,
        "stage_names": {key: stage.name or key for key, stage in model.stages.items()},
        **({"role_names": roles} if roles else {}),
    }


def run_document(run: Run, funnel: Funnel, *, warmup_days: float = 0.0) -> dict[str, Any]:
    """The document of ``simulate``: every metric over the whole span and over each of its periods."""
    whole = run.windows[0]
    return {
        **heading("simulate", funnel, run),
        **span(whole, funnel.model.start),
        "days": whole.end_day - whole.start_day,
        "warmup_days": warmup_days,
        "metrics": metric_summaries(run),
        "periods": [
            {
                "period": window.label,
                **span(window, funnel.model.start),
                "complete": window.complete,
                "metrics": metric_summaries(run, w),
            }
            for w, window in enumerate(run.windows)
            if w > 0 and window.label != TARGET
        ],
        **target_document(run, funnel.model),
        # A fit that wrote no pipeline saw no open deal.
        "warnings": [
            *empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None),
            *_without_the_first(run),
            *overloads(funnel.model).values(),
            *target_doubts(run, funnel.model),
            *run.notes,
        ],
    }


def _without_the_first(run: Run) -> list[str]:
    """A warning where the replications do not begin at 0: they are a part of some run."""
    first, last = run.replications.start, run.replications.stop
    if first == 0:
        return []
    return [f"a part of a run, {first}:{last}: replications 0:{first} are missing; funnelsim merge adds them"]


def run_table(run: Run, funnel: Funnel) -> pl.DataFrame:
    """A row per window and metric, with its summary."""
    return pl.DataFrame(
        [
            {"window": window.label, **span(window, funnel.model.start), "metric": name, **summary}
            for w, window in enumerate(run.windows)
            for name, summary in metric_summaries(run, w).items()
        ],
        infer_schema_length=None,
    )


def span(window: Window, start: dt.date) -> dict[str, str]:
    """First and last day of a window, both included."""
    return {
        "start": day_at(start, window.start_day).isoformat(),
        "end": last_day(start, window.end_day).isoformat(),
    }


def day_at(start: dt.date, day: float) -> dt.date:
    """The date that holds an instant."""
    return (dt.datetime(start.year, start.month, start.day) + dt.timedelta(days=day)).date()


def last_day(start: dt.date, end_day: float) -> dt.date:
    """The last date before an instant."""
    return start + dt.timedelta(days=math.ceil(end_day) - 1)
