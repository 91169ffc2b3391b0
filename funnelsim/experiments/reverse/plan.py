"""Search for the multiplier, and gather what follows from it in one document."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from scipy.special import ndtri

from funnelsim.documents.compare import BookedBefore, Interval
from funnelsim.documents.reverse import Capacity, CurvePoint, Month, Needed, ReverseDocument, Today
from funnelsim.engines.size import TooLargeError
from funnelsim.experiments.reverse import capacity as limits
from funnelsim.experiments.reverse.futures import Futures
from funnelsim.experiments.reverse.lags import Lags, lags
from funnelsim.experiments.reverse.months import leads_by_source, month_windows, plan_of
from funnelsim.experiments.reverse.search import MOST, smallest
from funnelsim.experiments.reverse.spreadsheet import explained, line_without_waiting
from funnelsim.metrics.document import heading, last_day
from funnelsim.metrics.document import span as dates_of
from funnelsim.results.run import Run

_LEVEL = 0.9
#: Multiples of the answer at which the curve of the figure is drawn; of today's pace where there is none.
_CURVE, _WITHOUT_ANSWER = (0.7, 0.9, 1.1, 1.25, 1.5), (1.5, 2.0, 3.0)


def find_plan(futures: Futures, confidence: float, warnings: Sequence[str]) -> ReverseDocument:
    """The document of ``reverse``.

    Parameters
    ----------
    futures : Futures
        With the sources to multiply and the quota.
    confidence : float
    warnings : sequence of str
        Those already known.
    """
    return _Search(futures, confidence, warnings).document()


class _Search:
    """One search, from today's run to the document."""

    def __init__(self, futures: Futures, confidence: float, warnings: Sequence[str]) -> None:
        funnel = futures.variants.funnel
        self.funnel = funnel
        self.futures = futures
        self.confidence = confidence
        self.warnings = list(warnings)
        self.windows = month_windows(funnel.model, futures.measured)
        self.today = futures.detailed((), self.windows)
        futures.keep(self.today, 1.0)
        self.line = line_without_waiting(futures, self.today)
        self.waiting = bool(funnel.model.roles)

    def document(self) -> ReverseDocument:
        multiplier = self._multiplier()
        planned = None if multiplier is None else self._run(multiplier)
        self._draw_curve(multiplier)
        # Before reps are added: that tries multipliers with few futures, which may look better than they are.
        curve = self.futures.known_points(rough=multiplier is None)
        role, capacity = self._capacity(multiplier, _best(curve).multiplier)
        naive = explained(self.futures, self.line, multiplier, planned)
        found = self._lags(multiplier, planned)
        if multiplier is not None:
            curve = self.futures.known_points()
        today = self.futures.point(1.0)
        answer = None if multiplier is None else self.futures.point(multiplier)
        return ReverseDocument(
            **self._head(),
            today=Today(**self._plan(self.today, ()), probability=today.probability, mc_error=today.mc_error),
            reached=planned is not None,
            needed=None
            if planned is None or multiplier is None
            else self._needed(planned, multiplier, curve),
            achieved_probability=answer.probability if answer else None,
            achieved_mc_error=answer.mc_error if answer else None,
            best=_best(curve),
            binding_role=role,
            capacity=capacity,
            naive=naive,
            late_from=found.late_from,
            months=self._months(multiplier, planned, found),
            curve=tuple(curve),
            warnings=tuple(self.warnings),
        )

    def _multiplier(self) -> float | None:
        futures = self.futures
        tried: list[CurvePoint] = []

        def rough(multiplier: float) -> float:
            tried.append(futures.point(multiplier, rough=True))
            return tried[-1].probability

        def give_up() -> bool:
            return self.waiting and limits.pointless(tried, self.line)

        if self.line.more_counted <= 0 and futures.point(1.0).probability < self.confidence:
            self.warnings.append(self._nothing_new())
            return None
        if self._mean_out_of_reach():
            return None
        try:
            return smallest(rough, lambda m: futures.point(m).probability, self.confidence, give_up=give_up)
        except TooLargeError:
            last = tried[-1].multiplier if tried else 1.0
            self.warnings.append(
                f"multipliers above {last:g} are too large to simulate; --allow-large tries them"
            )
            return None

    def _nothing_new(self) -> str:
        """Why more leads bring nothing: none came, or none was won in time."""
        which = (
            "the scaled sources bring no new lead"
            if self.line.more_leads <= 0
            else ("no new lead of the scaled sources is won before the period ends")
        )
        return f"{which} in any of {len(self.futures.few)} futures, even at twice today's pace"

    def _run(self, multiplier: float) -> Run:
        return self.futures.detailed(self.futures.changes(multiplier), self.windows)

    def _draw_curve(self, multiplier: float | None) -> None:
        """More points, for the figure and for the interval of the multiplier."""
        self._draw_points(multiplier)
        if multiplier is None:
            self._sure_best()

    def _sure_best(self) -> None:
        """Simulate the best point with all futures, until the best one is such a point.

        The best of several points from few futures looks better than it is.
        """
        sure: set[float] = set()
        while (best := _best(self.futures.known_points(rough=True)).multiplier) not in sure:
            sure.add(best)
            with suppress(TooLargeError):
                self.futures.point(best)

    def _draw_points(self, multiplier: float | None) -> None:
        wanted = _WITHOUT_ANSWER if multiplier is None else [factor * multiplier for factor in _CURVE]
        for at in wanted:
            if 0 < at <= MOST:
                with suppress(TooLargeError):
                    self.futures.point(at, rough=multiplier is None)

    def _capacity(self, multiplier: float | None, best: float) -> tuple[str | None, Capacity | None]:
        if not self.waiting or self.line.more_counted <= 0:
            return None, None
        if multiplier is None:
            if self._mean_out_of_reach():
                return None, Capacity(multiplier=best)
            role, found = limits.what_it_takes(self.futures, self.confidence, best)
            return role, found.model_copy(update={"saturates_at": self._saturates_at()})
        run = self.futures.detailed(
            self.futures.changes(multiplier), self.futures.measured.windows, reps=False
        )
        free = self.futures.point_of(run, multiplier).probability
        return None, Capacity(
            multiplier=multiplier, probability_without_limits=free, saturates_at=self._saturates_at()
        )

    def _saturates_at(self) -> float | None:
        return limits.saturation(self.futures.known_points(rough=True), self.line)

    def _mean_out_of_reach(self) -> bool:
        """Whether the mean without waiting is too low at any multiplier.

        By Markov's inequality P(S >= Q) <= E(S) / Q, and waiting for reps only lowers the mean.
        """
        return self.line.mean_at(MOST) < self.confidence * self.futures.quota

    def _needed(self, planned: Run, multiplier: float, curve: list[CurvePoint]) -> Needed:
        changes = self.futures.changes(multiplier)
        return Needed(
            **self._plan(planned, changes), multiplier=multiplier, interval=_interval(curve, multiplier)
        )

    def _plan(self, run: Run, changes: Sequence[Any]) -> dict[str, Any]:
        """The whole span from the start to the end of the period."""
        leads = leads_by_source(self.funnel, run, changes)
        return plan_of(self.funnel, run, 0, leads[0])

    def _lags(self, multiplier: float | None, planned: Run | None) -> Lags:
        run = self.today if planned is None else planned
        visits = float(run.tallies["entered"][:, 0].sum(axis=1).mean())
        return lags(self.futures, 1.0 if multiplier is None else multiplier, run.windows, visits)

    def _months(self, multiplier: float | None, planned: Run | None, found: Lags) -> tuple[Month, ...]:
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
                close_in_period=found.in_period[w],
            )
            for w, window in enumerate(run.windows[:-1])
            if w > 0
        )

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


def _best(points: Sequence[CurvePoint]) -> CurvePoint:
    """The point closest to the quota: where no future reaches it at any multiplier, the highest mean."""
    return max(points, key=lambda point: (point.probability, point.mean))


def _interval(curve: Sequence[CurvePoint], multiplier: float) -> Interval:
    """Multipliers at which the probability is below and above that reached by its simulation error.

    An end that lies beyond the multipliers of the curve is None; nothing lies below 0.
    """
    multipliers = [point.multiplier for point in curve]
    shares = np.maximum.accumulate([point.probability for point in curve])
    here = next(point for point in curve if point.multiplier == multiplier)
    if here.mc_error is None or multiplier == 0.0:
        return Interval(low=None, high=None, level=_LEVEL)
    margin = float(ndtri(0.5 + _LEVEL / 2)) * here.mc_error
    low, high = (
        float(end) if np.isfinite(end) else None
        for end in np.interp(
            [here.probability - margin, here.probability + margin],
            shares,
            multipliers,
            left=0.0 if multipliers[0] == 0.0 else np.nan,
            right=np.nan,
        )
    )
    return Interval(low=low, high=high, level=_LEVEL)
