"""The plan month by month: leads, entries, touches, tasks and busy reps, as means over the futures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import days_since, periods_between
from funnelsim.documents.record import none_unless_finite
from funnelsim.engines.run import expected_leads
from funnelsim.experiments.measured import Measured
from funnelsim.metrics.names import metric_values
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.flows.rates import offspring
from funnelsim.model.parts import Model
from funnelsim.results.run import Run, Window


def month_windows(model: Model, measured: Measured) -> list[Window]:
    """From the start to the end of the period: the whole span, its calendar months, and the period."""
    start, end_day = model.start, measured.window.end_day
    last = start + dt.timedelta(days=int(np.ceil(end_day)))
    months = [
        Window(
            label=month.label,
            start_day=max(days_since(start, month.start), 0.0),
            end_day=min(days_since(start, month.end), end_day),
            complete=month.start >= start and days_since(start, month.end) <= end_day,
        )
        for month in periods_between(start, last, "month")
    ]
    return [Window(label="all", start_day=0.0, end_day=end_day), *months, measured.window]


def leads_by_source(funnel: Funnel, run: Run, changes: Sequence[Change]) -> list[dict[str, float]]:
    """Mean new leads of each source in each window of a run, spawned leads included.

    Their sum is the mean of the futures, and has its simulation error. Expected leads of the sources come
    from the plan; what the sum has beyond them is spawned, with all chance and parameter uncertainty in it.
    Of several sources with spawned leads each has its long-run share. Where nothing remains for spawned
    leads, or no lead spawns others, chance and parameter uncertainty scale all sources.
    """
    expected = expected_leads(funnel, run.windows, changes=changes)
    given = np.array(list(expected.values()))
    totals = np.array([metric_values(run, "leads_created", w).mean() for w in range(len(run.windows))])
    sums = given.sum(axis=0)
    children = offspring(funnel.model).sum(axis=0)
    scale = np.divide(totals, sums, out=np.zeros_like(totals), where=sums > 0)
    if children.any():
        spawned = np.outer(children / children.sum(), np.maximum(totals - sums, 0.0))
        found = given * np.minimum(scale, 1.0) + spawned
    else:
        found = given * scale
    return [dict(zip(expected, column.tolist(), strict=True)) for column in found.T]


def plan_of(funnel: Funnel, run: Run, w: int, leads: Mapping[str, float]) -> dict[str, Any]:
    """The fields of `documents.reverse.Plan` in one window of a run.

    Parameters
    ----------
    funnel : Funnel
    run : Run
    w : int
    leads : mapping of str to float
        New leads by source in the window.
    """
    model = funnel.model
    entered = {key: float(metric_values(run, f"entered.{key}", w).mean()) for key in run.stages}
    touches = {
        key: stage.touches * entered[key] for key, stage in model.stages.items() if stage.touches is not None
    }
    done = run.tallies["tasks_done"][:, w].mean(axis=0)
    working = {key: float(done[place]) for place, key in enumerate(run.stages) if done[place] > 0}
    costs = {key: source.cost_per_lead for key, source in model.sources.items()}
    return {
        "leads": dict(leads),
        "entered": entered,
        **({"touches": touches} if touches else {}),
        **({"tasks": working} if working else {}),
        **({"utilisation": _busy(run, w)} if run.roles else {}),
        "budget": sum(leads[key] * cost for key, cost in costs.items()) if any(costs.values()) else None,
        "wins": float(metric_values(run, "deals_won", w).mean()),
        "bookings": float(metric_values(run, "bookings", w).mean()),
    }


def _busy(run: Run, w: int) -> dict[str, float | None]:
    busy, rostered = (run.tallies[name][:, w].sum(axis=0) for name in ("busy_days", "rostered_days"))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = busy / rostered
    return {role: none_unless_finite(share) for role, share in zip(run.roles, shares.tolist(), strict=True)}
