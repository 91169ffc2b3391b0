"""Compiled lookup of a random word in a quantile table, whose layout `quantile_table.py` describes."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, kernel

_MANTISSA = np.int64(2**52 - 1)


@kernel
def quantile_at_distance(headers, cells, table, side, distance):  # type: ignore[no-untyped-def]
    """Value at ``distance = 2**33 * u`` (side 0) or ``2**33 * (1 - u)`` (side 1), in [1, 2**32)."""
    bits = np.float64(distance).view(np.int64)
    octave = (bits >> 52) - 1023
    header = headers[at(table), at(side * 32 + octave)]
    cell = at((header >> 6) + ((bits & _MANTISSA) >> (header & 63)))
    return cells[cell, 0] + distance * (cells[cell, 1] + distance * cells[cell, 2])


@kernel
def quantile_of_word(headers, cells, table, word):  # type: ignore[no-untyped-def]
    """Quantile of a uint32 random word."""
    side = np.int64(word >> np.uint32(31))
    near = word ^ np.uint32(-side & 0xFFFFFFFF)
    return quantile_at_distance(headers, cells, table, side, np.float64(2 * np.int64(near) + 1))


@kernel
def quantile_given_survival(headers, cells, table, word, survival):  # type: ignore[no-untyped-def]
    """Quantile of a word, given that the time exceeds the age with this survival probability."""
    return quantile_at_survival(
        headers, cells, table, survival * ((4294967295.5 - np.float64(word)) / 4294967296.0)
    )


@kernel
def quantile_at_survival(headers, cells, table, left):  # type: ignore[no-untyped-def]
    """Value that is exceeded with probability `left`."""
    if left < 0.5:
        return quantile_at_distance(headers, cells, table, 1, max(left * 8589934592.0, 1.0))
    near = min(max((1.0 - left) * 8589934592.0, 1.0), 4294967295.0)
    return quantile_at_distance(headers, cells, table, 0, near)
