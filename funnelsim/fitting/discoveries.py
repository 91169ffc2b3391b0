"""Which of many tests to believe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Of what is told as found, so much is noise on average at most.
FALSE_DISCOVERIES = 0.05


def q_values(p_values: Floats) -> Floats:
    """The smallest rate of false discoveries at which each test counts as one; NaN where there was no test.

    Parameters
    ----------
    p_values : ndarray, shape (n,)

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
    """
    found = np.full(len(p_values), np.nan)
    told = np.flatnonzero(np.isfinite(p_values))
    if told.size:
        order = told[np.argsort(p_values[told])]
        raised = p_values[order] * told.size / np.arange(1, told.size + 1)
        found[order] = np.minimum.accumulate(raised[::-1])[::-1].clip(max=1.0)
    return found
