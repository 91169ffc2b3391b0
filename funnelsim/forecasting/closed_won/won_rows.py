"""Which rows of a CRM's export are won: a full export may serve as its report of won deals."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from funnelsim.core.nouns import listed
from funnelsim.history.presets.names import find_column, plain_name
from funnelsim.history.readers.table import Table
from funnelsim.history.values.outcome_words import read_words

_COLUMNS = (
    *("outcome", "result", "wonlost", "dealoutcome", "stage", "stagename", "dealstage", "opportunitystage"),
    *("status", "dealstatus", "state"),
)
_MOST_LABELS = 4


class WonRows(NamedTuple):
    """The rows to read, and a sentence about those left out; empty where none is."""

    frame: pl.DataFrame
    taken: str = ""


def won_rows(table: Table) -> WonRows:
    """The rows whose outcome or stage reads as won; all rows where no label does."""
    column = find_column(table.columns, _COLUMNS)
    if column is None:
        return WonRows(table.frame)
    labels = table.frame[column].cast(pl.String).str.strip_chars()
    won = [label for label in labels.unique() if label and _means_won(label)]
    is_won = labels.is_in(won).fill_null(False)
    if not won or is_won.all():
        return WonRows(table.frame)
    others = labels.filter(~is_won).fill_null("empty").value_counts(sort=True, name="rows").rows()
    said = listed([f"{label} {rows:,}" for label, rows in others], _MOST_LABELS)
    sentence = (
        f"{table.name} has more than won deals: the {int(is_won.sum()):,} of {labels.len():,} rows that "
        f'column "{column}" calls {listed(sorted(won), _MOST_LABELS)} are compared, not {said}.'
    )
    return WonRows(table.frame.filter(is_won), sentence)


def _means_won(label: str) -> bool:
    reading = read_words(label)
    if reading is None:  # as HubSpot calls it inside
        return plain_name(label) == "closedwon"
    return reading.outcome == "won" and reading.strength in ("sure", "likely")
