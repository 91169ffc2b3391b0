"""Names of deals used as ids, as in exports of Airtable or Notion: only where each is used once."""

from __future__ import annotations

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import clean_text, row_locator
from funnelsim.history.history_error import history_error
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted

_SHOWN = 3


def unique_names(stack: Stack, column: str) -> Attention:
    """The warning if deals are identified by a column of names.

    Raises
    ------
    HistoryError
        If two rows have the same name: they may or may not be one deal.
    """
    names = clean_text(stack.frame[column])
    known = names.drop_nulls()
    if known.is_duplicated().any():
        raise _shared_names(stack, column, names)
    text = (
        f"no column of {stack.name} holds ids: deals are identified by {quoted(column)}, in which all "
        f"{counted(len(known), 'name')} differ. A renamed deal counts as a new one: export the id "
        "too. To use the names anyway:"
    )
    return Attention(
        check="names_as_ids",
        text=text,
        mapping=("[deals]", f"deal = {quoted(column)}"),
        as_read=True,
        count=len(known),
    )


def _shared_names(stack: Stack, column: str, names: pl.Series) -> Exception:
    shared = names.is_duplicated() & names.is_not_null()
    first = names.filter(shared)[0]
    rows = ", ".join(map(row_locator(stack), (names == first).fill_null(False).arg_true().to_list()[:_SHOWN]))
    number = names.filter(shared).n_unique()
    message = (
        f"no column identifies a deal, and names are not unique: {counted(number, 'name')} "
        f"{verb(number, 'have')} "
        f"several rows (such as {quoted(first)} in {rows})"
    )
    hint = 'export the id of the deal too, or name its column in a mapping: [deals] deal = "..."'
    return history_error(stack.name, message, at=f"column {column}", hint=hint)
