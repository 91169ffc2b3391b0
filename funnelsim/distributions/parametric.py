"""Parametric distributions: one short class for each family, with the parameters that people use."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import scipy
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import did_you_mean
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.moments import partial_moment_by_quantiles
from funnelsim.distributions.quantities import number_text, quantity_text

#: Parameters that are plain numbers; all others are quantities with the unit of the distribution's kind.
PLAIN = frozenset({"sigma", "shape", "xi"})

Natural = tuple[float, ...]
Recipe = Callable[..., Natural]


def is_plain(name: str) -> bool:
    """Whether a parameter, such as ``sigma`` or ``law_2.sigma``, is a plain number without a unit."""
    own = name.rpartition(".")[2]
    return own in PLAIN or own.startswith("weight_")


#: The 90 % quantile of the standard normal; computing it would import scipy.special in every command.
_Z90 = 1.2815515655446004
_LOG2 = math.log(2)
_LOG10 = math.log(10)
_HALF_LOG_2PI = math.log(2 * math.pi) / 2

# Parameters for which values rarer than q = 2**-26 certainly hold little of the mean. Shares at the limit:
# lognormal Phi(sigma - z_q) = 2e-4; Weibull, with s = 1 + 1 / shape, Q(s, -log q) = 8e-5; log-logistic
# at most q**(1 - b) / (1 - b) * sin(pi b) / (pi b) = 2e-4 for b = 1 / shape; gamma 2e-5.
_LIGHT_SIGMA = 2.0
_LIGHT_WEIBULL = 0.25
_LIGHT_LOGLOGISTIC = 2.0
_LIGHT_GAMMA = 0.01
#: At other scales the integral over the tail may overflow or vanish, so that it has to be computed.
_SAFE_SCALES = (1e-100, 1e100)

#: At the ends of the support, log(0) and overflow to infinity give the correct result.
_ignore_limits = np.errstate(divide="ignore", over="ignore", invalid="ignore")


@dataclass(frozen=True)
class Parametric(Distribution):
    """A distribution given by named parameters; `recipes` lists the accepted sets of names.

    Parameters
    ----------
    kind : {"duration", "effort", "amount", "factor"}
    items : tuple of (str, float)
        The parameters as given, durations in days.

    Attributes
    ----------
    natural : tuple of float
        The parameters used in the formulas; each family defines its own.

    Raises
    ------
    ValueError
        If the names match no recipe, or a value is out of range.
    """

    kind: Kind
    items: tuple[tuple[str, float], ...]
    natural: Natural = field(init=False, compare=False, repr=False)

    #: Parameter names -> function from their values, in that order, to the natural parameters.
    recipes: ClassVar[Mapping[tuple[str, ...], Recipe]]
    _recipes_by_set: ClassVar[Mapping[frozenset[str], tuple[tuple[str, ...], Recipe]]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._recipes_by_set = {frozenset(names): (names, recipe) for names, recipe in cls.recipes.items()}

    def __post_init__(self) -> None:
        given = dict(self.items)
        names, recipe = self._recipes_by_set.get(frozenset(given), ((), None))
        if len(given) < len(self.items):
            twice = next(name for name in given if sum(name == other for other, _ in self.items) > 1)
            raise ValueError(f'{self.family}: "{twice}" is given twice')
        if recipe is None:
            raise ValueError(self._unknown_parameters(given))
        for name, value in self.items:
            if not self._is_valid(value):
                raise ValueError(
                    f"{self.family}: {name} must be {self._range}, found {self._written(name, value)}"
                )
        try:
            natural = recipe(*[given[name] for name in names])
        except (OverflowError, ZeroDivisionError):
            natural = (math.nan,)
        if not self._can_compute(natural):
            raise ValueError(f"{self.text()}: parameters too extreme to compute with")
        object.__setattr__(self, "natural", natural)

    @classmethod
    def of(cls, kind: Kind = "duration", **given: float) -> Self:
        """By name: ``Lognormal.of(median=6, sigma=0.8)``, durations in days."""
        return cls(kind, tuple((name, float(value)) for name, value in given.items()))

    _range: ClassVar[str] = "above 0"

    @staticmethod
    def _is_valid(value: float) -> bool:
        return 0 < value < math.inf

    @staticmethod
    def _can_compute(natural: Natural) -> bool:
        return all(0 < value < math.inf for value in natural)

    @classmethod
    def _unknown_parameters(cls, given: Mapping[str, float]) -> str:
        sets = f"choose from {', '.join(' + '.join(names) for names in cls.recipes)}"
        allowed = sorted({name for names in cls.recipes for name in names} | {"max"})
        for name in given:
            if name not in allowed:
                hint = did_you_mean(name.lower(), allowed)
                return f'{cls.family}: unknown parameter "{name}"; {sets}' + (hint and f"; {hint}")
        return f"{cls.family}: found {' + '.join(given) or 'no parameters'}; {sets}"

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        return dict(self.items)

    def replaced(self, name: str, value: float) -> Distribution:
        return self.with_parameters({name: value})

    def with_parameters(self, values: Mapping[str, float]) -> Distribution:
        given = self.given
        for name in values:
            if name not in given:
                raise ValueError(f'{self.text()} has no parameter "{name}"; it has {", ".join(given)}')
        return type(self)(self.kind, tuple({**given, **values}.items()))

    def scaled(self, factor: float) -> Distribution:
        if factor == 0:
            return Constant(self.kind, (("value", 0.0),))
        return type(self)(self.kind, tuple((n, v if n in PLAIN else v * factor) for n, v in self.items))

    def text(self) -> str:
        return f"{self.family}({', '.join(f'{n}={self._written(n, v)}' for n, v in self.items)})"

    def _written(self, name: str, value: float) -> str:
        if not math.isfinite(value):
            return f"{value}"
        return number_text(value) if name in PLAIN else quantity_text(value, self.kind)


def _array(x: ArrayLike) -> Floats:
    return np.asarray(x, dtype=np.float64)


def is_safe(scale: float) -> bool:
    """Whether a tail at this scale neither overflows nor vanishes."""
    return _SAFE_SCALES[0] < scale < _SAFE_SCALES[1]


def _rising(family: str, **values: float) -> None:
    (smaller, low), (larger, high) = values.items()
    if not high > low:
        raise ValueError(f"{family}: {larger} must be above {smaller}; found {high:g} and {low:g}")


def _shape_that_gives(ratio: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Solve for the shape between `low` and `high` at which a monotone `ratio` equals `target`."""
    from scipy.optimize import brentq

    log_low, log_high = math.log(low), math.log(high)

    def miss(log_shape: float) -> float:
        return math.log(ratio(math.exp(log_shape)) / target)

    if miss(log_low) * miss(log_high) > 0:
        return math.nan
    return math.exp(brentq(miss, log_low, log_high, xtol=1e-15, rtol=1e-14))


