"""Wins of reps by month of service: productivity by rep with shrinkage, together with the ramp of new reps.

Rep ``k`` wins Poisson(theta_k * ramp_m * exposure_km) deals in month of service ``m``. The productivity
theta_k of reps is Gamma(shape a, mean mu); the ramp does not fall, and is 1 after some month. Maximum
likelihood by expectation-maximisation: given the rest, theta_k is Gamma(a + wins_k, a / mu + exposure_k),
and the best ramp that does not fall is an isotonic regression. The length of the ramp is chosen by Akaike's
criterion. All arrays have a leading axis of weightings of the reps, so that a bootstrap is one call.

References
----------
Robbins, H. (1956). An empirical Bayes approach to statistics. Clayton, D. and Kaldor, J. (1987). Empirical
Bayes estimates of age-standardized relative risks for use in disease mapping. Biometrics 43, 671-681.
Barlow, R. E., Bartholomew, D. J., Bremner, J. M. and Brunk, H. D. (1972). Statistical Inference under Order
Restrictions (max-min formula). Liu, C. and Rubin, D. B. (1994). The ECME algorithm. Biometrika 81, 633-648.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from funnelsim.core.arrays import Floats

#: Coefficients of variation of productivity between reps, equally spaced on the log scale.
SPREADS = np.geomspace(0.02, 2.0, 24)
#: Scale of the half-Cauchy prior of that coefficient: half of all teams are assumed more even than this.
#: Sales teams differ more than hazard ratios do; with ten reps or more the prior hardly matters.
USUAL_SPREAD = 0.5
#: Lengths of the ramp that are tried, in months.
LENGTHS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12)
#: Steps stop when no value moves by more than this share: far below what a bootstrap draw differs by.
_CLOSE = 1e-4
_MOST_STEPS = 100
#: Steps between two searches for the shape, which moves little from one to the next.
_BETWEEN_SHAPES = 4


@dataclass(frozen=True, kw_only=True)
class GammaPoisson:
    """Fits for ``B`` weightings of the reps.

    Attributes
    ----------
    mean : ndarray, shape (B,)
        Wins per ramped rep-month, mean over reps.
    shape : ndarray, shape (B,)
        Gamma shape of the productivity of reps: 1 / (coefficient of variation)^2.
    ramp : ndarray, shape (B, M + 1)
        Share of ramped productivity in each month of service; the last column, 1, is for all later months.
    """

    mean: Floats
    shape: Floats
    ramp: Floats

    def posterior(self, wins: Floats, exposure: Floats) -> tuple[Floats, Floats]:
        """Gamma shape and rate of each rep's productivity, shape (B, K) each.

        Parameters
        ----------
        wins, exposure : ndarray, shape (K, M + 1)
            As for `fit_gamma_poisson`.
        """
        shape = self.shape[:, None] + wins.sum(axis=1)
        return shape, (self.shape / self.mean)[:, None] + self.ramp @ exposure.T


def fit_gamma_poisson(
    wins: Floats, exposure: Floats, weights: Floats, *, fixed_ramp: Floats | None = None
) -> GammaPoisson:
    """Fit productivity and ramp.

    Parameters
    ----------
    wins : ndarray, shape (K, M + 1)
        Deals won by each rep in each month of service; the last column holds all later months.
    exposure : ndarray, shape (K, M + 1)
        Rep-months observed.
    weights : ndarray, shape (B, K)
        Weight of each rep in each fit: 1 for a fit, exponential draws for a bootstrap.
    fixed_ramp : ndarray, shape (M + 1,), optional
        Used instead of a ramp from the data.
    """
    if fixed_ramp is not None:
        ramp = np.broadcast_to(fixed_ramp, (len(weights), fixed_ramp.size))
        return _fit(wins, exposure, weights, length=0, ramp=ramp)[0]
    months = wins.shape[1] - 1
    lengths = [length for length in LENGTHS if length <= months]
    fits = [_fit(wins, exposure, weights, length=length) for length in lengths]
    value = np.stack([loglik for _, loglik in fits]) - np.array(lengths, dtype=float)[:, None]
    best = value.argmax(axis=0)
    pick = np.arange(len(weights))
    return GammaPoisson(
        mean=np.stack([fit.mean for fit, _ in fits])[best, pick],
        shape=np.stack([fit.shape for fit, _ in fits])[best, pick],
        ramp=np.stack([fit.ramp for fit, _ in fits])[best, pick],
    )


def _fit(
    wins: Floats, exposure: Floats, weights: Floats, *, length: int, ramp: Floats | None = None
) -> tuple[GammaPoisson, Floats]:
    """The fit with a ramp of `length` months (or a given one), and its log likelihood, shape (B,)."""
    total = wins.sum(axis=1)
    estimated = ramp is None
    ramp = np.ones((len(weights), wins.shape[1])) if ramp is None else ramp
    month_wins = weights @ wins
    mean = month_wins.sum(axis=1) / (weights @ exposure).sum(axis=1)
    shape = np.full(len(weights), 4.0)
    for step in range(_MOST_STEPS):
        effective = ramp @ exposure.T
        before = mean, ramp
        if step % _BETWEEN_SHAPES == 0:
            shape = _best_shape(total, effective, mean, weights)
        theta = (shape[:, None] + total) / ((shape / mean)[:, None] + effective)
        mean = (weights * theta).sum(axis=1) / weights.sum(axis=1)
        if estimated and length:
            ramp, scale = _isotonic(month_wins, (weights * theta) @ exposure, length)
            mean = mean * scale
        moved = max(np.abs(mean / before[0] - 1).max(), np.abs(ramp - before[1]).max())
        if step > _BETWEEN_SHAPES and moved < _CLOSE:
            break
    effective = ramp @ exposure.T
    value = _marginal(total, effective, mean, weights, shape[:, None])[:, 0]
    value = value + (month_wins * np.log(np.maximum(ramp, 1e-9))).sum(axis=1)
    return GammaPoisson(mean=mean, shape=shape, ramp=ramp), value


def _isotonic(wins: Floats, expected: Floats, length: int) -> tuple[Floats, Floats]:
    """The ramp that does not fall, shape (B, M + 1), and the scale that makes it end at 1, shape (B,)."""
    columns = wins.shape[1]
    top = np.concatenate([wins[:, :length], wins[:, length:].sum(axis=1, keepdims=True)], axis=1)
    bottom = np.concatenate([expected[:, :length], expected[:, length:].sum(axis=1, keepdims=True)], axis=1)
    # A month that nobody was observed in follows from its neighbours: it gets almost no weight.
    tops = np.concatenate([np.zeros((len(top), 1)), (top + 1e-9).cumsum(axis=1)], axis=1)
    bottoms = np.concatenate([np.zeros((len(top), 1)), (bottom + 1e-9).cumsum(axis=1)], axis=1)
    size = length + 1
    ratio = np.full((len(top), size, size), np.inf)
    for low in range(size):
        spans = bottoms[:, low + 1 :] - bottoms[:, low : low + 1]
        ratio[:, low, low:] = (tops[:, low + 1 :] - tops[:, low : low + 1]) / spans
    levels = np.empty((len(top), size))
    for m in range(size):
        levels[:, m] = ratio[:, : m + 1, m:].min(axis=2).max(axis=1)
    scale = np.maximum(levels[:, -1], 1e-12)
    ramp = np.ones((len(top), columns))
    ramp[:, :size] = levels / scale[:, None]
    return ramp, scale


def _best_shape(total: Floats, effective: Floats, mean: Floats, weights: Floats) -> Floats:
    """The shape on the grid with the highest penalised likelihood, refined by a parabola, shape (B,)."""
    log_spread = np.log(SPREADS)
    value = _marginal(total, effective, mean, weights, SPREADS[None, :] ** -2.0)
    value = value + log_spread - np.log1p((SPREADS / USUAL_SPREAD) ** 2)
    best = value.argmax(axis=1).clip(1, SPREADS.size - 2)
    pick = np.arange(len(best))
    below, at, above = (value[pick, best + step] for step in (-1, 0, 1))
    curve = below - 2 * at + above
    turn = np.where(curve < 0, 0.5 * (below - above) / np.where(curve < 0, curve, 1.0), 0.0).clip(-1, 1)
    return np.asarray(np.exp(-2 * (log_spread[best] + turn * (log_spread[1] - log_spread[0]))))


def _marginal(total: Floats, effective: Floats, mean: Floats, weights: Floats, shape: Floats) -> Floats:
    """Log likelihood of the wins of each rep (negative binomial) at some shapes, shape (B, S).

    `shape` has shape (1, S) or (B, S).
    """
    values = []
    for s in range(shape.shape[1]):
        a = shape[:, s, None]
        rate = a / mean[:, None]
        each = gammaln(a + total) - gammaln(a) + a * np.log(rate) - (a + total) * np.log(rate + effective)
        values.append((weights * each).sum(axis=1))
    return np.stack(values, axis=1)
