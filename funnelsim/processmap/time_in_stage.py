"""Quantiles of a time in stage of which some visits are not over yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats

#: Survival is a product of many factors: closer than this to a level, it is at the level.
_ROUNDING = 1e-9


def quantiles(days: Floats, is_open: NDArray[np.bool_], levels: Sequence[float]) -> list[float | None]:
    """Times by which these shares of the visits have ended; None where too few have ended to know.

    Open visits are right-censored. Where the curve is flat at a level, the middle of the flat part is taken,
    so that without open visits the median is the usual one.

    Parameters
    ----------
    days : ndarray
        Length of each visit; of an open one, so far.
    is_open : ndarray of bool
    levels : sequence of float
        Shares such as 0.5.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. JASA 53.
    """
    if not len(days) or is_open.all():
        return [None] * len(levels)
    from scipy.stats import CensoredData, ecdf

    survival = ecdf(CensoredData(uncensored=days[~is_open], right=days[is_open])).sf
    times, left = np.asarray(survival.quantiles), np.asarray(survival.probabilities)
    # The curve falls only where visits end: at other times it is flat.
    falls = np.diff(left, prepend=1.0) < 0
    times, left = times[falls], left[falls]
    return [_first_at(times, left, 1 - level) for level in levels]


def _first_at(times: Floats, left: Floats, level: float) -> float | None:
    reached = np.flatnonzero(left <= level + _ROUNDING)
    if not len(reached):
        return None
    first = reached[0]
    flat = left[first] > level - _ROUNDING and first + 1 < len(times)
    return float((times[first] + times[first + 1]) / 2 if flat else times[first])
