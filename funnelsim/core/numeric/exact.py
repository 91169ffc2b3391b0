"""Sums that do not depend on the order of addition.

Every term is rounded once to a multiple of a power of two, the unit. As long as a sum stays below 2**53
units no addition rounds, so neither order nor grouping matters to the last bit (the idea of pre-rounding:
Demmel, J. and Nguyen, H. D. (2013). Fast reproducible floating-point summation. IEEE ARITH 21, 163-172).
"""

from __future__ import annotations

from numba import njit

_HALF = 1.5 * 2.0**52


@njit(inline="always", cache=True)
def in_units(value, unit):  # type: ignore[no-untyped-def]
    """The nearest multiple of a power of two, of values below 2**51 units; larger ones lose more bits."""
    shift = _HALF * unit
    return (value + shift) - shift
