"""Shares, differences of shares and medians with their intervals.

References
----------
Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of
eleven methods. Statistics in Medicine 17, 873-890, method 10. Katz, D. et al. (1978). Obtaining confidence
intervals for the risk ratio in cohort studies. Biometrics 34, 469-474. Benjamini, Y. and Hochberg, Y. (1995).
Controlling the false discovery rate. JRSS B 57, 289-300.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from funnelsim.core.arrays import Floats
from funnelsim.core.numeric.wilson import LEVEL as LEVEL
from funnelsim.documents.map_insights import Contrast, Interval

#: Expected share of chance findings among those called clear, as in a fit.
FALSE_DISCOVERIES = 0.05
#: A group with fewer deals is not compared: its share says next to nothing.
FEWEST = 10
#: With so many expected in each cell the exact test takes long and says the same.
_LARGE = 500

_Contrast = TypeVar("_Contrast", bound=Contrast)


def wilson(n: int, of: int, level: float = LEVEL) -> Interval:
    """A share with Wilson's interval."""
    if of == 0:
        return Interval()
    import numpy as np

    from funnelsim.core.numeric.wilson import wilson_interval

    low, high = wilson_interval(np.array(float(n)), np.array(float(of)), level)
    return Interval(value=n / of, low=float(low), high=float(high))


def difference(first: Interval, second: Interval) -> Interval:
    """The first share minus the second with Newcombe's interval, from Wilson's of both."""
    ends = (first.value, first.low, first.high, second.value, second.low, second.high)
    a, a_low, a_high, b, b_low, b_high = (math.nan if end is None else end for end in ends)
    if math.isnan(a) or math.isnan(b):
        return Interval()
    gap = a - b
    below = math.hypot(a - a_low, b_high - b)
    above = math.hypot(a_high - a, b - b_low)
    return Interval(value=gap, low=gap - below, high=gap + above)


def contrasted(rows: Sequence[_Contrast]) -> tuple[list[_Contrast], int]:
    """Compare the counts of each row; rows with a small group are dropped.

    Small: one of both groups, or those with or without the property in both together, has fewer than
    `FEWEST` deals.

    Returns
    -------
    list
        Clear ones first; of these the largest difference first, judged by the end of its interval next to 0.
    int
        Rows dropped.
    """
    kept = [row for row in rows if _large_enough(row)]
    if not kept:
        return [], len(rows)
    from scipy.stats import false_discovery_control

    p_values = [_p_value(row) for row in kept]
    q_values = [float(q) for q in false_discovery_control(p_values)]
    made = [_estimated(row, p, q) for row, p, q in zip(kept, p_values, q_values, strict=True)]
    made.sort(key=lambda row: (not row.clear, -_least(row.difference), row.kind, row.key))
    return made, len(rows) - len(kept)


def _large_enough(row: Contrast) -> bool:
    both = row.n + row.other_n
    smallest = min(row.of, row.other_of, both, row.of + row.other_of - both)
    return smallest >= FEWEST


def _estimated(row: _Contrast, p: float, q: float) -> _Contrast:
    share, other = wilson(row.n, row.of), wilson(row.other_n, row.other_of)
    return row.model_copy(
        update={
            "share": share,
            "other_share": other,
            "difference": difference(share, other),
            "ratio": _ratio(row),
            "p_value": p,
            "q_value": q,
            "clear": q <= FALSE_DISCOVERIES,
        }
    )


def _p_value(row: Contrast) -> float:
    """Of Fisher's exact test, or of the chi-square test where all counts are so large that both agree."""
    import numpy as np
    from scipy.special import chdtrc

    table = np.array([[row.n, row.of - row.n], [row.other_n, row.other_of - row.other_n]])
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    if expected.min() >= _LARGE:
        return float(chdtrc(1, ((table - expected) ** 2 / expected).sum()))
    from scipy.stats import fisher_exact

    return min(float(fisher_exact(table).pvalue), 1.0)  # rounding may leave it above 1


def _ratio(row: Contrast) -> Interval:
    if row.n == 0 or row.other_n == 0:
        return Interval()
    from scipy.stats.contingency import relative_risk

    found = relative_risk(row.n, row.of, row.other_n, row.other_of)
    ends = found.confidence_interval(LEVEL)
    return Interval(value=float(found.relative_risk), low=float(ends.low), high=float(ends.high))


def _least(gap: Interval) -> float:
    """How far the interval stays from 0; negative where it contains 0."""
    if gap.low is None or gap.high is None:
        return -math.inf
    return max(gap.low, -gap.high)


def median(values: Floats) -> Interval:
    """A median with its interval from order statistics, exact for any distribution; none for a few values."""
    if len(values) == 0:
        return Interval()
    import numpy as np
    from scipy.special import bdtr

    # The interval from the k-th smallest to the k-th largest misses the median if fewer than k values lie on
    # one side of it, and that number is binomial with probability 1/2.
    n = len(values)
    ranks = np.arange(1, n // 2 + 1)
    known = ranks[2 * bdtr(ranks - 1, n, 0.5) <= 1 - LEVEL]
    middle = float(np.median(values))
    if len(known) == 0:
        return Interval(value=middle)
    ordered = np.sort(values)
    return Interval(value=middle, low=float(ordered[known[-1] - 1]), high=float(ordered[n - known[-1]]))
