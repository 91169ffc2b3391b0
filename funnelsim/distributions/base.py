"""The interface of all distributions. A new family is one short class in `parametric.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

from numpy.typing import ArrayLike

from funnelsim.core.arrays import Floats

Kind = Literal["duration", "effort", "amount", "factor"]


class Distribution(ABC):
    """A distribution of a non-negative quantity: days, hours of effort, money or a plain factor.

    Attributes
    ----------
    family : str
        Its name in a model file, such as ``lognormal``.
    kind : {"duration", "effort", "amount", "factor"}
        Durations are in days, effort in days of working time (1 h = 1/24), amounts in currency.
    given : dict of str to float
        The parameters as written by the user, in these units and in the written order.
    """

    family: ClassVar[str]
    kind: Kind
    given: dict[str, float]

    @abstractmethod
    def mean(self) -> float: ...

    def mean_without_scipy(self) -> float:
        """The mean to about 1e-13, for notes of ``funnelsim check``: scipy.special is slow to import."""
        return self.mean()

    @abstractmethod
    def sd(self) -> float: ...

    @abstractmethod
    def cdf(self, x: ArrayLike) -> Floats: ...

    @abstractmethod
    def sf(self, x: ArrayLike) -> Floats:
        """Survival function, accurate in the far upper tail (never ``1 - cdf``)."""

    @abstractmethod
    def logpdf(self, x: ArrayLike) -> Floats:
        """Log density; infinite at an atom (a value with positive probability)."""

    @abstractmethod
    def ppf(self, u: ArrayLike) -> Floats:
        """Quantile at probability `u`, accurate for `u` near 0."""

    @abstractmethod
    def isf(self, q: ArrayLike) -> Floats:
        """Quantile at upper-tail probability `q`, accurate for `q` near 0."""

    @abstractmethod
    def partial_moment(self, power: int, upto: float) -> float:
        """Partial moment ``E[X**power; X <= upto]``; `inf` if it diverges."""

    @abstractmethod
    def scaled(self, factor: float) -> Distribution:
        """The distribution of `factor` times the quantity; a factor of 0 gives the constant 0."""

    @abstractmethod
    def replaced(self, name: str, value: float) -> Distribution:
        """The same distribution with one parameter of `given` changed (``after.median`` of a path)."""

    def with_parameters(self, values: Mapping[str, float]) -> Distribution:
        """The same distribution with several parameters of `given` changed at once."""
        found: Distribution = self
        for name, value in values.items():
            found = found.replaced(name, value)
        return found

    @abstractmethod
    def text(self) -> str:
        """Text for a model file, such as ``lognormal(median=6d, sigma=0.8)``; it parses to an equal one."""

    @property
    def is_continuous(self) -> bool:
        """Whether the distribution has no atoms."""
        return True

    @property
    def has_light_tail(self) -> bool:
        """Whether its parameters alone show that values rarer than 2**-26 hold under 0.1 % of the mean.

        False where that is not so or would have to be computed (`table.has_endless_tail`). The limits of each
        family keep that share below 0.03 %.
        """
        return False
