"""The empirical distribution: observed values with weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats
from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.parametric import Constant
from funnelsim.distributions.quantities import number_text, quantity_text


@dataclass(frozen=True)
class Empirical(Distribution):
    """Each of `values` with a probability in proportion to its weight.

    Parameters
    ----------
    kind : {"duration", "effort", "amount", "factor"}
    values : tuple of float
        In the unit of `kind`, in any order; values may repeat.
    weights : tuple of float, optional
        One per value, above 0; equal by default.

    Raises
    ------
    ValueError
        If there are no values, a value is negative, or there is not one weight per value.
    """

    family = "empirical"
    kind: Kind
    values: tuple[float, ...]
    weights: tuple[float, ...] = ()
    #: Distinct values in ascending order, and the probability of, up to and beyond each.
    atoms: Floats = field(init=False, compare=False, repr=False)
    masses: Floats = field(init=False, compare=False, repr=False)
    _upto: Floats = field(init=False, compare=False, repr=False)
    _beyond: Floats = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        if values.size == 0:
            raise ValueError("empirical: give at least one value, such as empirical(3d, 5d, 8d)")
        invalid = values[~((values >= 0) & (values < math.inf))]
        if invalid.size:
            raise ValueError(f"empirical: values must be 0 or more and finite, found {invalid[0]:g}")
        weights = np.asarray(self.weights, dtype=np.float64) if self.weights else np.ones(values.size)
        if weights.size != values.size:
            raise ValueError(f"empirical: found {values.size} values but {weights.size} weights")
        invalid = weights[~((weights > 0) & (weights < math.inf))]
        if invalid.size:
            raise ValueError(f"empirical: weights must be above 0, found {invalid[0]:g}")
        atoms, index = np.unique(values, return_inverse=True)
        masses = np.bincount(index, weights=weights)
        upto, from_on = np.cumsum(masses), np.cumsum(masses[::-1])[::-1]
        total = upto[-1]
        self._store("atoms", atoms)
        self._store("masses", masses / total)
        self._store("_upto", upto / total)
        self._store("_beyond", np.append(from_on[1:], 0.0) / total)

    def _store(self, name: str, array: Floats) -> None:
        array.flags.writeable = False
        object.__setattr__(self, name, array)

    @classmethod
    def of(cls, values: ArrayLike, weights: ArrayLike | None = None, kind: Kind = "duration") -> Empirical:
        """From arrays of shape ``(n,)``; durations in days."""
        given = () if weights is None else tuple(np.asarray(weights, dtype=np.float64).tolist())
        return cls(kind, tuple(np.asarray(values, dtype=np.float64).tolist()), given)

    @property
    def given(self) -> dict[str, float]:  # type: ignore[override]
        """The mean, which is not written in files: changing it scales all values."""
        return {"mean": self.mean()}

    @property
    def is_continuous(self) -> bool:
        return False

    def mean(self) -> float:
        return float(self.masses @ self.atoms)

    def sd(self) -> float:
        return math.sqrt(float(self.masses @ (self.atoms - self.mean()) ** 2))

    def partial_moment(self, power: int, upto: float) -> float:
        counted = self.atoms <= upto
        return float(self.masses[counted] @ self.atoms[counted] ** power)

    def cdf(self, x: ArrayLike) -> Floats:
        index = np.searchsorted(self.atoms, np.asarray(x, dtype=np.float64), side="right")
        return np.where(index > 0, self._upto[index - 1], 0.0)

    def sf(self, x: ArrayLike) -> Floats:
        index = np.searchsorted(self.atoms, np.asarray(x, dtype=np.float64), side="right")
        return np.where(index > 0, self._beyond[index - 1], 1.0)

    def logpdf(self, x: ArrayLike) -> Floats:
        return np.where(np.isin(np.asarray(x, dtype=np.float64), self.atoms), np.inf, -np.inf)

    def ppf(self, u: ArrayLike) -> Floats:
        index = np.searchsorted(self._upto, np.asarray(u, dtype=np.float64), side="left")
        return np.asarray(self.atoms[np.minimum(index, self.atoms.size - 1)])

    def isf(self, q: ArrayLike) -> Floats:
        index = np.searchsorted(-self._beyond, -np.asarray(q, dtype=np.float64), side="left")
        return np.asarray(self.atoms[np.minimum(index, self.atoms.size - 1)])

    def scaled(self, factor: float) -> Distribution:
        if factor == 0:
            return Constant(self.kind, (("value", 0.0),))
        return Empirical(self.kind, tuple(v * factor for v in self.values), self.weights)

    def replaced(self, name: str, value: float) -> Distribution:
        if name != "mean":
            raise ValueError(f'an empirical distribution has no parameter "{name}"; it has mean')
        if not self.mean() > 0:
            raise ValueError(f"{self.text()}: all values are 0, so no factor gives a mean of {value:g}")
        return self.scaled(value / self.mean())

    def text(self) -> str:
        values = [quantity_text(v, self.kind) for v in self.values]
        if self.weights:
            values = [f"{number_text(w)}*{v}" for w, v in zip(self.weights, values, strict=True)]
        return f"empirical({', '.join(values)})"
