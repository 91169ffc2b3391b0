"""What a deal is worth if it is won, and how the won amount relates to the listed one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Constant, Gamma, Lognormal, Parametric, Weibull
from funnelsim.fitting.likelihood import Floats, Layout, Likelihood, Term
from funnelsim.fitting.maximise import maximise
from funnelsim.fitting.priors import ORDINARY, RARE, RARE_BELOW, Prior, prior_around

AMOUNT_FAMILIES: dict[str, type[Parametric]] = {"lognormal": Lognormal, "gamma": Gamma, "weibull": Weibull}
#: AICc by which another family must beat the lognormal.
_BEATS_LOGNORMAL = 4.0
#: With so many wins, a law that misses the observed distribution by more than this anywhere, or its mean by
#: more than this and three standard errors, gives way to the observed amounts themselves.
_EMPIRICAL_LEAST, _MISS_SHARE, _MISS_MEAN = 100, 0.1, 0.1
_MOST_ATOMS = 50
#: Where observed amounts are cut into atoms: even steps, then ever finer ones up to the largest.
_CUTS = np.concatenate([np.arange(1, 40) / 40, [0.985, 0.99, 0.993, 0.996, 0.998, 0.999, 0.9995]])
#: Zeros are a part of the law from this share of the wins on.
_ZERO_SHARE = 0.01
#: A won/listed ratio further than this factor from the median is a placeholder, not a discount.
_PLACEHOLDER = 20.0
_BIN_WIDTH, _EXACT_UPTO = 0.01, 400


@dataclass(frozen=True, kw_only=True)
class AmountFit:
    """The law of the amount of one source's wins.

    Attributes
    ----------
    law : Distribution
    wins, zeros : int
        Wins with a known amount; those of them that were 0.
    observed_mean : float
        Of the amounts above 0; NaN where there are none.
    kind : {"parametric", "observed", "all sources"}
    """

    law: Distribution
    wins: int
    zeros: int
    observed_mean: float
    kind: str
    refit: _Refit | None = None

    def drawn(self, weights: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        """Parameters of the law in each draw, name to (R,); empty where the law has none of its own.

        Parameters
        ----------
        weights : ndarray, shape (R, n)
            Weight of each win given to `fit_amounts`.
        """
        return self.refit.drawn(weights, rng) if self.refit is not None else {}


def fit_amounts(amounts: Floats, pooled: AmountFit | None = None) -> AmountFit | None:
    """The law of the amount if won.

    Parameters
    ----------
    amounts : ndarray, shape (n,)
        Of won deals; 0 is an amount.
    pooled : AmountFit, optional
        That of all sources, around which the prior lies, and which stands in where wins are few.

    Returns
    -------
    AmountFit or None
        None where no amount is known at all.
    """
    positive = amounts[amounts > 0]
    zeros = len(amounts) - len(positive)
    mean = float(positive.mean()) if positive.size else float("nan")
    if pooled is not None and len(positive) < RARE_BELOW and pooled.refit is None:
        return replace(pooled, wins=len(amounts), zeros=zeros, observed_mean=mean, kind="all sources")
    if not positive.size and pooled is None:
        return None
    refit = _best(positive, np.flatnonzero(amounts > 0), pooled)
    law: Distribution = refit.law
    if _misses(law, positive):
        observed = compressed(positive)
        law = _with_zeros(observed, zeros / len(amounts))
        return AmountFit(law=law, wins=len(amounts), zeros=zeros, observed_mean=mean, kind="observed")
    share = zeros / max(len(amounts), 1)
    if share >= _ZERO_SHARE:
        law = _with_zeros(law, share)
        return AmountFit(law=law, wins=len(amounts), zeros=zeros, observed_mean=mean, kind="parametric")
    kind = "parametric" if len(positive) >= RARE_BELOW else "all sources"
    return AmountFit(law=law, wins=len(amounts), zeros=zeros, observed_mean=mean, kind=kind, refit=refit)


def fit_listed_factor(won: Floats, listed: Floats) -> tuple[Distribution | None, int]:
    """The law of the won amount over the listed one, and how many placeholders were left out.

    Parameters
    ----------
    won, listed : ndarray, shape (n,)
        Of won deals that have both, above 0.

    Returns
    -------
    Distribution or None
        None where no deal has both; ``constant(1)`` where they are always equal.
    int
        Pairs that differ by more than a factor of 20 from the usual: a listed amount of 1 is no price.
    """
    if not won.size:
        return None, 0
    ratios = won / listed
    usual = float(np.median(ratios))
    kept = ratios[(ratios < usual * _PLACEHOLDER) & (ratios > usual / _PLACEHOLDER)]
    if np.allclose(kept, 1.0, rtol=1e-6):
        return Constant("factor", (("value", 1.0),)), len(ratios) - len(kept)
    law = compressed(kept)
    return Empirical("factor", law.values, law.weights), len(ratios) - len(kept)


def compressed(values: Floats) -> Empirical:
    """The observed values as at most 50 atoms, finer among the largest; the mean stays what it is."""
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size <= _MOST_ATOMS:
        weights = () if np.all(counts == 1) else tuple(float(n) for n in counts)
        return Empirical("amount", tuple(_short(v) for v in distinct), weights)
    ordered = np.sort(values)
    borders = np.unique(np.rint(_CUTS * len(ordered)).astype(np.int64))
    parts = [part for part in np.split(ordered, borders) if part.size]
    weights = tuple(float(part.size) for part in parts)
    return Empirical("amount", tuple(_short(float(part.mean())) for part in parts), weights)


def _short(value: float) -> float:
    return float(f"{value:.6g}")


@dataclass(frozen=True)
class _Refit:
    """One family, fitted to amounts in units of their median."""

    family: str
    unit: float
    likelihood: Likelihood
    prior: Prior
    parameters: Floats
    bins: NDArray[np.int64]
    rows: NDArray[np.int64]
    criterion: float

    @property
    def law(self) -> Parametric:
        return _as_known(self.family, self.parameters, self.unit)

    def drawn(self, weights: Floats, rng: np.random.Generator) -> dict[str, Floats]:
        draws = len(weights)
        size = len(self.likelihood.terms[0].days) if self.likelihood.terms else 0
        own = weights[:, self.rows]
        binned = [_sums(self.bins, own, size)] if size else []
        start = np.repeat(self.parameters[None, :], draws, axis=0)
        prior = self.prior.drawn(self.likelihood.layout, draws, rng)
        at = maximise(self.likelihood, prior, binned, start, em_steps=0, tolerance=1e-4).parameters
        laws = [_as_known(self.family, row, self.unit).given for row in at]
        return {name: np.array([given[name] for given in laws]) for name in laws[0]}


def _sums(bins: NDArray[np.int64], weights: Floats, size: int) -> Floats:
    """Weight in each bin, shape (R, size)."""
    return np.stack([np.bincount(bins, row, minlength=size).astype(np.float64) for row in weights])


def _best(positive: Floats, rows: NDArray[np.int64], pooled: AmountFit | None) -> _Refit:
    around = pooled.refit if pooled is not None else None
    if len(positive) < RARE_BELOW and around is not None:
        return _fitted(around.family, positive, rows, around)
    lognormal, *others = (_fitted(family, positive, rows, around) for family in AMOUNT_FAMILIES)
    best = min(others, key=lambda refit: refit.criterion)
    return best if best.criterion < lognormal.criterion - _BEATS_LOGNORMAL else lognormal


def _fitted(family: str, positive: Floats, rows: NDArray[np.int64], around: _Refit | None) -> _Refit:
    unit = around.unit if around is not None else float(np.median(positive))
    layout = Layout([family], never=False)
    days, bins = _binned(positive / unit)
    terms = [Term((0,), "density", days[:, None], np.zeros((1, 1)))] if days.size else []
    likelihood = Likelihood(layout, terms)
    first = FIT_FAMILIES[family].start(positive / unit) if positive.size else None
    if around is not None:
        centre = FIT_FAMILIES[family].start(_quantiles(around) / unit)
    else:
        assert first is not None
        centre = first
    worth = RARE if len(positive) < RARE_BELOW else ORDINARY
    prior = prior_around(layout, [centre], [worth])
    start = np.append(0.0, centre if first is None else first)
    weights = [np.bincount(bins, minlength=len(days)).astype(np.float64)[None, :]] if days.size else []
    at = maximise(likelihood, prior, weights, start[None, :], em_steps=0)
    log_likelihood = float(at.log_likelihood[0])
    return _Refit(
        family, unit, likelihood, prior, at.parameters[0], bins, rows, 2 * layout.free - 2 * log_likelihood
    )


def _quantiles(around: _Refit) -> Floats:
    return np.asarray(around.law.ppf((np.arange(20) + 0.5) / 20))


def _binned(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    logs = np.log(values)
    distinct, place = np.unique(logs, return_inverse=True)
    if distinct.size > _EXACT_UPTO:
        _, place = np.unique(np.floor(logs / _BIN_WIDTH), return_inverse=True)
        distinct = np.bincount(place, logs) / np.bincount(place)
    return np.exp(distinct), place


def _as_known(family: str, parameters: Floats, unit: float) -> Parametric:
    """By its mean and its shape, the way people change amounts."""
    law = FIT_FAMILIES[family].from_theta(parameters[1:], "amount").scaled(unit)
    shape = "sigma" if family == "lognormal" else "shape"
    return AMOUNT_FAMILIES[family]("amount", (("mean", law.mean()), (shape, law.given[shape])))


def _misses(law: Distribution, positive: Floats) -> bool:
    if len(positive) < _EMPIRICAL_LEAST:
        return False
    ordered = np.sort(positive)
    upto = np.asarray(law.cdf(ordered))
    steps = np.arange(len(ordered) + 1) / len(ordered)
    distance = max(float(np.max(np.abs(upto - steps[1:]))), float(np.max(np.abs(upto - steps[:-1]))))
    mean, error = float(positive.mean()), float(positive.std(ddof=1)) / len(positive) ** 0.5
    off = abs(law.mean() - mean)
    return distance > _MISS_SHARE or (off > _MISS_MEAN * mean and off > 3 * error)


def _with_zeros(law: Distribution, share: float) -> Distribution:
    if share < _ZERO_SHARE:
        return law
    nothing = Constant("amount", (("value", 0.0),))
    return Mixture("amount", (round(share, 6), round(1 - share, 6)), (nothing, law))
