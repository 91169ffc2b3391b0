"""Currencies that differ between sheets or files only by the formats of their cells."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from funnelsim.history.columns.currencies import says_currency
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import Column
from funnelsim.history.sources.stack import Stack
from funnelsim.history.values.amounts import AmountColumn


def with_shown_currencies(stack: Stack, column: Column, read: AmountColumn) -> AmountColumn:
    """Amounts with the currency that the formats of their table show, where two tables show different ones.

    One currency everywhere adds nothing, and a column of currencies knows better than a format.
    """
    marks: dict[int, str] = {}
    for position, table in enumerate(stack.tables):
        shown = {form.currency for form in table.shown.get(column.column, ()) if form.currency}
        if len(shown) == 1:
            marks[position] = shown.pop()
    known = {*read.currency.drop_nulls().unique().to_list(), *marks.values()}
    if not marks or len(known) < 2 or says_currency(stack, column):
        return read
    of_file = stack.frame[FILE].replace_strict(marks, default=None, return_dtype=pl.String)
    currency = pl.select(pl.coalesce(read.currency, of_file).alias(read.currency.name)).to_series()
    return replace(read, currency=currency)
