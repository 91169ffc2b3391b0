"""Workload F6-NC: six stages, 40 leads a day for 91 days, no reps. Its exact answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.oracles.freeflow import Way, Ways, entry_masses, expected_by, extrapolated, lag_sum_by
from tests.oracles.laws import lognormal

STAGES = ("mql", "sal", "sql", "demo", "proposal", "contract")
MEAN_DWELL_DAYS = (2.0, 3.0, 5.0, 7.0, 10.0, 6.0)
SIGMA = 0.8
P_ON = (0.55, 0.60, 0.65, 0.60, 0.50, 0.80)
LEADS_PER_DAY = 40.0
DAYS = 91.0
MEAN_AMOUNT = 12_000.0
SIGMA_AMOUNT = 1.0


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
    """Answers to about six decimals, by convolution of the dwell laws."""

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
