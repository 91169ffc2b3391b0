"""The number of wins of an open pipeline: a sum of unequal coin tosses.

References
----------
Hong, Y. (2013). On computing the distribution function for the Poisson binomial distribution.
Computational Statistics and Data Analysis 59, 41-51 (the recursive formula).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.oracles.cdfs import Floats
from tests.oracles.freeflow import Ways, chance_by, ending_at, entry_masses, extrapolated, opened_at_age


def number_won(chances: Sequence[float]) -> Floats:
    """Probability of 0, 1, ..., L wins from L independent leads that win with these probabilities."""
    distribution = np.ones(1)
    for p in chances:
        distribution = np.convolve(distribution, (1 - p, p))
    return distribution


def chance_open_lead_wins(
    ways: Ways, stage: str, age: float, *, days: float, won: str = "won", step: float = 1 / 16
) -> float:
    """Probability that a lead, now `age` days in `stage`, enters `won` within `days`."""
    funnel = opened_at_age(ending_at(ways, won), stage, age)

    def at_step(step: float) -> float:
        masses = entry_masses(funnel, "open", step=step, count=int(days / step) + 2)
        return chance_by(days, masses[won], step=step)

    return float(extrapolated(at_step, step))
