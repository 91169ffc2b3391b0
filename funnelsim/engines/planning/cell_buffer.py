"""Memory for the cells of one plan after another.

Most cells of a plan belong to tables that no draw changes, such as that of an empirical distribution. They
are copied once, and each plan writes its own cells behind them. Plans that are in use at the same time have
slots of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.quantile_table import QuantileTable, TableBank

#: Tables with fewer cells are copied as fast as they are found.
_MANY_CELLS = 4096


class CellBuffer:
    """Joins the tables of plans; a bank holds until the next one is joined in its slot.

    Parameters
    ----------
    kept : sequence of QuantileTable
        Tables that most plans have; those with many cells are copied once.
    """

    def __init__(self, kept: Sequence[QuantileTable]) -> None:
        self.kept = [table for table in kept if len(table.bank.cells) > _MANY_CELLS]
        sizes = np.cumsum([0] + [len(table.bank.cells) for table in self.kept])
        self._places = {id(table): int(size) for table, size in zip(self.kept, sizes[:-1], strict=True)}
        self._kept_cells = int(sizes[-1])
        self._slots: dict[int, Floats] = {}

    def join(self, tables: Sequence[QuantileTable], slot: int) -> TableBank:
        """The bank in which table ``i`` is ``tables[i]``."""
        places, used = self._places, self._kept_cells
        first, new = [], []
        for table in tables:
            place = places.get(id(table))
            if place is None:
                place, used = used, used + len(table.bank.cells)
                new.append((place, table))
            first.append(place)
        cells = self._cells(used, slot)
        for place, table in new:
            cells[place : place + len(table.bank.cells)] = table.bank.cells
        headers = np.concatenate([table.bank.headers for table in tables])
        headers += np.array(first, dtype=np.int64)[:, None] << 6
        return TableBank(headers, cells[:used])

    def _cells(self, size: int, slot: int) -> Floats:
        cells = self._slots.get(slot)
        if cells is None or len(cells) < size:
            self._slots[slot] = cells = np.zeros((2 * size, 3))
            for table in self.kept:
                place = self._places[id(table)]
                cells[place : place + len(table.bank.cells)] = table.bank.cells
        return cells
