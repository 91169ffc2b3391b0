"""Two columns of one meaning with different contents: which is read, and the line that reads the other."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.guessing.stage_dates import dates_of
from funnelsim.history.mapping.keys import Column, DealColumns, EventColumns, Mapping, columns_read
from funnelsim.history.presets.crm_columns import STATUS_NAMES
from funnelsim.history.presets.names import any_row_has, plain_name
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.by_name import namesakes
from funnelsim.history.sources.part_columns import adds_to_guess
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.labels import known_outcome
from funnelsim.history.values.outcome_words import plain_outcome
from funnelsim.history.values.words import folded

_MEANINGS = {
    "created": "the creation",
    "stage": "the stage",
    "outcome": "the outcome",
    "amount": "the amount",
    "source": "the source",
    "segment": "the segment",
    "owner": "the owner",
    "entered": "the time of the entry",
    "left": "the time of leaving",
}
_DATES = ("created", "entered", "left")
#: Beside ``To Stage`` a column called ``Stage`` holds the present one.
_CHANGES = ("tostage", "newstage", "newvalue")
#: Columns that say more than one thing by their names: a rival only where the names mean the same.
_BROAD = (*STATUS_NAMES, "activity", "activityname", "step")


def rivals(parts: Parts, mapping: Mapping, preset: str) -> Iterator[Attention]:
    """What to look at where a column that is not read may be meant as well as the one that is."""
    if preset == "xes":
        return
    deals, events = parts.deal_columns, parts.event_columns
    beside = parts.events is not None
    if parts.deals is not None and deals is not None and adds_to_guess(mapping):
        for field in ("created", "stage", "outcome", "amount", "source", "segment", "owner"):
            if not (mapping.deals and getattr(mapping.deals, field)):
                yield from _rivals_of(parts.deals, deals, field, preset, "deals", alone=not beside)
    if parts.events is not None and events is not None:
        given = mapping.events
        fields = ("stage", "entered", "amount", "left")
        guessed = fields if given is None or given.guess_others else fields[:2]
        for field in guessed:
            if given is None or not (getattr(given, field) or (field == "entered" and given.started)):
                yield from _rivals_of(parts.events, events, field, preset, "events", alone=False)


def _rivals_of(
    stack: Stack, columns: DealColumns | EventColumns, field: str, preset: str, part: str, *, alone: bool
) -> Iterator[Attention]:
    read: Column | None = getattr(columns, field)
    if read is None or read.table is not None or read.column not in stack.columns:
        return
    taken = columns_read(columns)
    named = namesakes(stack.columns, preset, part, field)
    named += [name for name in stack.columns if plain_name(name) == plain_name(read.column)]
    others = [
        name for name in dict.fromkeys(named) if name not in taken and _is_rival(read.column, name, field)
    ]
    for name in others:
        same = plain_name(name) == plain_name(read.column)
        found = _apart(stack.frame[read.column], stack.frame[name], field, same_name=same)
        if found is not None:
            differ, both, more = found
            yield _attention(stack, part, field, (read.column, name), (differ, both, more), alone=alone)
            return


def _is_rival(read: str, other: str, field: str) -> bool:
    one, two = plain_name(read), plain_name(other)
    if "%" in other:  # a discount or a share of the amount
        return False
    if one == two:
        return True
    if field in ("source", "segment", "owner", "outcome", "left"):
        return False
    if field == "stage":
        return one not in (*_CHANGES, *_BROAD) and two not in _BROAD
    return field != "entered" or not (any_row_has(read) or any_row_has(other))


def _apart(read: pl.Series, other: pl.Series, field: str, *, same_name: bool) -> tuple[int, int, int] | None:
    """Rows that differ, rows that have both, rows that have only the other; None where they are alike."""
    values = [_values(column, field) for column in (read, other)]
    if values[0] is None or values[1] is None:
        return None
    if values[0].dtype != values[1].dtype:  # numbers, and texts that could be read in two ways
        values = [clean_text(read), clean_text(other)]
    frame = pl.DataFrame({"read": values[0], "other": values[1]})
    both = frame.drop_nulls()
    differ = int((both["read"] != both["other"]).sum())
    more = int((frame["read"].is_null() & frame["other"].is_not_null()).sum())
    if not differ and not more:
        return None
    if field not in (*_DATES, "amount") and not same_name and not more and _is_one_to_one(both):
        return None  # ids and names of the same stages
    return differ, both.height, more


def _is_one_to_one(both: pl.DataFrame) -> bool:
    pairs = both.unique()
    return pairs.height == pairs["read"].n_unique() == pairs["other"].n_unique()


def _values(column: pl.Series, field: str) -> pl.Series | None:
    """The contents in a form that can be compared; None where they are not what the name says."""
    if field in _DATES:
        dates = dates_of(column)
        return None if dates is None else dates.values.dt.truncate("1d")
    if field == "amount":
        try:
            return read_amounts(column, file="", at=str).values
        except HistoryError:
            return clean_text(column) if _has_digits(column) else None
    text = clean_text(column)
    known = text.drop_nulls().unique().to_list()
    return text.replace_strict(known, [_meaning(label) for label in known], return_dtype=pl.String)


def _meaning(label: str) -> str:
    """``Won`` and ``Gewonnen`` are one, and so is a label in other letters."""
    return known_outcome(label) or plain_outcome(label) or folded(label)


def _has_digits(column: pl.Series) -> bool:
    known = clean_text(column).drop_nulls()
    return len(known) > 0 and bool(known.str.contains(r"\d").all())


def _attention(
    stack: Stack,
    part: str,
    field: str,
    names: tuple[str, str],
    rows: tuple[int, int, int],
    *,
    alone: bool,
) -> Attention:
    read, other = map(quoted, names)
    differ, both, more = rows
    apart = f"differ in {differ:,} of {counted(both, 'row')}"
    if not differ:
        apart = f"{counted(more, 'row')} {verb(more, 'have')} only {other}"
    text = (
        f"{read} and {other} of {stack.name} may both be {_MEANINGS[field]} ({apart}): {read} is read. "
        "To read the other:"
    )
    others = () if alone and field == "amount" else ("guess_others = true",)
    mapping = (f"[{part}]", *others, f"{field} = {other}")
    return Attention(check="two_columns", text=text, mapping=mapping, count=differ or more)
