"""What was seen: atoms with weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from funnelsim.distributions.base import Distribution, Floats, Kind
from funnelsim.distributions.parametric import number_text, quantity_text


@dataclass(frozen=True)
class Empirical(Distribution):
    """Atoms at `values` with `weights` (equal where none are given).

    Parameters
    ----------
    values : tuple of float
        In the unit of `kind`.
    weights : tuple of float, optional
        One a value, positive.
    """

    family = "empirical"
    kind: Kind
    values: tuple[float, ...]
    weights: tuple[float, ...] = ()
    atoms: Floats = field(init=False, compare=False, repr=False)
    upto: Floats = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("empirical: give at least one value, such as empirical(3d, 5d, 8d)")
        if any(not (v >= 0 and math.isfinite(v)) for v in self.values):
            raise ValueError("empirical: values must be 0 or more")
        weights = self.weights or (1.0,) * len(self.values)
        if len(weights) != len(self.values) or any(not w > 0 for w in weights):
            raise ValueError("empirical: give one weight above 0 for each value")
        order = np.argsort(self.values, kind="stable")
        upto = np.cumsum(np.asarray(weights, dtype=np.float64)[order])
        object.__setattr__(self, "atoms", np.asarray(self.values, dtype=np.float64)[order])
        object.__setattr__(self, "upto", upto / upto[-1])

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike | None = None, *, kind: Kind) -> Empirical:
        """From arrays of any number of values, shape ``(n,)``."""
        given = () if weights is None else tuple(np.asarray(weights, dtype=np.float64).tolist())
        return cls(kind, tuple(np.asarray(values, dtype=np.float64).tolist()), given)

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        return {}

    @property
    def is_continuous(self) -> bool:
        return False

    @property
    def _shares(self) -> Floats:
        return np.diff(self.upto, prepend=0.0)

    def mean(self) -> float:
        return float(np.sum(self._shares * self.atoms))

    def sd(self) -> float:
        return math.sqrt(float(np.sum(self._shares * (self.atoms - self.mean()) ** 2)))

    def cdf(self, x: ArrayLike) -> Floats:
        upto = np.concatenate([[0.0], self.upto])
        return upto[np.searchsorted(self.atoms, np.asarray(x, dtype=np.float64), side="right")]

    def sf(self, x: ArrayLike) -> Floats:
        return 1 - self.cdf(x)

    def logpdf(self, x: ArrayLike) -> Floats:
        return np.where(np.isin(np.asarray(x, dtype=np.float64), self.atoms), np.inf, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        place = np.searchsorted(self.upto, np.asarray(u, dtype=np.float64), side="left")
        return self.atoms[np.minimum(place, len(self.atoms) - 1)]

    def isf(self, q: ArrayLike) -> Floats:
        return self.ppf(1 - np.asarray(q, dtype=np.float64))

    def scaled(self, factor: float) -> Empirical:
        return Empirical(self.kind, tuple(v * factor for v in self.values), self.weights)

    def replaced(self, name: str, value: float) -> Distribution:
        raise ValueError(f'an empirical law has no parameter "{name}" ({value:g})')

    def text(self) -> str:
        values = [quantity_text(v, self.kind) for v in self.values]
        if self.weights:
            values = [f"{number_text(w)}*{v}" for w, v in zip(self.weights, values, strict=True)]
        return f"empirical({', '.join(values)})"
