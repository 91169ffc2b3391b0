"""Which of several columns of closing dates is the real one: that which only closed deals have."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.columns.flag_columns import flag_columns
from funnelsim.history.guessing.endings import (
    claimed_outcomes,
    ending_labels,
    labels_of_endings,
    share_filled,
)
from funnelsim.history.guessing.stage_dates import dates_of, holds_dates
from funnelsim.history.mapping.keys import Column, DealColumns, Mapping, columns_by_field
from funnelsim.history.presets.closing_names import closing_kind, names_the_real_one
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.flags import read_flag

#: Of the open deals that have a date: above this share it is an expected one.
_FEW = 0.1
_MOSTLY = 0.5
#: A column called ``Completed`` may hold when something else was: all deals that ended must have it.
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Closings:
    """`columns` with the real closing date and the planned one, and what a person must look at."""

    columns: DealColumns
    attention: list[Attention] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    column: str
    days: pl.Series
    of_open: float  # share of the open deals that have a date
    of_ended: float

    @property
    def is_real(self) -> bool:
        enough = _MOSTLY if closing_kind(self.column) == "closing" else _NEARLY_ALL
        return self.of_open <= _FEW and self.of_ended >= enough


def choose_closing(stack: Stack, columns: DealColumns, mapping: Mapping) -> Closings:
    """Read the date on which deals closed from the column that only closed deals have.

    Where several columns are alike in that and their dates differ, the one that is named best is read, and
    the others are named.
    """
    names = _named(stack, columns)
    ended = _ended(stack, columns, mapping)
    found = [one for name in names if (one := _candidate(stack, name, ended)) is not None]
    found = [one for one in found if closing_kind(one.column) == "closing" or one.is_real]
    no_stages = (*columns.not_stages, *(one.column for one in found))
    columns = columns.model_copy(update={"not_stages": no_stages})
    if (mapping.deals and mapping.deals.closed) or not found:
        return Closings(columns=columns)
    real = [one for one in found if one.is_real] or found
    best = max(real, key=lambda one: _rank(one, columns))
    others = [one for one in found if one is not best]
    update = {"closed": Column(column=best.column)}
    planned = next((one.column for one in others if not one.is_real), None)
    if planned is not None and best.is_real and columns.planned_close is None:
        update["planned_close"] = Column(column=planned)
    sure = best.is_real and closing_kind(best.column) == "closing"
    rivals = [one for one in others if one.is_real or not sure]
    doubts = [look for one in rivals if (look := _doubt(stack, best, one)) is not None]
    return Closings(columns=columns.model_copy(update=update), attention=doubts[:1])


def _named(stack: Stack, columns: DealColumns) -> list[str]:
    """Columns of dates that are named like a closing, or like the end of something."""
    taken = {column.column for field, column in columns_by_field(columns) if field != "closed"}
    return [
        name
        for name in stack.columns
        if name not in taken
        and closing_kind(name) in ("closing", "likely")
        and holds_dates(stack.frame[name])
    ]


def _candidate(stack: Stack, name: str, ended: pl.Series) -> _Candidate | None:
    read = dates_of(stack.frame[name])
    if read is None:
        return None
    filled = read.values.is_not_null()
    return _Candidate(
        column=name,
        days=read.values.dt.truncate("1d"),
        of_open=share_filled(filled, ~ended),
        of_ended=share_filled(filled, ended),
    )


def _rank(one: _Candidate, columns: DealColumns) -> tuple[bool, bool, bool]:
    usual = columns.closed is not None and columns.closed.column == one.column
    return (closing_kind(one.column) == "closing", names_the_real_one(one.column), usual)


def _doubt(stack: Stack, best: _Candidate, other: _Candidate) -> Attention | None:
    both = int((best.days.is_not_null() & other.days.is_not_null()).sum())
    differ = int((best.days != other.days).fill_null(False).sum())
    alone = int((best.days.is_null() & other.days.is_not_null()).sum())
    if not differ and not alone:
        return None
    apart = (
        f"differ in {differ:,} of {counted(both, 'row')}"
        if differ
        else f"{counted(alone, 'row')} {verb(alone, 'have')} only the second"
    )
    text = (
        f"{quoted(best.column)} and {quoted(other.column)} of {stack.name} may both be the closing date "
        f"({apart}): {quoted(best.column)} is read. To read the other:"
    )
    lines = ("[deals]", "guess_others = true", f"closed = {quoted(other.column)}")
    return Attention(check="two_columns", text=text, mapping=lines, count=differ or alone)


def _ended(stack: Stack, columns: DealColumns, mapping: Mapping) -> pl.Series:
    """Which deals are closed as far as flags, stages and statuses say so in plain words; null if unknown."""
    flags = flag_columns(stack)
    ends: list[pl.Series] = []
    if "closed" in flags:
        ends.append(read_flag(stack.frame[flags["closed"]]))
    else:
        ends += [read_flag(stack.frame[flags[name]]) for name in ("won", "lost") if name in flags]
    claimed = claimed_outcomes(mapping)
    ends += [
        labels.is_in([*ending_labels(labels, claimed)]).fill_null(False)
        for labels in labels_of_endings(stack, columns)
    ]
    if not ends:
        return pl.Series([None], dtype=pl.Boolean).new_from_index(0, stack.frame.height)
    return stack.frame.select(pl.any_horizontal(end.fill_null(False) for end in ends)).to_series()
