"""The quantile tables of a plan, one per distribution, cached between plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from funnelsim.core.errors import ModelError, Problem
from funnelsim.distributions import Distribution
from funnelsim.distributions.drawn import drawn_table
from funnelsim.distributions.quantile_table import (
    PROBABILITY_ERROR,
    QuantileTable,
    TableBank,
    build_table,
    join_tables,
)

#: Drawn parameters differ by far more than this; coarser tables make a plan for each draw affordable.
DRAWN_PROBABILITY_ERROR = 2e-5


@dataclass
class Tables:
    """The tables of a plan, one per distribution.

    Attributes
    ----------
    kept : mapping of Distribution to QuantileTable
        Tables of the first plan of a run.
    probability : float
    known : mapping of Distribution to QuantileTable
        Tables of another plan of the same draw.
    """

    kept: Mapping[Distribution, QuantileTable]
    probability: float
    known: Mapping[Distribution, QuantileTable] = field(default_factory=dict)
    used: list[QuantileTable] = field(default_factory=list)
    place: dict[Distribution, int] = field(default_factory=dict)

    def add(self, distribution: Distribution) -> int:
        place = self.place.get(distribution)
        if place is None:
            self.place[distribution] = place = len(self.used)
            table = self.kept.get(distribution) or self.known.get(distribution)
            self.used.append(table or _table_of(distribution, self.probability))
        return place

    @property
    def by_distribution(self) -> dict[Distribution, QuantileTable]:
        return {distribution: self.used[place] for distribution, place in self.place.items()}

    def added_since(self, first: int) -> tuple[tuple[Distribution | None, QuantileTable], ...]:
        """The tables from a place on, each with its distribution if it was added by it."""
        behind = {place: distribution for distribution, place in self.place.items() if place >= first}
        return tuple((behind.get(place), self.used[place]) for place in range(first, len(self.used)))

    def add_again(self, added: Sequence[tuple[Distribution | None, QuantileTable]]) -> None:
        """Add what `added_since` gave for another plan."""
        for distribution, table in added:
            if distribution is not None:
                self.place[distribution] = len(self.used)
            self.used.append(table)

    def add_all(self, tables: Sequence[QuantileTable]) -> int:
        self.used.extend(tables)
        return len(self.used) - len(tables)

    def bank(self) -> TableBank:
        return join_tables(self.used)


def _table_of(distribution: Distribution, probability: float) -> QuantileTable:
    # Discrete distributions need ten times the cells: too many to cache for each draw.
    if probability > PROBABILITY_ERROR and not distribution.is_continuous:
        return _made_table(distribution, probability)
    return (_drawn_table if probability > PROBABILITY_ERROR else _full_table)(distribution, probability)


@lru_cache(maxsize=4096)
def _drawn_table(distribution: Distribution, probability: float) -> QuantileTable:
    """Cached between runs: the scenarios of a comparison share most distributions."""
    return _made_table(distribution, probability)


@lru_cache(maxsize=256)
def _full_table(distribution: Distribution, probability: float) -> QuantileTable:
    """Cached as well, but fewer: each may take a megabyte."""
    return _made_table(distribution, probability)


def _made_table(distribution: Distribution, probability: float) -> QuantileTable:
    try:
        if probability > PROBABILITY_ERROR:
            return drawn_table(distribution, probability)
        return build_table(distribution, probability=probability)
    except ValueError as error:
        raise ModelError("model", [Problem(path=distribution.text(), message=str(error))]) from error