class Constant(Parametric):
    """Always the same value; natural parameter: the value."""

    family = "constant"
    recipes: ClassVar = {("value",): lambda value: (value,)}
    _range: ClassVar[str] = "0 or more"

    @staticmethod
    def _is_valid(value: float) -> bool:
        return 0 <= value < math.inf

    @staticmethod
    def _can_compute(natural: Natural) -> bool:
        return len(natural) == 1

    @property
    def is_continuous(self) -> bool:
        return False

    @property
    def has_light_tail(self) -> bool:
        return self.natural[0] < _SAFE_SCALES[1]

    def mean(self) -> float:
        return self.natural[0]

    def sd(self) -> float:
        return 0.0

    def cdf(self, x: ArrayLike) -> Floats:
        return (_array(x) >= self.natural[0]).astype(np.float64)

    def sf(self, x: ArrayLike) -> Floats:
        return (_array(x) < self.natural[0]).astype(np.float64)

    def logpdf(self, x: ArrayLike) -> Floats:
        return np.where(_array(x) == self.natural[0], np.inf, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        return np.full_like(_array(u), self.natural[0])

    def isf(self, q: ArrayLike) -> Floats:
        return np.full_like(_array(q), self.natural[0])

    def partial_moment(self, power: int, upto: float) -> float:
        return float(self.natural[0] ** power) if self.natural[0] <= upto else 0.0

    def text(self) -> str:
        return f"constant({self._written(*self.items[0])})"


class Exponential(Parametric):
    """Constant hazard; natural parameter: mean."""

    family = "exponential"
    recipes: ClassVar = {
        ("mean",): lambda mean: (mean,),
        ("median",): lambda median: (median / _LOG2,),
        ("p90",): lambda p90: (p90 / _LOG10,),
    }

    @property
    def has_light_tail(self) -> bool:
        return is_safe(self.natural[0])

    def mean(self) -> float:
        return self.natural[0]

    def sd(self) -> float:
        return self.natural[0]

    @_ignore_limits
    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(-np.expm1(-np.maximum(_array(x), 0) / self.natural[0]))

    @_ignore_limits
    def sf(self, x: ArrayLike) -> Floats:
        return np.asarray(np.exp(-np.maximum(_array(x), 0) / self.natural[0]))

    @_ignore_limits
    def logpdf(self, x: ArrayLike) -> Floats:
        x = _array(x)
        return np.where(x >= 0, -x / self.natural[0] - math.log(self.natural[0]), -np.inf)

    @_ignore_limits
    def ppf(self, u: ArrayLike) -> Floats:
        return np.asarray(-np.log1p(-_array(u)) * self.natural[0])

    @_ignore_limits
    def isf(self, q: ArrayLike) -> Floats:
        return np.asarray(-np.log(_array(q)) * self.natural[0])

    def partial_moment(self, power: int, upto: float) -> float:
        (mean,) = self.natural
        return (
            math.gamma(power + 1)
            * mean**power
            * float(scipy.special.gammainc(power + 1, max(upto, 0) / mean))
        )


def _lognormal_mean_sigma(mean: float, sigma: float) -> Natural:
    return math.log(mean) - sigma**2 / 2, sigma


def _lognormal_median_mean(median: float, mean: float) -> Natural:
    _rising("lognormal", median=median, mean=mean)
    return math.log(median), math.sqrt(2 * math.log(mean / median))


def _lognormal_mean_sd(mean: float, sd: float) -> Natural:
    variance = math.log1p((sd / mean) ** 2)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def _lognormal_median_sd(median: float, sd: float) -> Natural:
    # With w = exp(sigma^2), sd^2 = median^2 w (w - 1).
    w_less_1 = 2 * (sd / median) ** 2 / (1 + math.sqrt(1 + 4 * (sd / median) ** 2))
    return math.log(median), math.sqrt(math.log1p(w_less_1))


def _lognormal_median_p90(median: float, p90: float) -> Natural:
    _rising("lognormal", median=median, p90=p90)
    return math.log(median), math.log(p90 / median) / _Z90


class Lognormal(Parametric):
    """The log is normal; natural parameters: mean and sd of the log. `sigma` is the sd of the log."""

    family = "lognormal"
    recipes: ClassVar = {
        ("median", "sigma"): lambda median, sigma: (math.log(median), sigma),
        ("mean", "sigma"): _lognormal_mean_sigma,
        ("mean", "sd"): _lognormal_mean_sd,
        ("median", "p90"): _lognormal_median_p90,
        ("median", "mean"): _lognormal_median_mean,
        ("median", "sd"): _lognormal_median_sd,
        ("p90", "sigma"): lambda p90, sigma: (math.log(p90) - _Z90 * sigma, sigma),
        ("mode", "sigma"): lambda mode, sigma: (math.log(mode) + sigma**2, sigma),
    }

    @staticmethod
    def _can_compute(natural: Natural) -> bool:
        mu, sigma = natural if len(natural) == 2 else (math.nan, math.nan)
        return abs(mu) < 700 and 0 < sigma < math.inf

    @property
    def has_light_tail(self) -> bool:
        mu, sigma = self.natural
        return sigma <= _LIGHT_SIGMA and is_safe(math.exp(mu))

    @_ignore_limits
    def mean(self) -> float:
        return self._moment(1)

    @_ignore_limits
    def sd(self) -> float:
        mu, sigma = self.natural
        return float(np.exp(mu + sigma**2 / 2) * np.sqrt(np.expm1(sigma**2)))

    @_ignore_limits
    def _moment(self, power: int) -> float:
        mu, sigma = self.natural
        return float(np.exp(power * mu + (power * sigma) ** 2 / 2))

    @_ignore_limits
    def _z(self, x: ArrayLike) -> Floats:
        mu, sigma = self.natural
        return np.asarray((np.log(np.maximum(_array(x), 0)) - mu) / sigma)

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(scipy.special.ndtr(self._z(x)))

    def sf(self, x: ArrayLike) -> Floats:
        return np.asarray(scipy.special.ndtr(-self._z(x)))

    def logpdf(self, x: ArrayLike) -> Floats:
        x = _array(x)
        inside = np.where(x > 0, x, 1.0)
        value = -(self._z(inside) ** 2) / 2 - np.log(inside) - math.log(self.natural[1]) - _HALF_LOG_2PI
        return np.where(x > 0, value, -np.inf)

    @_ignore_limits
    def ppf(self, u: ArrayLike) -> Floats:
        mu, sigma = self.natural
        return np.asarray(np.exp(mu + sigma * scipy.special.ndtri(_array(u))))

    @_ignore_limits
    def isf(self, q: ArrayLike) -> Floats:
        mu, sigma = self.natural
        return np.asarray(np.exp(mu - sigma * scipy.special.ndtri(_array(q))))

    @_ignore_limits
    def partial_moment(self, power: int, upto: float) -> float:
        mu, sigma = self.natural
        log_share = scipy.special.log_ndtr(self._z(upto) - power * sigma)
        return float(np.exp(power * mu + (power * sigma) ** 2 / 2 + log_share))


def _weibull_mean_sd(mean: float, sd: float) -> Natural:
    def squares(shape: float) -> float:
        return math.exp(math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape))

    shape = _shape_that_gives(lambda k: squares(k) - 1, (sd / mean) ** 2, 0.02, 1e4)
    return shape, mean / math.gamma(1 + 1 / shape)


