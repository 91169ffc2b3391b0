"""Mixture distributions: component k with probability w_k."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from funnelsim.core.arrays import Floats
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.parametric import Constant
from funnelsim.distributions.quantities import number_text
from funnelsim.distributions.truncated import Truncated

Parts = tuple[tuple[float, Distribution], ...]

#: Smaller values and probabilities are treated as 0.
_TINY = 1e-300
#: Values of the mixture rarer than 2**-33 are, in a component with this share, rarer than 2**-26.
_LIGHT_SHARE = 2**-7


@dataclass(frozen=True)
class Mixture(Distribution):
    """A mixture of distributions of one kind; weights are divided by their sum.

    Parameters
    ----------
    kind : {"duration", "effort", "amount", "factor"}
    weights : tuple of float
        One per component, above 0.
    components : tuple of Distribution
        Of this kind; constants and mixtures are allowed.

    Raises
    ------
    ValueError
        If there is not one weight per component, or a component is of another kind.
    """

    family = "mixture"
    kind: Kind
    weights: tuple[float, ...]
    components: tuple[Distribution, ...]
    #: The flattened mixture: its smooth components, and its atoms with their total probability.
    _smooth: Parts = field(init=False, compare=False, repr=False)
    _steps: Empirical | None = field(init=False, compare=False, repr=False)
    _steps_share: float = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.components or len(self.weights) != len(self.components):
            raise ValueError(
                "mixture: give distributions with their weights, such as "
                "mixture(0.7*exponential(mean=3d), 0.3*constant(0d))"
            )
        for weight in self.weights:
            if not 0 < weight < math.inf:
                raise ValueError(f"mixture: weights must be above 0, found {weight:g}")
        for component in self.components:
            if component.kind != self.kind:
                raise ValueError(f"mixture: {component.text()} is of kind {component.kind}, not {self.kind}")
        pure = _flattened(self)
        steps = [(share, component) for share, component in pure if not component.is_continuous]
        object.__setattr__(
            self,
            "_smooth",
            tuple((s, component) for s, component in pure if component.is_continuous),
        )
        object.__setattr__(self, "_steps", _joined_atoms(steps, self.kind) if steps else None)
        object.__setattr__(self, "_steps_share", math.fsum(share for share, _ in steps))

    @property
    def parts(self) -> Parts:
        """Each component with its probability; these sum to 1."""
        total = math.fsum(self.weights)
        return tuple(
            (weight / total, component)
            for weight, component in zip(self.weights, self.components, strict=True)
        )

    @property
    def smooth_parts(self) -> Parts:
        """The smooth components of the flattened mixture with their probabilities."""
        return self._smooth

    @property
    def jumps_above_0(self) -> bool:
        """Whether there is an atom other than 0."""
        return self._steps is not None and bool((self._steps.atoms != 0).any())

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        """``weight_1``, ``weight_2``, ... as written, then the parameters of each component:
        ``law_2.median``."""
        weights = {f"weight_{k}": weight for k, weight in enumerate(self.weights, start=1)}
        return weights | {
            f"law_{k}.{name}": value
            for k, component in enumerate(self.components, start=1)
            for name, value in component.given.items()
        }

    @cached_property
    def _disjoint(self) -> Parts | None:
        """The smooth components in ascending order if no two overlap, else None."""
        parts = sorted(self._smooth, key=lambda part: float(part[1].ppf(0.0)))
        ended = all(a.isf(0.0) <= b.ppf(0.0) for (_, a), (_, b) in itertools.pairwise(parts))
        return tuple(parts) if ended else None

    @property
    def has_light_tail(self) -> bool:
        return all(share >= _LIGHT_SHARE and component.has_light_tail for share, component in self.parts)

    @property
    def is_continuous(self) -> bool:
        return all(component.is_continuous for component in self.components)

    def mean(self) -> float:
        return math.fsum(share * component.mean() for share, component in self.parts)

    def mean_without_scipy(self) -> float:
        return math.fsum(share * component.mean_without_scipy() for share, component in self.parts)

    def sd(self) -> float:
        mean = self.mean()
        if not math.isfinite(mean):
            return math.inf
        return math.sqrt(
            math.fsum(
                share * (component.sd() ** 2 + (component.mean() - mean) ** 2)
                for share, component in self.parts
            )
        )

    def partial_moment(self, power: int, upto: float) -> float:
        return math.fsum(share * component.partial_moment(power, upto) for share, component in self.parts)

    def cdf(self, x: ArrayLike) -> Floats:
        return _total(self.parts, lambda component: component.cdf(x))

    def sf(self, x: ArrayLike) -> Floats:
        return _total(self.parts, lambda component: component.sf(x))

    def logpdf(self, x: ArrayLike) -> Floats:
        logs = [math.log(share) + component.logpdf(x) for share, component in self.parts]
        return np.asarray(np.logaddexp.reduce(logs, axis=0))

    def ppf(self, u: ArrayLike) -> Floats:
        u = np.asarray(u, dtype=np.float64)
        if self._steps is None:
            return self._smooth_quantile(u, upper=False)
        jumps = self._steps_share * np.concatenate([[0.0], np.cumsum(self._steps.masses)])
        reached = self._smooth_probability(self._steps.atoms, upper=False) + jumps[1:]
        index = np.searchsorted(reached, u, side="left")
        return self._between_atoms(u - jumps[index], index, upper=False)

    def isf(self, q: ArrayLike) -> Floats:
        q = np.asarray(q, dtype=np.float64)
        if self._steps is None:
            return self._smooth_quantile(q, upper=True)
        jumps = self._steps_share * np.concatenate([np.cumsum(self._steps.masses[::-1])[::-1], [0.0]])
        left = self._smooth_probability(self._steps.atoms, upper=True) + jumps[1:]
        index = np.searchsorted(-left, -q, side="left")
        return self._between_atoms(q - jumps[index], index, upper=True)

    def _between_atoms(self, smooth: Floats, index: NDArray[np.intp], *, upper: bool) -> Floats:
        """Quantiles of the smooth components, clipped to lie between atom `index` - 1 and atom `index`.

        A probability within the mass of an atom exceeds what the smooth components hold before it, so the
        result is the atom.
        """
        assert self._steps is not None
        if not self._smooth:
            return np.asarray(self._steps.atoms[np.minimum(index, self._steps.atoms.size - 1)])
        bounds = np.concatenate([[0.0], self._steps.atoms, [np.inf]])
        x = self._smooth_quantile(np.maximum(smooth, 0.0), upper=upper)
        return np.clip(x, bounds[index], bounds[index + 1])

    def _smooth_probability(self, x: Floats, *, upper: bool) -> Floats:
        if not self._smooth:
            return np.zeros_like(x)
        return _total(self._smooth, lambda component: component.sf(x) if upper else component.cdf(x))

    def _smooth_quantile(self, probability: Floats, *, upper: bool) -> Floats:
        """Quantile of the smooth components together, from below or from above."""
        if self._disjoint is not None:
            x = _disjoint_quantile(self._disjoint[:: -1 if upper else 1], probability, upper=upper)
            _, last = self._disjoint[0 if upper else -1]
            # Rounding of the shares may miss the far end.
            end = last.isf(1.0) if upper else last.ppf(1.0)
            return np.where(probability >= 1 - self._steps_share, end, x)
        within = np.minimum(probability / (1 - self._steps_share), 1.0)
        ends = [component.isf(within) if upper else component.ppf(within) for _, component in self._smooth]
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        sign = -1.0 if upper else 1.0
        log_target = np.log(np.maximum(probability, _TINY))

        def beyond(log_x: Floats) -> Floats:
            reached = self._smooth_probability(np.exp(log_x), upper=upper)
            return sign * (np.log(np.maximum(reached, _TINY)) - log_target)

        at_end = (within <= 0) | (within >= 1)
        end = np.where((within <= 0) == upper, high, low)
        open_ = ~at_end & (low < high) & (high < math.inf) & (high > _TINY)
        left, right = (np.log(np.maximum(np.where(open_, end, 1.0), _TINY)) for end in (low, high))
        return np.where(open_, np.exp(_increasing_root(beyond, left, right)), np.where(at_end, end, high))

    def scaled(self, factor: float) -> Distribution:
        if factor == 0:
            return Constant(self.kind, (("value", 0.0),))
        return Mixture(
            self.kind, self.weights, tuple(component.scaled(factor) for component in self.components)
        )

    def replaced(self, name: str, value: float) -> Distribution:
        return self.with_parameters({name: value})

    def with_parameters(self, values: Mapping[str, float]) -> Distribution:
        given = self.given
        weights, inside = list(self.weights), [dict[str, float]() for _ in self.components]
        for name, value in values.items():
            if name not in given:
                raise ValueError(f'a mixture has no parameter "{name}"; it has {", ".join(given)}')
            which, _, inner = name.partition(".")
            k = int(which.rpartition("_")[2]) - 1
            if inner:
                inside[k][inner] = value
            else:
                weights[k] = value
        components = (
            component.with_parameters(own) if own else component
            for component, own in zip(self.components, inside, strict=True)
        )
        return Mixture(self.kind, tuple(weights), tuple(components))

    def text(self) -> str:
        parts = [
            f"{number_text(w)}*{component.text()}"
            for w, component in zip(self.weights, self.components, strict=True)
        ]
        return f"mixture({', '.join(parts)})"


def _disjoint_quantile(parts: Parts, probability: Floats, *, upper: bool) -> Floats:
    """Quantiles of components that do not overlap, nearest end first."""
    x, passed = np.zeros_like(probability), 0.0
    for index, (share, component) in enumerate(parts):
        inside = (probability > passed) | (index == 0)
        within = np.clip((probability[inside] - passed) / share, 0.0, 1.0)
        x[inside] = component.isf(within) if upper else component.ppf(within)
        passed += share
    return x


def _total(parts: Parts, probability: Callable[[Distribution], Floats]) -> Floats:
    return np.asarray(sum(share * probability(component) for share, component in parts))


def _flattened(distribution: Distribution) -> Parts:
    """Flatten a distribution into smooth and discrete components, none of them a mixture."""
    if isinstance(distribution, Mixture):
        return tuple(
            (share * s, part) for share, inner in distribution.parts for s, part in _flattened(inner)
        )
    if isinstance(distribution, Truncated) and isinstance(distribution.base, Mixture):
        below = float(distribution.base.cdf(distribution.maximum))
        return tuple(
            (share * float(part.cdf(distribution.maximum)) / below, Truncated(part, distribution.maximum))
            for share, part in _flattened(distribution.base)
            if float(part.cdf(distribution.maximum)) > 0
        )
    return ((1.0, distribution),)


def _joined_atoms(parts: list[tuple[float, Distribution]], kind: Kind) -> Empirical:
    values, weights = [], []
    for share, component in parts:
        ceiling = component.maximum if isinstance(component, Truncated) else math.inf
        base = component.base if isinstance(component, Truncated) else component
        atoms = Empirical.of([base.mean()], kind=kind) if isinstance(base, Constant) else base
        assert isinstance(atoms, Empirical)
        kept = atoms.atoms <= ceiling
        values += atoms.atoms[kept].tolist()
        weights += (share * atoms.masses[kept] / atoms.masses[kept].sum()).tolist()
    return Empirical(kind, tuple(values), tuple(weights))


def _increasing_root(f: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Root of an increasing function between `low` and `high`, elementwise, to machine precision.

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
        t = _next_step(a, b, c, fa, fb, fc)
        least = np.minimum(tolerance / np.maximum(width, _TINY), 0.5)
        t = np.clip(t, least, 1 - least)
    return best


def _next_step(a: Floats, b: Floats, c: Floats, fa: Floats, fb: Floats, fc: Floats) -> Floats:
    """Next step as a share of ``b - a``: inverse quadratic interpolation if it is safe, else bisection."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.where(safe & np.isfinite(t), t, 0.5)
