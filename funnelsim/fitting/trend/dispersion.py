"""Over-dispersion of weekly counts: variance over mean, from neighbouring weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from funnelsim.core.arrays import Floats
from funnelsim.fitting.mle import latin_hypercube as latin_hypercube

_MOST_WEEKS = 104
_LEAST_COUNTED = 1.0  # in two weeks together
#: Each of two neighbouring weeks must have at least this share of their expected total; else the binomial
#: comparison is unstable.
_LEAST_SHARE = 1e-3
#: Prior mean of the dispersion, and its weight in pairs of weeks. Most sales histories lie between 1 and 2;
#: the prior matters only in the first months.
_USUAL, _USUAL_WEIGHT = 1.5, 4.0


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Variance over mean of weekly counts, with its degrees of freedom.

    Attributes
    ----------
    ratio : float
        1 at least.
    freedom : float
        Degrees of freedom of the estimate.
    """

    ratio: float
    freedom: float

    def draw(self, draws: int, rng: np.random.Generator) -> Floats:
        """Posterior draws, at least 1, shape (draws,): a scaled inverse chi-square.

        References
        ----------
        Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd ed., section 2.6 (normal with unknown variance).
        """
        chi_square = chdtri(self.freedom, latin_hypercube.uniform(draws, rng))
        return np.asarray(np.maximum(self.ratio * self.freedom / chi_square, 1.0))


def dispersion_of_weeks(counts: Floats, expected: Floats) -> Dispersion:
    """Dispersion of weekly counts.

    Neighbouring weeks are compared, so that slow changes do not count (von Neumann 1941, Annals of
    Mathematical Statistics 12, 367-395): given both together, the count of one is binomial without
    over-dispersion. As each week is in two pairs, n pairs are worth two thirds of n degrees of freedom.

    Parameters
    ----------
    counts, expected : ndarray, shape (days,)
        By day up to the present; whole weeks back from there are used, two years of them at most.
    """
    weeks = min(len(counts) // 7, _MOST_WEEKS)
    if weeks < 2:
        return Dispersion(_USUAL, _USUAL_WEIGHT)
    seen, mass = (by_day[-weeks * 7 :].reshape(weeks, 7).sum(axis=1) for by_day in (counts, expected))
    both = seen[1:] + seen[:-1]
    usable = (both >= _LEAST_COUNTED) & (
        np.minimum(mass[1:], mass[:-1]) > _LEAST_SHARE * (mass[1:] + mass[:-1])
    )
    share = mass[1:][usable] / (mass[1:] + mass[:-1])[usable]
    squares = (seen[1:][usable] - share * both[usable]) ** 2 / (share * (1 - share))
    pairs = float(usable.sum())
    ratio = float(squares.sum() / both[usable].sum()) if pairs else 0.0
    ratio = max((pairs * ratio + _USUAL_WEIGHT * _USUAL) / (pairs + _USUAL_WEIGHT), 1.0)
    return Dispersion(ratio, _USUAL_WEIGHT + 2 / 3 * pairs)