def _weibull_median_p90(median: float, p90: float) -> Natural:
    _rising("weibull", median=median, p90=p90)
    shape = math.log(_LOG10 / _LOG2) / math.log(p90 / median)
    return shape, median / _LOG2 ** (1 / shape)


class Weibull(Parametric):
    """Hazard falls with age for a shape below 1, rises above 1; natural parameters: shape, scale."""

    family = "weibull"
    recipes: ClassVar = {
        ("shape", "scale"): lambda shape, scale: (shape, scale),
        ("shape", "mean"): lambda shape, mean: (shape, mean / math.gamma(1 + 1 / shape)),
        ("shape", "median"): lambda shape, median: (shape, median / _LOG2 ** (1 / shape)),
        ("shape", "p90"): lambda shape, p90: (shape, p90 / _LOG10 ** (1 / shape)),
        ("median", "p90"): _weibull_median_p90,
        ("mean", "sd"): _weibull_mean_sd,
    }

    @property
    def has_light_tail(self) -> bool:
        shape, scale = self.natural
        return shape >= _LIGHT_WEIBULL and is_safe(scale)

    def mean(self) -> float:
        return self._moment(1)

    def mean_without_scipy(self) -> float:
        shape, scale = self.natural
        return scale * math.gamma(1 + 1 / shape) if shape > 0.01 else self.mean()

    @_ignore_limits
    def sd(self) -> float:
        shape, _ = self.natural
        squares = scipy.special.gammaln(1 + 2 / shape) - 2 * scipy.special.gammaln(1 + 1 / shape)
        return self.mean() * float(np.sqrt(np.expm1(squares)))

    @_ignore_limits
    def _moment(self, power: int) -> float:
        shape, scale = self.natural
        return float(np.exp(power * math.log(scale) + scipy.special.gammaln(1 + power / shape)))

    @_ignore_limits
    def _hazard(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray((np.maximum(_array(x), 0) / scale) ** shape)

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(-np.expm1(-self._hazard(x)))

    def sf(self, x: ArrayLike) -> Floats:
        return np.asarray(np.exp(-self._hazard(x)))

    def logpdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        x = _array(x)
        z = np.maximum(x, 0) / scale
        value = math.log(shape) - math.log(scale) + scipy.special.xlogy(shape - 1, z) - self._hazard(x)
        return np.where(x >= 0, value, -np.inf)

    @_ignore_limits
    def ppf(self, u: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scale * (-np.log1p(-_array(u))) ** (1 / shape))

    @_ignore_limits
    def isf(self, q: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scale * (-np.log(_array(q))) ** (1 / shape))

    def partial_moment(self, power: int, upto: float) -> float:
        whole = self._moment(power)
        share = float(scipy.special.gammainc(1 + power / self.natural[0], self._hazard(upto)))
        # For a shape near 0 the moment overflows while its fraction below `upto` underflows.
        if upto < math.inf and not (math.isfinite(whole) and share > 1e-200):
            return partial_moment_by_quantiles(self, power, upto)
        return whole * share


def _gamma_median_p90(median: float, p90: float) -> Natural:
    _rising("gamma", median=median, p90=p90)
    shape = _shape_that_gives(_gamma_p90_over_median, p90 / median, 0.02, 1e9)
    return shape, median / float(scipy.special.gammaincinv(shape, 0.5))


def _gamma_p90_over_median(shape: float) -> float:
    return float(scipy.special.gammainccinv(shape, 0.1) / scipy.special.gammaincinv(shape, 0.5))


def _gamma_median_mean(median: float, mean: float) -> Natural:
    _rising("gamma", median=median, mean=mean)
    shape = _shape_that_gives(
        lambda k: float(scipy.special.gammaincinv(k, 0.5)) / k, median / mean, 0.02, 1e6
    )
    return shape, mean / shape


class Gamma(Parametric):
    """For a whole shape, the sum of that many exponential steps; natural parameters: shape, scale."""

    family = "gamma"
    recipes: ClassVar = {
        ("mean", "sd"): lambda mean, sd: ((mean / sd) ** 2, sd / mean * sd),
        ("shape", "scale"): lambda shape, scale: (shape, scale),
        ("mean", "shape"): lambda mean, shape: (shape, mean / shape),
        ("mean", "scale"): lambda mean, scale: (mean / scale, scale),
        ("shape", "median"): lambda shape, median: (
            shape,
            median / float(scipy.special.gammaincinv(shape, 0.5)),
        ),
        ("shape", "p90"): lambda shape, p90: (shape, p90 / float(scipy.special.gammainccinv(shape, 0.1))),
        ("median", "p90"): _gamma_median_p90,
        ("median", "mean"): _gamma_median_mean,
    }

    @property
    def has_light_tail(self) -> bool:
        shape, scale = self.natural
        return shape >= _LIGHT_GAMMA and is_safe(scale)

    def mean(self) -> float:
        return self.natural[0] * self.natural[1]

    def sd(self) -> float:
        return math.sqrt(self.natural[0]) * self.natural[1]

    def cdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scipy.special.gammainc(shape, np.maximum(_array(x), 0) / scale))

    def sf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scipy.special.gammaincc(shape, np.maximum(_array(x), 0) / scale))

    def logpdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        x = _array(x)
        z = np.maximum(x, 0) / scale
        value = scipy.special.xlogy(shape - 1, z) - z - math.lgamma(shape) - math.log(scale)
        return np.where(x >= 0, value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scale * scipy.special.gammaincinv(shape, _array(u)))

    def isf(self, q: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scale * scipy.special.gammainccinv(shape, _array(q)))

    def partial_moment(self, power: int, upto: float) -> float:
        shape, scale = self.natural
        whole = scale**power * math.prod(shape + k for k in range(power))
        return whole * float(scipy.special.gammainc(shape + power, max(upto, 0) / scale))


