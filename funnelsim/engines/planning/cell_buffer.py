"""One piece of memory for the cells of one plan after another.

Most cells of a plan belong to tables that no draw changes, such as that of an empirical distribution. They
are copied once a thread, and each plan writes its own cells behind them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.quantile_table import QuantileTable, TableBank

#: Tables with fewer cells are copied as fast as they are found.
_MANY_CELLS = 4096


class CellBuffer:
    """Joins the tables of plans; a bank holds until the same thread joins the next.

    Parameters
    ----------
    kept : sequence of QuantileTable
        Tables that most plans have; those with many cells are copied once.
    """

    def __init__(self, kept: Sequence[QuantileTable]) -> None:
        self.kept = [table for table in kept if len(table.bank.cells) > _MANY_CELLS]
        self._own = threading.local()

    def __getstate__(self) -> list[QuantileTable]:
        return self.kept

    def __setstate__(self, kept: list[QuantileTable]) -> None:
        self.kept = kept
        self._own = threading.local()

    def join(self, tables: Sequence[QuantileTable]) -> TableBank:
        """The bank in which table ``i`` is ``tables[i]``."""
        places, used = self._places(), self._kept_cells
        first, new = [], []
        for table in tables:
            place = places.get(id(table))
            if place is None:
                place, used = used, used + len(table.bank.cells)
                new.append((place, table))
            first.append(place)
        cells = self._cells(used)
        for place, table in new:
            cells[place : place + len(table.bank.cells)] = table.bank.cells
        headers = np.concatenate([table.bank.headers for table in tables])
        headers += np.array(first, dtype=np.int64)[:, None] << 6
        return TableBank(headers, cells[:used])

    @property
    def _kept_cells(self) -> int:
        return sum(len(table.bank.cells) for table in self.kept)

    def _places(self) -> dict[int, int]:
        sizes = np.cumsum([0] + [len(table.bank.cells) for table in self.kept])
        return {id(table): int(place) for table, place in zip(self.kept, sizes[:-1], strict=True)}

    def _cells(self, size: int) -> Floats:
        own: Any = self._own
        cells: Floats | None = getattr(own, "cells", None)
        if cells is None or len(cells) < size:
            own.cells = cells = np.zeros((2 * size, 3))
            for table, place in zip(self.kept, self._places().values(), strict=True):
                cells[place : place + len(table.bank.cells)] = table.bank.cells
        return cells
