"""From a quota back to what must happen: new leads, entries, touches and busy reps, month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.errors import FunnelSimError, InputError, Problem, require
from funnelsim.documents.compare import BookedBefore, Interval
from funnelsim.documents.reverse import Capacity, CurvePoint, Month, Needed, ReverseDocument, Spreadsheet, Today
from funnelsim.engines.size import TooLargeError
from funnelsim.experiments.measured import Measured, measured
from funnelsim.experiments.reverse import capacity as limits
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.experiments.reverse.months import leads_by_source, month_windows, plan_of
from funnelsim.experiments.reverse.multiplier import LeadMultiplier, lead_multiplier
from funnelsim.experiments.reverse.search import MOST, smallest
from funnelsim.experiments.reverse.spreadsheet import (
    Line,
    cohort,
    line_without_waiting,
    no_leads_from,
    parts_of,
    spreadsheet,
    steps,
)
from funnelsim.experiments.variants import Progress, Variants
from funnelsim.history.files.events import History
from funnelsim.metrics.document import heading, last_day
from funnelsim.metrics.document import span as dates_of
from funnelsim.metrics.past import empty_start
from funnelsim.metrics.pricing import unpriced
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

_LEVEL = 0.9
#: Multipliers of the answer at which the curve of the figure is drawn.
_CURVE = (0.6, 0.8, 0.9, 1.1, 1.25, 1.5)


@dataclass(frozen=True, kw_only=True)
class Reverse:
    """What a quota needs.

    Attributes
    ----------
    record : ReverseDocument
        The document, typed.
    warnings : tuple of str
    """

    record: ReverseDocument
    warnings: tuple[str, ...] = field(default=())

    @property
    def reached(self) -> bool:
        """Whether a multiplier reaches the confidence."""
        return self.record.reached

    @property
    def multiplier(self) -> float | None:
        """Of the scaled sources; None if no multiplier reaches the confidence."""
        return None if self.record.needed is None else self.record.needed.multiplier

    def document(self) -> dict[str, Any]:
        """The JSON document of ``reverse``."""
        return self.record.as_json()

    def table(self) -> pl.DataFrame:
        """A row per month, measure and part: ``month start end in_period measure part value``."""
        rows = []
        for month in self.record.months:
            where = {"month": month.month, "start": month.start, "end": month.end, "in_period": month.in_period}
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
    replications: int | range = 2000,
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
    warmup_days, replications, seed, engine, workers, executor, allow_large
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

    Examples
    --------
    >>> funnel = fs.read_model("model.toml")
    >>> plan = fs.reverse_funnel(funnel, quota=400_000, period="2026Q2", replications=200)
    >>> plan.record.needed.leads["inbound"] > 0
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
        replications=replications,
        seed=seed,
        engine=engine,
        warmup_days=warmup_days,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
    )
    variants.refuse_what_cannot_run([()])
    futures = Futures(variants, lever, counts=counts, quota=goal, progress=progress)
    return _Search(funnel, futures, confidence, _warnings(funnel, span, counts, warmup_days)).result()


class _Search:
    """One search, from today's run to the document."""

    def __init__(self, funnel: Funnel, futures: Futures, confidence: float, warnings: list[str]) -> None:
        self.funnel = funnel
        self.futures = futures
        self.confidence = confidence
        self.warnings = warnings
        self.windows = month_windows(funnel.model, futures.measured)
        self.today = futures.detailed((), self.windows)
        futures.keep(futures.point_of(self.today, 1.0))
        self.line = line_without_waiting(futures)
        self.waiting = bool(funnel.model.roles)

    def result(self) -> Reverse:
        multiplier = self._multiplier()
        planned = None if multiplier is None else self._run(multiplier)
        self._draw_curve(multiplier)
        role, capacity = self._capacity(multiplier)
        naive = self._spreadsheet(multiplier, planned)
        curve = self.futures.known_points()
        today = self.futures.point(1.0)
        best = max(curve, key=lambda point: point.probability)
        answer = None if multiplier is None else self.futures.point(multiplier)
        record = ReverseDocument(
            **self._head(),
            today=Today(
                **self._plan(self.today, ()), probability=today.probability, mc_error=today.mc_error
            ),
            reached=planned is not None,
            needed=None if planned is None or multiplier is None else self._needed(planned, multiplier, curve),
            achieved_probability=answer.probability if answer else None,
            achieved_mc_error=answer.mc_error if answer else None,
            best=best,
            binding_role=role,
            capacity=capacity,
            naive=naive,
            months=self._months(multiplier, planned),
            curve=tuple(curve),
            warnings=tuple(self.warnings),
        )
        return Reverse(record=record, warnings=tuple(self.warnings))

    def _multiplier(self) -> float | None:
        futures = self.futures
        tried: list[CurvePoint] = []

        def rough(multiplier: float) -> float:
            tried.append(futures.point(multiplier, rough=True))
            return tried[-1].probability

        def give_up() -> bool:
            return self.waiting and limits.pointless(tried, self.line)

        if self.line.more_counted <= 0 and futures.point(1.0).probability < self.confidence:
            self.warnings.append("no new lead of the scaled sources can be won before the period ends")
            return None
        try:
            return smallest(rough, lambda m: futures.point(m).probability, self.confidence, give_up=give_up)
        except TooLargeError:
            last = tried[-1].multiplier if tried else 1.0
            self.warnings.append(f"multipliers above {last:g} are too large to simulate; --allow-large tries them")
            return None

    def _run(self, multiplier: float) -> Run:
        return self.futures.detailed(self.futures.changes(multiplier), self.windows)

    def _draw_curve(self, multiplier: float | None) -> None:
        """More points, for the figure and for the interval of the multiplier."""
        if multiplier is None:
            for factor in (1.5, 2.0, 3.0):
                self.futures.point(factor)
        else:
            for factor in _CURVE:
                if 0 < factor * multiplier <= MOST:
                    self.futures.point(factor * multiplier)

    def _capacity(self, multiplier: float | None) -> tuple[str | None, Capacity | None]:
        if not self.waiting or self.line.more_counted <= 0:
            return None, None
        if multiplier is None:
            best = max(self.futures.known_points(), key=lambda point: point.probability).multiplier
            return limits.what_it_takes(self.futures, self.confidence, best, self.line)
        run = self.futures.detailed(
            self.futures.changes(multiplier), self.futures.measured.windows, reps=False
        )
        free = self.futures.point_of(run, multiplier).probability
        return None, Capacity(multiplier=multiplier, probability_without_limits=free)

    def _needed(self, planned: Run, multiplier: float, curve: list[CurvePoint]) -> Needed:
        changes = self.futures.changes(multiplier)
        return Needed(
            **self._plan(planned, changes), multiplier=multiplier, interval=_interval(curve, multiplier)
        )

    def _plan(self, run: Run, changes: Sequence[Any]) -> dict[str, Any]:
        """The whole span from the start to the end of the period."""
        leads = leads_by_source(self.funnel, run, changes)
        return plan_of(self.funnel, run, 0, leads[0])

    def _months(self, multiplier: float | None, planned: Run | None) -> tuple[Month, ...]:
        today = leads_by_source(self.funnel, self.today, ())
        run, leads = self.today, today
        if planned is not None and multiplier is not None:
            run, leads = planned, leads_by_source(self.funnel, planned, self.futures.changes(multiplier))
        begins = self.futures.measured.window.start_day
        start = self.funnel.model.start
        return tuple(
            Month(
                **plan_of(self.funnel, run, w, leads[w]),
                month=window.label,
                **dates_of(window, start),
                in_period=window.end_day > begins,
                leads_today=today[w],
            )
            for w, window in enumerate(run.windows[:-1])
            if w > 0
        )

    def _spreadsheet(self, multiplier: float | None, planned: Run | None) -> Spreadsheet:
        futures = self.futures
        today = cohort(futures, 1.0)
        found = spreadsheet(today, futures.quota, futures.counts)
        if found.leads is None:
            return found
        if multiplier is None or planned is None or self.line.more_counted <= 0:
            return found
        line = self._anchored(multiplier, planned)
        other_mix = len(futures.lever.sources) < len(self.funnel.model.sources) or futures.lever.held
        parts = steps(
            futures,
            today=today,
            planned=cohort(futures, multiplier) if other_mix else today,
            parts=self._parts(planned),
            line=line,
            mean_multiplier=self._mean_multiplier(line) if self.waiting else None,
            multiplier=multiplier,
            waiting=self.waiting,
        )
        return found.model_copy(update={"steps": parts})

    def _parts(self, planned: Run) -> np.ndarray:
        """What counts in the period by part; with a warm-up, its leads are the pipeline."""
        futures = self.futures
        parts = parts_of(planned, futures.counts, len(planned.windows) - 1)
        if futures.variants.warmup_days:
            stopped = no_leads_from(self.funnel.model, self.funnel.model.start)
            run = futures.detailed(stopped, futures.measured.windows, reps=False, replications=futures.few)
            parts[0] = parts_of(run, futures.counts, len(run.windows) - 1).sum()
        return parts

    def _anchored(self, multiplier: float, planned: Run) -> Line:
        """The line without waiting, through the answer's own leads so that the parts add up."""
        leads = float(planned.tallies["leads_created"][:, 0].mean())
        counted = self.futures.point(multiplier).mean
        if self.waiting:
            counted = self.line.mean_at(multiplier)
        return Line(
            multiplier=multiplier,
            leads=leads,
            counted=counted,
            more_leads=self.line.more_leads,
            more_counted=self.line.more_counted,
        )

    def _mean_multiplier(self, line: Line) -> float | None:
        """The multiplier at which the mean with waiting reaches the quota; None if it never does."""
        quota = self.futures.quota
        for _ in range(2):
            points = self.futures.known_points()
            means = np.maximum.accumulate([point.mean for point in points])
            if means[-1] < quota:
                return None
            guess = float(np.interp(quota, means, [point.multiplier for point in points]))
            if means[0] > quota:
                slope = max(line.more_counted, 1e-12)
                return points[0].multiplier - (points[0].mean - quota) / slope
            self.futures.point(round(guess, 6))
        return guess

    def _head(self) -> dict[str, Any]:
        model, span, lever = self.funnel.model, self.futures.measured, self.futures.lever
        assert span.period is not None
        segments = {key: one.name or key for key, one in model.segments.items()}
        return {
            **heading("reverse", self.funnel, self.today),
            "source_names": {key: source.name or key for key, source in model.sources.items()},
            **({"segment_names": segments} if segments else {}),
            "period": span.period.label,
            "start": span.period.start,
            "end": last_day(model.start, span.window.end_day),
            "model_start": model.start,
            "quota": self.futures.quota,
            "counts": self.futures.counts,
            "confidence": self.confidence,
            "scaled": lever.sources,
            **({"held_segments": lever.held} if lever.held else {}),
            **({"scaled_from": lever.start} if lever.start else {}),
            "most": MOST,
            "booked": BookedBefore(
                bookings=span.booked.bookings,
                quota_credit=span.booked.quota_credit,
                deals_won=span.booked.deals,
            ),
        }