def _loglogistic_median_p90(median: float, p90: float) -> Natural:
    _rising("loglogistic", median=median, p90=p90)
    return math.log(9) / math.log(p90 / median), median


def _loglogistic_median_mean(median: float, mean: float) -> Natural:
    _rising("loglogistic", median=median, mean=mean)
    return _shape_that_gives(_loglogistic_mean_over_scale, mean / median, 1 + 1e-12, 1e6), median


def _loglogistic_shape_mean(shape: float, mean: float) -> Natural:
    if not shape > 1:
        raise ValueError(f"loglogistic: only a shape above 1 has a mean, found {shape:g}")
    return shape, mean / _loglogistic_mean_over_scale(shape)


def _loglogistic_mean_sd(mean: float, sd: float) -> Natural:
    def squares(shape: float) -> float:
        return math.tan(math.pi / shape) / (math.pi / shape) - 1

    shape = _shape_that_gives(squares, (sd / mean) ** 2, 2 + 1e-12, 1e4)
    return shape, mean / _loglogistic_mean_over_scale(shape)


def _loglogistic_mean_over_scale(shape: float) -> float:
    return math.pi / shape / math.sin(math.pi / shape)


class Loglogistic(Parametric):
    """The log is logistic, with a power-law tail; natural parameters: shape, scale (the median)."""

    family = "loglogistic"
    recipes: ClassVar = {
        ("median", "shape"): lambda median, shape: (shape, median),
        ("scale", "shape"): lambda scale, shape: (shape, scale),
        ("median", "p90"): _loglogistic_median_p90,
        ("p90", "shape"): lambda p90, shape: (shape, p90 / 9 ** (1 / shape)),
        ("mean", "shape"): lambda mean, shape: _loglogistic_shape_mean(shape, mean),
        ("median", "mean"): _loglogistic_median_mean,
        ("mean", "sd"): _loglogistic_mean_sd,
    }

    @property
    def has_light_tail(self) -> bool:
        shape, scale = self.natural
        return shape >= _LIGHT_LOGLOGISTIC and is_safe(scale)

    def mean(self) -> float:
        return self._moment(1)

    def mean_without_scipy(self) -> float:
        shape, scale = self.natural
        return scale * _loglogistic_mean_over_scale(shape) if shape > 1 else math.inf

    def sd(self) -> float:
        shape, _ = self.natural
        if shape <= 2:
            return math.inf
        b = math.pi / shape
        return self.mean() * math.sqrt(math.tan(b) / b - 1)

    def _moment(self, power: int) -> float:
        shape, scale = self.natural
        if shape <= power:
            return math.inf
        return float(scale**power * scipy.special.beta(1 + power / shape, 1 - power / shape))

    @_ignore_limits
    def _log_odds(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(shape * np.log(np.maximum(_array(x), 0) / scale))

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(scipy.special.expit(self._log_odds(x)))

    def sf(self, x: ArrayLike) -> Floats:
        return np.asarray(scipy.special.expit(-self._log_odds(x)))

    def logpdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        x = _array(x)
        z = np.maximum(x, 0) / scale
        value = math.log(shape) - math.log(scale) + scipy.special.xlogy(shape - 1, z)
        return np.where(x >= 0, value - 2 * np.logaddexp(0, self._log_odds(x)), -np.inf)

    @_ignore_limits
    def ppf(self, u: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scale * np.exp(scipy.special.logit(_array(u)) / shape))

    @_ignore_limits
    def isf(self, q: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(scale * np.exp(-scipy.special.logit(_array(q)) / shape))

    def partial_moment(self, power: int, upto: float) -> float:
        shape, _ = self.natural
        if shape <= power:
            return math.inf if upto == math.inf else partial_moment_by_quantiles(self, power, upto)
        share = scipy.special.betainc(1 + power / shape, 1 - power / shape, self.cdf(upto))
        return self._moment(power) * float(share)
