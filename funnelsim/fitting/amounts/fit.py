"""Distribution of the amount of a won deal, and of the won over the listed amount."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.distributions import Distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Constant, is_plain
from funnelsim.fitting.amounts.families import BEATS, Families, fit_families
from funnelsim.fitting.amounts.one_price import OnePrice, one_price
from funnelsim.fitting.amounts.pareto_tail import FEWEST_WINS, TailFit, fit_tail
from funnelsim.fitting.mle.priors import RARE_BELOW

#: With so many wins, the observed amounts themselves are used where the fitted distribution function is off
#: by more than this anywhere, or the mean by more than this and three standard errors. Price lists are the
#: usual case; smaller limits would replace good fits by noise.
_EMPIRICAL_LEAST, _MISS_SHARE, _MISS_MEAN = 100, 0.1, 0.02
_MOST_ATOMS = 50
#: Quantiles at which observed amounts are cut into atoms: equal steps, then finer ones up to the largest,
#: because the largest amounts decide the total.
_CUTS = np.concatenate([np.arange(1, 40) / 40, [0.985, 0.99, 0.993, 0.996, 0.998, 0.999, 0.9995]])
#: Zeros are a component of the distribution from this share of the wins on; fewer are taken for missing
#: entries.
ZERO_SHARE = 0.01
#: A won/listed ratio further than this factor from the median is a placeholder, not a discount.
_PLACEHOLDER = 20.0


@dataclass(frozen=True, kw_only=True)
class AmountFit:
    """The distribution of the amount of one source's wins.

    Attributes
    ----------
    distribution : Distribution
    wins, zeros : int
        Wins with a known amount; those of them that were 0.
    observed_mean : float
        Of the amounts above 0; NaN where there are none.
    kind : {"parametric", "tail", "observed", "one price", "all sources"}
    above_zero : Families, TailFit, Observed or OnePrice
        The distribution of the amounts above 0, which can be refitted to weighted wins.
    is_zero : ndarray of bool, shape (n,), or None
        The wins at 0, where they are a component.
    whole : bool
        Whether it is the distribution of all sources, so that draws take the weights of all wins.
    """

    distribution: Distribution
    wins: int
    zeros: int
    observed_mean: float
    kind: str
    above_zero: Families | TailFit | Observed | OnePrice
    is_zero: NDArray[np.bool_] | None = None
    whole: bool = False

    @property
    def tail(self) -> TailFit | None:
        return self.above_zero if isinstance(self.above_zero, TailFit) else None

    def draw(
        self, weights: Floats, rng: np.random.Generator, levels: Floats | None = None
    ) -> dict[str, Floats]:
        """Parameters of the distribution in each draw, name to (R,).

        Parameters
        ----------
        weights : ndarray, shape (R, n)
            Weight of each win given to `fit_amounts`.
        levels : ndarray, shape (R,), optional
            Factor on the amounts (level of amounts at the as-of time).
        """
        result = self.above_zero.draw(weights, rng)
        if self.is_zero is not None:
            share = weights[:, self.is_zero].sum(axis=1) / weights.sum(axis=1)
            inner = {f"law_2.{name}": values for name, values in result.items()}
            result = {"weight_1": share, "weight_2": 1 - share} | inner
        if levels is None:
            return result
        return {name: values if is_plain(name) else values * levels for name, values in result.items()}


def fit_amounts(amounts: Floats, pooled: AmountFit | None = None) -> AmountFit | None:
    """The distribution of the amount if won.

    Parameters
    ----------
    amounts : ndarray, shape (n,)
        Of won deals; 0 is an amount.
    pooled : AmountFit, optional
        The fit of all sources: centre of the prior, and used instead where wins are few.

    Returns
    -------
    AmountFit or None
        None where no amount is known at all.
    """
    rows = np.flatnonzero(amounts > 0)
    positive = amounts[rows]
    zeros = len(amounts) - len(positive)
    mean = float(positive.mean()) if positive.size else float("nan")
    if pooled is not None and _takes_all(positive, pooled):
        return replace(
            pooled, wins=len(amounts), zeros=zeros, observed_mean=mean, kind="all sources", whole=True
        )
    if not positive.size and pooled is None:
        return None
    above_zero, kind = _above_zero(positive, rows, pooled)
    share = zeros / max(len(amounts), 1)
    has_zeros = share >= ZERO_SHARE and positive.size > 0
    return AmountFit(
        distribution=_with_zeros(above_zero.distribution, share) if has_zeros else above_zero.distribution,
        wins=len(amounts),
        zeros=zeros,
        observed_mean=mean,
        kind=kind,
        above_zero=above_zero,
        is_zero=amounts == 0 if has_zeros else None,
    )


def _takes_all(positive: Floats, pooled: AmountFit) -> bool:
    """Whether a source has too few wins for its own distribution."""
    if pooled.tail is not None and len(positive) < FEWEST_WINS:
        # Too few for a tail of their own, but they may contradict the tail of all sources.
        return not positive.size or _speaks_for(pooled.above_zero.distribution, positive)
    plain = isinstance(pooled.above_zero, Families) and pooled.is_zero is None
    return len(positive) < RARE_BELOW and not plain


def _speaks_for(distribution: Distribution, positive: Floats) -> bool:
    own = fit_families(positive, np.arange(len(positive)), None)
    return own.criterion > -2 * _log_likelihood(distribution, positive, own.unit) - BEATS


def _above_zero(
    positive: Floats, rows: NDArray[np.int64], pooled: AmountFit | None
) -> tuple[Families | TailFit | Observed | OnePrice, str]:
    if (price := one_price(positive)) is not None:
        return price, "one price"
    around = pooled.above_zero if pooled is not None and isinstance(pooled.above_zero, Families) else None
    families = fit_families(positive, rows, around)
    tail = fit_tail(positive, rows)
    chosen: Families | TailFit = families
    if tail is not None and _criterion(tail, families.unit) < families.criterion - BEATS:
        chosen = tail
    if _misses(chosen.distribution, positive):
        return Observed(positive, rows), "observed"
    if chosen is tail:
        return chosen, "tail"
    return chosen, "parametric" if len(positive) >= RARE_BELOW else "all sources"


def _criterion(tail: TailFit, unit: float) -> float:
    return 2 * tail.parameters - 2 * _log_likelihood(tail.distribution, tail.amounts, unit)


def _log_likelihood(distribution: Distribution, positive: Floats, unit: float) -> float:
    """Of amounts in units of `unit`, to be compared with that of a `Families`."""
    return float(np.sum(distribution.logpdf(positive))) + len(positive) * math.log(unit)


def fit_listed_factor(won: Floats, listed: Floats) -> tuple[Distribution | None, int]:
    """The distribution of the won amount over the listed one, and how many placeholders were left out.

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
    distribution = compressed(kept)
    return Empirical("factor", distribution.values, distribution.weights), len(ratios) - len(kept)


