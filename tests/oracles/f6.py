"""Workload F6: six stages, 40 leads a day for 91 days. Exact answers without reps, and who works where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.oracles.cdfs import lognormal
from tests.oracles.freeflow import Way, Ways, entry_masses, expected_by, extrapolated, lag_sum_by

STAGES = ("mql", "sal", "sql", "demo", "proposal", "contract")
MEAN_DWELL_DAYS = (2.0, 3.0, 5.0, 7.0, 10.0, 6.0)
SIGMA = 0.8
P_ON = (0.55, 0.60, 0.65, 0.60, 0.50, 0.80)
LEADS_PER_DAY = 40.0
DAYS = 91.0
MEAN_AMOUNT = 12_000.0
SIGMA_AMOUNT = 1.0


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who has to do a task before a lead's dwell in a stage begins.

    Attributes
    ----------
    pool : tuple of int or None
        For each stage the number of the pool that its task needs; None where it has no task.
    reps : tuple of int
        Reps of each pool, always on. Among those who wait a pool takes the latest stage, then the first come.
    effort_days : tuple of float
        Mean of the exponential effort of each stage's task.
    """

    pool: tuple[int | None, ...]
    reps: tuple[int, ...]
    effort_days: tuple[float, ...]

    @property
    def staffed(self) -> tuple[int, ...]:
        """Places of the stages that have a task."""
        return tuple(place for place, pool in enumerate(self.pool) if pool is not None)


_EFFORT_DAYS = (0.0, 0.1875, 0.25, 0.375, 0.5, 0.0)
NO_REPS = Staffing((None,) * 6, (), (0.0,) * 6)
CAP = Staffing((None, 0, 1, 2, 3, None), (5, 4, 4, 3), _EFFORT_DAYS)
SHARED = Staffing((None, 0, 0, 0, 0, None), (14,), _EFFORT_DAYS)


@dataclass(frozen=True, slots=True)
class Exact:
    """Expectations over the quarter: wins, mean cycle of those wins (days), bookings, entries by place."""

    wins: float
    cycle_days: float
    bookings: float
    entered: dict[str, float]


def ways() -> Ways:
    """F6 with stages named as in `STAGES`, ending in ``won`` or ``lost`` with the same dwell."""
    targets = (*STAGES[1:], "won")
    return {
        stage: (Way(on, p, lognormal(mean, SIGMA)), Way("lost", 1 - p, lognormal(mean, SIGMA)))
        for stage, on, p, mean in zip(STAGES, targets, P_ON, MEAN_DWELL_DAYS, strict=True)
    }


def exact(*, step: float = 1 / 32) -> Exact:
    """Answers to about six decimals, by convolution of the dwell distributions."""

    def at_step(step: float) -> np.ndarray:
        masses = entry_masses(ways(), STAGES[0], step=step, count=int(DAYS / step) + 1)
        counts = [expected_by(DAYS, m, arrivals, step=step)[0] for m in masses.values()]
        cycles = lag_sum_by(DAYS, masses["won"], arrivals, step=step)[0]
        return np.array([*counts, cycles])

    names = list(entry_masses(ways(), STAGES[0], step=1.0, count=2))
    values = extrapolated(at_step, step)
    entered = dict(zip(names, values[:-1].tolist(), strict=True))
    wins = entered["won"]
    return Exact(wins, float(values[-1]) / wins, wins * MEAN_AMOUNT, entered)


def arrivals(t: np.ndarray) -> np.ndarray:
    return LEADS_PER_DAY * t
