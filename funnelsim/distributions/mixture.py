"""A mixture: with probability w_k, distribution k."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from funnelsim.distributions.base import Distribution, Floats, Kind
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.parametric import Constant
from funnelsim.distributions.quantities import number_text
from funnelsim.distributions.truncated import Truncated

Parts = tuple[tuple[float, Distribution], ...]

#: Below this a value counts as 0 and a probability as impossible.
_TINY = 1e-300


@dataclass(frozen=True)
class Mixture(Distribution):
    """Distributions of one kind with weights, which are divided by their sum.

    Parameters
    ----------
    kind : {"duration", "effort", "amount", "factor"}
    weights : tuple of float
        One a distribution, above 0.
    distributions : tuple of Distribution
        Of this kind; constants and other mixtures among them are welcome.

    Raises
    ------
    ValueError
        If the weights do not fit the distributions, or the distributions are of another kind.
    """

    family = "mixture"
    kind: Kind
    weights: tuple[float, ...]
    distributions: tuple[Distribution, ...]
    #: What the distributions come down to: smooth distributions, and values with a probability of their own.
    _smooth: Parts = field(init=False, compare=False, repr=False)
    _steps: Empirical | None = field(init=False, compare=False, repr=False)
    _steps_share: float = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.distributions or len(self.weights) != len(self.distributions):
            raise ValueError(
                "mixture: give distributions with their weights, such as "
                "mixture(0.7*exponential(mean=3d), 0.3*constant(0d))"
            )
        for weight in self.weights:
            if not 0 < weight < math.inf:
                raise ValueError(f"mixture: weights must be above 0, found {weight:g}")
        for distribution in self.distributions:
            if distribution.kind != self.kind:
                raise ValueError(
                    f"mixture: {distribution.text()} is of kind {distribution.kind}, not {self.kind}"
                )
        pure = _pure_parts(self)
        steps = [(share, distribution) for share, distribution in pure if not distribution.is_continuous]
        object.__setattr__(
            self,
            "_smooth",
            tuple((s, distribution) for s, distribution in pure if distribution.is_continuous),
        )
        object.__setattr__(self, "_steps", _joined(steps, self.kind) if steps else None)
        object.__setattr__(self, "_steps_share", math.fsum(share for share, _ in steps))

    @property
    def parts(self) -> Parts:
        """Probability of each distribution, summing to 1, and the distribution."""
        total = math.fsum(self.weights)
        return tuple(
            (weight / total, distribution)
            for weight, distribution in zip(self.weights, self.distributions, strict=True)
        )

    @property
    def smooth_parts(self) -> Parts:
        """The smooth distributions among what the mixture comes down to, and the probability of each."""
        return self._smooth

    @property
    def jumps_above_0(self) -> bool:
        """Whether a value other than 0 has a probability of its own."""
        return self._steps is not None and bool((self._steps.atoms != 0).any())

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        """``weight_1``, ``weight_2``, ... as written, then those of each distribution: ``law_2.median``."""
        weights = {f"weight_{k}": weight for k, weight in enumerate(self.weights, start=1)}
        return weights | {
            f"law_{k}.{name}": value
            for k, distribution in enumerate(self.distributions, start=1)
            for name, value in distribution.given.items()
        }

    @cached_property
    def _in_turn(self) -> Parts | None:
        """The smooth distributions in rising order, if none overlaps the one before it."""
        parts = sorted(self._smooth, key=lambda part: float(part[1].ppf(0.0)))
        ended = all(a.isf(0.0) <= b.ppf(0.0) for (_, a), (_, b) in itertools.pairwise(parts))
        return tuple(parts) if ended else None

    @property
    def is_continuous(self) -> bool:
        return all(distribution.is_continuous for distribution in self.distributions)

    def mean(self) -> float:
        return math.fsum(share * distribution.mean() for share, distribution in self.parts)

    def sd(self) -> float:
        mean = self.mean()
        if not math.isfinite(mean):
            return math.inf
        return math.sqrt(
            math.fsum(
                share * (distribution.sd() ** 2 + (distribution.mean() - mean) ** 2)
                for share, distribution in self.parts
            )
        )

    def partial_moment(self, power: int, upto: float) -> float:
        return math.fsum(
            share * distribution.partial_moment(power, upto) for share, distribution in self.parts
        )

    def cdf(self, x: ArrayLike) -> Floats:
        return _total(self.parts, lambda distribution: distribution.cdf(x))

    def sf(self, x: ArrayLike) -> Floats:
        return _total(self.parts, lambda distribution: distribution.sf(x))

    def logpdf(self, x: ArrayLike) -> Floats:
        logs = [math.log(share) + distribution.logpdf(x) for share, distribution in self.parts]
        return np.asarray(np.logaddexp.reduce(logs, axis=0))

    def ppf(self, u: ArrayLike) -> Floats:
        u = np.asarray(u, dtype=np.float64)
        if self._steps is None:
            return self._smooth_quantile(u, upper=False)
        jumps = self._steps_share * np.concatenate([[0.0], np.cumsum(self._steps.masses)])
        reached = self._smooth_probability(self._steps.atoms, upper=False) + jumps[1:]
        place = np.searchsorted(reached, u, side="left")
        return self._between_atoms(u - jumps[place], place, upper=False)

    def isf(self, q: ArrayLike) -> Floats:
        q = np.asarray(q, dtype=np.float64)
        if self._steps is None:
            return self._smooth_quantile(q, upper=True)
        jumps = self._steps_share * np.concatenate([np.cumsum(self._steps.masses[::-1])[::-1], [0.0]])
        left = self._smooth_probability(self._steps.atoms, upper=True) + jumps[1:]
        place = np.searchsorted(-left, -q, side="left")
        return self._between_atoms(q - jumps[place], place, upper=True)

    def _between_atoms(self, smooth: Floats, place: NDArray[np.intp], *, upper: bool) -> Floats:
        """Where the smooth distributions reach their part, after `place` atoms and at most at the next one.

        A probability within the mass of an atom asks the smooth distributions for more than they have
        before it, so it ends on the atom.
        """
        assert self._steps is not None
        if not self._smooth:
            return np.asarray(self._steps.atoms[np.minimum(place, self._steps.atoms.size - 1)])
        fence = np.concatenate([[0.0], self._steps.atoms, [np.inf]])
        x = self._smooth_quantile(np.maximum(smooth, 0.0), upper=upper)
        return np.clip(x, fence[place], fence[place + 1])

    def _smooth_probability(self, x: Floats, *, upper: bool) -> Floats:
        if not self._smooth:
            return np.zeros_like(x)
        return _total(self._smooth, lambda distribution: distribution.sf(x) if upper else distribution.cdf(x))

    def _smooth_quantile(self, probability: Floats, *, upper: bool) -> Floats:
        """Where the smooth distributions together reach a probability, counted from below or from above."""
        if self._in_turn is not None:
            x = _quantile_in_turn(self._in_turn[:: -1 if upper else 1], probability, upper=upper)
            _, last = self._in_turn[0 if upper else -1]
            # Differences of shares need not reach the far end to the last bit.
            end = last.isf(1.0) if upper else last.ppf(1.0)
            return np.where(probability >= 1 - self._steps_share, end, x)
        within = np.minimum(probability / (1 - self._steps_share), 1.0)
        ends = [
            distribution.isf(within) if upper else distribution.ppf(within)
            for _, distribution in self._smooth
        ]
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        sign = -1.0 if upper else 1.0
        log_wanted = np.log(np.maximum(probability, _TINY))

        def beyond(log_x: Floats) -> Floats:
            reached = self._smooth_probability(np.exp(log_x), upper=upper)
            return sign * (np.log(np.maximum(reached, _TINY)) - log_wanted)

        at_end = (within <= 0) | (within >= 1)
        end = np.where((within <= 0) == upper, high, low)
        open_ = ~at_end & (low < high) & (high < math.inf) & (high > _TINY)
        left, right = (np.log(np.maximum(np.where(open_, end, 1.0), _TINY)) for end in (low, high))
        return np.where(open_, np.exp(_rising_root(beyond, left, right)), np.where(at_end, end, high))

    def scaled(self, factor: float) -> Distribution:
        if factor == 0:
            return Constant(self.kind, (("value", 0.0),))
        return Mixture(
            self.kind, self.weights, tuple(distribution.scaled(factor) for distribution in self.distributions)
        )

    def replaced(self, name: str, value: float) -> Distribution:
        return self.with_parameters({name: value})

    def with_parameters(self, values: Mapping[str, float]) -> Distribution:
        given = self.given
        weights, inside = list(self.weights), [dict[str, float]() for _ in self.distributions]
        for name, value in values.items():
            if name not in given:
                raise ValueError(f'a mixture has no parameter "{name}"; it has {", ".join(given)}')
            place, _, inner = name.partition(".")
            k = int(place.rpartition("_")[2]) - 1
            if inner:
                inside[k][inner] = value
            else:
                weights[k] = value
        distributions = (
            distribution.with_parameters(own) if own else distribution
            for distribution, own in zip(self.distributions, inside, strict=True)
        )
        return Mixture(self.kind, tuple(weights), tuple(distributions))

    def text(self) -> str:
        parts = [
            f"{number_text(w)}*{distribution.text()}"
            for w, distribution in zip(self.weights, self.distributions, strict=True)
        ]
        return f"mixture({', '.join(parts)})"


def _quantile_in_turn(parts: Parts, probability: Floats, *, upper: bool) -> Floats:
    """Of distributions that follow one another, nearest end first: each answers for its own share alone."""
    x, passed = np.zeros_like(probability), 0.0
    for place, (share, distribution) in enumerate(parts):
        mine = (probability > passed) | (place == 0)
        within = np.clip((probability[mine] - passed) / share, 0.0, 1.0)
        x[mine] = distribution.isf(within) if upper else distribution.ppf(within)
        passed += share
    return x


def _total(parts: Parts, probability: Callable[[Distribution], Floats]) -> Floats:
    return np.asarray(sum(share * probability(distribution) for share, distribution in parts))


def _pure_parts(distribution: Distribution) -> Parts:
    """The distribution as smooth distributions and distributions of atoms, none of them a mixture."""
    if isinstance(distribution, Mixture):
        return tuple(
            (share * s, part) for share, inner in distribution.parts for s, part in _pure_parts(inner)
        )
    if isinstance(distribution, Truncated) and isinstance(distribution.base, Mixture):
        below = float(distribution.base.cdf(distribution.maximum))
        return tuple(
            (share * float(part.cdf(distribution.maximum)) / below, Truncated(part, distribution.maximum))
            for share, part in _pure_parts(distribution.base)
            if float(part.cdf(distribution.maximum)) > 0
        )
    return ((1.0, distribution),)


def _joined(parts: list[tuple[float, Distribution]], kind: Kind) -> Empirical:
    values, weights = [], []
    for share, distribution in parts:
        ceiling = distribution.maximum if isinstance(distribution, Truncated) else math.inf
        base = distribution.base if isinstance(distribution, Truncated) else distribution
        atoms = Empirical.of([base.mean()], kind=kind) if isinstance(base, Constant) else base
        assert isinstance(atoms, Empirical)
        kept = atoms.atoms <= ceiling
        values += atoms.atoms[kept].tolist()
        weights += (share * atoms.masses[kept] / atoms.masses[kept].sum()).tolist()
    return Empirical(kind, tuple(values), tuple(weights))


def _rising_root(f: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a rising function crosses 0 between `low` and `high`, elementwise, to the last digits.

    References
    ----------
    Chandrupatla, T. R. (1997). A new hybrid quadratic/bisection algorithm for finding the zero of a
    nonlinear function without using derivatives. Advances in Engineering Software 28, 145-149.
    """
    a, b = high, low
    fa, fb = f(a), f(b)
    c, fc = a, fa
    t = np.full_like(a, 0.5)
    best = np.where(np.abs(fa) < np.abs(fb), a, b)
    for _ in range(100):
        x = a + t * (b - a)
        fx = f(x)
        same = np.sign(fx) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        tolerance = 4e-16 * np.maximum(np.abs(best), 1.0)
        width = np.abs(b - a)
        if np.all((width <= 2 * tolerance) | (fa == 0) | (fb == 0)):
            break
        t = _next_share(a, b, c, fa, fb, fc)
        least = np.minimum(tolerance / np.maximum(width, _TINY), 0.5)
        t = np.clip(t, least, 1 - least)
    return best


def _next_share(a: Floats, b: Floats, c: Floats, fa: Floats, fb: Floats, fc: Floats) -> Floats:
    """How far from `a` to `b` to look next: inverse quadratic interpolation where that is safe, else half."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.where(safe & np.isfinite(t), t, 0.5)
