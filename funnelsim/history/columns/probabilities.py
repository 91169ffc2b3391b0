"""Win probabilities as shares, whether the CRM writes shares or percent."""

from __future__ import annotations

import polars as pl

from funnelsim.history.columns.column_reader import ColumnReader, clean_text
from funnelsim.history.mapping.keys import Column
from funnelsim.history.sources.stack import Stack


def probability_values(stack: Stack, column: Column, reader: ColumnReader) -> pl.Series:
    reader.note(stack, column.column, "probability")
    values = clean_text(stack.frame[column.column], reader.mapping.missing)
    for name, number in probability_counts(values).items():
        reader.counts[name] = reader.counts.get(name, 0) + number
    return read_probability(values)


def read_probability(column: pl.Series) -> pl.Series:
    """Probabilities in 0 to 1, also where the CRM writes percent; null if it is neither.

    One value of more than 1 and up to 100 makes the whole column percent.
    """
    values = _numbers(column)
    values = values / 100 if _in_percent(values) else values
    return values.set(~values.is_between(0, 1), None)


def probability_counts(column: pl.Series) -> dict[str, int]:
    """For the audit: numbers that are no probability, and shares among percent."""
    values = _numbers(column)
    in_percent = _in_percent(values)
    mixed = values.is_between(0, 1, closed="none") if in_percent else pl.Series([False])
    return {
        "probabilities_out_of_range": int((~values.is_between(0, 100 if in_percent else 1)).sum()),
        "probabilities_mixed": int(mixed.sum()),
        "probabilities_unreadable": int((_text(column) != "").sum()) - (len(values) - values.null_count()),
    }


def _text(column: pl.Series) -> pl.Series:
    return column.cast(pl.String).str.strip_chars().str.strip_suffix("%").str.strip_chars()


def _numbers(column: pl.Series) -> pl.Series:
    """Numbers up to 100 need no thousands: a comma stands before decimals."""
    text = _text(column).str.replace(",", ".", literal=True)
    numbers = text.cast(pl.Float64, strict=False)
    return numbers.set(~numbers.is_finite().fill_null(True), None)


def _in_percent(values: pl.Series) -> bool:
    return bool(((values > 1) & (values <= 100)).any())
