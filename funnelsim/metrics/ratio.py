"""A ratio that is NaN if the denominator is 0."""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """``numerator / denominator``, NaN where the denominator is 0."""
    undefined = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=undefined, where=denominator != 0)
    return undefined
