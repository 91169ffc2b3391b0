"""Columns of true and false that say whether a deal is closed, won or lost."""

from __future__ import annotations

import polars as pl

from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.flags import read_flag

#: Names compared as `plain_name` has them, the best first.
FLAG_NAMES: dict[str, tuple[str, ...]] = {
    "closed": ("isclosed", "closed", "hsisclosed", "isdealclosed", "dealisclosed"),
    "won": (
        *("iswon", "hsisclosedwon", "isclosedwon", "isdealwon", "dealiswon", "closedwon", "dealwon", "won"),
        *("waswon", "wonflag"),
    ),
    "lost": (
        *("islost", "hsisclosedlost", "isclosedlost", "isdeallost", "dealislost", "closedlost", "deallost"),
        *("lost", "waslost", "lostflag"),
    ),
}


def flag_columns(stack: Stack) -> dict[str, str]:
    """Flag -> the column that holds it; a column that is named so but holds something else does not count."""
    flags = {}
    for flag, names in FLAG_NAMES.items():
        fitting = [
            name for name in stack.columns if plain_name(name) in names and holds_flags(stack.frame[name])
        ]
        if column := find_column(fitting, names):
            flags[flag] = column
    return flags


def holds_flags(column: pl.Series) -> bool:
    """True if all of the values are flags."""
    known = clean_text(column).drop_nulls()
    return not known.is_empty() and read_flag(known).null_count() == 0
