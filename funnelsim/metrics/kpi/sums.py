"""Exact sums by group and period: the same bits in whatever order the rows come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats, Ints
from funnelsim.results.convert import DAY_MICROS


@dataclass(frozen=True, slots=True)
class Cells:
    """Periods and groups that rows are added up in.

    Attributes
    ----------
    edges : int array, shape (P + 1,)
        Beginnings of the periods, and the end of the last; microseconds since 1970.
    group : int array
        The group of each lead.
    groups : int
    """

    edges: Ints
    group: Ints
    groups: int

    @property
    def periods(self) -> int:
        return len(self.edges) - 1

    def cell(self, lead: Ints, at: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """The cell of each row, and whether it lies within the periods."""
        period = np.searchsorted(self.edges, at, side="right") - 1
        inside = (period >= 0) & (period < self.periods)
        return (self.group[lead] * self.periods + period)[inside], inside

    def shaped(self, flat: Floats) -> Floats:
        return flat.reshape(self.groups, self.periods)

    def count(self, lead: Ints, at: Ints) -> Floats:
        """Rows in each cell, shape (G, P)."""
        cell, _ = self.cell(lead, at)
        return self.shaped(np.bincount(cell, minlength=self.groups * self.periods).astype(np.float64))

    def money(self, lead: Ints, at: Ints, amount: Floats) -> Floats:
        """Sums of amounts, smallest first."""
        cell, inside = self.cell(lead, at)
        return self.shaped(ordered_sum(cell, amount[inside], self.groups * self.periods))

    def days(self, lead: Ints, at: Ints, duration: Ints) -> Floats:
        """Sums of durations in days. Whole days and the rest are added as integers, which cannot overflow."""
        cell, inside = self.cell(lead, at)
        whole, rest = np.divmod(duration[inside], DAY_MICROS)
        sums = np.zeros((2, self.groups * self.periods), np.int64)
        for row, values in zip(sums, (whole, rest), strict=True):
            np.add.at(row, cell, values)
        return self.shaped(sums[0] + sums[1] / DAY_MICROS)


def ordered_sum(cell: Ints, amount: Floats, cells: int) -> Floats:
    """Sum by cell, smallest amount first, so that the order of the rows does not change the last bit."""
    order = np.argsort(amount, kind="stable")
    return np.bincount(cell[order], weights=amount[order], minlength=cells).astype(np.float64)
