"""Recalibration: scale the spread of a forecast by what past forecasts showed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from funnelsim.core.arrays import Floats
from funnelsim.forecasting.scores import randomised_pit

#: Fewest past forecasts for a recalibration; from fewer, the factor is mostly noise.
FEWEST = 12
_LIKE = 12.0  # prior weight of a factor of 1, in past forecasts
_MEDIAN = 49
_MIDPOINTS = (np.arange(20) + 0.5) / 20


def spread_factor(past: Sequence[tuple[Floats, float]]) -> float | None:
    """Factor on the spread, from past quantiles and actual values; None with too few.

    The PIT value of each actual becomes a normal score; calibrated forecasts have scores of variance 1. The
    mean square, shrunk towards 1, is the square of the factor. For counts, squares are
    averaged over the randomised PIT.

    Parameters
    ----------
    past : sequence of (ndarray, float)
        Of each past forecast the 99 quantiles, shape (99,), and what then came, in one unit.
    """
    if len(past) < FEWEST:
        return None
    indices = [[randomised_pit(actual, quantiles, u) for u in _MIDPOINTS] for quantiles, actual in past]
    scores = scipy.special.ndtri(np.clip(indices, 0.005, 0.995))
    squares = (scores**2).mean(axis=1)
    return float(np.sqrt((squares.sum() + _LIKE) / (len(squares) + _LIKE)))


def recalibrated(quantiles: Floats, past: Sequence[tuple[Floats, float]]) -> Floats | None:
    """The 99 quantiles stretched about their median, shape (99,); None with too few past forecasts.

    None falls below 0, unless the lowest was below it already.
    """
    factor = spread_factor(past)
    if factor is None:
        return None
    middle = quantiles[_MEDIAN]
    stretched: Floats = middle + factor * (quantiles - middle)
    return np.maximum(stretched, min(0.0, float(quantiles[0])))
