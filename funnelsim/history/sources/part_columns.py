"""The columns that are read of a table: those of the mapping, and guesses where it leaves room."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns, Mapping, columns_by_field
from funnelsim.history.sources.by_name import guess_deals, guess_events

#: Columns that say how deals begin and end: a mapping that names one of them names all that are read.
_COURSE = {"created", "closed", "stage", "outcome"}


def event_columns(columns: Sequence[str], mapping: Mapping, preset: str) -> EventColumns:
    """The columns that the mapping names; those that a table of events must have are guessed else."""
    guess = guess_events(columns, preset)
    if mapping.events is None:
        return guess
    if mapping.events.guess_others:
        return guess.model_copy(update=_named(mapping.events))
    needed = {
        name: getattr(mapping.events, name) or getattr(guess, name) for name in ("deal", "stage", "entered")
    }
    if mapping.events.entered is None and mapping.events.started is not None:
        needed["entered"] = mapping.events.started  # a log of tasks: see `funnelsim.history.cleaning.work`
    return mapping.events.model_copy(update=needed)


def deal_columns(
    columns: Sequence[str], mapping: Mapping, preset: str, *, by_name: bool = False
) -> DealColumns:
    """The columns that the mapping names, or a guess where ``[deals]`` leaves it to that.

    With `by_name` the name of a deal is its id where no column is called like one.
    """
    guess = guess_deals(columns, preset)
    if by_name and guess.deal is None:
        guess = guess.model_copy(update={"deal": guess.name})
    if mapping.deals is None:
        return guess
    if adds_to_guess(mapping):
        return guess.model_copy(update=_named(mapping.deals))
    return mapping.deals.model_copy(update={"deal": mapping.deals.deal or guess.deal})


def adds_to_guess(mapping: Mapping) -> bool:
    """True if ``[deals]`` does not name the start or end of deals: other columns are then guessed.

    So a file, an amount or dates of stages can be named alone.
    """
    if mapping.deals is None or mapping.deals.guess_others:
        return True
    columns = {name for name, value in mapping.deals if isinstance(value, Column)}
    if not columns:
        return True
    dated = mapping.deals.dates or mapping.deals.left
    return mapping.events is None and not dated and not columns & _COURSE


def _named(columns: DealColumns | EventColumns) -> dict[str, object]:
    return {name: getattr(columns, name) for name in columns.model_fields_set}


def deal_references(mapping: Mapping) -> list[Column]:
    """The columns that ``[deals]`` names, those of other tables included."""
    return [column for _, column in columns_by_field(mapping.deals)]
