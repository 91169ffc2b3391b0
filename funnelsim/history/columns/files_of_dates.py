"""Files of one kind whose dates may have different orders of day and month."""

from __future__ import annotations

import polars as pl

from funnelsim.core.errors import Problem
from funnelsim.history.ledger import FILE
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.date_errors import hint_date_format

_ORDERS = ("dd/mm/yyyy", "mm/dd/yyyy", "dd/mm/yy", "mm/dd/yy")
#: Day and month without a zero before them, and with one.
_BARE, _PADDED = r"^(?:\d/|\d+/\d/)", r"^(?:0\d/|\d+/0\d/)"
_DAY_OR_MONTH = r"^(?:0?\d|1[0-2])/(?:0?\d|1[0-2])/"


def two_orders(stack: Stack, column: str, written: str) -> Problem | None:
    """The question for a file that is written otherwise than the rest and fits both orders.

    One program writes 5/3/2025, the other 05/03/2025: what shows the order in one does not for the other.
    """
    if len(stack.tables) == 1 or written not in _ORDERS or stack.frame[column].dtype != pl.String:
        return None
    text = pl.col(column).str.strip_chars()
    files = (
        stack.frame.filter(text != "")
        .group_by(FILE, maintain_order=True)
        .agg(
            bare=text.str.contains(_BARE).any(),
            padded=text.str.contains(_PADDED).any(),
            both=text.str.contains(_DAY_OR_MONTH).all(),
        )
    )
    for file, bare, padded, both in files.iter_rows():
        others = files.filter(pl.col(FILE) != file)
        clear = others.filter(~pl.col("both") & (pl.col("bare") != bare) & (pl.col("padded") != padded))
        if both and bare != padded and not clear.is_empty():
            name, other = stack.tables[file].name, stack.tables[clear[FILE][0]].name
            message = (
                f"the dates of {name} fit both orders of day and month, and are written otherwise than the "
                f"{written} of {other}. If {name} has another order, write its dates like {written} first"
            )
            return Problem(path=f"column {column}", message=message, hint=hint_date_format(column, written))
    return None
