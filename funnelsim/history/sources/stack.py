"""Files of one part, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.history.ledger import BLANK, FILE, HEADER, MALFORMED, Ledger
from funnelsim.history.readers.table import ROW, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Files of the same part and columns, one below the other; `frame` has `FILE` and `ROW` too."""

    tables: tuple[Table, ...]
    frame: pl.DataFrame
    ledger: Ledger

    @property
    def name(self) -> str:
        return ", ".join(table.name for table in self.tables)

    @property
    def columns(self) -> list[str]:
        return self.tables[0].columns


def stack_tables(part: str, tables: Sequence[Table]) -> Stack:
    order = tables[0].columns
    frames = [
        table.frame.select(pl.lit(position, pl.UInt16).alias(FILE), ROW, *order)
        for position, table in enumerate(tables)
    ]
    ledger = Ledger(
        table=part,
        files=tuple(table.name for table in tables),
        rows_read=sum(table.rows_read for table in tables),
        row_word=tables[0].row_word,
    )
    for position, table in enumerate(tables):
        for rows, reason in ((table.malformed, MALFORMED), (table.headers, HEADER)):
            ledger.skip(pl.DataFrame({FILE: [position] * len(rows), ROW: list(rows)}), reason)
    frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")
    text = [name for name, dtype in frame.select(order).schema.items() if dtype == pl.String]
    filled = pl.any_horizontal(
        (pl.col(name).is_not_null() & (pl.col(name) != "")) if name in text else pl.col(name).is_not_null()
        for name in order
    )
    return Stack(tables=tuple(tables), frame=ledger.keep(frame, filled, BLANK), ledger=ledger)
