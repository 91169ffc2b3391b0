"""Amounts so far beyond all others that a typing error is likelier than a large deal.

An amount is extreme if it is many times the next largest one **and** lies far outside the spread of the rest,
by the median and the median absolute deviation of the logs. Both must hold: heavy-tailed amounts have no such
gap, and where amounts are much alike, a deal of ten times the usual one is news and not an error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Times the next largest amount from which an audit points at it, and from which a fit leaves it out.
POINTED_AT, LEFT_OUT = 100.0, 1000.0
#: Robust standard deviations above the median of the logs; the largest of a million lognormal ones lies at 5.
_DEVIATIONS = 10.0
#: Amounts that are all alike still have rounding and discounts: about a tenth either way.
_LEAST_SPREAD = 0.1
_FEWEST_OTHERS = 3
#: At most one in so many amounts is an error; more are a kind of deal. An audit may point at three.
_ONE_IN, _MOST_POINTED_AT = 50, 3
_MAD_TO_SD = 1.4826


def extreme_amounts(amounts: NDArray[np.float64], times: float) -> NDArray[np.bool_]:
    """Which amounts are extreme.

    Parameters
    ----------
    amounts : ndarray, shape (n,)
        NaN where not known; those at 0 or below are never extreme.
    times : float
        `POINTED_AT` or `LEFT_OUT`.

    References
    ----------
    Leys, C. et al. (2013). Detecting outliers: do not use standard deviation around the mean, use absolute
    deviation around the median. Journal of Experimental Social Psychology 49, 764-766.
    """
    known = np.isfinite(amounts) & (amounts > 0)
    ordered = np.sort(np.log(amounts[known]))
    most = max(1 if times >= LEFT_OUT else _MOST_POINTED_AT, len(ordered) // _ONE_IN)
    for above in range(min(most, len(ordered) - _FEWEST_OTHERS), 0, -1):
        rest, lowest = ordered[:-above], ordered[-above]
        middle = np.median(rest)
        spread = max(_MAD_TO_SD * float(np.median(np.abs(rest - middle))), _LEAST_SPREAD)
        if lowest - rest[-1] >= np.log(times) and lowest - middle >= _DEVIATIONS * spread:
            extreme: NDArray[np.bool_] = known & (amounts >= np.exp(lowest) * (1 - 1e-9))
            return extreme
    return np.zeros(len(amounts), dtype=bool)