def compressed(values: Floats) -> Empirical:
    """The observed values as at most 50 atoms, finer among the largest; the mean is kept."""
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
class Observed:
    """The empirical distribution, where no family fits: list prices, for example.

    A draw scales all amounts by the mean of its weighted wins, reflected on the log scale (basic bootstrap,
    Davison and Hinkley 1997, section 5.2.1): where a few amounts make up much of the mean, estimates are too
    low more often than too high.
    """

    amounts: Floats
    rows: NDArray[np.int64]

    @property
    def distribution(self) -> Empirical:
        return compressed(self.amounts)

    def draw(self, weights: Floats, _: np.random.Generator) -> dict[str, Floats]:
        own = weights[:, self.rows]
        mean = self.amounts.mean()
        return {"mean": mean * mean / (own @ self.amounts / own.sum(axis=1))}


def _misses(distribution: Distribution, positive: Floats) -> bool:
    if len(positive) < _EMPIRICAL_LEAST:
        return False
    ordered = np.sort(positive)
    upto = np.asarray(distribution.cdf(ordered))
    steps = np.arange(len(ordered) + 1) / len(ordered)
    distance = max(float(np.max(np.abs(upto - steps[1:]))), float(np.max(np.abs(upto - steps[:-1]))))
    mean, error = float(positive.mean()), float(positive.std(ddof=1)) / len(positive) ** 0.5
    off = abs(distribution.mean() - mean)
    return distance > _MISS_SHARE or (off > _MISS_MEAN * mean and off > 3 * error)


def _with_zeros(distribution: Distribution, share: float) -> Distribution:
    is_zero = Constant("amount", (("value", 0.0),))
    return Mixture("amount", (round(share, 6), round(1 - share, 6)), (is_zero, distribution))
