"""What a plan must achieve, as requirements on means over the futures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from funnelsim.core.arrays import Floats
from funnelsim.experiments.known_plan import REACHED
from funnelsim.experiments.staffing.targets import ServiceLevel

#: Differences that do not matter: 2 points of the chance of quota, 2 % of the bound of a service level.
#: Smaller ones make the final comparison longer, as the square of their inverse.
POINTS, OF_BOUND = 0.02, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A bound on the mean of some values over the futures.

    Attributes
    ----------
    name : str
        Of the values in an outcome.
    bound, indifference : float
    at_most : bool
    """

    name: str
    bound: float
    indifference: float
    at_most: bool = False

    @property
    def is_missed_if_undefined(self) -> bool:
        """Whether no value means that nobody was served; a share of nothing (retention) is no miss."""
        return self.name.startswith(("wait_days.", "first_response"))

    def slack(self, values: Mapping[str, Floats]) -> Floats:
        """How far each replication is on the right side of the bound."""
        own = values[self.name]
        return self.bound - own if self.at_most else own - self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a plan must achieve.

    Attributes
    ----------
    quota, confidence : float or None
        Reach the quota with at least this probability.
    levels : tuple of ServiceLevel
        Each holds on average over the futures.

    Without any, the plan with the largest bookings less people cost is wanted.
    """

    quota: float | None = None
    confidence: float | None = None
    levels: tuple[ServiceLevel, ...] = ()

    @property
    def profit(self) -> bool:
        return not self.requirements

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        found = []
        if self.quota is not None and self.confidence is not None:
            found.append(Requirement(name=REACHED, bound=self.confidence, indifference=POINTS))
        found += [
            Requirement(
                name=level.metric,
                bound=level.bound,
                indifference=OF_BOUND * level.bound,
                at_most=level.at_most,
            )
            for level in self.levels
        ]
        return tuple(found)
