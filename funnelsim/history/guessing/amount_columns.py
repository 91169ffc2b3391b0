"""Which of two columns of amounts is what deals were won for: that which open deals do not have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.columns.flag_columns import flag_columns
from funnelsim.history.columns.ids import id_text
from funnelsim.history.guessing.endings import (
    claimed_outcomes,
    ending_labels,
    labels_of_endings,
    share_filled,
)
from funnelsim.history.mapping.keys import Column, DealColumns, Mapping
from funnelsim.history.presets.amount_names import AmountKind, amount_kind
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.by_name import namesakes
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.flags import read_flag

#: Of the won deals, at least this share must have the amount that they were won for.
_MOSTLY = 0.5
#: Of the open deals, no more than this share may have it.
_FEW = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The amounts of two columns, and which rows are of won deals and which of open ones."""

    final: pl.Series
    other: pl.Series
    won: pl.Series
    open: pl.Series

    @property
    def is_of_the_won(self) -> bool:
        filled = self.final.is_not_null()
        return share_filled(filled, self.won) >= _MOSTLY and share_filled(filled, self.open) <= _FEW

    @property
    def differing(self) -> int:
        """Won deals (all where none is known as won) that have the first amount and not the same second."""
        differ = (self.final != self.other).fill_null(self.final.is_not_null())
        return int((differ & self.won).sum() if self.won.any() else differ.fill_null(False).sum())


def choose_amounts(parts: Parts, mapping: Mapping, preset: str) -> tuple[DealColumns, Attention | None]:
    """Read ``Closed Amount`` as what deals were won for, and ``Amount`` beside it as what is listed.

    That is if won deals have the first and open deals do not. Otherwise a person is asked to look, where the
    two differ for won deals.
    """
    assert parts.deals is not None
    assert parts.deal_columns is not None
    stack, columns = parts.deals, parts.deal_columns
    given = mapping.deals.model_fields_set if mapping.deals else set()
    taken = {value.column for field, value in columns if isinstance(value, Column) and "amount" not in field}
    kinds = {name: amount_kind(name) for name in stack.columns if name not in taken}
    finals = [name for name, kind in kinds.items() if kind == "final"]
    if len(finals) != 1 or "amount" in given:
        return columns, None
    final = finals[0]
    listed = _listed(columns, kinds, final)
    if listed is None:
        return (_reading(columns, final, None) if columns.amount is None else columns), None
    amounts, others = _amounts(stack.frame[final]), _amounts(stack.frame[listed])
    if amounts is None or others is None:
        return columns, None
    won, ended = _endings(parts, mapping)
    pair = _Pair(final=amounts, other=others, won=won, open=~ended)
    if kinds[listed] == "listed" or (pair.is_of_the_won and pair.differing):
        return _reading(columns, final, listed if "listed_amount" not in given else None), None
    read = columns.amount.column if columns.amount else None
    known = namesakes(stack.columns, preset, "deals", "amount")
    if read is None or not pair.differing or (final in known and listed in known):  # see `rivals`
        return columns, None
    return columns, _doubt(stack.name, read, listed if read == final else final, pair)


def _listed(columns: DealColumns, kinds: dict[str, AmountKind | None], final: str) -> str | None:
    """The column of the amount that is listed, where there is one only by its name."""
    guessed = [one.column for one in (columns.listed_amount, columns.amount) if one and one.column != final]
    others = [name for name, kind in kinds.items() if kind in ("plain", "listed")]
    return next(iter(guessed), others[0] if len(others) == 1 else None)


def _reading(columns: DealColumns, amount: str, listed: str | None) -> DealColumns:
    update = {"amount": Column(column=amount)}
    if listed is not None:
        update["listed_amount"] = Column(column=listed)
    return columns.model_copy(update=update)


def _amounts(column: pl.Series) -> pl.Series | None:
    """What is known of the amounts of a column; an amount of 0 says nothing."""
    try:
        values = read_amounts(column, file="", at=str).values
    except HistoryError:
        return None
    return values.set(values == 0, None)


def _endings(parts: Parts, mapping: Mapping) -> tuple[pl.Series, pl.Series]:
    """Which rows of deals are won, and which ended, as flags, labels and stage entries say in plain words."""
    stack, columns = parts.deals, parts.deal_columns
    assert stack is not None
    assert columns is not None
    claimed = claimed_outcomes(mapping)
    nothing = pl.Series([False], dtype=pl.Boolean).new_from_index(0, stack.frame.height)
    won, ended = [nothing], [nothing]
    flags = {name: read_flag(stack.frame[column]) for name, column in flag_columns(stack).items()}
    won += [flags["won"].fill_null(False)] if "won" in flags else []
    ended += [flags[name].fill_null(False) for name in ("won", "lost", "closed") if name in flags]
    for labels in labels_of_endings(stack, columns):
        endings = ending_labels(labels, claimed)
        won.append(labels.is_in([label for label, key in endings.items() if key == "won"]))
        ended.append(labels.is_in([*endings]))
    for key, deals in _ended_by_events(parts, claimed).items():
        assert columns.deal is not None
        rows = clean_text(id_text(stack.frame[columns.deal.column])).is_in(deals.implode())
        (won if key == "won" else ended).append(rows)
    return _any(won), _any([*won, *ended])


def _any(series: Collection[pl.Series]) -> pl.Series:
    return pl.select(pl.any_horizontal(*(pl.lit(one).fill_null(False) for one in series))).to_series()


def _ended_by_events(parts: Parts, claimed: dict[str, str]) -> dict[str, pl.Series]:
    """Ids of the deals that entered an outcome, by whether that was a win."""
    events, columns = parts.events, parts.event_columns
    if events is None or columns is None or columns.deal is None or columns.stage is None:
        return {}
    if parts.deal_columns is None or parts.deal_columns.deal is None:
        return {}
    if not {columns.deal.column, columns.stage.column} <= {*events.columns}:
        return {}
    labels, ids = clean_text(events.frame[columns.stage.column]), events.frame[columns.deal.column]
    endings = ending_labels(labels, claimed)
    by_key = {
        key: labels.is_in([label for label, end in endings.items() if (end == "won") == (key == "won")])
        for key in ("won", "other")
    }
    return {key: clean_text(id_text(ids.filter(rows.fill_null(False)))) for key, rows in by_key.items()}


def _doubt(file: str, read: str, other: str, pair: _Pair) -> Attention:
    rows = counted(pair.differing, "won deal" if pair.won.any() else "row")
    text = (
        f"{quoted(read)} and {quoted(other)} of {file} may both be the amount (differ in {rows}): "
        f"{quoted(read)} is read. To read the other:"
    )
    lines = ("[deals]", "guess_others = true", f"amount = {quoted(other)}", f"listed_amount = {quoted(read)}")
    return Attention(check="two_columns", text=text, mapping=lines, count=pair.differing)
