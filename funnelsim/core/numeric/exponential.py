"""The exponential function for kernels: the same bits on every machine."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import kernel

_LOG2_E = 1.4426950408889634
# ln 2 in two parts; the first has few enough digits for integer multiples of it to be exact.
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_TERMS = 14


@kernel
def exponential(x):  # type: ignore[no-untyped-def]
    """e to the power of `x`, |x| below 700, within 1e-15 relative.

    x = n ln 2 + r with |r| at most ln(2) / 2; the Taylor series of r, times 2 to the n.
    """
    n = np.floor(x * _LOG2_E + 0.5)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    total = 1.0
    for k in range(_TERMS, 0, -1):
        total = 1.0 + r * total / k
    return total * np.int64((np.int64(n) + 1023) << 52).view(np.float64)
