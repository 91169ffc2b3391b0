"""Quantile tables: piecewise-quadratic maps from a random word to a value, for all distributions.

A word ``w`` stands for ``u = (w + 1/2) / 2**32``. Each half of (0, 1) is cut into octaves of its distance
from the near end, and each octave into ``2**b`` equal cells, with ``b`` doubled until the table is close
enough to the distribution. Both tails are therefore as fine, relative to their probability, as the middle. A
cell is the parabola through the quantiles at its ends and in its middle; where that would decrease, as at a
step, it is a line.
A lookup (`lookup.py`) uses integers, two products and two sums, so it gives the same bits on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.distributions.base import Distribution

MINUTE = 1 / 1440
RELATIVE_ERROR = 1e-4
PROBABILITY_ERROR = 1e-6

_OCTAVES = 32  # 2**-33 .. 1/2
_MAX_BITS = 12
#: Initial cells: 16 in the octaves next to the median, half as many every second octave outwards.
_FIRST_BITS = np.tile(np.maximum(2, 4 - np.arange(_OCTAVES)[::-1] // 2), 2).astype(np.int64)
#: Points of a cell that are compared with the distribution: its quarters.
_POINTS = 4
_NO_CELLS = np.zeros((0, 3))
_TOP = 2.0**33
_MANTISSA = 2**52 - 1


class TableBank(NamedTuple):
    """Many tables in two arrays.

    ``headers[table, side * 32 + octave]`` holds ``first_cell << 6 | shift``; ``cells[cell]`` holds the
    coefficients of 1, d and d**2, where ``d = 2**33 * (distance of u from the near end)``.
    """

    headers: NDArray[np.int64]
    cells: Floats


class Quantiles(Protocol):
    """Quantiles from either end, as needed to tabulate."""

    def ppf(self, u: Floats, /) -> Floats: ...

    def isf(self, q: Floats, /) -> Floats: ...


@dataclass(frozen=True, slots=True)
class QuantileTable:
    """One distribution as a table.

    Attributes
    ----------
    bank : TableBank
        With a single row of headers.
    """

    bank: TableBank

    @property
    def bits(self) -> NDArray[np.int64]:
        """Log2 of the number of cells in each octave, shape (64,)."""
        return np.asarray(52 - (self.bank.headers[0] & 63))

    def quantile(self, words: NDArray[np.uint32]) -> Floats:
        """Quantiles of an array of words, of any shape."""
        return self.quantile_at(places_of(words))

    def quantile_at(self, places: WordPlaces) -> Floats:
        """Quantiles of words whose cells have been located."""
        header = self.bank.headers[0][places.octave]
        cell = self.bank.cells[(header >> 6) + (places.within >> (header & 63))]
        distance = places.distance
        values: Floats = cell[..., 0] + distance * (cell[..., 1] + distance * cell[..., 2])
        return values


class WordPlaces(NamedTuple):
    """Where words lie in any table: its octave, the bits within that, the distance from the near end."""

    octave: NDArray[np.int64]
    within: NDArray[np.int64]
    distance: Floats


def places_of(words: NDArray[np.uint32]) -> WordPlaces:
    """The places of an array of words, any shape."""
    words = np.asarray(words, dtype=np.uint32)
    side = words >> np.uint32(31)
    near = np.where(side, ~words, words).astype(np.int64)
    distance = (2 * near + 1).astype(np.float64)
    bits = distance.view(np.int64)
    return WordPlaces(side * _OCTAVES + ((bits >> 52) - 1023), bits & _MANTISSA, distance)


def build_table(
    distribution: Distribution,
    *,
    absolute: float | None = None,
    probability: float = PROBABILITY_ERROR,
    quantiles: Quantiles | None = None,
) -> QuantileTable:
    """Tabulate a distribution to within 1e-4 relative (or `absolute`) and `probability` in probability.

    Parameters
    ----------
    distribution : Distribution
    absolute : float, optional
        Absolute error that is always acceptable; default one minute for durations and effort, else 0.
    probability : float, default 1e-6
        Largest error of the distribution function.
    quantiles : Quantiles, optional
        A faster way to compute the quantiles of the distribution.

    Raises
    ------
    ValueError
        If more than 0.1 % of the distribution's mean lies beyond the last word, so that `max=` is needed.
    """
    if absolute is None:
        absolute = MINUTE if distribution.kind in ("duration", "effort") else 0.0
    refuse_endless_tail(distribution)
    bits = _FIRST_BITS - (1 if probability > PROBABILITY_ERROR else 0)
    open_ = np.arange(2 * _OCTAVES)
    blocks: list[Floats] = [_NO_CELLS] * (2 * _OCTAVES)
    while open_.size:
        cells, excess = _tabulate(quantiles or distribution, open_, bits[open_], absolute, probability)
        for index, block in zip(open_, cells, strict=True):
            blocks[index] = block
        again = (excess > 1) & (bits[open_] < _MAX_BITS)
        open_ = open_[again]
        # Halving a cell divides the error of its parabola by eight.
        more = np.clip(np.ceil(np.log2(excess[again]) / 3), 1, _MAX_BITS).astype(np.int64)
        bits[open_] = np.minimum(bits[open_] + more, _MAX_BITS)
    return _table(blocks, bits)


def cells_at(distribution: Quantiles, bits: NDArray[np.int64]) -> QuantileTable:
    """Tabulate a distribution with ``2**bits`` cells in each octave; `bits` has shape (64,)."""
    cells, _ = _tabulate(distribution, np.arange(2 * _OCTAVES), bits, 0.0, 1.0)
    return _table(cells, bits)


def _table(blocks: Sequence[Floats], bits: NDArray[np.int64]) -> QuantileTable:
    first = np.concatenate([[0], np.cumsum([len(block) for block in blocks[:-1]])])
    headers = (first << 6) | (52 - bits)
    return QuantileTable(TableBank(headers[None, :], np.concatenate(blocks)))


def join_tables(tables: Sequence[QuantileTable]) -> TableBank:
    """Concatenate tables; table ``i`` of the bank is ``tables[i]``."""
    if not tables:
        return TableBank(np.zeros((0, 2 * _OCTAVES), dtype=np.int64), np.zeros((0, 3)))
    sizes = np.cumsum([0] + [len(t.bank.cells) for t in tables[:-1]], dtype=np.int64)
    headers = np.concatenate([t.bank.headers + (size << 6) for t, size in zip(tables, sizes, strict=True)])
    return TableBank(headers, np.concatenate([t.bank.cells for t in tables]))


def split_tables(bank: TableBank) -> list[QuantileTable]:
    """The tables of a bank, wherever their cells lie in it; `join_tables` puts them behind one another."""
    found = []
    for headers in bank.headers:
        first = int(headers[0] >> 6)
        size = int((1 << (52 - (headers & 63))).sum())
        own = TableBank((headers - (first << 6))[None, :], bank.cells[first : first + size])
        found.append(QuantileTable(own))
    return found


class _Grid(NamedTuple):
    """Knots and quarters of the cells of some octaves, concatenated."""

    u: Floats  # distances from the near end, as probabilities: each cell's left knot and quarters, ..., knot
    lower: slice  # those of the lower half of (0, 1)
    upper: slice
    left: NDArray[np.int64]  # index of each cell's left knot
    splits: NDArray[np.int64]  # first cell of each octave but the first


@lru_cache(maxsize=64)
def _grid(octaves: tuple[int, ...], bits: tuple[int, ...]) -> _Grid:
    parts, left, size = [], [], 0
    for octave, n in zip(octaves, bits, strict=True):
        steps = _POINTS * 2**n
        part = np.ldexp(1 + np.arange(steps + 1) / steps, octave % _OCTAVES - 33)
        parts.append(part)
        left.append(size + np.arange(0, steps, _POINTS))
        size += len(part)
    in_lower = sum(len(p) for p, octave in zip(parts, octaves, strict=True) if octave < _OCTAVES)
    return _Grid(
        u=np.concatenate(parts),
        lower=slice(0, in_lower),
        upper=slice(in_lower, size),
        left=np.concatenate(left),
        splits=np.cumsum([len(cells) for cells in left])[:-1],
    )


def _tabulate(
    distribution: Quantiles,
    octaves: NDArray[np.int64],
    bits: NDArray[np.int64],
    absolute: float,
    probability: float,
) -> tuple[list[Floats], Floats]:
    """Cells of each octave, and its largest error relative to the allowed error."""
    grid = _grid(tuple(octaves.tolist()), tuple(bits.tolist()))
    q = np.concatenate([distribution.ppf(grid.u[grid.lower]), distribution.isf(grid.u[grid.upper])])
    # Quarters outside, cells inside: numpy is slow along a short last axis.
    at_quarters = q[grid.left + np.arange(_POINTS + 1)[:, None]]
    slope, curvature = _parabolas(at_quarters)
    low, high = at_quarters[0], at_quarters[-1]
    share = (np.arange(_POINTS + 1) / _POINTS)[:, None]
    fitted = low + share * (slope + share * curvature)
    near = grid.u[grid.left]
    width = grid.u[grid.left + _POINTS] - near
    error = np.abs(fitted - at_quarters).max(axis=0)
    # An error of `error` in value is one of error / (dq/du) in probability.
    enough = np.maximum(absolute, RELATIVE_ERROR * np.abs(at_quarters[_POINTS // 2]))
    allowed = np.minimum(enough, probability * np.abs(high - low) / width)
    excess = np.divide(2 * error, allowed, out=np.where(error > 0, np.inf, 0.0), where=allowed > 0)
    slope, curvature = slope / (width * _TOP), curvature / (width * _TOP) ** 2
    moved = near * _TOP
    cells = np.column_stack(
        [low - moved * (slope - moved * curvature), slope - 2 * moved * curvature, curvature]
    )
    first = [0, *grid.splits.tolist()]
    last = [*grid.splits.tolist(), len(cells)]
    parts = [cells[i:j] for i, j in zip(first, last, strict=True)]
    return parts, np.maximum.reduceat(excess, first)


def _parabolas(at_quarters: Floats) -> tuple[Floats, Floats]:
    """Slope at the left end and curvature of each cell, per cell width; a line where it would decrease."""
    low, middle, high = at_quarters[0], at_quarters[_POINTS // 2], at_quarters[-1]
    slope = 4 * middle - 3 * low - high
    curvature = 2 * (low + high - 2 * middle)
    falls = np.minimum(slope * (high - low), (slope + 2 * curvature) * (high - low)) < 0
    return np.where(falls, high - low, slope), np.where(falls, 0.0, curvature)


def has_endless_tail(distribution: Distribution) -> bool:
    """Whether more than 0.1 % of the mean lies beyond the last word, so that no table can represent it.

    Where the parameters alone show that it is small, it is not computed: quantiles would import
    scipy.special, which takes longer than the rest of ``funnelsim check``.
    """
    if distribution.has_light_tail:
        return False
    return mean_beyond_last_word(distribution) > 1e-3


def mean_beyond_last_word(distribution: Distribution) -> float:
    """Share of the mean in values rarer than 2**-33; infinite where it cannot be computed.

    It is the integral of isf(v) over v < 2**-33, by v = 2**-33 * 2**-y.
    """
    y = np.linspace(0.0, 120.0, 481)
    v = 2.0**-33 * 2.0**-y
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = float(np.trapezoid(distribution.isf(v) * v * np.log(2.0), y))
        mean = float(distribution.mean())
    if beyond == 0.0 and np.isfinite(mean):
        return 0.0
    return beyond / mean if 0 < mean < np.inf and np.isfinite(beyond) else np.inf


def refuse_endless_tail(distribution: Distribution) -> None:
    """Raise an error if a distribution cannot be tabulated without a largest value.

    Raises
    ------
    ValueError
        If `has_endless_tail`.
    """
    if has_endless_tail(distribution):
        raise ValueError(
            f"{distribution.text()}: more than 0.1 % of its mean lies in values rarer than one in "
            "eight billion; give it a largest value with max="
        )
