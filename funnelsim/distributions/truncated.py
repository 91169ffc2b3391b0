"""Right-truncated distributions: `max=` of any family."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.quantities import quantity_text


@dataclass(frozen=True)
class Truncated(Distribution):
    """A distribution conditional on not exceeding `maximum`.

    This is truncation, not clipping: the probability above the maximum is spread over the rest in
    proportion, so mean and median are lower than those of `base`.

    Parameters
    ----------
    base : Distribution
        Any distribution that is not itself truncated.
    maximum : float
        In the unit of the distribution's kind.

    Raises
    ------
    ValueError
        If `base` has no probability up to `maximum`.
    """

    base: Distribution
    maximum: float

    def __post_init__(self) -> None:
        if not 0 <= self.maximum < math.inf:
            raise ValueError(f"{self.base.text()}: max must be 0 or more, found {self.maximum:g}")
        if not self._below > 0:
            largest = quantity_text(self.maximum, self.kind)
            raise ValueError(f"{self.base.text()}: no probability up to max={largest}")

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
    def is_continuous(self) -> bool:
        return self.base.is_continuous

    @cached_property
    def _below(self) -> float:
        # The two tails must sum to 1 to the last bit, so the smaller is computed.
        return 1 - self._beyond if self._beyond < 0.5 else self._reached

    @cached_property
    def _reached(self) -> float:
        return float(self.base.cdf(self.maximum))

    @cached_property
    def _beyond(self) -> float:
        return float(self.base.sf(self.maximum))

    def mean(self) -> float:
        return self.partial_moment(1, self.maximum)

    def sd(self) -> float:
        mean = self.mean()
        return math.sqrt(max(self.partial_moment(2, self.maximum) - mean**2, 0.0))

    def partial_moment(self, power: int, upto: float) -> float:
        return self.base.partial_moment(power, min(upto, self.maximum)) / self._below

    def cdf(self, x: ArrayLike) -> Floats:
        x = np.asarray(x, dtype=np.float64)
        return np.where(x < self.maximum, np.minimum(self.base.cdf(x) / self._below, 1.0), 1.0)

    def sf(self, x: ArrayLike) -> Floats:
        x = np.minimum(x, self.maximum)
        # The difference of the two larger tails would lose precision.
        if self._beyond < 0.5:
            return np.maximum(self.base.sf(x) - self._beyond, 0.0) / self._below
        return np.maximum(self._below - self.base.cdf(x), 0.0) / self._below

    def logpdf(self, x: ArrayLike) -> Floats:
        inside = np.asarray(x) <= self.maximum
        return np.where(inside, self.base.logpdf(x) - math.log(self._below), -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        # Rounding must not reach an atom above the maximum.
        within = np.minimum(np.asarray(u, dtype=np.float64) * self._below, self._reached)
        return np.minimum(self.base.ppf(within), self.maximum)

    def isf(self, q: ArrayLike) -> Floats:
        q = np.asarray(q, dtype=np.float64)
        if self._beyond < 0.5:
            found = self.base.isf(np.minimum(q * self._below + self._beyond, 1.0))
        else:
            found = self.base.ppf((1 - q) * self._below)
        return np.minimum(found, self.maximum)

    def scaled(self, factor: float) -> Distribution:
        changed = self.base.scaled(factor)
        return changed if factor == 0 else Truncated(changed, self.maximum * factor)

    def replaced(self, name: str, value: float) -> Distribution:
        if name == "max":
            return Truncated(self.base, value)
        return Truncated(self.base.replaced(name, value), self.maximum)

    def text(self) -> str:
        """The text of `base` with ``max=`` as its last parameter."""
        return f"{self.base.text()[:-1]}, max={quantity_text(self.maximum, self.kind)})"
