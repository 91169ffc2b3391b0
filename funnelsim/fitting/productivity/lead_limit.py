"""Are leads the limit? Trends of leads per rep and of wins per rep, and what happened as the team grew."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import YEAR_DAYS

#: A change counts as clear if chance gives one as large less than once in twenty.
CLEAR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Change of a monthly rate per year, from a log-linear regression.

    Attributes
    ----------
    per_year : float
        Relative change per year: -0.2 is a fall by a fifth.
    low, high : float
        90 % interval.
    p_value : float
        Two-sided, of no change.
    """

    per_year: float
    low: float
    high: float
    p_value: float

    @property
    def falls(self) -> bool:
        """Whether the rate falls clearly."""
        return self.p_value < CLEAR and self.per_year < 0

    @property
    def clear(self) -> bool:
        """Whether the rate changes clearly."""
        return self.p_value < CLEAR


def trend(counts: Floats, offset: Floats, days: Floats, *, least_dispersion: float = 1.0) -> Trend | None:
    """Trend of ``counts / offset``; None with fewer than 6 months that have an offset and counts.

    A Poisson regression on time, with standard errors widened by the dispersion found (quasi-likelihood) and
    Student's t, because sales come in clusters and months are few.

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Such as the leads or the wins of each month.
    offset : ndarray, shape (T,)
        Such as the rep-months.
    days : ndarray, shape (T,)
        Middle of each month.
    least_dispersion : float, default 1
        Variance over mean that is assumed at least; 0 for what is no count of chance events, such as reps.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed., sections 6.2 and 9.2.
    """
    kept = offset > 0
    counts, offset, years = counts[kept], offset[kept], days[kept] / YEAR_DAYS
    if counts.size < 6 or counts.sum() == 0:
        return None
    design = np.column_stack([np.ones(counts.size), years - years.mean()])
    beta = np.array([math.log(counts.sum() / offset.sum()), 0.0])
    for _ in range(50):
        mean = offset * np.exp(design @ beta)
        information = design.T @ (mean[:, None] * design)
        step = np.linalg.solve(information, design.T @ (counts - mean))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    mean = offset * np.exp(design @ beta)
    freedom = counts.size - 2
    dispersion = max(least_dispersion, float(((counts - mean) ** 2 / mean).sum()) / freedom)
    error = math.sqrt(dispersion * float(np.linalg.inv(design.T @ (mean[:, None] * design))[1, 1]))
    slope = float(beta[1])
    reach = float(student.ppf(0.95, freedom)) * error
    return Trend(
        per_year=math.expm1(slope),
        low=math.expm1(slope - reach),
        high=math.expm1(slope + reach),
        p_value=float(2 * student.sf(abs(slope) / error, freedom)) if error > 0 else 1.0,
    )
