"""A mixture: with probability w_k, law k."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
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
    """Laws of one kind with weights, which are divided by their sum.

    Parameters
    ----------
    kind : {"duration", "effort", "amount", "factor"}
    weights : tuple of float
        One a law, above 0.
    laws : tuple of Distribution
        Of this kind; constants and other mixtures among them are welcome.

    Raises
    ------
    ValueError
        If the weights do not fit the laws, or the laws are of another kind.
    """

    family = "mixture"
    kind: Kind
    weights: tuple[float, ...]
    laws: tuple[Distribution, ...]
    #: What the laws come down to: smooth laws, and values with a probability of their own.
    _smooth: Parts = field(init=False, compare=False, repr=False)
    _steps: Empirical | None = field(init=False, compare=False, repr=False)
    _steps_share: float = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.laws or len(self.weights) != len(self.laws):
            raise ValueError(
                "mixture: give laws with their weights, such as "
                "mixture(0.7*exponential(mean=3d), 0.3*constant(0d))"
            )
        for weight in self.weights:
            if not 0 < weight < math.inf:
                raise ValueError(f"mixture: weights must be above 0, found {weight:g}")
        for law in self.laws:
            if law.kind != self.kind:
                raise ValueError(f"mixture: {law.text()} is of kind {law.kind}, not {self.kind}")
        pure = _pure_parts(self)
        steps = [(share, law) for share, law in pure if not law.is_continuous]
        object.__setattr__(self, "_smooth", tuple((s, law) for s, law in pure if law.is_continuous))
        object.__setattr__(self, "_steps", _joined(steps, self.kind) if steps else None)
        object.__setattr__(self, "_steps_share", math.fsum(share for share, _ in steps))

    @property
    def parts(self) -> Parts:
        """Probability of each law, summing to 1, and the law."""
        total = math.fsum(self.weights)
        return tuple((weight / total, law) for weight, law in zip(self.weights, self.laws, strict=True))

    @property
    def smooth_parts(self) -> Parts:
        """The smooth laws among what the mixture comes down to, and the probability of each."""
        return self._smooth

    @property
    def jumps_above_0(self) -> bool:
        """Whether a value other than 0 has a probability of its own."""
        return self._steps is not None and bool((self._steps.atoms != 0).any())

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        """``weight_1``, ``weight_2``, ... as written, then those of each law: ``law_2.median``."""
        weights = {f"weight_{k}": weight for k, weight in enumerate(self.weights, start=1)}
        return weights | {
            f"law_{k}.{name}": value
            for k, law in enumerate(self.laws, start=1)
            for name, value in law.given.items()
        }

    @cached_property
    def _in_turn(self) -> Parts | None:
        """The smooth laws in rising order where each begins only where the one before it has ended."""
        parts = sorted(self._smooth, key=lambda part: float(part[1].ppf(0.0)))
        ended = all(a.isf(0.0) <= b.ppf(0.0) for (_, a), (_, b) in itertools.pairwise(parts))
        return tuple(parts) if ended else None

    @property
    def is_continuous(self) -> bool:
        return all(law.is_continuous for law in self.laws)

    def mean(self) -> float:
        return math.fsum(share * law.mean() for share, law in self.parts)

    def sd(self) -> float:
        mean = self.mean()
        if not math.isfinite(mean):
            return math.inf
        return math.sqrt(
            math.fsum(share * (law.sd() ** 2 + (law.mean() - mean) ** 2) for share, law in self.parts)
        )

    def partial_moment(self, power: int, upto: float) -> float:
        return math.fsum(share * law.partial_moment(power, upto) for share, law in self.parts)

    def cdf(self, x: ArrayLike) -> Floats:
        return _total(self.parts, lambda law: law.cdf(x))

    def sf(self, x: ArrayLike) -> Floats:
        return _total(self.parts, lambda law: law.sf(x))

    def logpdf(self, x: ArrayLike) -> Floats:
        logs = [math.log(share) + law.logpdf(x) for share, law in self.parts]
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
        """Where the smooth laws reach their part, after `place` atoms and at most at the next one.

        A probability that falls within the mass of an atom asks the smooth laws for more than they have
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
        return _total(self._smooth, lambda law: law.sf(x) if upper else law.cdf(x))

    def _smooth_quantile(self, probability: Floats, *, upper: bool) -> Floats:
        """Where the smooth laws together reach a probability, counted from below or from above."""
        if self._in_turn is not None:
            x = _quantile_in_turn(self._in_turn[:: -1 if upper else 1], probability, upper=upper)
            _, last = self._in_turn[0 if upper else -1]
            # Differences of shares need not reach the far end to the last bit.
            end = last.isf(1.0) if upper else last.ppf(1.0)
            return np.where(probability >= 1 - self._steps_share, end, x)
        within = np.minimum(probability / (1 - self._steps_share), 1.0)
        ends = [law.isf(within) if upper else law.ppf(within) for _, law in self._smooth]
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
        return Mixture(self.kind, self.weights, tuple(law.scaled(factor) for law in self.laws))

    def replaced(self, name: str, value: float) -> Distribution:
        if name not in self.given:
            raise ValueError(f'a mixture has no parameter "{name}"; it has {", ".join(self.given)}')
        place, _, inner = name.partition(".")
        k = int(place.rpartition("_")[2]) - 1
        weights, laws = list(self.weights), list(self.laws)
        if inner:
            laws[k] = laws[k].replaced(inner, value)
        else:
            weights[k] = value
        return Mixture(self.kind, tuple(weights), tuple(laws))

    def text(self) -> str:
        parts = [f"{number_text(w)}*{law.text()}" for w, law in zip(self.weights, self.laws, strict=True)]
        return f"mixture({', '.join(parts)})"


def _quantile_in_turn(parts: Parts, probability: Floats, *, upper: bool) -> Floats:
    """Of laws that follow one another, nearest end first: each answers for its own share alone."""
    x, passed = np.zeros_like(probability), 0.0
    for place, (share, law) in enumerate(parts):
        mine = (probability > passed) | (place == 0)
        within = np.clip((probability[mine] - passed) / share, 0.0, 1.0)
        x[mine] = law.isf(within) if upper else law.ppf(within)
        passed += share
    return x


def _total(parts: Parts, probability: Callable[[Distribution], Floats]) -> Floats:
    return np.asarray(sum(share * probability(law) for share, law in parts))


def _pure_parts(law: Distribution) -> Parts:
    """The law as smooth laws and laws of atoms, none of them a mixture."""
    if isinstance(law, Mixture):
        return tuple((share * s, part) for share, inner in law.parts for s, part in _pure_parts(inner))
    if isinstance(law, Truncated) and isinstance(law.base, Mixture):
        below = float(law.base.cdf(law.maximum))
        return tuple(
            (share * float(part.cdf(law.maximum)) / below, Truncated(part, law.maximum))
            for share, part in _pure_parts(law.base)
            if float(part.cdf(law.maximum)) > 0
        )
    return ((1.0, law),)


def _joined(parts: list[tuple[float, Distribution]], kind: Kind) -> Empirical:
    values, weights = [], []
    for share, law in parts:
        ceiling = law.maximum if isinstance(law, Truncated) else math.inf
        base = law.base if isinstance(law, Truncated) else law
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
