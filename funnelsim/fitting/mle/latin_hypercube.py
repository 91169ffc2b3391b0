"""Latin hypercube samples for parameter draws: stratified uniform and normal numbers.

With one draw in each of equally likely strata, even a few draws represent the whole distribution.

References
----------
McKay, M. D., Beckman, R. J. and Conover, W. J. (1979). A comparison of three methods for selecting values of
input variables in the analysis of output from a computer code. Technometrics 21, 239-245.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from funnelsim.core.arrays import Floats

_LEAST = 1e-12


def uniform(draws: int, rng: np.random.Generator) -> Floats:
    """Uniform numbers in random order, one in each of `draws` equal strata; shape (draws,)."""
    return np.clip((rng.permutation(draws) + rng.random(draws)) / draws, _LEAST, 1 - _LEAST)


def normal(draws: int, rng: np.random.Generator) -> Floats:
    """Standard normal numbers, one in each of `draws` equally likely strata; shape (draws,)."""
    return np.asarray(ndtri(uniform(draws, rng)))
