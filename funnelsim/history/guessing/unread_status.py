"""A status column in no known words, in an export where nothing else says how deals ended."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.labels.evidence import LabelEvidence, is_past
from funnelsim.history.labels.outcomes import labels_shown, lines_of_both
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import DealColumns, columns_read
from funnelsim.history.presets.names import status_columns
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted

_MOST_VALUES = 12


def unread_status(
    rows: pl.DataFrame, stack: Stack, columns: DealColumns, as_of: dt.datetime | None
) -> Attention | None:
    """Ask what the values of the first column mean that is named like a status and is not read."""
    taken = columns_read(columns)
    for name in status_columns(stack.columns):
        if name in taken:
            continue
        values = _values(rows, stack, name, as_of)
        if 1 < len(values) <= _MOST_VALUES:
            return _question(name, values)
    return None


def _values(rows: pl.DataFrame, stack: Stack, name: str, as_of: dt.datetime | None) -> list[LabelEvidence]:
    status = stack.frame.select(FILE, ROW, clean_text(stack.frame[name]).alias("value"))
    counts = (
        rows.join(status, on=[FILE, ROW], how="inner")
        .drop_nulls("value")
        .group_by("value")
        .agg(pl.len().alias("rows"), is_past(as_of).sum().alias("closed"))
        .sort("rows", "value", descending=[True, False])
    )
    return [
        LabelEvidence(label=value, rows=number, closed=closed) for value, number, closed in counts.iter_rows()
    ]


def _question(name: str, values: list[LabelEvidence]) -> Attention:
    ended = [item for item in values if item.closed * 2 > item.rows] or values
    text = (
        f"nothing that is read says which deals were won or lost, but column {quoted(name)} may: "
        f"{labels_shown(values)}. If it does, say in a mapping what its values mean; leave out those that "
        "mean open:"
    )
    lines = ("[deals]", "guess_others = true", f"outcome = {quoted(name)}", *lines_of_both({}, ended))
    return Attention(check="unread_status", text=text, mapping=lines, count=sum(item.rows for item in values))
