"""A lognormal distribution with a generalised Pareto tail, for amounts dominated by a few very large deals.

Up to a threshold the distribution is lognormal, fitted with the amounts beyond the threshold as right
censored. Beyond it, the excess is generalised Pareto. The threshold is the upper order statistic, out of
several, with the highest likelihood.

References
----------
Coles, S. (2001). An Introduction to Statistical Modeling of Extreme Values, chapter 4.
Coles, S. and Dixon, M. (1999). Likelihood-based inference for extreme value models. Extremes 2, 5-23.
Scarrott, C. and MacDonald, A. (2012). A review of extreme value threshold estimation and uncertainty
quantification. REVSTAT 10, 33-60.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

from funnelsim.core.arrays import Floats
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Lognormal
from funnelsim.distributions.pareto import Pareto
from funnelsim.distributions.truncated import Truncated

#: Fewest wins for a tail, and fewest of them beyond a threshold. With fewer excesses, xi is hardly
#: determined.
FEWEST_WINS, _FEWEST_BEYOND = 100, 25
#: Shares of the wins beyond the thresholds that are tried.
_BEYOND = (0.25, 0.2, 0.15, 0.1, 0.075, 0.05, 0.025)
#: Largest amount of the distribution over the largest seen. Of two equally large samples with tail index xi
#: the second has a larger amount than that with probability 1 / (1 + 10^(1/xi)): below 1 % up to xi = 1/2.
CAP = 10.0
_XI = np.linspace(0.0, 0.95, 39)
_NEWTON_STEPS = 40


@dataclass(frozen=True)
class TailFit:
    """Lognormal up to `threshold`, generalised Pareto beyond.

    Attributes
    ----------
    amounts : ndarray, shape (n,)
        Above 0.
    rows : ndarray of int, shape (n,)
        Row of each among the wins that draws have weights for.
    """

    amounts: Floats
    rows: NDArray[np.int64]
    threshold: float
    median: float
    sigma: float
    share: float
    excess: float
    xi: float

    #: Median, sigma, threshold, share beyond, mean excess, xi.
    parameters: ClassVar[int] = 6

    @property
    def largest(self) -> float:
        """The largest amount that the distribution allows."""
        return CAP * float(self.amounts.max())

    @property
    def distribution(self) -> Mixture:
        """The body is ``law_1``, the tail ``law_2``."""
        body = Truncated(Lognormal.of("amount", median=self.median, sigma=self.sigma), self.threshold)
        tail = Pareto.of("amount", low=self.threshold, excess=self.excess, xi=self.xi)
        cap = Truncated(tail, self.largest)
        share = round(self.share, 6)
        return Mixture("amount", (round(1 - share, 6), share), (body, cap))

    @property
    def log_likelihood(self) -> float:
        return float(np.sum(self.distribution.logpdf(self.amounts)))

    def draw(self, weights: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        """Parameters of the distribution in each draw, name to (R,); `weights` of all wins, shape (R, N)."""
        own = weights[:, self.rows]
        median, sigma, share, excess, xi = _fitted(
            self.amounts, self.threshold, own, rng.standard_exponential(len(own))
        )
        same = np.ones(len(own))
        return {
            "weight_1": 1 - share,
            "weight_2": share,
            "law_1.median": median,
            "law_1.sigma": sigma,
            "law_1.max": self.threshold * same,
            "law_2.low": self.threshold * same,
            "law_2.excess": excess,
            "law_2.xi": xi,
            "law_2.max": self.largest * same,
        }


def fit_tail(amounts: Floats, rows: NDArray[np.int64]) -> TailFit | None:
    """The best lognormal with a generalised Pareto tail; None where wins are too few, or no tail is heavy.

    Parameters
    ----------
    amounts : ndarray, shape (n,)
        Above 0.
    rows : ndarray of int, shape (n,)
    """
    if len(amounts) < FEWEST_WINS:
        return None
    ordered = np.sort(amounts)
    thresholds = {float(ordered[-1 - round(beyond * len(ordered))]) for beyond in _BEYOND}
    result = [
        TailFit(amounts, rows, u, *(float(p[0]) for p in _fitted(amounts, u, ones, np.ones(1))))
        for u in sorted(thresholds)
        if np.sum(amounts > u) >= _FEWEST_BEYOND and np.unique(amounts[amounts <= u]).size > 1
        for ones in (np.ones((1, len(amounts))),)
    ]
    # With xi = 0 the tail is no heavier than an exponential one, and a plain family suffices.
    result = [fit for fit in result if fit.xi > 0]
    return max(result, key=lambda fit: fit.log_likelihood, default=None)


def _fitted(
    amounts: Floats, threshold: float, weights: Floats, penalty: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Median, sigma, share beyond, mean excess and xi for each row of `weights`, shape (R,) each."""
    beyond = amounts > threshold
    above, below = weights[:, beyond], weights[:, ~beyond]
    tail, body = above.sum(axis=1), below.sum(axis=1)
    logs = np.log(amounts[~beyond] / threshold)
    mean = below @ logs / body
    square = below @ logs**2 / body
    mu, sigma = censored_normal(mean, square, body, tail)
    excess, xi = penalised_pareto(amounts[beyond] - threshold, above, penalty)
    return threshold * np.exp(mu), sigma, tail / (tail + body), excess, xi


