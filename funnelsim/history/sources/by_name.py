"""Guess what the columns of a table are, by their names alone."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns
from funnelsim.history.presets.amount_names import before_currency
from funnelsim.history.presets.crm_columns import (
    without_prefix,
)
from funnelsim.history.presets.header_words import english_header
from funnelsim.history.presets.names import (
    NEW_VALUE,
    OLD_VALUE,
    find_column,
    is_field_history,
    names_of_deals,
    names_of_events,
    plain_name,
)

#: Fields whose column decides dates and money.
_DECISIVE = ("created", "closed", "entered", "left", "amount", "listed_amount")


def _guess(columns: Sequence[str], names: dict[str, tuple[str, ...]]) -> dict[str, Column]:
    guessed: dict[str, Column] = {}
    taken: set[str] = set()
    for field, candidates in names.items():
        free = [name for name in columns if name not in taken]
        column = find_column(free, candidates)
        if column is not None and field in _DECISIVE and _has_rival(column, free):
            continue
        if column is None and field in ("amount", "listed_amount"):
            column = _in_a_currency(free, candidates) or _converted(free, candidates)
        if column is not None:
            guessed[field] = Column(column=column)
            taken.add(column)
    return guessed


def _has_rival(column: str, columns: Sequence[str]) -> bool:
    """True if two headers in another language have one meaning: neither is taken in silence."""
    english = english_header(column)
    return english is not None and sum(english_header(name) == english for name in columns) > 1


def _in_a_currency(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The only column such as ``Value (EUR)`` or ``amount_usd``; of several none is taken in silence."""
    priced = {column: before_currency(column) for column in columns}
    matches = [
        column for column, name in priced.items() if name and plain_name(without_prefix(name)) in names
    ]
    return matches[0] if len(matches) == 1 else None


def _converted(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The only column such as ``Amount (converted)``, which Salesforce also writes without the raw one."""
    plain = {column: plain_name(without_prefix(column)) for column in columns}
    matches = [
        column
        for column, name in plain.items()
        if name.endswith("converted") and name.removesuffix("converted") in names
    ]
    return matches[0] if len(matches) == 1 else None


def guess_events(columns: Sequence[str], preset: str = "events") -> EventColumns:
    """What the columns of a table with a row per stage entry seem to be."""
    names = names_of_events(preset)
    if is_field_history(columns) and preset not in ("xes", "hubspot", "pipedrive"):
        names = names | {"stage": NEW_VALUE, "from_stage": OLD_VALUE}
    return EventColumns(**_guess(columns, names))


def candidates(columns: Sequence[str], preset: str, part: str, field: str) -> list[str]:
    """All columns whose names are known for a field, the likeliest first."""
    names = names_of_events(preset) if part == "events" else names_of_deals(preset)
    matches = {plain_name(column): column for column in reversed(list(columns))}
    return [matches[name] for name in dict.fromkeys(names.get(field, ())) if name in matches]


def namesakes(columns: Sequence[str], preset: str, part: str, field: str) -> list[str]:
    """All columns that may hold a field by their names, two of one meaning in two languages included."""
    names = names_of_events(preset) if part == "events" else names_of_deals(preset)
    known = {*names.get(field, ())}
    return [name for name in columns if {plain_name(name), plain_name(without_prefix(name))} & known]


def guess_deals(columns: Sequence[str], preset: str = "deals") -> DealColumns:
    """What the columns of a table with a row per deal seem to be, without dates of stages."""
    return DealColumns(**_guess(columns, names_of_deals(preset)))
