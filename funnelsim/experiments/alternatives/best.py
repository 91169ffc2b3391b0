"""Which of several alternatives is best: in single futures, and in the mean."""

from __future__ import annotations

import math

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.metrics.summary import likely_variance

#: Random vectors of means; the error of a probability is below 0.2 percentage points.
_VECTORS = 1 << 16
#: Alternatives this close, relative to the largest, are equal: rounding tells them apart, not the model.
_EQUAL = 1e-9


def share_best(values: Floats) -> Floats:
    """Share of the replications in which each alternative has the largest value; equal ones share it.

    Parameters
    ----------
    values : ndarray, shape (K, R)
        Of K alternatives on common random numbers.

    Returns
    -------
    ndarray, shape (K,)
        Sums to 1.
    """
    return _share_of_largest(values, _EQUAL * float(np.abs(values).max(initial=0.0)))


def probability_mean_best(values: Floats, draws: Ints | None = None, *, seed: int = 1) -> Floats:
    """Probability that the expected value of each alternative is the largest; equal ones share it.

    The vector of expected values, given the simulation, is taken as multivariate t: its covariance is the
    simulation error and, with parameter draws, the variation of the expected values between draws, as in the
    intervals of `paired_difference`. It contains how the alternatives vary together. For two alternatives it
    is Student's distribution function of their mean difference in standard errors.

    Parameters
    ----------
    values : ndarray, shape (K, R)
        Of K alternatives on common random numbers.
    draws : int array, shape (R,), optional
        The parameter draw that each replication used.
    seed : int, default 1
        Of the random vectors with which the probability is computed.

    Returns
    -------
    ndarray, shape (K,)
        Sums to 1; NaN with a single replication or a single draw.

    References
    ----------
    Chick, S. E. and Inoue, K. (2001). New procedures to select the best simulated system using common random
    numbers. Management Science 47, 1133-1149 (the posterior of the means, section 2).
    """
    groups = values.shape[1] if draws is None else np.unique(draws).size
    if groups < 2:
        return np.full(len(values), math.nan)
    # Differences from the first keep an alternative that changes nothing exactly equal to it.
    steps = values - values[0]
    factor = _semidefinite_root(_covariance_of_means(steps, draws))
    random = np.random.Generator(np.random.Philox(seed))
    normal = random.standard_normal((len(values), _VECTORS))
    spread = np.sqrt(random.chisquare(groups - 1, _VECTORS) / (groups - 1))
    means = steps.mean(axis=1)
    largest = float(np.abs(means).max()) + math.sqrt(float((factor**2).sum(axis=1).max()))
    return _share_of_largest(means[:, None] + factor @ normal / spread, _EQUAL * largest)


def _share_of_largest(values: Floats, close: float) -> Floats:
    best = values >= values.max(axis=0) - close
    return np.asarray((best / best.sum(axis=0)).mean(axis=1), np.float64)


def _covariance_of_means(values: Floats, draws: Ints | None) -> Floats:
    """Covariance of the expected values: error of their means, and their variation between draws."""
    if draws is None:
        return np.asarray(np.atleast_2d(np.cov(values)) / values.shape[1], np.float64)
    _, index = np.unique(draws, return_inverse=True)
    counts = np.bincount(index)
    means = np.array([np.bincount(index, own) for own in values]) / counts
    between = np.atleast_2d(np.cov(means))
    # Components of variance of a one-way layout, as `deviation_between_draws` of one difference.
    several = counts[index] > 1
    rest = (values - means[:, index])[:, several]
    weight = 1.0 / (counts[index][several] - 1)
    within = (rest * weight) @ rest.T / max(int((counts > 1).sum()), 1)
    of_chance = within * float(np.mean(1 / counts))
    of_draws = _likely_covariance(between, of_chance, counts.size, int((counts - 1).sum()))
    return np.asarray(between / counts.size + of_draws, np.float64)


def _likely_covariance(between: Floats, of_chance: Floats, groups: int, spare: int) -> Floats:
    """What is left of the covariance of the draws' means without that of chance within draws.

    In each direction the variance that is expected from its estimate and its standard error, as for the
    interval of one difference (`likely_deviation_between_draws`).
    """
    sizes, directions = np.linalg.eigh(between - of_chance)
    along = [np.einsum("ik,ij,jk->k", directions, part, directions) for part in (between, of_chance)]
    error = np.hypot(math.sqrt(2 / (groups - 1)) * along[0], math.sqrt(2 / max(spare, 1)) * along[1])
    return np.asarray((directions * likely_variance(sizes, error)) @ directions.T, np.float64)


def _semidefinite_root(covariance: Floats) -> Floats:
    """Lower triangular `L` with ``L L' = covariance``; columns without variance of their own are 0.

    A Cholesky decomposition, not one by eigenvectors: their signs differ between libraries, and with them
    the random vectors.
    """
    size = len(covariance)
    root = np.zeros((size, size))
    negligible = 1e-12 * float(np.diag(covariance).max(initial=0.0))
    for k in range(size):
        left = covariance[k:, k] - root[k:, :k] @ root[k, :k]
        if left[0] > negligible:
            root[k:, k] = left / math.sqrt(left[0])
    return root
