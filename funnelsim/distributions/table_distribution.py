"""The distribution function and mean of a quantile table.

Each cell is divided into parts in which the distribution function is taken as linear: the curvature within a
hundredth of a cell is far below the error of the table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.quantile_table import QuantileTable, TableBank

_OCTAVES = 32
_TOP = 2.0**33
#: From this octave on, cells hold many words; the words of earlier octaves are evaluated one by one.
_FIRST_WHOLE = 13
_PARTS = 128


@dataclass(frozen=True, slots=True)
class TableDistribution:
    """Knots of the distribution function, ascending.

    Attributes
    ----------
    values, upto : ndarray, shape (K,)
        A draw is at most ``values[k]`` with probability ``upto[k]``; equal values are a jump.
    """

    values: Floats
    upto: Floats

    @classmethod
    def of(cls, bank: TableBank, table: int) -> TableDistribution:
        """The distribution of one table of a bank."""
        near, low = _knots(bank, table, side=0)
        far, high = _knots(bank, table, side=1)
        values = np.concatenate([low, high[::-1]])
        return cls(np.maximum.accumulate(values), np.concatenate([near, 1 - far[::-1]]))

    def lag_masses(self, step: float, count: int) -> Floats:
        """Discretise to the lags ``0, step, 2 step, ...``, keeping the mean.

        Probability between two lags is split linearly between them: the mass of a lag is the mean of the
        distribution function over the cell after it less that over the cell before it.
        """
        area = self._area(np.arange(count + 1.0) * step)
        masses: Floats = np.diff(np.diff(area) / step, prepend=0.0)
        return masses

    def _area(self, x: Floats) -> Floats:
        """Integral of the distribution function up to each of `x`."""
        values, upto = self.values, self.upto
        widths = np.diff(values)
        below = np.concatenate([[0.0], np.cumsum(widths * (upto[1:] + upto[:-1]) / 2)])
        density = np.divide(np.diff(upto), widths, out=np.zeros_like(widths), where=widths > 0)
        knot = np.searchsorted(values, x, side="right") - 1
        past = x - values[knot]
        inside = upto[knot] * past + density[np.minimum(knot, widths.size - 1)] * past**2 / 2
        area = below[knot] + np.where(knot < widths.size, inside, past)
        return np.where(knot < 0, 0.0, area)


def table_mean(bank: TableBank, table: int) -> float:
    """Mean over all words of one table of a bank."""
    outer = np.arange(2 ** (_FIRST_WHOLE - 1), dtype=np.uint32)
    drawn = QuantileTable(TableBank(bank.headers[table : table + 1], bank.cells))
    total = float(drawn.quantile(outer).sum() + drawn.quantile(~outer).sum())
    for side in (0, 1):
        for octave in range(_FIRST_WHOLE, _OCTAVES):
            distance, cells = _octave(bank, table, side, octave)
            width = distance[1] - distance[0]
            middle = distance[:-1] + width / 2
            mean = _value(cells, middle) + cells[:, 2] * width**2 / 12
            total += float(mean.sum()) * width / 2
    return total / 2.0**32


def _knots(bank: TableBank, table: int, *, side: int) -> tuple[Floats, Floats]:
    """Distances of the knots from one end, as probabilities, and their values."""
    probability, values = [], []
    for octave in range(_OCTAVES):
        distance, cells = _octave(bank, table, side, octave, parts=_PARTS)
        probability.append(distance[:-1])
        values.append(_value(cells, distance[:-1]))
    last = _value(cells[-1:], distance[-1:])
    return np.concatenate([*probability, distance[-1:]]) / _TOP, np.concatenate([*values, last])


def _value(cells: Floats, distance: Floats) -> Floats:
    return cells[:, 0] + distance * (cells[:, 1] + distance * cells[:, 2])


def _octave(bank: TableBank, table: int, side: int, octave: int, *, parts: int = 1) -> tuple[Floats, Floats]:
    """Edges of the parts of the cells of one octave, as distances, and the coefficients of each part."""
    header = int(bank.headers[table, side * _OCTAVES + octave])
    first, bits = header >> 6, 52 - (header & 63)
    n = parts * 2**bits
    borders = np.ldexp(1 + np.arange(n + 1) / n, octave)
    return borders, np.repeat(bank.cells[first : first + 2**bits], parts, axis=0)
