"""Lists that funnelsim wrote beside an export: nothing to import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from funnelsim.history.attention import Attention
from funnelsim.history.readers.table import Table

#: Columns that only the list of --fixes, or of --booked, has.
_MARKS = ({"deal", "what is wrong", "what to do"}, {"deal", "closed", "bookings", "quota_credit"})
#: All columns of the list of --reps.
_PEOPLE = {"name", "team"}


def without_own_lists(tables: Sequence[Table]) -> list[Table]:
    """The tables but for those that funnelsim wrote, which a warning names; all if nothing else is left."""
    own = [table for table in tables if not table.title and _is_own({*table.columns})]
    rest = [table for table in tables if not any(table is one for one in own)]
    if not own or not rest:
        return list(tables)
    text = f"{', '.join(table.name for table in own)}: written by funnelsim, left out"
    attention = Attention(check="own_lists", text=text, count=len(own))
    return [replace(rest[0], attention=(*rest[0].attention, attention)), *rest[1:]]


def _is_own(columns: set[str]) -> bool:
    return columns == _PEOPLE or any(mark <= columns for mark in _MARKS)
