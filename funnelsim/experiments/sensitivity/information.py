"""What it is worth to know a parameter before betting on whether the quota is reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.metrics.summary import deviation_between_draws

#: Interior knots of the regression at these quantiles of the parameter. P(quota) is a smooth, mostly
#: monotone curve of one parameter: more knots follow chance, fewer cannot level off at both ends.
_KNOTS = (0.05, 0.35, 0.65, 0.95)
#: Bootstrap samples of the draws, for bias and error.
_SAMPLES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Expected share of right calls that knowing something adds, with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawShares:
    """How often the quota was reached in each parameter draw.

    Attributes
    ----------
    draws : int array, shape (D,)
        The draws that occur, ascending.
    counts : ndarray, shape (D,)
        Replications of each.
    shares : ndarray, shape (D,)
        Share of them that reached the quota.
    """

    draws: Ints
    counts: Floats
    shares: Floats

    @classmethod
    def of(cls, reached: Floats, draws: Ints) -> DrawShares:
        """From 1.0 or 0.0 for each replication, shape (R,), and its draw."""
        known, index = np.unique(draws, return_inverse=True)
        counts = np.bincount(index).astype(np.float64)
        return cls(draws=known, counts=counts, shares=np.bincount(index, weights=reached) / counts)

    @property
    def probability(self) -> float:
        return float(self.shares @ self.counts / self.counts.sum())


def right_calls(probability: float) -> float:
    """Share of right calls of whoever bets on the likelier side: reached, or not."""
    return max(probability, 1 - probability)


def gain_from_knowing(parameter: Floats, shares: DrawShares, *, seed: int = 1) -> Gain:
    """Expected value of knowing one parameter exactly before betting on the quota (EVPPI).

    The bet pays 1 if right. Today it is on the likelier side, and right with probability max(P, 1 - P).
    Whoever knew the parameter x would know P(quota | x), and be right with probability
    E[max(P(x), 1 - P(x))]. The difference is 0 if no value of the parameter changes the bet.

    Parameters
    ----------
    parameter : ndarray, shape (D,)
        Its value in each draw.
    shares : DrawShares
    seed : int, default 1
        Of the bootstrap.

    Returns
    -------
    Gain

    Notes
    -----
    Strong, Oakley and Brennan (2014), Estimating multiparameter partial expected value of perfect information
    from a probabilistic sensitivity analysis sample: a nonparametric regression approach. Medical Decision
    Making 34, 311-326. P(x) is a regression of reaching the quota on x: a natural cubic spline, weighted by
    the number of futures of each draw. The draws are a sample of what the parameters may be: error and bias
    are from a bootstrap of whole draws (Efron and Tibshirani 1993, sections 6.2 and 10.3). A maximum of
    estimates is biased, for both terms of the difference.
    """
    design = _natural_spline(parameter)
    weights = np.vstack([shares.counts, shares.counts * _resampled(len(parameter), seed)])
    normal = np.einsum("bd,di,dj->bij", weights, design, design)
    right = np.einsum("bd,di,d->bi", weights, design, shares.shares)
    coefficients = np.einsum("bij,bj->bi", np.linalg.pinv(normal, hermitian=True), right)
    return _corrected(_gain(coefficients @ design.T, weights))


def gain_from_knowing_all(reached: Floats, draws: Ints, *, seed: int = 1) -> Gain:
    """Expected value of knowing all parameters exactly before betting on the quota (EVPI).

    The shares of the draws vary more than the probabilities behind them, by chance of few futures. They are
    drawn together around their mean until their variance is that between draws.

    Parameters
    ----------
    reached : ndarray, shape (R,)
        1.0 or 0.0.
    draws : int array, shape (R,)
        The parameter draw of each replication.
    seed : int, default 1
        Of the bootstrap.

    References
    ----------
    Louis, T. A. (1984). Estimating a population of parameter values using Bayes and empirical Bayes methods.
    Journal of the American Statistical Association 79, 393-398.
    """
    shares = DrawShares.of(reached, draws)
    found = float(shares.shares.std(ddof=1)) if len(shares.draws) > 1 else 0.0
    if not found > 0:
        return Gain(value=0.0, error=0.0)
    closer = min(deviation_between_draws(reached, draws) / found, 1.0)
    weights = np.vstack([shares.counts, shares.counts * _resampled(len(shares.draws), seed)])
    means = (weights @ shares.shares / weights.sum(axis=1))[:, None]
    return _corrected(_gain(means + (shares.shares - means) * closer, weights))


def _resampled(draws: int, seed: int) -> Floats:
    """How often each draw occurs in each bootstrap sample, shape (samples, draws)."""
    random = np.random.default_rng([seed, draws])
    return random.multinomial(draws, np.full(draws, 1 / draws), size=_SAMPLES).astype(np.float64)


def _gain(probabilities: Floats, weights: Floats) -> Floats:
    """Right calls where each draw's probability is known, less those where only their mean is; by sample."""
    known, part = np.clip(probabilities, 0, 1), weights / weights.sum(axis=1, keepdims=True)
    mean = (known * part).sum(axis=1)
    return np.asarray((np.maximum(known, 1 - known) * part).sum(axis=1) - np.maximum(mean, 1 - mean))


def _corrected(gains: Floats) -> Gain:
    """The gain in the data, the first, less the bias that bootstrap samples show; 0 at least."""
    estimate, sampled = float(gains[0]), gains[1:]
    bias = float(sampled.mean()) - estimate
    return Gain(value=max(estimate - bias, 0.0), error=float(sampled.std(ddof=1)))


def _natural_spline(values: Floats) -> Floats:
    """The natural cubic spline basis, shape (D, 4); a line where there are too few different values.

    Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, 5.2.1, equations 5.4 to 5.5.
    """
    spread = float(values.std()) or 1.0
    x = (values - values.mean()) / spread
    knots = np.unique(np.quantile(x, _KNOTS))
    columns = [np.ones_like(x), x]
    if len(knots) == len(_KNOTS) and len(np.unique(x)) > 2 * len(_KNOTS):
        last = knots[-1]

        def d(knot: float) -> Floats:
            cubes = np.maximum(x - knot, 0) ** 3 - np.maximum(x - last, 0) ** 3
            return np.asarray(cubes / (last - knot))

        columns += [d(knot) - d(knots[-2]) for knot in knots[:-2]]
    return np.column_stack(columns)