def _interval(curve: Sequence[CurvePoint], multiplier: float) -> Interval:
    """Multipliers at which the probability is one interval of simulation error below and above that reached."""
    multipliers = [point.multiplier for point in curve]
    shares = np.maximum.accumulate([point.probability for point in curve])
    here = next(point for point in curve if point.multiplier == multiplier)
    if here.mc_error is None or multiplier == 0.0:
        return Interval(low=None, high=None, level=_LEVEL)
    margin = float(ndtri(0.5 + _LEVEL / 2)) * here.mc_error
    low, high = (
        float(np.interp(here.probability + side * margin, shares, multipliers)) for side in (-1, 1)
    )
    return Interval(low=low, high=high, level=_LEVEL)


def _counted(model: Model, quota: float | None) -> str:
    """What the quota counts: quota credit, or wins where nothing has an amount."""
    if any(part.amount for part in (*model.sources.values(), *model.segments.values())):
        return "quota_credit"
    if quota is None:
        raise FunnelSimError(
            f"the model has no amounts, so a quota in money cannot be planned for; give the sources an amount, "
            f"or a number of {model.noun}s to win as the quota (--quota 120)"
        )
    return "deals_won"


def _quota(span: Measured, confidence: float) -> float:
    if span.quota is None:
        assert span.period is not None
        raise FunnelSimError(
            f"no quota for {span.period.label}: give one (--quota 1200000), or set quota in [goal] of the model"
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
            f"new leads can change from {model.start} (the model's start) to {span.period.last_day} (the end of "
            f"{span.period.label}), found {day}"
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