def censored_normal(mean: Floats, square: Floats, seen: Floats, above: Floats) -> tuple[Floats, Floats]:
    """Mean and sd of a normal distribution of which values above 0 are known only to be above.

    Parameters
    ----------
    mean, square : ndarray, shape (R,)
        Weighted means of the values seen, all at most 0, and of their squares.
    seen, above : ndarray, shape (R,)
        Weight of the values seen and of those above.

    Notes
    -----
    In delta = mu / sigma and theta = 1 / sigma the likelihood has one peak (Olsen 1978), which Newton's
    method climbs: Olsen, R. J. (1978). Note on the uniqueness of the maximum likelihood estimator for the
    Tobit model. Econometrica 46, 1211-1215.
    """
    theta = 1 / np.sqrt(square)
    delta = np.zeros_like(theta)
    for _ in range(_NEWTON_STEPS):
        mills = np.exp(-(delta**2) / 2 - math.log(2 * math.pi) / 2 - special.log_ndtr(delta))
        bend = seen + above * mills * (delta + mills)
        slope_delta = seen * (theta * mean - delta) + above * mills
        slope_theta = seen * (1 / theta - theta * square + delta * mean)
        cross, curve = -seen * mean, seen * (1 / theta**2 + square)
        determinant = bend * curve - cross**2
        step_delta = (curve * slope_delta - cross * slope_theta) / determinant
        step_theta = (bend * slope_theta - cross * slope_delta) / determinant
        # Never beyond half the way to theta = 0.
        size = np.minimum(1.0, 0.5 * theta / np.maximum(-step_theta, 1e-300))
        delta, theta = delta + size * step_delta, theta + size * step_theta
        if np.all(np.abs(step_delta) + np.abs(step_theta) / theta < 1e-10):
            break
    return delta / theta, 1 / theta


def penalised_pareto(excess: Floats, weights: Floats, penalty: Floats) -> tuple[Floats, Floats]:
    """Mean excess and xi in [0, 0.95] of generalised Pareto distributions.

    Parameters
    ----------
    excess : ndarray, shape (k,)
        Over the threshold, above 0.
    weights : ndarray, shape (R, k)
    penalty : ndarray, shape (R,)
        Weight of the penalty ``1 / (1 - xi) - 1`` on the log-likelihood (Coles and Dixon 1999: 1), which
        keeps small samples from an infinite mean.

    Notes
    -----
    For each xi of a grid the scale solves ``sum w (1 + xi) y / (scale + xi y) = sum w``, whose left side
    falls in the scale; between the grid's best and its neighbours the peak is that of a parabola.
    """
    values, index = _distinct(excess)
    own = np.stack([np.bincount(index, row, minlength=len(values)).astype(np.float64) for row in weights])
    scales = _scales(values, own)
    heights = np.stack(
        [_log_likelihood(values, own, scales[:, j], xi) for j, xi in enumerate(_XI)], axis=1
    ) - penalty[:, None] * (_XI / (1 - _XI))
    xi = _peak(heights)
    near = scales[np.arange(len(own)), np.argmax(heights, axis=1)]
    scale = _scale(values, own, xi, near)
    return scale / (1 - xi), xi


def _scales(values: Floats, weights: Floats) -> Floats:
    """The best scale for each xi of the grid, each search begun at the one before; shape (R, xi)."""
    result = [weights @ values / weights.sum(axis=1)]
    for xi in _XI:
        result.append(_scale(values, weights, np.full(len(weights), xi), result[-1]))
    return np.stack(result[1:], axis=1)


def _distinct(excess: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The values, those within half a percent of one another as one where they are many."""
    distinct, index = np.unique(excess, return_inverse=True)
    if len(distinct) > 400:
        _, index = np.unique(np.floor(np.log(excess) / 0.005), return_inverse=True)
        distinct = np.bincount(index, excess) / np.bincount(index)
    return distinct, index


def _scale(values: Floats, weights: Floats, xi: Floats, start: Floats) -> Floats:
    """By Newton's method on the log of the scale; shape (R,)."""
    total = weights.sum(axis=1)
    scale = start
    for _ in range(_NEWTON_STEPS):
        share = values / (scale[:, None] + xi[:, None] * values)
        miss = (1 + xi) * np.sum(weights * share, axis=1) - total
        slope = -(1 + xi) * scale * np.sum(weights * share**2 / values, axis=1)
        step = np.clip(-miss / slope, -1.0, 1.0)
        scale = scale * np.exp(step)
        if np.all(np.abs(step) < 1e-9):
            break
    return np.asarray(scale)


def _log_likelihood(values: Floats, weights: Floats, scale: Floats, xi: float) -> Floats:
    z = values / scale[:, None]
    hazard = np.log1p(xi * z) / xi if xi > 0 else z
    return np.asarray(-np.sum(weights * ((1 + xi) * hazard + np.log(scale)[:, None]), axis=1))


def _peak(heights: Floats) -> Floats:
    """The xi at which a row of heights over the grid has its peak."""
    rows = np.arange(len(heights))
    best = np.argmax(heights, axis=1)
    inner = np.clip(best, 1, len(_XI) - 2)
    left, middle, right = (heights[rows, inner + d] for d in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, (left - right) / np.where(bend < 0, 2 * bend, 1.0), 0.0)
    step = _XI[1]
    return np.asarray(np.where(best == inner, _XI[inner] + step * np.clip(shift, -1, 1), _XI[best]))
