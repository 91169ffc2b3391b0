"""Shrinkage of hazard ratios: each level of a covariate is shrunk towards all levels, by as much as chance
explains.

The log ratio of level k is b_k ~ Normal(0, s^2) (a random effect). Data enter by Cox's partial likelihood, so
no shape of the hazard is assumed. The spread s is unknown: effects are averaged over s by its posterior
(Laplace's approximation) with a half-Cauchy prior. A level with twelve deals lies close to the mean of all;
one with a thousand lies close to its own data.

References
----------
Ripatti, S. and Palmgren, J. (2000). Estimation of multivariate frailty models using penalized partial
likelihood. Biometrics 56, 1016-1022. Clayton, D. and Kaldor, J. (1987). Empirical Bayes estimates of
age-standardized relative risks. Biometrics 43, 671-681. Gelman, A. (2006). Prior distributions for variance
parameters in hierarchical models. Bayesian Analysis 1, 515-534.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.covariates.efron_ties import Ties, efron
from funnelsim.fitting.covariates.risk_sets import RiskSets

#: Grid of spreads of the log ratio, equally spaced on the log scale.
SPREADS = np.geomspace(0.02, 2.0, 14)
#: Scale of the half-Cauchy prior: half of all covariates are assumed to have a smaller spread. Larger values
#: shrink less, so reps with few deals look better or worse than they are.
USUAL_SPREAD = 0.3
_NINETY = 1.6449


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Log hazard ratios of the levels of a covariate against all levels together.

    Attributes
    ----------
    mean : ndarray, shape (K,)
    covariance : ndarray, shape (K, K)
    spread : float
        Standard deviation of the log ratios between levels, as estimated.
    """

    mean: Floats
    covariance: Floats
    spread: float

    @property
    def ratio(self) -> Floats:
        """Hazard ratios, shape (K,): posterior medians."""
        return np.asarray(np.exp(self.mean))

    def interval(self) -> tuple[Floats, Floats]:
        """90 % intervals of the ratios, shape (K,) each."""
        reach = _NINETY * np.sqrt(np.diag(self.covariance))
        return np.exp(self.mean - reach), np.exp(self.mean + reach)


def shrunk_effects(sets: RiskSets) -> Effects:
    """Shrunk effects of all levels."""
    result = list(_by_spread(sets))
    evidence = np.array([one[0] for one in result])
    weight = np.exp(evidence - evidence.max())
    weight /= weight.sum()
    means = np.stack([one[1] for one in result])
    mean = weight @ means
    off = means - mean
    covariance = np.einsum("s,skl->kl", weight, np.stack([one[2] for one in result]))
    covariance += np.einsum("s,sk,sl->kl", weight, off, off)
    return Effects(mean=mean, covariance=covariance, spread=float(weight @ SPREADS))


def _by_spread(sets: RiskSets) -> Iterator[tuple[float, Floats, Floats]]:
    """Log evidence, effects and covariance for each of `SPREADS`."""
    levels = sets.at_risk.shape[1]
    share = sets.expected / sets.expected.sum()
    # Each mode is near that for the spread before, so the search starts there.
    mode = _partial_likelihood(sets, np.zeros(levels))
    for spread in SPREADS:
        mode = _mode(sets, mode, spread)
        value, _, information = mode.posterior(spread)
        covariance = np.linalg.inv(information)
        evidence = value - levels * math.log(spread) - np.linalg.slogdet(information)[1] / 2
        # Even steps of log(s), so the density of s is multiplied by s.
        prior = math.log(spread / (1 + (spread / USUAL_SPREAD) ** 2))
        pull = share * np.exp(mode.log_ratio)
        turn = np.eye(levels) - pull / pull.sum()
        yield evidence + prior, mode.log_ratio - math.log(pull.sum()), turn @ covariance @ turn.T


@dataclass(frozen=True, kw_only=True)
class _PartialLikelihood:
    """Log partial likelihood (Efron's ties) at some log ratios, its gradient and its negative Hessian,
    ``diag(expected) - pairs``.
    """

    log_ratio: Floats
    value: float
    gradient: Floats
    expected: Floats
    pairs: Floats

    def posterior(self, spread: float) -> tuple[float, Floats, Floats]:
        """With the log prior added: value, gradient and negative Hessian."""
        at = self.log_ratio
        return (
            float(self.value - at @ at / (2 * spread**2)),
            self.gradient - at / spread**2,
            np.diag(self.expected + 1 / spread**2) - self.pairs,
        )


def _mode(sets: RiskSets, start: _PartialLikelihood, spread: float) -> _PartialLikelihood:
    """Posterior mode (Newton's method with step halving)."""
    at = start
    for _ in range(30):
        value, gradient, information = at.posterior(spread)
        step = np.linalg.solve(information, gradient)
        gain = float(gradient @ step)
        if gain < 1e-8:
            break
        size = 1.0
        tried = _partial_likelihood(sets, at.log_ratio + step)
        while tried.posterior(spread)[0] < value and size > 1e-4:
            size /= 2
            tried = _partial_likelihood(sets, at.log_ratio + size * step)
        at = tried
    return at


def _partial_likelihood(sets: RiskSets, log_ratio: Floats) -> _PartialLikelihood:
    information_weight = sets.untied / sets.design_effect
    at_risk, event_weight = (held * np.exp(log_ratio) for held in (sets.at_risk, sets.events))
    ties = Ties(
        *(
            information_weight * sums
            for sums in efron(at_risk.sum(axis=1), event_weight.sum(axis=1), sets.total_events)
        )
    )
    events = information_weight @ sets.events
    expected = ties.one @ at_risk - ties.one_u @ event_weight
    two, two_u, two_uu = (sums[:, None] for sums in (ties.two, ties.two_u, ties.two_uu))
    pairs = at_risk.T @ (two * at_risk - two_u * event_weight) + event_weight.T @ (
        two_uu * event_weight - two_u * at_risk
    )
    return _PartialLikelihood(
        log_ratio=log_ratio,
        value=float(events @ log_ratio - ties.log.sum()),
        gradient=events - expected,
        expected=expected,
        pairs=pairs,
    )
