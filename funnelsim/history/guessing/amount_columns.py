"""Which of two columns of amounts is what deals were won for: that which open deals do not have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.columns.ids import id_text
from funnelsim.history.columns.row_flags import flag_columns
from funnelsim.history.mapping.keys import Column, DealColumns, Mapping, labels_by_path
from funnelsim.history.presets.amount_names import AmountKind, amount_kind
from funnelsim.history.presets.crm_columns import STATUS_NAMES
from funnelsim.history.presets.names import plain_name
from funnelsim.history.sources.assign import Parts
from funnelsim.history.sources.by_name import namesakes
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.flags import read_flag
from funnelsim.history.values.labels import known_outcome, same_label
from funnelsim.history.values.outcome_words import read_words

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
        return _share(self.final, self.won) >= _MOSTLY and _share(self.final, self.open) <= _FEW

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


def _share(amounts: pl.Series, rows: pl.Series) -> float:
    number = int(rows.sum())
    return int((amounts.is_not_null() & rows).sum()) / number if number else 0.0


def _endings(parts: Parts, mapping: Mapping) -> tuple[pl.Series, pl.Series]:
    """Which rows of deals are won, and which ended, as flags, labels and stage entries say in plain words."""
    stack, columns = parts.deals, parts.deal_columns
    assert stack is not None
    assert columns is not None
    claimed = {
        same_label(label): place.removeprefix("outcomes.")
        for place, labels in labels_by_path(mapping)
        if place.startswith("outcomes")
        for label in labels
    }
    nothing = pl.Series([False], dtype=pl.Boolean).new_from_index(0, stack.frame.height)
    won, ended = [nothing], [nothing]
    flags = {name: read_flag(stack.frame[column]) for name, column in flag_columns(stack).items()}
    won += [flags["won"].fill_null(False)] if "won" in flags else []
    ended += [flags[name].fill_null(False) for name in ("won", "lost", "closed") if name in flags]
    named = [one.column for one in (columns.stage, columns.outcome) if one and one.table is None]
    named += [name for name in stack.columns if plain_name(name) in STATUS_NAMES]
    for name in dict.fromkeys(named):
        if name in stack.columns:
            labels = clean_text(stack.frame[name])
            endings = _ending_labels(labels, claimed)
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
    endings = _ending_labels(labels, claimed)
    by_key = {
        key: labels.is_in([label for label, end in endings.items() if (end == "won") == (key == "won")])
        for key in ("won", "other")
    }
    return {key: clean_text(id_text(ids.filter(rows.fill_null(False)))) for key, rows in by_key.items()}


def _ending_labels(labels: pl.Series, claimed: dict[str, str]) -> dict[str, str]:
    """Labels that end a deal -> the outcome, empty where the words do not say which."""
    endings = {}
    for label in labels.drop_nulls().unique():
        words = read_words(label)
        says = words.outcome if words and words.strength in ("sure", "likely", "end") else None
        key = claimed.get(same_label(label), known_outcome(label) or says)
        if key is not None:
            endings[label] = key
    return endings


def _doubt(file: str, read: str, other: str, pair: _Pair) -> Attention:
    rows = counted(pair.differing, "won deal" if pair.won.any() else "row")
    text = (
        f"{quoted(read)} and {quoted(other)} of {file} may both be the amount (differ in {rows}): "
        f"{quoted(read)} is read. To read the other:"
    )
    lines = ("[deals]", "guess_others = true", f"amount = {quoted(other)}", f"listed_amount = {quoted(read)}")
    return Attention(check="two_columns", text=text, mapping=lines, count=pair.differing)
