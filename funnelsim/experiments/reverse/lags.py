"""When leads count towards the quota: which share of those created in a month does so in the period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.numeric.keys import Kind
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.experiments.reverse.spreadsheet import TAIL, no_leads_from
from funnelsim.metrics.document import day_at
from funnelsim.model.flows.warmup import days_to_fill
from funnelsim.model.parts import Model
from funnelsim.results.run import Window

#: So many visits give each month of an ordinary funnel hundreds of wins.
_MOST_VISITS = 300_000
#: A share of fewer wins is not shown: its standard error could exceed 0.1.
_LEAST_WINS = 25
_KIND_BITS = 62
#: A lead this late has one chance in ten, of those it would have, to count.
_LATE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lags:
    """When the new leads of a plan count: at their win, or where the goal credits it (go-live).

    Attributes
    ----------
    in_period : tuple of float or None
        By window: of its leads that ever count, the share that does so in the period; None for too few.
    late_from : date or None
        From this day on, fewer than one in ten leads that ever count would do so by the end of the period.
    """

    in_period: tuple[float | None, ...]
    late_from: dt.date | None = None


def lags(futures: Futures, multiplier: float, windows: Sequence[Window], visits_per_future: float) -> Lags:
    """Follow the leads of a plan until nearly all have closed.

    Parameters
    ----------
    futures : Futures
    multiplier : float
    windows : sequence of Window
        In which leads are created.
    visits_per_future : float
        About how many, to bound the memory.
    """
    funnel, period = futures.variants.funnel, futures.measured.period
    assert period is not None
    window = futures.measured.window
    end = window.end_day + TAIL * days_to_fill(funnel.model)
    number = int(_MOST_VISITS / max(visits_per_future, 1.0))
    numbers = futures.variants.replications[: max(min(number, len(futures.few)), 1)]
    run = futures.detailed(
        [*futures.changes(multiplier), *no_leads_from(funnel.model, period.end)],
        [Window(label="until closed", start_day=0.0, end_day=end)],
        visits=True,
        replications=numbers,
        warmup=False,
    )
    assert run.visits is not None
    goal = funnel.model.goal
    place = goal.books_at if futures.counts == "deals_won" else goal.credits_at or goal.books_at
    created, won = _won_leads(run.visits, funnel.model, place)
    counts = (won >= window.start_day) & (won < window.end_day)
    shares = []
    for one in windows:
        own = (created >= one.start_day) & (created < one.end_day)
        shares.append(float(counts[own].mean()) if own.sum() >= _LEAST_WINS else None)
    late = None
    if won.size >= _LEAST_WINS:
        day = window.end_day - float(np.quantile(won - created, _LATE))
        late = day_at(funnel.model.start, day) if day > 0 else None
    return Lags(in_period=tuple(shares), late_from=late)


def _won_leads(visits: pl.DataFrame, model: Model, place: str) -> tuple[Floats, Floats]:
    """Day of creation, and of the first entry to the place that counts, of each new lead that gets there."""
    new = visits.filter((pl.col("lead") // 2**_KIND_BITS) != int(Kind.CRM))
    created = new.group_by("replication", "lead").agg(created=pl.col("entered").min())
    if place in model.stages:
        entries = new.filter(pl.col("stage") == place).select("replication", "lead", at="entered")
    else:
        exits = pl.DataFrame(
            [
                (stage, name)
                for stage, part in model.stages.items()
                for name, e in part.every_exit.items()
                if e.to == place
            ],
            schema={"stage": pl.String, "exit": pl.String},
            orient="row",
        )
        entries = new.join(exits, on=["stage", "exit"], how="semi").select("replication", "lead", at="left")
    wins = entries.group_by("replication", "lead").agg(won=pl.col("at").min())
    both = wins.join(created, on=["replication", "lead"]).drop_nulls().sort("replication", "lead")
    return both["created"].to_numpy(), both["won"].to_numpy()
