"""A mixture: with probability w_k, law k."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from funnelsim.distributions.base import Distribution, Floats, Kind
from funnelsim.distributions.parametric import number_text


@dataclass(frozen=True)
class Mixture(Distribution):
    """Laws of one kind with weights, which are divided by their sum."""

    family = "mixture"
    kind: Kind
    weights: tuple[float, ...]
    laws: tuple[Distribution, ...]

    def __post_init__(self) -> None:
        if not self.laws or any(not (w > 0 and math.isfinite(w)) for w in self.weights):
            raise ValueError(
                "mixture: give laws with weights above 0, such as mixture(0.7*exponential(mean=3d), 0.3*constant(0d))"
            )

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        return {}

    @property
    def _shares(self) -> Floats:
        return np.asarray(self.weights) / math.fsum(self.weights)

    @property
    def is_continuous(self) -> bool:
        return all(law.is_continuous for law in self.laws)

    def mean(self) -> float:
        return float(sum(w * law.mean() for w, law in zip(self._shares, self.laws, strict=True)))

    def sd(self) -> float:
        second = sum(w * (law.sd() ** 2 + law.mean() ** 2) for w, law in zip(self._shares, self.laws, strict=True))
        return math.sqrt(max(float(second) - self.mean() ** 2, 0.0))

    def cdf(self, x: ArrayLike) -> Floats:
        return np.sum([w * law.cdf(x) for w, law in zip(self._shares, self.laws, strict=True)], axis=0)

    def sf(self, x: ArrayLike) -> Floats:
        return np.sum([w * law.sf(x) for w, law in zip(self._shares, self.laws, strict=True)], axis=0)

    def logpdf(self, x: ArrayLike) -> Floats:
        parts = [np.log(w) + law.logpdf(x) for w, law in zip(self._shares, self.laws, strict=True)]
        return np.asarray(np.logaddexp.reduce(parts, axis=0))

    def ppf(self, u: ArrayLike) -> Floats:
        u = np.asarray(u, dtype=np.float64)
        ends = [law.ppf(u) for law in self.laws]
        return self._bisect(lambda x: self.cdf(x) >= u, ends)

    def isf(self, q: ArrayLike) -> Floats:
        q = np.asarray(q, dtype=np.float64)
        ends = [law.isf(q) for law in self.laws]
        return self._bisect(lambda x: self.sf(x) <= q, ends)

    @staticmethod
    def _bisect(reached, ends: list[Floats]) -> Floats:  # type: ignore[no-untyped-def]
        """Smallest x that has reached the probability, between the quantiles of the laws themselves."""
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        low = np.where(reached(low), low, np.nextafter(low, np.inf))
        for _ in range(200):
            middle = low + (high - low) / 2
            there = reached(middle)
            low, high = np.where(there, low, middle), np.where(there, middle, high)
            if np.all((high - low) <= 1e-15 * np.abs(high)):
                break
        return np.asarray(high)

    def scaled(self, factor: float) -> Mixture:
        return Mixture(self.kind, self.weights, tuple(law.scaled(factor) for law in self.laws))

    def replaced(self, name: str, value: float) -> Distribution:
        raise ValueError(f'a mixture has no parameter "{name}" ({value:g})')

    def text(self) -> str:
        parts = [f"{number_text(w)}*{law.text()}" for w, law in zip(self.weights, self.laws, strict=True)]
        return f"mixture({', '.join(parts)})"
