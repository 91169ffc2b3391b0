"""Families of distributions: one short class each, known by the parameters that people use."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from funnelsim.core.errors import did_you_mean
from funnelsim.distributions.base import Distribution, Floats, Kind

#: Parameters that are plain numbers; all others are quantities with the unit of the law's kind.
PLAIN = frozenset({"sigma", "shape"})

Natural = tuple[float, ...]
Recipe = Callable[[Mapping[str, float]], Natural]


def number_text(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def quantity_text(value: float, kind: Kind) -> str:
    """A quantity as a model file writes it: days with ``d``, effort in ``h``, the rest plain."""
    if kind == "duration":
        return number_text(value) + "d"
    if kind == "effort":
        return number_text(value * 24) + "h"
    return number_text(value)


@dataclass(frozen=True)
class Parametric(Distribution):
    """A law given by named parameters; `recipes` says which sets of names are understood.

    Parameters
    ----------
    kind : {"duration", "effort", "amount", "factor"}
    items : tuple of (str, float)
        The parameters as given, durations in days.
    """

    kind: Kind
    items: tuple[tuple[str, float], ...]
    natural: Natural = field(init=False, compare=False, repr=False)

    recipes: ClassVar[Mapping[tuple[str, ...], Recipe]] = {}
    positive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        given = dict(self.items)
        recipe = self.recipes.get(tuple(sorted(given)))
        if recipe is None:
            raise ValueError(self._unknown_parameters(given))
        for name, value in given.items():
            if not (math.isfinite(value) and (value > 0 if self.positive else value >= 0)):
                raise ValueError(
                    f"{self.family}: {name} must be {'above 0' if self.positive else '0 or more'}, found {value:g}"
                )
        object.__setattr__(self, "natural", recipe(given))

    @classmethod
    def _unknown_parameters(cls, given: Mapping[str, float]) -> str:
        allowed = sorted({name for names in cls.recipes for name in names})
        sets = "; ".join(", ".join(names) for names in cls.recipes)
        odd = [name for name in given if name not in allowed]
        if odd:
            return f'{cls.family}: unknown parameter "{odd[0]}", give one of: {sets}. {did_you_mean(odd[0], allowed)}'.rstrip()
        return f"{cls.family}: found {', '.join(given) or 'no parameters'}, give one of: {sets}"

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        return dict(self.items)

    def replaced(self, name: str, value: float) -> Distribution:
        if name not in dict(self.items):
            raise ValueError(f'{self.text()} has no parameter "{name}"; it has {", ".join(self.given)}')
        return type(self)(self.kind, tuple((n, value if n == name else v) for n, v in self.items))

    def scaled(self, factor: float) -> Self:
        return type(self)(self.kind, tuple((n, v if n in PLAIN else v * factor) for n, v in self.items))

    def text(self) -> str:
        parts = [
            f"{n}={number_text(v) if n in PLAIN else quantity_text(v, self.kind)}" for n, v in self.items
        ]
        return f"{self.family}({', '.join(parts)})"


def _array(x: ArrayLike) -> Floats:
    return np.asarray(x, dtype=np.float64)


@dataclass(frozen=True)
class Constant(Parametric):
    """Always the same value."""

    family = "constant"
    positive = False
    recipes = {("value",): lambda g: (g["value"],)}

    @property
    def is_continuous(self) -> bool:
        return False

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

    isf = ppf

    def text(self) -> str:
        return f"constant({quantity_text(self.natural[0], self.kind)})"


@dataclass(frozen=True)
class Exponential(Parametric):
    """Constant hazard; natural parameter: mean."""

    family = "exponential"
    recipes = {("mean",): lambda g: (g["mean"],), ("median",): lambda g: (g["median"] / math.log(2),)}

    def mean(self) -> float:
        return self.natural[0]

    def sd(self) -> float:
        return self.natural[0]

    def cdf(self, x: ArrayLike) -> Floats:
        return -np.expm1(-np.maximum(_array(x), 0) / self.natural[0])

    def sf(self, x: ArrayLike) -> Floats:
        return np.exp(-np.maximum(_array(x), 0) / self.natural[0])

    def logpdf(self, x: ArrayLike) -> Floats:
        x = _array(x)
        return np.where(x >= 0, -x / self.natural[0] - math.log(self.natural[0]), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        return -np.log1p(-_array(u)) * self.natural[0]

    def isf(self, q: ArrayLike) -> Floats:
        return -np.log(_array(q)) * self.natural[0]


def _lognormal_p90(g: Mapping[str, float]) -> Natural:
    if g["p90"] <= g["median"]:
        raise ValueError("lognormal: p90 must be above the median")
    return math.log(g["median"]), math.log(g["p90"] / g["median"]) / float(special.ndtri(0.9))


def _lognormal_mean_median(g: Mapping[str, float]) -> Natural:
    if g["mean"] <= g["median"]:
        raise ValueError("lognormal: the mean must be above the median")
    return math.log(g["median"]), math.sqrt(2 * math.log(g["mean"] / g["median"]))


def _lognormal_mean_sd(g: Mapping[str, float]) -> Natural:
    variance = math.log1p((g["sd"] / g["mean"]) ** 2)
    return math.log(g["mean"]) - variance / 2, math.sqrt(variance)


@dataclass(frozen=True)
class Lognormal(Parametric):
    """The log is normal; natural parameters: mean and sd of the log."""

    family = "lognormal"
    recipes = {
        ("mean", "sigma"): lambda g: (math.log(g["mean"]) - g["sigma"] ** 2 / 2, g["sigma"]),
        ("median", "sigma"): lambda g: (math.log(g["median"]), g["sigma"]),
        ("mean", "median"): _lognormal_mean_median,
        ("mean", "sd"): _lognormal_mean_sd,
        ("median", "p90"): _lognormal_p90,
    }

    def mean(self) -> float:
        mu, sigma = self.natural
        return math.exp(mu + sigma**2 / 2)

    def sd(self) -> float:
        return self.mean() * math.sqrt(math.expm1(self.natural[1] ** 2))

    def _z(self, x: ArrayLike) -> Floats:
        mu, sigma = self.natural
        with np.errstate(divide="ignore"):
            return (np.log(np.maximum(_array(x), 0)) - mu) / sigma

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(special.ndtr(self._z(x)))

    def sf(self, x: ArrayLike) -> Floats:
        return np.asarray(special.ndtr(-self._z(x)))

    def logpdf(self, x: ArrayLike) -> Floats:
        x = _array(x)
        safe = np.where(x > 0, x, 1.0)
        value = -(self._z(safe) ** 2) / 2 - np.log(safe * self.natural[1]) - math.log(2 * math.pi) / 2
        return np.where(x > 0, value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        mu, sigma = self.natural
        return np.exp(mu + sigma * special.ndtri(_array(u)))

    def isf(self, q: ArrayLike) -> Floats:
        mu, sigma = self.natural
        return np.exp(mu - sigma * special.ndtri(_array(q)))


@dataclass(frozen=True)
class Weibull(Parametric):
    """Natural parameters: shape, scale."""

    family = "weibull"
    recipes = {
        ("scale", "shape"): lambda g: (g["shape"], g["scale"]),
        ("mean", "shape"): lambda g: (g["shape"], g["mean"] / math.gamma(1 + 1 / g["shape"])),
        ("median", "shape"): lambda g: (g["shape"], g["median"] / math.log(2) ** (1 / g["shape"])),
    }

    def mean(self) -> float:
        shape, scale = self.natural
        return scale * math.gamma(1 + 1 / shape)

    def sd(self) -> float:
        shape, scale = self.natural
        return scale * math.sqrt(math.gamma(1 + 2 / shape) - math.gamma(1 + 1 / shape) ** 2)

    def _power(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return (np.maximum(_array(x), 0) / scale) ** shape

    def cdf(self, x: ArrayLike) -> Floats:
        return -np.expm1(-self._power(x))

    def sf(self, x: ArrayLike) -> Floats:
        return np.exp(-self._power(x))

    def logpdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        x = _array(x)
        safe = np.where(x > 0, x, 1.0)
        value = math.log(shape / scale) + (shape - 1) * np.log(safe / scale) - self._power(safe)
        return np.where(x > 0, value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        shape, scale = self.natural
        return scale * (-np.log1p(-_array(u))) ** (1 / shape)

    def isf(self, q: ArrayLike) -> Floats:
        shape, scale = self.natural
        return scale * (-np.log(_array(q))) ** (1 / shape)


@dataclass(frozen=True)
class Gamma(Parametric):
    """Natural parameters: shape, scale."""

    family = "gamma"
    recipes = {
        ("scale", "shape"): lambda g: (g["shape"], g["scale"]),
        ("mean", "sd"): lambda g: ((g["mean"] / g["sd"]) ** 2, g["sd"] ** 2 / g["mean"]),
        ("mean", "shape"): lambda g: (g["shape"], g["mean"] / g["shape"]),
    }

    def mean(self) -> float:
        return self.natural[0] * self.natural[1]

    def sd(self) -> float:
        return math.sqrt(self.natural[0]) * self.natural[1]

    def cdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(special.gammainc(shape, np.maximum(_array(x), 0) / scale))

    def sf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return np.asarray(special.gammaincc(shape, np.maximum(_array(x), 0) / scale))

    def logpdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        x = _array(x)
        safe = np.where(x > 0, x, 1.0) / scale
        value = (shape - 1) * np.log(safe) - safe - math.lgamma(shape) - math.log(scale)
        return np.where(x > 0, value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        shape, scale = self.natural
        return scale * np.asarray(special.gammaincinv(shape, _array(u)))

    def isf(self, q: ArrayLike) -> Floats:
        shape, scale = self.natural
        return scale * np.asarray(special.gammainccinv(shape, _array(q)))


def _loglogistic_p90(g: Mapping[str, float]) -> Natural:
    if g["p90"] <= g["median"]:
        raise ValueError("loglogistic: p90 must be above the median")
    return math.log(9) / math.log(g["p90"] / g["median"]), g["median"]


@dataclass(frozen=True)
class Loglogistic(Parametric):
    """The log is logistic; natural parameters: shape, scale (which is the median)."""

    family = "loglogistic"
    recipes = {
        ("median", "shape"): lambda g: (g["shape"], g["median"]),
        ("scale", "shape"): lambda g: (g["shape"], g["scale"]),
        ("median", "p90"): _loglogistic_p90,
    }

    def mean(self) -> float:
        shape, scale = self.natural
        return scale * (math.pi / shape) / math.sin(math.pi / shape) if shape > 1 else math.inf

    def sd(self) -> float:
        shape, scale = self.natural
        if shape <= 2:
            return math.inf
        b = math.pi / shape
        return scale * math.sqrt(2 * b / math.sin(2 * b) - (b / math.sin(b)) ** 2)

    def _odds(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        return (np.maximum(_array(x), 0) / scale) ** shape

    def cdf(self, x: ArrayLike) -> Floats:
        odds = self._odds(x)
        return odds / (1 + odds)

    def sf(self, x: ArrayLike) -> Floats:
        return 1 / (1 + self._odds(x))

    def logpdf(self, x: ArrayLike) -> Floats:
        shape, scale = self.natural
        x = _array(x)
        safe = np.where(x > 0, x, 1.0)
        value = math.log(shape / scale) + (shape - 1) * np.log(safe / scale) - 2 * np.log1p(self._odds(safe))
        return np.where(x > 0, value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        shape, scale = self.natural
        u = _array(u)
        return scale * (u / (1 - u)) ** (1 / shape)

    def isf(self, q: ArrayLike) -> Floats:
        shape, scale = self.natural
        q = _array(q)
        return scale * ((1 - q) / q) ** (1 / shape)


@dataclass(frozen=True)
class Uniform(Parametric):
    """Evenly between low and high."""

    family = "uniform"
    positive = False
    recipes = {("high", "low"): lambda g: _ordered("uniform", g["low"], g["high"])}

    def mean(self) -> float:
        return (self.natural[0] + self.natural[1]) / 2

    def sd(self) -> float:
        return (self.natural[1] - self.natural[0]) / math.sqrt(12)

    def cdf(self, x: ArrayLike) -> Floats:
        low, high = self.natural
        return np.clip((_array(x) - low) / (high - low), 0, 1)

    def sf(self, x: ArrayLike) -> Floats:
        low, high = self.natural
        return np.clip((high - _array(x)) / (high - low), 0, 1)

    def logpdf(self, x: ArrayLike) -> Floats:
        low, high = self.natural
        x = _array(x)
        return np.where((x >= low) & (x <= high), -math.log(high - low), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        low, high = self.natural
        return low + _array(u) * (high - low)

    def isf(self, q: ArrayLike) -> Floats:
        low, high = self.natural
        return high - _array(q) * (high - low)


def _ordered(family: str, *values: float) -> Natural:
    if not all(a <= b for a, b in zip(values, values[1:], strict=False)) or values[0] == values[-1]:
        raise ValueError(f"{family}: low, mode and high must rise, found {', '.join(f'{v:g}' for v in values)}")
    return values


@dataclass(frozen=True)
class Triangular(Parametric):
    """Rises evenly from low to mode and falls evenly to high."""

    family = "triangular"
    positive = False
    recipes = {("high", "low", "mode"): lambda g: _ordered("triangular", g["low"], g["mode"], g["high"])}

    def mean(self) -> float:
        return sum(self.natural) / 3

    def sd(self) -> float:
        a, c, b = self.natural
        return math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)

    def cdf(self, x: ArrayLike) -> Floats:
        a, c, b = self.natural
        x = np.clip(_array(x), a, b)
        rising = (x - a) ** 2 / ((b - a) * (c - a)) if c > a else np.zeros_like(x)
        return np.where(x < c, rising, 1 - self._falling(x))

    def _falling(self, x: Floats) -> Floats:
        a, c, b = self.natural
        return (b - x) ** 2 / ((b - a) * (b - c)) if b > c else np.zeros_like(x)

    def sf(self, x: ArrayLike) -> Floats:
        a, c, b = self.natural
        x = np.clip(_array(x), a, b)
        rising = (x - a) ** 2 / ((b - a) * (c - a)) if c > a else np.zeros_like(x)
        return np.where(x < c, 1 - rising, self._falling(x))

    def logpdf(self, x: ArrayLike) -> Floats:
        a, c, b = self.natural
        x = _array(x)
        up = 2 * (x - a) / ((b - a) * (c - a)) if c > a else np.zeros_like(x)
        down = 2 * (b - x) / ((b - a) * (b - c)) if b > c else np.zeros_like(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((x >= a) & (x <= b), np.log(np.where(x < c, up, down)), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        a, c, b = self.natural
        u = _array(u)
        turn = (c - a) / (b - a)
        return np.where(
            u < turn,
            a + np.sqrt(u * (b - a) * (c - a)),
            b - np.sqrt(np.maximum((1 - u) * (b - a) * (b - c), 0)),
        )

    def isf(self, q: ArrayLike) -> Floats:
        a, c, b = self.natural
        q = _array(q)
        turn = (b - c) / (b - a)
        return np.where(
            q <= turn,
            b - np.sqrt(q * (b - a) * (b - c)),
            a + np.sqrt(np.maximum((1 - q) * (b - a) * (c - a), 0)),
        )


@dataclass(frozen=True)
class Pert(Parametric):
    """Beta-PERT between low and high with its peak at mode (weight 4).

    References
    ----------
    Malcolm, D. G. et al. (1959). Application of a technique for research and development program
    evaluation. Operations Research 7(5).
    """

    family = "pert"
    positive = False
    recipes = {("high", "low", "mode"): lambda g: _ordered("pert", g["low"], g["mode"], g["high"])}

    def _beta(self) -> tuple[float, float]:
        low, mode, high = self.natural
        return 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low)

    def mean(self) -> float:
        low, mode, high = self.natural
        return (low + 4 * mode + high) / 6

    def sd(self) -> float:
        low, _, high = self.natural
        a, b = self._beta()
        return (high - low) * math.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))

    def _unit(self, x: ArrayLike) -> Floats:
        low, _, high = self.natural
        return np.clip((_array(x) - low) / (high - low), 0, 1)

    def cdf(self, x: ArrayLike) -> Floats:
        return np.asarray(special.betainc(*self._beta(), self._unit(x)))

    def sf(self, x: ArrayLike) -> Floats:
        a, b = self._beta()
        return np.asarray(special.betainc(b, a, 1 - self._unit(x)))

    def logpdf(self, x: ArrayLike) -> Floats:
        low, _, high = self.natural
        a, b = self._beta()
        x = _array(x)
        z = (x - low) / (high - low)
        inside = (z > 0) & (z < 1)
        z = np.where(inside, z, 0.5)
        value = special.xlogy(a - 1, z) + special.xlog1py(b - 1, -z) - special.betaln(a, b) - math.log(high - low)
        return np.where(inside, value, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        low, _, high = self.natural
        return low + (high - low) * np.asarray(special.betaincinv(*self._beta(), _array(u)))

    def isf(self, q: ArrayLike) -> Floats:
        low, _, high = self.natural
        a, b = self._beta()
        return high - (high - low) * np.asarray(special.betaincinv(b, a, _array(q)))


@dataclass(frozen=True)
class Truncated(Distribution):
    """A law given that it stays at or below a largest value (`max=`)."""

    base: Parametric
    maximum: float

    def __post_init__(self) -> None:
        if not float(self.base.cdf(self.maximum)) > 0:
            raise ValueError(f"{self.base.text()}: max leaves nothing of the law")

    @property
    def family(self) -> str:  # type: ignore[override]
        return self.base.family

    @property
    def kind(self) -> Kind:  # type: ignore[override]
        return self.base.kind

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        return self.base.given | {"max": self.maximum}

    @property
    def _mass(self) -> float:
        return float(self.base.cdf(self.maximum))

    def _moment(self, power: int) -> float:
        nodes, weights = np.polynomial.legendre.leggauss(400)
        u = (nodes + 1) / 2
        # u = v^3 (10 - 15 v + 6 v^2) flattens both ends, where quantiles are steep.
        smooth = u**3 * (10 - 15 * u + 6 * u**2)
        slope = 30 * u**2 * (1 - u) ** 2
        return float(np.sum(weights / 2 * slope * self.ppf(smooth) ** power))

    def mean(self) -> float:
        return self._moment(1)

    def sd(self) -> float:
        return math.sqrt(max(self._moment(2) - self._moment(1) ** 2, 0.0))

    def cdf(self, x: ArrayLike) -> Floats:
        return np.minimum(self.base.cdf(x) / self._mass, 1.0)

    def sf(self, x: ArrayLike) -> Floats:
        return np.maximum(self.base.sf(x) - float(self.base.sf(self.maximum)), 0.0) / self._mass

    def logpdf(self, x: ArrayLike) -> Floats:
        return np.where(_array(x) <= self.maximum, self.base.logpdf(x) - math.log(self._mass), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        return np.minimum(self.base.ppf(_array(u) * self._mass), self.maximum)

    def isf(self, q: ArrayLike) -> Floats:
        beyond = float(self.base.sf(self.maximum))
        return np.minimum(self.base.isf(_array(q) * self._mass + beyond), self.maximum)

    def scaled(self, factor: float) -> Truncated:
        return Truncated(self.base.scaled(factor), self.maximum * factor)

    def replaced(self, name: str, value: float) -> Distribution:
        if name == "max":
            return Truncated(self.base, value)
        changed = self.base.replaced(name, value)
        assert isinstance(changed, Parametric)
        return Truncated(changed, self.maximum)

    @property
    def is_continuous(self) -> bool:
        return self.base.is_continuous

    def text(self) -> str:
        return f"{self.base.text()[:-1]}, max={quantity_text(self.maximum, self.kind)})"


FAMILIES: dict[str, type[Parametric]] = {
    cls.family: cls
    for cls in (Constant, Exponential, Lognormal, Weibull, Gamma, Loglogistic, Uniform, Triangular, Pert)
}
