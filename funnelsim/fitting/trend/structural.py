"""Structural trend of a rate: level, drift and seasonality, and their forecast.

The log of observed over expected counts, in semi-monthly bins, is modelled as the sum of

* a level: constant, or mean-reverting (an Ornstein-Uhlenbeck process), or a random walk, or with a damped
  slope, each with or without one break;
* an effect of the month of the quarter: three numbers with a period of a quarter;
* an effect of the time of year: a smooth periodic curve;
* counting noise.

All are normal, so the bins are one normal vector (a Gaussian process) whose covariance is the sum of theirs.
The result is averaged over the variances by posterior probability (Bayesian model averaging), with a prior of
1/10 on no drift, 1/2 on no quarterly and 1/2 on no yearly pattern. A pattern observed only once is partly
attributed to drift, and the range shows it.

References
----------
Harvey, A. C. (1989). Forecasting, Structural Time Series Models and the Kalman Filter, sections 2.3, 4.1.
Gardner, E. S. and McKenzie, E. (1985). Forecasting trends in time series. Management Science 31, 1237-1246.
Uhlenbeck, G. E. and Ornstein, L. S. (1930). On the theory of the Brownian motion. Physical Review 36, 823-841
(the position of a particle whose velocity dies away).
Rasmussen, C. E. and Williams, C. K. I. (2006). Gaussian Processes for Machine Learning, equations 2.25, 2.26,
2.30 and 4.31.
Hoeting, J. A. et al. (1999). Bayesian model averaging: a tutorial. Statistical Science 14, 382-417.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.fitting.mle import latin_hypercube as latin_hypercube
from funnelsim.fitting.trend.dispersion import Dispersion
from funnelsim.fitting.trend.semimonths import DAYS, Semimonths, days_from, semimonths_of

# The grids and prior weights below were set once from typical sales histories and checked on simulated ones
# with and without drift (coverage of 90 % ranges). Smaller spreads make ranges too narrow after a change;
# larger ones make ranges of steady funnels too wide.
#: Default horizon: the middle of a quarter.
HORIZON_DAYS = 45.0
#: Standard deviation of a mean-reverting level, and its half-lives in days.
_SPREADS = (0.05, 0.12, 0.25, 0.45)
_HALF_LIVES = (20.0, 90.0)
#: Random walk: standard deviation over a quarter.
_STEPS = (0.05, 0.1, 0.2, 0.35, 0.6)
#: Damped slope: change over a quarter, and half-life in days.
_SLOPES, _SLOPE_HALF_LIFE = (0.05, 0.1, 0.2, 0.35), 90.0
#: Prior probabilities of no drift, mean reversion and random walk; the rest is for damped slopes.
_NO_DRIFT, _MEAN_REVERTING, _RANDOM_WALK = 0.1, 0.4, 0.25
#: Larger spreads are less likely a priori, by a factor e for each of these.
_USUAL = 0.3
_FIRST = 1.0  # prior variance of the first level of a random walk
#: Standard deviations of the quarterly and yearly effects; 0 has half of the prior probability.
_QUARTER_SPREADS = (0.12, 0.35)
_YEAR_SPREADS = (0.2, 0.45)
_USUAL_SEASON = 0.3
_NO_SEASON = 0.5
#: Length scale of the periodic kernel of the year, as in Rasmussen and Williams, equation 4.31.
_YEAR_LENGTH = 0.4
#: Days of history before a quarterly pattern, and a yearly pattern, is fitted.
_QUARTER_DAYS, _YEAR_DAYS = 88, 380
#: Standard deviation of a common offset where there is seasonality: the mean of a history is known only so
#: well.
_CENTRE = 0.1
_LEAST_EXPECTED = 0.5
_ROUNDS = 3  # of Newton's method
_FEWEST_VALUES = 20
#: Squared coefficient of variation below which values, such as one list price, count as constant.
_CONSTANT_BELOW = 1e-8
#: Smallest noise variance of a bin, so that covariance matrices can be inverted.
_LEAST_NOISE = 1e-6
_MOST_BLOCKS = 96
_QUARTER = 91.25
_UNKNOWN = 1e6  # variance of an unobserved bin
#: Prior probability of a break, standard deviation of its offset, and fewest bins on either side of it.
_BREAKS, _BREAK, _LEAST_SIDE = 0.1, 1.0, 2
#: Models with a posterior probability below the best by this factor are dropped, for speed.
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True)
class Level:
    """Log of the rate in the horizon over the rate of the model: mean and standard deviation.

    Attributes
    ----------
    drifts : float
        Probability that there is any drift.
    uneven : Dispersion or None
        Over-dispersion of weekly counts, which adds to the uncertainty of a period.
    ahead : float
        Counts expected in the horizon, over which the over-dispersion averages out.
    """

    mean: float
    sd: float
    drifts: float
    uneven: Dispersion | None = None
    ahead: float = math.inf

    def draw(self, draws: int, rng: np.random.Generator) -> Floats:
        """Levels of the parameter draws, shape (draws,)."""
        drift = self.sd * latin_hypercube.normal(draws, rng)
        if self.uneven is None:
            return self.mean + drift
        # Variance of the log of a lognormal factor of mean 1 whose own variance is in brackets.
        excess = np.log1p((self.uneven.draw(draws, rng) - 1) / self.ahead)
        return self.mean + drift - excess / 2 + np.sqrt(excess) * latin_hypercube.normal(draws, rng)


STEADY = Level(0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class StructuralTrend:
    """Posterior of level and seasonality.

    Attributes
    ----------
    level : Level
        In the horizon, relative to the seasonality that is part of the expected counts.
    quarter : ndarray, shape (3,)
        Log factors of the months of a quarter: posterior means.
    year : ndarray, shape (12,)
        Log factors of the months of a year, in addition to `quarter`.
    """

    level: Level
    quarter: Floats
    year: Floats

    @property
    def season(self) -> Floats:
        """Log factors of the months of a year, both patterns together; shape (12,)."""
        return np.tile(self.quarter, 4) + self.year


def _no_trend() -> StructuralTrend:
    return StructuralTrend(level=STEADY, quarter=np.zeros(3), year=np.zeros(12))


def trend_of_counts(
    seen: Floats,
    expected: Floats,
    dates: Sequence[dt.date],
    *,
    horizon_days: float = HORIZON_DAYS,
    spread: float = 1.0,
    season: Floats | None = None,
    of_all: bool = True,
) -> StructuralTrend:
    """Level and seasonality of daily counts up to the present.

    Parameters
    ----------
    seen, expected : ndarray, shape (days,)
    dates : sequence of date, length ``days``
        Consecutive; the present is the midnight after the last.
    horizon_days : float
        From the present to the middle of what is to be forecast.
    spread : float
        Variance of counts over that of Poisson counts.
    season : ndarray, shape (12,), optional
        Log factors by month of the year that `expected` has in it.
    of_all : bool, default True
        Whether `expected` has the average level of the whole past instead of the recent one.
    """
    as_of_day = dates[-1] + dt.timedelta(days=1)
    halves = semimonths_of(dates, as_of_day)
    season = np.zeros(12) if season is None else season
    counted, expected_sums = halves.sums(seen), halves.sums(expected)
    known = expected_sums >= _LEAST_EXPECTED
    if known.sum() < 2:
        return _no_trend()
    first = max(int(np.argmax(known)), len(expected_sums) - _MOST_BLOCKS)
    if known[first:].sum() < 2:  # the data are older than the bins that are used
        return _no_trend()
    counted, expected_sums, known, past = (
        counted[first:],
        expected_sums[first:],
        known[first:],
        halves.since(first),
    )
    prior, usual = _prior(past, known, as_of_day, horizon_days), season[past.month]
    weight = expected_sums / expected_sums.sum() if of_all else np.zeros(len(expected_sums))
    ratio = np.divide(counted, expected_sums, where=known, out=np.ones(len(expected_sums)))
    smooth = np.log((ratio + 1) / 2) + usual
    for last in (False,) * (_ROUNDS - 1) + (True,):
        mean = np.maximum(expected_sums * np.exp(smooth - usual), _LEAST_EXPECTED)
        y = np.where(known, smooth + (counted - mean) / mean, 0.0)
        posterior = _posterior(prior, y, np.where(known, spread / mean, _UNKNOWN), weight)
        if last:
            break
        smooth = _past_level(prior, posterior)
        prior = prior.without_negligible(posterior.share.sum(axis=1))
    return _trend(prior, posterior, season)


def trend_of_values(
    days_ago: Floats, ratios: Floats, as_of: dt.datetime, *, horizon_days: float = HORIZON_DAYS
) -> StructuralTrend:
    """Level and seasonality of the mean of some values; the level includes the seasonality of the horizon.

    Parameters
    ----------
    days_ago : ndarray, shape (n,)
        Time of each value, in days before the as-of time.
    ratios : ndarray, shape (n,)
        Each value over its expectation; above 0.
    horizon_days : float
        Days from the as-of time to the middle of the forecast period.
    """
    if len(ratios) < _FEWEST_VALUES:
        return _no_trend()
    last = (as_of - dt.timedelta(microseconds=1)).date()
    back = np.floor(np.maximum(days_ago, 0.0)).astype(np.int64)
    dates = days_from(last - dt.timedelta(days=int(back.max())), int(back.max()) + 1)
    as_of_day = last + dt.timedelta(days=1)
    halves = semimonths_of(dates, as_of_day)
    day = np.asarray(back.max() - back, np.int64)
    count = halves.sums(np.bincount(day, minlength=len(dates)).astype(np.float64))
    total = np.bincount(day, ratios, minlength=len(dates)).astype(np.float64)
    mean = halves.sums(total) / np.maximum(count, 1.0)
    relative_variance = float(ratios.var(ddof=1)) / float(ratios.mean()) ** 2
    first = max(len(count) - _MOST_BLOCKS, 0)
    if relative_variance < _CONSTANT_BELOW or not count[first:].any():
        return _no_trend()
    # The log of a mean of n values lies lower by half its variance.
    noise = np.where(
        count > 0, np.maximum(relative_variance / np.maximum(count, 1.0), _LEAST_NOISE), _UNKNOWN
    )
    y = np.where(count > 0, np.log(np.maximum(mean, 1e-9)) + np.minimum(noise, 1.0) / 2, 0.0)
    prior = _prior(halves.since(first), count[first:] > 0, as_of_day, horizon_days)
    weight = count[first:] / count[first:].sum()
    return _trend(prior, _posterior(prior, y[first:], noise[first:], weight), np.zeros(12))


@dataclass(frozen=True)
class _Level:
    """Covariance of one kind of level: ``sd`` at any time, or ``step`` or ``slope`` over a quarter."""

    belief: float
    sd: float = 0.0
    half_life: float = 1.0
    step: float = 0.0
    slope: float = 0.0

    def covariance(self, one: Floats, other: Floats, begin: float) -> Floats:
        """Of the level at some days and at others, shape (len(one), len(other))."""
        apart = np.abs(one[:, None] - other[None, :])
        if not self.step and not self.slope:
            return np.asarray(self.sd**2 * 0.5 ** (apart / self.half_life))
        since = np.minimum(one[:, None], other[None, :]) - begin
        if self.step:
            return np.asarray(_FIRST + self.step**2 / _QUARTER * since)
        decay = math.log(2) / self.half_life
        gone = [np.exp(-decay * (days - begin)) for days in (one[:, None], other[None, :])]
        bent = (1 - gone[0] - gone[1] + np.exp(-decay * apart)) / decay**2
        return np.asarray(_FIRST + (self.slope / _QUARTER) ** 2 * (2 * since / decay - bent))


def _levels() -> list[_Level]:
    belief = {sd: math.exp(-sd / _USUAL) for sd in {*_SPREADS, *_STEPS, *_SLOPES}}
    returning = sum(belief[sd] for sd in _SPREADS) * len(_HALF_LIVES) / _MEAN_REVERTING
    free = sum(belief[sd] for sd in _STEPS) / _RANDOM_WALK
    sloping = sum(belief[sd] for sd in _SLOPES) / (1 - _NO_DRIFT - _MEAN_REVERTING - _RANDOM_WALK)
    return [
        _Level(_NO_DRIFT),
        *(_Level(belief[sd] / returning, sd=sd, half_life=h) for sd in _SPREADS for h in _HALF_LIVES),
        *(_Level(belief[sd] / free, step=sd) for sd in _STEPS),
        *(_Level(belief[sd] / sloping, slope=sd, half_life=_SLOPE_HALF_LIFE) for sd in _SLOPES),
    ]


def _season_beliefs(spreads: Sequence[float]) -> tuple[Floats, Floats]:
    """Spreads, starting with 0 for no seasonality, and their prior probabilities."""
    if not spreads:
        return np.zeros(1), np.ones(1)
    likely = np.exp(-np.array(spreads) / _USUAL_SEASON)
    return np.array([0.0, *spreads]), np.array([_NO_SEASON, *(likely / likely.sum() * (1 - _NO_SEASON))])


def _same_month(one: NDArray[np.int64], other: NDArray[np.int64]) -> Floats:
    return np.asarray(one[:, None] % 3 == other[None, :] % 3, np.float64)


def _same_time_of_year(one: Floats, other: Floats) -> Floats:
    apart = np.sin(np.pi * (one[:, None] - other[None, :])) / _YEAR_LENGTH
    return np.asarray(np.exp(-2 * apart**2))


@dataclass(frozen=True)
class _Prior:
    """Every level with every seasonality: prior probabilities and covariances.

    Attributes
    ----------
    belief : ndarray, shape (n,)
    steady : bool array, shape (n,)
        Whether there is no drift.
    quarter, year : ndarray, shape (n,)
        Variances of the effects of a quarter's months and of the time of year.
    now : ndarray, shape (n, halves, halves)
        Covariance of the log rate in the past.
    then : ndarray, shape (n, halves)
        Covariance of the past with the mean over the days ahead.
    alone : ndarray, shape (n,)
        Variance of that mean.
    """

    past: Semimonths
    ahead: Semimonths
    belief: Floats
    steady: NDArray[np.bool_]
    quarter: Floats
    year: Floats
    now: Floats
    then: Floats
    alone: Floats

    def without_negligible(self, share: Floats) -> _Prior:
        """Without models of negligible posterior probability `share`."""
        kept = share >= _NEGLIGIBLE * share.max()
        names = ("belief", "steady", "quarter", "year", "now", "then", "alone")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def _prior(past: Semimonths, known: NDArray[np.bool_], as_of_day: dt.date, horizon_days: float) -> _Prior:
    days_known = past.ahead[known]
    span = days_known[-1] - days_known[0] + DAYS
    ahead = semimonths_of(days_from(as_of_day, max(round(2 * horizon_days), 1)), as_of_day)
    return _prior_of_days(past, ahead, bool(span > _QUARTER_DAYS), bool(span > _YEAR_DAYS))


# All exits of a stage, and all rounds of its seasonality, ask for the same one; it may take 12 MB.
@lru_cache(maxsize=2)
def _prior_of_days(past: Semimonths, ahead: Semimonths, quarterly: bool, yearly: bool) -> _Prior:
    levels, weight = _levels(), ahead.days / ahead.days.sum()
    quarter_spreads, quarter_belief = _season_beliefs(_QUARTER_SPREADS if quarterly else ())
    year_spreads, year_belief = _season_beliefs(_YEAR_SPREADS if yearly else ())
    k, q, v = (part.ravel() for part in np.indices((len(levels), len(quarter_spreads), len(year_spreads))))
    quarter, year = quarter_spreads[q] ** 2, year_spreads[v] ** 2
    centre = np.where(quarter + year > 0, _CENTRE**2, 0.0)

    def summed(one: Semimonths, other: Semimonths) -> Floats:
        """Covariances of the log rate at two sets of times, shape (n, one, other)."""
        begin = float(past.ahead[0])
        of_levels = np.stack([level.covariance(one.ahead, other.ahead, begin) for level in levels])
        months, years = _same_month(one.month, other.month), _same_time_of_year(one.of_year, other.of_year)
        return np.asarray(
            of_levels[k]
            + quarter[:, None, None] * months
            + year[:, None, None] * years
            + centre[:, None, None]
        )

    return _Prior(
        past=past,
        ahead=ahead,
        belief=np.array([level.belief for level in levels])[k] * quarter_belief[q] * year_belief[v],
        steady=k == 0,
        quarter=quarter,
        year=year,
        now=summed(past, past),
        then=summed(past, ahead) @ weight,
        alone=summed(ahead, ahead) @ weight @ weight,
    )


@dataclass(frozen=True)
class _Posterior:
    """Posterior of every level and seasonality, without a break and with one at each bin.

    Attributes
    ----------
    share : ndarray, shape (n, breaks)
        Posterior probability; the first column without a break.
    means, variances : ndarray, shape (n, breaks)
        Of the mean over the days ahead.
    explained : ndarray, shape (n, halves)
        Inverse covariance times the observations, averaged over the breaks by posterior probability.
    offset : ndarray, shape (halves,)
        Expected offset of the past from breaks.
    """

    share: Floats
    means: Floats
    variances: Floats
    explained: Floats
    offset: Floats


def _posterior(prior: _Prior, y: Floats, noise: Floats, weight: Floats) -> _Posterior:
    """The posterior of the log rate.

    A break shifts all bins before it by a normal offset: a rank-one change of the covariance (Sherman and
    Morrison 1950; Rasmussen and Williams, appendix A.3).

    Parameters
    ----------
    y, noise : ndarray, shape (halves,)
        Observed log ratios of the past, and their variances.
    weight : ndarray, shape (halves,)
        Weight of each bin in the level that the expected counts already include; 0 if that level is the
        recent one.
    """
    halves = len(y)
    inverse = np.asarray(np.linalg.inv(prior.now + np.diag(noise)), np.float64)
    seen, then = inverse @ y, _times(inverse, prior.then)
    indices = np.arange(_LEAST_SIDE, halves - _LEAST_SIDE + 1)
    share_before = np.cumsum(weight)[indices - 1]
    moved = (np.arange(halves)[:, None] < indices) - share_before  # (halves, breaks)
    # The inverse times each column of `moved`.
    before = slice(_LEAST_SIDE - 1, _LEAST_SIDE - 1 + len(indices))
    explaining = np.cumsum(inverse, axis=2)[:, :, before]
    explaining -= share_before * inverse.sum(axis=2)[:, :, None]
    # The offset of a break is normal, with mean a / b and variance 1 / b given what was seen.
    a = seen @ moved
    b = 1 / _BREAK**2 + (moved * explaining).sum(axis=1)
    ahead = -share_before - then @ moved
    nothing = np.zeros((len(seen), 1))
    shift = np.concatenate([nothing, a / b], axis=1)
    means = (prior.then * seen).sum(axis=1)[:, None] + np.concatenate([nothing, ahead * a / b], axis=1)
    least = prior.alone - (prior.then * then).sum(axis=1)
    variances = np.maximum(least[:, None] + np.concatenate([nothing, ahead**2 / b], axis=1), 0.0)
    log_likely = np.concatenate([nothing, a**2 / b / 2 - np.log(b * _BREAK**2) / 2], axis=1)
    log_likely += (np.linalg.slogdet(inverse)[1] / 2 - (seen @ y) / 2 + np.log(prior.belief))[:, None]
    log_likely[:, 1:] += np.log(_BREAKS / (1 - _BREAKS) / max(len(indices), 1))
    share = np.exp(log_likely - log_likely.max())
    share /= share.sum()
    offset = share * shift
    return _Posterior(
        share=share,
        means=means,
        variances=variances,
        explained=share.sum(axis=1)[:, None] * seen - _times(explaining, offset[:, 1:]),
        offset=moved @ offset[:, 1:].sum(axis=0),
    )


def _past_level(prior: _Prior, posterior: _Posterior) -> Floats:
    """Posterior mean of the log rate in the past, shape (halves,)."""
    return np.asarray(_times(prior.now, posterior.explained).sum(axis=0) + posterior.offset)


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """Each matrix times its vector: shapes (n, i, j) and (n, j) give (n, i)."""
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


def _trend(prior: _Prior, posterior: _Posterior, season: Floats) -> StructuralTrend:
    """The trend, averaged over the models by posterior probability.

    Parameters
    ----------
    season : ndarray, shape (12,)
        Seasonality that the expected counts already include; it is taken out of the level ahead.
    """
    mean = float(np.sum(posterior.share * posterior.means))
    months = np.arange(12)
    usual = float(prior.ahead.days @ season[prior.ahead.month]) / float(prior.ahead.days.sum())
    steady = posterior.share[prior.steady, 0].sum()
    return StructuralTrend(
        level=Level(
            mean=mean - usual,
            sd=math.sqrt(np.sum(posterior.share * (posterior.variances + (posterior.means - mean) ** 2))),
            drifts=float(1 - steady),
        ),
        quarter=prior.quarter @ posterior.explained @ _same_month(prior.past.month, months[:3]),
        year=prior.year @ posterior.explained @ _same_time_of_year(prior.past.of_year, (months + 0.5) / 12),
    )
