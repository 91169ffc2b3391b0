"""Even numbers for parameter draws, spread so that even a few draws hold every part of a distribution.

References
----------
McKay, M. D., Beckman, R. J. and Conover, W. J. (1979). A comparison of three methods for selecting values of
input variables in the analysis of output from a computer code. Technometrics 21, 239-245.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from funnelsim.fitting.mle.likelihood import Floats

_LEAST = 1e-12


def uniform(draws: int, rng: np.random.Generator) -> Floats:
    """Numbers between 0 and 1 in random order, one in each of `draws` equal parts; shape (draws,)."""
    return np.clip((rng.permutation(draws) + rng.random(draws)) / draws, _LEAST, 1 - _LEAST)


def normal(draws: int, rng: np.random.Generator) -> Floats:
    """The standard normal distribution at such numbers, shape (draws,)."""
    return np.asarray(ndtri(uniform(draws, rng)))
