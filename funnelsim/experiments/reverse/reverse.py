"""From a quota back to what must happen: new leads, entries, touches and busy reps, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.errors import FunnelSimError, InputError, Interrupted, Problem, require
from funnelsim.core.nouns import counted, plural_noun
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.experiments.reverse.multiplier import lead_multiplier
from funnelsim.experiments.reverse.plan import find_plan
from funnelsim.experiments.variants import Progress, Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

#: A run of so many visits takes a second or so without reps, and two or three with them; a search has about
#: twenty runs.
_MOST_VISITS = 1.6e7
_MOST_FUTURES, _LEAST_FUTURES, _PILOT = 2000, 300, 20


@dataclass(frozen=True, kw_only=True)
class Reverse:
    """What a quota needs.

    Attributes
    ----------
    result : ReverseDocument
        All figures, as ``funnelsim reverse --json`` prints them.
    """

    result: ReverseDocument

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.result.warnings

    @property
    def reached(self) -> bool:
        """Whether a multiplier reaches the confidence."""
        return self.result.reached

    @property
    def multiplier(self) -> float | None:
        """Of the scaled sources; None if no multiplier reaches the confidence."""
        return None if self.result.needed is None else self.result.needed.multiplier

    def document(self) -> dict[str, Any]:
        """The JSON document of ``reverse``."""
        return self.result.as_json()

    def record(self) -> ReverseDocument:
        """The document of ``reverse``, typed."""
        return self.result

    def table(self) -> pl.DataFrame:
        """A row per month, measure and part: ``month start end in_period measure part value``."""
        rows = []
        for month in self.result.months:
            where = {
                "month": month.month,
                "start": month.start,
                "end": month.end,
                "in_period": month.in_period,
            }
            for measure in ("leads", "leads_today", "entered", "touches", "tasks", "utilisation"):
                rows += [
                    {**where, "measure": measure, "part": part, "value": value}
                    for part, value in getattr(month, measure).items()
                ]
            for measure in ("budget", "wins", "bookings"):
                value = getattr(month, measure)
                if value is not None:
                    rows.append({**where, "measure": measure, "part": "", "value": value})
        return pl.DataFrame(rows, infer_schema_length=None)


def reverse_funnel(
    funnel: Funnel,
    *,
    quota: float | None = None,
    period: str | None = None,
    confidence: float = 0.8,
    only: Sequence[str] = (),
    hold_segments: Sequence[str] = (),
    start: dt.date | str | None = None,
    history: History | Path | str | None = None,
    warmup_days: float = 0.0,
    replications: int | range | None = None,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    progress: Progress | None = None,
) -> Reverse:
    """How many new leads a quota needs, and what follows from them month by month.

    The rates of the sources are multiplied by one number until the quota is reached in a given share of the
    futures. All multipliers use the same random numbers: with more leads, each lead enters no later and fares
    as before, so the share changes smoothly and a bisection finds the smallest multiplier. What is booked and
    open, the time to win, seasonality and the capacity of reps are part of each future.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it.
    quota : float, optional
        In the model's currency; default the goal's. A number of wins if the model has no amounts.
    period : str, optional
        Such as ``2026`` or ``FY2027Q1``; default the goal's period that contains the model's start.
    confidence : float, default 0.8
        Probability to reach the quota, in ``(0, 1)``.
    only : sequence of str, optional
        Sources to multiply; the others stay as they are.
    hold_segments : sequence of str, optional
        Segments whose leads stay as they are.
    start : date or str, optional
        First day of the new rates; default the model's start.
    history : History or path, optional
        Used for bookings before the start; default the one named in the model.
    replications : int or range, optional
        Futures of each multiplier; default 2,000, and fewer, 300 at least, where each has many visits: its
        sum then varies less.
    warmup_days, seed, engine, workers, executor, allow_large
        As for `simulate`.
    progress : callable, optional
        Called with (parts done, all parts), roughly.

    Returns
    -------
    Reverse

    Raises
    ------
    FunnelSimError
        If there is no quota, a source or segment is unknown, or the period is over.
    Interrupted
        By Ctrl-C during the search, with the points of the multipliers that were tried.

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> plan = fs.reverse_funnel(funnel, quota=400_000, period="2026Q2", replications=200)
    >>> plan.record().needed.leads["inbound"] > 0
    True
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    span = measured(funnel, period=period, quota=quota, history=history)
    counts = _counted(funnel.model, quota)
    goal = _quota(span, confidence)
    lever = lead_multiplier(
        funnel.model,
        only=only,
        hold_segments=hold_segments,
        start=_first_day(start, funnel.model, span, warmup_days),
    )
    variants = Variants(
        funnel,
        span,
        replications=_MOST_FUTURES if replications is None else replications,
        seed=seed,
        engine=engine,
        warmup_days=warmup_days,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    variants.refuse_what_cannot_run([()])
    if replications is None:
        variants.replications = range(_enough_futures(variants))
    futures = Futures(variants, lever, counts=counts, quota=goal, progress=progress)
    try:
        found = find_plan(futures, confidence, _warnings(funnel, span, counts, warmup_days))
    except KeyboardInterrupt as stop:
        known = futures.known_points(rough=True)
        if not known:
            raise
        raise Interrupted(known, f"the {counted(len(known), 'multiplier')} tried") from stop
    return Reverse(result=found)


def _enough_futures(variants: Variants) -> int:
    """Futures whose visits are within a budget, by those of a few futures."""
    pilot = variants.run((), replications=_PILOT)
    visits = float(pilot.tallies["entered"][:, 0].sum(axis=1).mean())
    hundreds = round(_MOST_VISITS / max(visits, 1.0) / 100)
    return min(max(100 * hundreds, _LEAST_FUTURES), _MOST_FUTURES)


def _counted(model: Model, quota: float | None) -> str:
    """What the quota counts: quota credit, or wins where nothing has an amount."""
    amounts = [*(s.amount for s in model.sources.values()), *(s.amount for s in model.segments.values())]
    if any(amount is not None for amount in amounts):
        return "quota_credit"
    if quota is None:
        raise FunnelSimError(
            f"no quota, and no amounts in the model: give a number of {plural_noun(model.noun)} to win as "
            "the quota (--quota 120), or the sources an amount"
        )
    return "deals_won"


def _quota(span: Measured, confidence: float) -> float:
    if span.quota is None:
        assert span.period is not None
        raise FunnelSimError(
            f"no quota for {span.period.label}: give one (--quota 1200000), or set quota in [goal] of the "
            "model"
        )
    if not span.quota > 0:
        raise FunnelSimError(f"a quota must be above 0, found {span.quota:g}")
    if not 0 < confidence < 1:
        raise FunnelSimError(f"the confidence lies between 0 and 1, such as 0.8, found {confidence:g}")
    return span.quota


def _first_day(
    start: dt.date | str | None, model: Model, span: Measured, warmup_days: float
) -> dt.date | None:
    if start is None:
        # Leads of a warm-up came before today: they stay as they were.
        return model.start if warmup_days else None
    try:
        day = as_date(start)
    except ValueError as error:
        raise InputError("from", [Problem(path="", message=str(error))]) from None
    assert span.period is not None
    if not model.start <= day < span.period.end:
        message = (
            f"new leads can change from {model.start} (the model's start) to {span.period.last_day} (the end "
            f"of {span.period.label}), found {day}"
        )
        raise InputError("from", [Problem(path="", message=message)])
    return day


def _warnings(funnel: Funnel, span: Measured, counts: str, warmup_days: float) -> list[str]:
    # A fit without a pipeline file found no open deals.
    empty = empty_start(funnel, warmup_days, nothing_open=funnel.model.history is not None)
    priced = unpriced(funnel.model) if counts == "quota_credit" else []
    planned = [
        f"{source.name or key}: its campaigns stay as planned, only its rate is multiplied"
        for key, source in funnel.model.sources.items()
        if source.campaigns
    ]
    return [*empty, *span.warnings, *priced, *planned]
