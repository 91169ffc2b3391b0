"""How much more unevenly things are counted week by week than chance alone would have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_WEEKS = 104
_LEAST_COUNTED = 1.0  # in two weeks together
#: Weeks are seldom quite even: until they tell, this is believed, with the weight of so many pairs of weeks.
_USUAL, _USUAL_WEIGHT = 1.5, 4.0


def weekly_dispersion(counts: Floats, expected: Floats) -> float:
    """Variance over mean of weekly counts, 1 at least.

    Neighbouring weeks are compared, so that what changes slowly does not count (von Neumann 1941, Annals of
    Mathematical Statistics 12, 367-395): given both together, the count of one is binomial if all is chance.

    Parameters
    ----------
    counts, expected : ndarray, shape (days,)
        By day up to the present; whole weeks back from there are used, two years of them at most.
    """
    weeks = min(len(counts) // 7, _MOST_WEEKS)
    if weeks < 2:
        return _USUAL
    seen, mass = (by_day[-weeks * 7 :].reshape(weeks, 7).sum(axis=1) for by_day in (counts, expected))
    both = seen[1:] + seen[:-1]
    told = (both >= _LEAST_COUNTED) & (mass[1:] > 0) & (mass[:-1] > 0)
    share = mass[1:][told] / (mass[1:] + mass[:-1])[told]
    squares = (seen[1:][told] - share * both[told]) ** 2 / (share * (1 - share))
    pairs = float(told.sum())
    ratio = float(squares.sum() / both[told].sum()) if pairs else 0.0
    return max((pairs * ratio + _USUAL_WEIGHT * _USUAL) / (pairs + _USUAL_WEIGHT), 1.0)
