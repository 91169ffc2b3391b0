"""Lognormal, gamma or Weibull distribution of amounts, with the uncertainty of its mean, including that of
the family.

With few amounts the family is uncertain, and a lognormal fitted to gamma amounts overestimates their mean. So
each draw picks a family by its Akaike weight, refits it to the weighted amounts, applies the pivotal
bootstrap (see `funnelsim.fitting.amounts.pivotal_bootstrap`) and takes its mean; the shape is that of the
chosen family.

References
----------
Buckland, S. T., Burnham, K. P. and Augustin, N. H. (1997). Model selection: an integral part of inference.
Biometrics 53, 603-618. Burnham, K. P. and Anderson, D. R. (2002). Model Selection and Multimodel Inference,
section 2.9 (Akaike weights).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.distributions.parametric import Gamma, Lognormal, Parametric, Weibull
from funnelsim.fitting.amounts.pivotal_bootstrap import pivotal_draws
from funnelsim.fitting.mle.likelihood import Layout, Likelihood, Term
from funnelsim.fitting.mle.maximise import maximise
from funnelsim.fitting.mle.priors import ORDINARY, RARE, RARE_BELOW, Prior, bounds, prior_around

AMOUNT_FAMILIES: dict[str, type[Parametric]] = {"lognormal": Lognormal, "gamma": Gamma, "weibull": Weibull}
#: AIC by which another family must beat the lognormal, and a separate tail the family. 4 is the usual border
#: of clear evidence (Burnham and Anderson 2002, section 2.6); with less, the family changes between refits.
BEATS = 4.0
#: A priori the lognormal is as likely as the others together.
_LOGNORMAL_ODDS = float(len(AMOUNT_FAMILIES) - 1)
_BIN_WIDTH, _EXACT_UPTO = 0.01, 400
#: Cap of a drawn mean, as a multiple of the fitted one. With one or two amounts the posterior has no upper
#: end, and a single draw would dominate the mean of all futures.
_MOST_TIMES = 10.0
#: Prior of amounts over their median, used where there are few and no other source to borrow from.
_USUAL = Lognormal.of("amount", median=1.0, sigma=1.0)


@dataclass(frozen=True, kw_only=True)
class Families:
    """Families fitted to the same amounts, in units of their median.

    Attributes
    ----------
    unit : float
    bins, rows : ndarray of int, shape (n,)
        Bin of each amount, and its row among the wins.
    fits : tuple of FittedFamily
        The chosen one first.
    """

    unit: float
    bins: Ints
    rows: Ints
    fits: tuple[FittedFamily, ...]

    @property
    def chosen(self) -> FittedFamily:
        return self.fits[0]

    @property
    def distribution(self) -> Parametric:
        return self.chosen.distribution(self.unit)

    @property
    def criterion(self) -> float:
        """AIC of the chosen one."""
        return self.chosen.criterion

    @property
    def weights(self) -> Floats:
        """Akaike weight of each of `fits`, shape (F,)."""
        heights = np.array([fit.log_odds for fit in self.fits])
        odds = np.exp(heights - heights.max())
        return np.asarray(odds / odds.sum())

    def draw(self, weights: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        """Parameters of the chosen distribution in each draw, name to (R,); `weights` of all wins, shape (R,
        wins).
        """
        draws = len(weights)
        size = int(self.bins.max(initial=-1)) + 1
        own = weights[:, self.rows]
        binned = [_sums(self.bins, own, size)] if size else []
        result = self._by_family(self.chosen, binned, draws, rng)
        picked = rng.choice(len(self.fits), draws, p=self.weights)
        for index in np.unique(picked[picked > 0]):
            chosen_draws = picked == index
            other = self._by_family(
                self.fits[index], [rows[chosen_draws] for rows in binned], int(chosen_draws.sum()), rng
            )
            result["mean"][chosen_draws] = other["mean"]
        result["mean"] = np.minimum(result["mean"], _MOST_TIMES * self.distribution.mean())
        return result

    def _by_family(
        self, fit: FittedFamily, binned: list[Floats], draws: int, rng: np.random.Generator
    ) -> dict[str, Floats]:
        distributions = [
            by_mean_and_shape(fit.family, theta, self.unit).given for theta in fit.draw(binned, draws, rng)
        ]
        return {name: np.array([given[name] for given in distributions]) for name in distributions[0]}


@dataclass(frozen=True, kw_only=True)
class FittedFamily:
    """One family, fitted.

    Attributes
    ----------
    parameters : ndarray, shape (3,)
        The logit of the only exit, which is 0, and ``theta``.
    criterion : float
        AIC.
    seen : float
        Number of amounts, plus the weight of the prior.
    """

    family: str
    likelihood: Likelihood
    prior: Prior
    parameters: Floats
    criterion: float
    seen: float

    @property
    def too_wide(self) -> bool:
        """Whether the shape is at its bound: amounts closer together than the family allows bias a Weibull's
        mean.
        """
        return bool(self.parameters[1] > bounds(self.likelihood.layout)[1][1] - 1e-6)

    @property
    def log_odds(self) -> float:
        believed = math.log(_LOGNORMAL_ODDS) if self.family == "lognormal" else 0.0
        return believed - self.criterion / 2

    def distribution(self, unit: float) -> Parametric:
        return by_mean_and_shape(self.family, self.parameters[1:], unit)

    def draw(self, binned: list[Floats], draws: int, rng: np.random.Generator) -> Floats:
        """``theta`` in each draw, shape (R, 2), from the weight in each bin."""
        start = np.repeat(self.parameters[None, :], draws, axis=0)
        layout = self.likelihood.layout
        prior = self.prior.draw(layout, draws, rng)
        at = maximise(self.likelihood, prior, binned, start, em_steps=0, tolerance=1e-4).parameters
        low, high = bounds(layout)
        return pivotal_draws(self.family, self.parameters[1:], at[:, 1:], self.seen, (low[1:], high[1:]))


def fit_families(positive: Floats, rows: Ints, around: Families | None) -> Families:
    """Families of amounts above 0.

    Parameters
    ----------
    positive : ndarray, shape (n,)
    rows : ndarray of int, shape (n,)
        Their rows among the wins.
    around : Families, optional
        The families of all sources, at which the prior is centred. Its weight is at most the number of
        amounts of the other sources; with few amounts the family is that of all sources.
    """
    few = around if len(positive) < RARE_BELOW else None
    if few is not None and len(few.rows) == len(positive):
        return replace(few, rows=rows)
    unit = around.unit if around is not None else float(np.median(positive))
    values, bins = _binned(positive / unit)
    names = list(AMOUNT_FAMILIES) if few is None else [few.chosen.family]
    fits = [_fitted(name, positive / unit, values, bins, around) for name in names]
    return Families(unit=unit, bins=bins, rows=rows, fits=_chosen_first(fits))


def _chosen_first(fits: list[FittedFamily]) -> tuple[FittedFamily, ...]:
    lognormal, *others = fits[:1] + [fit for fit in fits[1:] if not fit.too_wide]
    best = min(others, key=lambda fit: fit.criterion, default=lognormal)
    chosen = best if best.criterion < lognormal.criterion - BEATS else lognormal
    return (chosen, *(fit for fit in (lognormal, *others) if fit is not chosen))


def _fitted(
    family: str, amounts: Floats, values: Floats, bins: Ints, around: Families | None
) -> FittedFamily:
    layout = Layout([family], never=False)
    terms = [Term((0,), "density", values[:, None], np.zeros((1, 1)))] if values.size else []
    likelihood = Likelihood(layout, terms)
    first = FIT_FAMILIES[family].start(amounts) if amounts.size else None
    centre, prior_weight = _prior_centre(family, amounts, around)
    prior = prior_around(layout, [centre], [prior_weight])
    start = np.append(0.0, centre if first is None else first)
    seen = [np.bincount(bins, minlength=len(values)).astype(np.float64)[None, :]] if values.size else []
    at = maximise(likelihood, prior, seen, start[None, :], em_steps=0)
    return FittedFamily(
        family=family,
        likelihood=likelihood,
        prior=prior,
        parameters=at.parameters[0],
        criterion=2 * layout.free - 2 * float(at.log_likelihood[0]),
        seen=len(amounts) + prior_weight,
    )


def _prior_centre(family: str, amounts: Floats, around: Families | None) -> tuple[Floats, float]:
    """Centre of the prior, and its weight in amounts."""
    few, start = len(amounts) < RARE_BELOW, FIT_FAMILIES[family].start
    if around is not None:
        prior_weight = min(RARE, around.chosen.seen - len(amounts)) if few else ORDINARY
        return start(_quantiles(around.distribution) / around.unit), prior_weight
    return start(_quantiles(_USUAL) if few else amounts), ORDINARY


def _quantiles(distribution: Parametric) -> Floats:
    return np.asarray(distribution.ppf((np.arange(20) + 0.5) / 20))


def _sums(bins: Ints, weights: Floats, size: int) -> Floats:
    """Weight in each bin, shape (R, size)."""
    return np.stack([np.bincount(bins, row, minlength=size).astype(np.float64) for row in weights])


def _binned(values: Floats) -> tuple[Floats, Ints]:
    logs = np.log(values)
    distinct, index = np.unique(logs, return_inverse=True)
    if distinct.size > _EXACT_UPTO:
        _, index = np.unique(np.floor(logs / _BIN_WIDTH), return_inverse=True)
        distinct = np.bincount(index, logs) / np.bincount(index)
    return np.exp(distinct), index


def by_mean_and_shape(family: str, theta: Floats, unit: float) -> Parametric:
    """The distribution given by its mean and shape, the parameters that people change."""
    distribution = FIT_FAMILIES[family].from_theta(theta, "amount").scaled(unit)
    shape = "sigma" if family == "lognormal" else "shape"
    return AMOUNT_FAMILIES[family](
        "amount", (("mean", distribution.mean()), (shape, distribution.given[shape]))
    )
