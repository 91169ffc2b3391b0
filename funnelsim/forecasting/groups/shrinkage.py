"""Shares of categories in small groups, pulled towards those of all by as much as chance explains.

The counts of each group are Dirichlet-multinomial with the shares of all as their mean; how much the groups
differ is the concentration that makes the counts most likely (empirical Bayes; Gelman et al. 2013, Bayesian
Data Analysis, chapter 5).
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats

#: Bounds of the concentration: a group of 20 deals keeps nearly all of its own shares, or next to none.
LEAST, MOST = 1.0, 1e6


def shrunk_shares(counts: Floats, mean: Floats | None = None) -> Floats:
    """Shares of ``K`` categories in each of ``C`` groups.

    Parameters
    ----------
    counts : ndarray, shape (C, K)
    mean : ndarray, shape (K,), optional
        Towards which they are pulled; default the shares of all counts together.

    Returns
    -------
    ndarray, shape (C, K)
        Rows sum to 1; of a group without counts, the mean.
    """
    if mean is None:
        total = counts.sum(axis=0)
        mean = total / total.sum() if total.sum() else np.full(counts.shape[1], 1.0 / counts.shape[1])
    weight = concentration(counts, mean)
    return np.asarray((counts + weight * mean) / (counts.sum(axis=1, keepdims=True) + weight))


def concentration(counts: Floats, mean: Floats) -> float:
    """How many deals the shares of all are worth, against those of a group itself."""
    from scipy.optimize import minimize_scalar  # most forecasts are not split
    from scipy.special import gammaln

    known = counts[counts.sum(axis=1) > 0][:, mean > 0]
    prior = mean[mean > 0]
    if len(known) < 2 or prior.size < 2:
        return MOST
    n = known.sum(axis=1)

    def minus_log_likelihood(log_weight: float) -> float:
        alpha = np.exp(log_weight) * prior
        whole = alpha.sum()
        own = (gammaln(known + alpha) - gammaln(alpha)).sum(axis=1)
        return -float((gammaln(whole) - gammaln(whole + n) + own).sum())

    found = minimize_scalar(minus_log_likelihood, bounds=(np.log(LEAST), np.log(MOST)), method="bounded")
    return float(np.exp(found.x))
