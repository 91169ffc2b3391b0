"""The futures of a funnel at any multiplier of its leads, each run once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.documents.reverse import CurvePoint
from funnelsim.experiments.measured import Measured
from funnelsim.experiments.reverse.multiplier import LeadMultiplier
from funnelsim.experiments.variants import Progress, Variants
from funnelsim.metrics.quota import attainment
from funnelsim.metrics.summary import draws_of
from funnelsim.model.changes.changes import Change
from funnelsim.results.run import Run, Window

#: The search begins with every fourth future, but not with fewer than the second number.
_ROUGH_STRIDE, _ROUGH_LEAST = 4, 75


class Futures:
    """Runs a funnel at multipliers of its leads, and measures what counts towards the quota.

    Parameters
    ----------
    variants : Variants
        With the funnel, the measured period and all replications.
    lever : LeadMultiplier
    counts : {"quota_credit", "deals_won"}
    quota : float
    progress : callable, optional
        Called with (runs begun, runs expected) in units of full runs.
    """

    def __init__(
        self,
        variants: Variants,
        lever: LeadMultiplier,
        *,
        counts: str,
        quota: float,
        progress: Progress | None = None,
    ) -> None:
        self.variants = variants
        self.lever = lever
        self.counts = counts
        self.quota = quota
        numbers = variants.replications
        #: Every so many futures are a part of them; of 200 parameter draws, which make most of the cost of a
        #: fitted model, every fourth future has a quarter.
        self.stride = max(min(_ROUGH_STRIDE, len(numbers) // _ROUGH_LEAST), 1)
        self.few = numbers[:: self.stride]
        self._points: dict[tuple[float, tuple[Change, ...], bool], CurvePoint] = {}
        self._busy: dict[tuple[float, tuple[Change, ...]], dict[str, float]] = {}
        self._progress, self._done = progress, 0.0

    @property
    def measured(self) -> Measured:
        return self.variants.measured

    def changes(self, multiplier: float) -> tuple[Change, ...]:
        return self.lever.changes(self.variants.funnel.model, multiplier)

    def point(self, multiplier: float, more: tuple[Change, ...] = (), *, rough: bool = False) -> CurvePoint:
        """Probability and mean at a multiplier, with further changes; from a part of the futures if rough."""
        rough = rough and self.stride > 1  # of few futures, the part is all of them
        key = (multiplier, more, rough)
        if key not in self._points:
            run = self.variants.run(
                [*self.changes(multiplier), *more], replications=self.few if rough else None
            )
            self._points[key] = self.point_of(run, multiplier)
            self._busy[multiplier, more] = self.utilisation(run)
            self._step(len(self.few) / len(self.variants.replications) if rough else 1.0)
        return self._points[key]

    def point_of(self, run: Run, multiplier: float) -> CurvePoint:
        """The point of a run whose last window is the period."""
        values = self.values(run)
        probability, error = attainment(values, self.quota, draws_of(run))
        return CurvePoint(
            multiplier=multiplier, probability=probability, mc_error=error, mean=float(values.mean())
        )

    def values(self, run: Run) -> Floats:
        """What counts towards the quota in each future, shape (R,)."""
        return self.measured.values(run, self.counts)

    def busy(self, multiplier: float, more: tuple[Change, ...] = ()) -> dict[str, float]:
        """Mean busy share of each role in the period, of a point that was run."""
        return self._busy[multiplier, more]

    def utilisation(self, run: Run, w: int = -1) -> dict[str, float]:
        """Busy time / open time of each role in a window, over all futures; NaN where nobody is on."""
        busy, open_ = (run.tallies[name][:, w].sum(axis=0) for name in ("busy_days", "rostered_days"))
        with np.errstate(invalid="ignore"):
            return dict(zip(run.roles, (busy / open_).tolist(), strict=True))

    def detailed(
        self,
        changes: Sequence[Change],
        windows: Sequence[Window],
        *,
        reps: bool = True,
        visits: bool = False,
        replications: range | None = None,
        warmup: bool = True,
    ) -> Run:
        """A run with windows of its own; the last one is the period, or ends the run."""
        numbers = replications or self.variants.replications
        run = self.variants.simulate(
            changes, windows=windows, replications=numbers, reps=reps, visits=visits, warmup=warmup
        )
        self._step(len(numbers) / len(self.variants.replications))
        return run

    def known_points(self, *, rough: bool = False) -> list[CurvePoint]:
        """All points without further changes, by multiplier.

        From all futures; if `rough`, from a part of them where a multiplier has no other point.
        """
        known = [(key, point) for key, point in self._points.items() if not key[1] and (rough or not key[2])]
        known.sort(key=lambda one: not one[0][2])  # those of all futures last
        found = {point.multiplier: point for _, point in known}
        return [found[multiplier] for multiplier in sorted(found)]

    def keep(self, run: Run, multiplier: float) -> None:
        """Add the point of a run of all futures, such as that of today's rates."""
        self._points[multiplier, (), False] = self.point_of(run, multiplier)
        self._busy[multiplier, ()] = self.utilisation(run)

    def _step(self, share: float) -> None:
        self._done += share
        if self._progress is not None:
            # About 20 full runs; the bar of a longer search approaches its end ever more slowly.
            expected = 20
            self._progress(int(1000 * self._done / (self._done + expected / 3)), 1000)
