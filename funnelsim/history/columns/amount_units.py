"""Amounts that an export keeps in thousands or in cents: detected by the column name or by another column."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.columns.currencies import tokens
from funnelsim.history.sources import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.unit_names import UNIT_WORDS, unit_named

#: Rounding of a shown amount may be this far from the other, as a share.
_NEAR = 0.01
_LEAST_ROWS = 2


def amount_unit(stack: Stack, column: str, values: pl.Series) -> tuple[float, Attention | None]:
    """The unit of a column of amounts, and a warning if it is not 1.

    Parameters
    ----------
    values : Series of Float64, shape (rows of the stack,)
        The amounts as they are written.
    """
    _, unit = unit_named(column)
    reason = f"its name says {UNIT_WORDS[unit]}" if unit != 1 else ""
    if not reason:
        unit, reason = _compared_with_others(stack, column, values)
    if not reason:
        return 1.0, None
    text = f"amounts of {quoted(column)} are read as {UNIT_WORDS[unit]}: {reason}. Each of them is worth:"
    lines = ("[units]", f"{quoted(column)} = {unit:g}")
    return unit, Attention(check="amount_unit", text=text, mapping=lines, count=values.drop_nulls().len())


def _compared_with_others(stack: Stack, column: str, values: pl.Series) -> tuple[float, str]:
    """A unit and the reason for it: another column is as many times as much in each row."""
    for name in _namesakes(stack, column):
        other = _as_amounts(stack, name)
        if other is None:
            continue
        both = pl.DataFrame({"amount": values, "other": other}).filter(
            pl.col("amount") != 0, pl.col("other") != 0
        )
        if both.height < _LEAST_ROWS or both["amount"].n_unique() < _LEAST_ROWS:
            continue
        for unit in (0.01, 1_000.0, 1_000_000.0):
            times = both["other"] / both["amount"] / unit
            # Rounding matters more for small amounts.
            near = (times - 1).abs() <= _NEAR + 0.5 / both["other"].abs()
            if near.all():
                of = f'in {counted(both.height, "row")} "{name}" is {unit:,g} times as much'
                return unit, of
    return 1.0, ""


def _namesakes(stack: Stack, column: str) -> Iterator[str]:
    words = set(tokens(column))
    for name in stack.columns:
        if name != column and words & set(tokens(name)):
            yield name


def _as_amounts(stack: Stack, name: str) -> pl.Series | None:
    try:
        return read_amounts(stack.frame[name], file=stack.name, at=str, evidence=()).values
    except (HistoryError, pl.exceptions.PolarsError):
        return None
