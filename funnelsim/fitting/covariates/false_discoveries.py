"""Q-values of many tests: the false discovery rate at which each would still be a discovery.

The same numbers as `scipy.stats.false_discovery_control`, whose import takes a second: a tenth of a fit.

References
----------
Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. J. R. Statist. Soc. B 57,
289-300.
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats


def q_values(p_values: Floats) -> Floats:
    """Q-value of each test, shape (n,).

    Parameters
    ----------
    p_values : ndarray, shape (n,)
        Between 0 and 1, without NaN.
    """
    order = np.argsort(p_values)
    scaled = p_values[order] * (len(order) / np.arange(1, len(order) + 1))
    result = np.empty(len(order))
    # No test has a larger q-value than one with a larger p-value.
    result[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.clip(result, 0.0, 1.0)
