"""Quantile tables: every law becomes the same piecewise-linear map from a random word to a value.

A word ``w`` stands for ``u = (w + 1/2) / 2**32``. Each half of (0, 1) is cut into octaves of its distance
from the near end, and each octave into ``2**b`` equal cells, with ``b`` doubled until the table is as close
to the law as asked. Both tails are therefore as fine, relative to their probability, as the middle.
A lookup uses integers and one multiply-add only, so it gives the same bits on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from funnelsim.distributions.base import Distribution, Floats

MINUTE = 1 / 1440
RELATIVE_ERROR = 1e-4
PROBABILITY_ERROR = 1e-6

_OCTAVES = 32  # 2**-33 .. 1/2
_MIN_BITS, _MAX_BITS = 1, 12
_TOP = 2.0**33
_MANTISSA = np.int64(2**52 - 1)


class TableBank(NamedTuple):
    """Many tables in two arrays.

    ``headers[table, side * 32 + octave]`` holds ``first_cell << 6 | shift``; ``cells[cell]`` holds the
    intercept and the slope in ``d = 2**33 * (distance of u from the near end)``.
    """

    headers: NDArray[np.int64]
    cells: Floats


@dataclass(frozen=True, slots=True)
class QuantileTable:
    """One law as a table.

    Attributes
    ----------
    bank : TableBank
        With a single row of headers.
    """

    bank: TableBank

    def quantile(self, words: NDArray[np.uint32]) -> Floats:
        """Values of an array of words, any shape."""
        words = np.asarray(words, dtype=np.uint32)
        return _quantiles(self.bank, words.ravel()).reshape(words.shape)


@njit(inline="always", cache=True)
def quantile_at_distance(bank, table, side, distance):  # type: ignore[no-untyped-def]
    """Value at ``distance = 2**33 * u`` (side 0) or ``2**33 * (1 - u)`` (side 1), in [1, 2**32)."""
    bits = np.float64(distance).view(np.int64)
    octave = (bits >> 52) - 1023
    header = bank.headers[table, side * 32 + octave]
    cell = (header >> 6) + ((bits & _MANTISSA) >> (header & 63))
    return bank.cells[cell, 0] + bank.cells[cell, 1] * distance


@njit(inline="always", cache=True)
def quantile_of_word(bank, table, word):  # type: ignore[no-untyped-def]
    """Value of a uint32 word."""
    side = np.int64(word >> np.uint32(31))
    near = word ^ np.uint32(-side & 0xFFFFFFFF)
    return quantile_at_distance(bank, table, side, np.float64(2 * np.int64(near) + 1))


@njit(inline="always", cache=True)
def quantile_given_survival(bank, table, word, survival):  # type: ignore[no-untyped-def]
    """Value of a word under the law conditioned on lasting longer than the age with this survival."""
    left = survival * ((4294967295.5 - np.float64(word)) / 4294967296.0)
    if left < 0.5:
        return quantile_at_distance(bank, table, 1, max(left * 8589934592.0, 1.0))
    return quantile_at_distance(bank, table, 0, min(max((1.0 - left) * 8589934592.0, 1.0), 4294967295.0))


@njit(cache=True)
def _quantiles(bank, words):  # type: ignore[no-untyped-def]
    values = np.empty(words.size)
    for i in range(words.size):
        values[i] = quantile_of_word(bank, 0, words[i])
    return values


def build_table(law: Distribution, *, absolute: float | None = None) -> QuantileTable:
    """Tabulate a law until it is within 1e-4 relative (or `absolute`) and 1e-6 in probability.

    Parameters
    ----------
    law : Distribution
    absolute : float, optional
        Absolute error that is always good enough; default one minute for durations and effort, else 0.

    Raises
    ------
    ValueError
        If more than 0.1 % of the law's mean lies beyond the last word, so that `max=` is needed.
    """
    if absolute is None:
        absolute = MINUTE if law.kind in ("duration", "effort") else 0.0
    _refuse_endless_tail(law)
    header = np.zeros(2 * _OCTAVES, dtype=np.int64)
    blocks: dict[int, Floats] = {}
    open_ = {index: _first_bits(index % _OCTAVES) for index in range(2 * _OCTAVES)}
    while open_:
        open_ = _refine(law, open_, blocks, header, absolute)
    first = 0
    for index in range(2 * _OCTAVES):
        header[index] |= first << 6
        first += len(blocks[index])
    cells = np.concatenate([blocks[index] for index in range(2 * _OCTAVES)])
    return QuantileTable(TableBank(header[None, :], np.ascontiguousarray(cells)))


def join_tables(tables: Sequence[QuantileTable]) -> TableBank:
    """Put tables behind each other; table ``i`` of the bank is ``tables[i]``."""
    if not tables:
        return TableBank(np.zeros((0, 2 * _OCTAVES), dtype=np.int64), np.zeros((0, 2)))
    sizes = np.cumsum([0] + [len(t.bank.cells) for t in tables[:-1]], dtype=np.int64)
    headers = np.concatenate([t.bank.headers + (size << 6) for t, size in zip(tables, sizes, strict=True)])
    return TableBank(headers, np.concatenate([t.bank.cells for t in tables]))


def _first_bits(octave: int) -> int:
    return max(2, 8 - (_OCTAVES - 1 - octave) // 2)


def _refine(
    law: Distribution,
    pending: dict[int, int],
    blocks: dict[int, Floats],
    header: NDArray[np.int64],
    absolute: float,
) -> dict[int, int]:
    """Tabulate each pending octave with its number of bits; return those that need one bit more."""
    grids = {
        index: np.ldexp(1 + np.arange(2 ** (bits + 1) + 1) / 2 ** (bits + 1), index % _OCTAVES)
        for index, bits in pending.items()
    }
    sides = [[i for i in pending if i < _OCTAVES], [i for i in pending if i >= _OCTAVES]]
    again: dict[int, int] = {}
    for side, indices in enumerate(sides):
        if not indices:
            continue
        distance = np.concatenate([grids[i] for i in indices])
        u = distance / _TOP
        exact = law.ppf(u) if side == 0 else law.isf(u)
        last = 0
        for index in indices:
            grid = grids[index]
            part = slice(last, last + len(grid))
            last += len(grid)
            q = exact[part]
            line = (q[:-2:2] + q[2::2]) / 2
            middle = q[1::2]
            slope = (q[2::2] - q[:-2:2]) / (grid[2::2] - grid[:-2:2])
            error = np.abs(line - middle)
            close = error <= np.maximum(absolute, RELATIVE_ERROR * np.abs(middle)) / 2
            # A value off by `error` is off by error / (dq/du) in probability.
            close &= error <= PROBABILITY_ERROR / 2 * np.abs(slope) * _TOP
            if pending[index] < _MAX_BITS and not close.all():
                again[index] = pending[index] + 1
                continue
            blocks[index] = np.column_stack([q[:-2:2] - slope * grid[:-2:2], slope])
            header[index] = 52 - pending[index]
    return again


def _refuse_endless_tail(law: Distribution) -> None:
    """Mean beyond the last word = integral of isf(v) over v < 2**-33, by v = 2**-33 * 2**-y."""
    y = np.linspace(0.0, 120.0, 481)
    v = 2.0**-33 * 2.0**-y
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = float(np.trapezoid(law.isf(v) * v * np.log(2.0), y))
        mean = float(law.mean())
    if not np.isfinite(mean) or not beyond <= 1e-3 * abs(mean):
        raise ValueError(
            f"{law.text()}: more than 0.1 % of its mean lies in values rarer than one in eight billion; "
            "give it a largest value with max="
        )
