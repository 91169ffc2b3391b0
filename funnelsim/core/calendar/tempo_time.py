"""Tempo time elapsed at an instant, and its inverse."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import kernel


@kernel
def tempo_time(integrals, row, first_day, instant):  # type: ignore[no-untyped-def]
    """Tempo time passed at an instant (days), by the integral in this row of shape (tempos, days + 1)."""
    x = instant - first_day
    last = integrals.shape[1] - 1
    if not x > 0.0:  # also for NaN, which must not become an index
        return x
    if x >= last:
        return integrals[row, last] + (x - last)
    i = np.int64(x)
    return integrals[row, i] + (x - i) * (integrals[row, i + 1] - integrals[row, i])


@kernel
def instant_at(integrals, row, first_day, passed):  # type: ignore[no-untyped-def]
    """The first instant at which this much tempo time has elapsed: the inverse of `tempo_time`."""
    last = integrals.shape[1] - 1
    if passed <= 0.0:
        return first_day + passed
    if passed >= integrals[row, last]:
        return first_day + (last + (passed - integrals[row, last]))
    low = 0
    high = last
    while high - low > 1:
        middle = (low + high) >> 1
        if integrals[row, middle] < passed:
            low = middle
        else:
            high = middle
    at_low = integrals[row, low]
    return first_day + (low + (passed - at_low) / (integrals[row, high] - at_low))
