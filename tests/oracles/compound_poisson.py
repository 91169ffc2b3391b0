"""The distribution of a sum of a Poisson number of amounts, on a lattice.

References
----------
Panjer, H. H. (1981). Recursive evaluation of a family of compound distributions. ASTIN Bulletin 12, 22-26.
Grübel, R. and Hermesmeier, R. (1999). Computation of compound distributions I: aliasing errors and
exponential tilting. ASTIN Bulletin 29, 197-214.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tests.oracles.cdfs import Cdf, Floats


def lattice(cdf: Cdf, *, step: float, count: int) -> Floats:
    """Amounts rounded to the nearest multiple of `step`: probabilities of ``0, step, 2 step, ...``."""
    return np.diff(cdf((np.arange(count) + 0.5) * step), prepend=0.0)


def by_recursion(mean_number: float, amounts: Floats) -> Floats:
    """Panjer's recursion ``g_s = (lambda / s) sum over j of j f_j g_(s-j)``; quadratic in the size."""
    total = np.zeros(len(amounts))
    total[0] = np.exp(-mean_number * (1 - amounts[0]))
    weighted = np.arange(len(amounts)) * amounts
    for s in range(1, len(amounts)):
        total[s] = mean_number / s * (weighted[1 : s + 1] @ total[s - 1 :: -1])
    return total


def by_transform(mean_number: float, amounts: Floats) -> Floats:
    """The same by FFT, tilted so that what wraps round is below 1e-9 of the mass."""
    tilt = np.exp(-20.0 / len(amounts) * np.arange(len(amounts)))
    transform = np.exp(mean_number * (np.fft.rfft(amounts * tilt) - 1))
    return np.fft.irfft(transform, len(amounts)) / tilt


def quantiles(masses: Floats, levels: ArrayLike, *, step: float) -> Floats:
    """Quantiles of a distribution on a lattice, each mass spread evenly over its cell."""
    edges = (np.arange(len(masses)) + 0.5) * step
    return np.interp(levels, np.cumsum(masses), edges)


def distribution(masses: Floats, values: ArrayLike, *, step: float) -> Floats:
    """Cumulative probability at `values`, each mass spread evenly over its cell."""
    edges = (np.arange(len(masses)) + 0.5) * step
    return np.interp(values, edges, np.cumsum(masses))
