"""Wilson's interval of a share.

References
----------
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
American Statistical Association 22, 209-212.
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats

#: Confidence level of the intervals of what a history shows: key figures, and the map.
LEVEL = 0.9


def wilson_interval(successes: Floats, cases: Floats, level: float) -> tuple[Floats, Floats]:
    """Lower and upper ends, element by element; NaN without cases."""
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    n = np.where(cases > 0, cases, np.nan)
    p = successes / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At a share of 0 or 1 the end is that share; rounding would put it just beside it.
    return np.clip(middle - half, 0.0, p), np.clip(middle + half, p, 1.0)
