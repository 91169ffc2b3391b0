"""What other tables could add to the deals, and spellings that look like one value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.history.columns.column_reader import clean_text
from funnelsim.history.drafting.columns import as_dates, is_amount
from funnelsim.history.readers.table import Table
from funnelsim.history.toml_text import in_comment, quoted

_PRICE = re.compile(r"price|list|quote|preis|fee|rate", re.IGNORECASE)
#: Share of the keys of the deals that the other table must know.
_SHARE_OF_KEYS = 0.5
_MOST_GROUPS = 30
_MOST_ALIASES = 20
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A table whose `there` holds each value once that the deals have in `here`."""

    table: Table
    deal_column: str
    other_column: str

    def reference(self, column: str) -> str:
        """The column of the other table, as a mapping names it."""
        on = (
            quoted(self.deal_column)
            if self.deal_column == self.other_column
            else f"{{ {quoted(self.deal_column)} = {quoted(self.other_column)} }}"
        )
        return f"{{ table = {quoted(self.table.name)}, column = {quoted(column)}, on = {on} }}"


def find_joins(deals: Table, others: Sequence[Table]) -> list[Join]:
    """Tables to look things up in: a column of theirs is unique and known to the deals."""
    texts = {
        name: values
        for name in deals.columns
        if (values := _keys(deals, name)) is not None
        and not is_amount(deals.frame[name])
        and as_dates(deals.frame[name]) is None
    }
    joins = []
    for other in others:
        for other_column in other.columns:
            keys = _keys(other, other_column)
            if keys is None or len(keys) < 2 or keys.is_duplicated().any():
                continue
            known = {_folded(key) for key in keys}
            for deal_column, values in texts.items():
                distinct = values.unique()
                met = sum(_folded(value) in known for value in distinct)
                if met > 1 and met >= _SHARE_OF_KEYS * len(distinct):
                    joins.append(Join(table=other, deal_column=deal_column, other_column=other_column))
    return joins


def _keys(table: Table, name: str) -> pl.Series | None:
    column = table.frame[name]
    if column.dtype.is_temporal() or column.dtype == pl.Boolean:
        return None
    return clean_text(column).drop_nulls()


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def prices(joins: Sequence[Join]) -> list[str]:
    """References to columns of prices, the likeliest first."""
    return [
        join.reference(name)
        for join in joins
        for name in join.table.columns
        if name != join.other_column and _PRICE.search(name) and is_amount(join.table.frame[name])
    ]


def groups(joins: Sequence[Join]) -> Iterator[str]:
    """References to columns that put deals (by product, account or owner) into few groups."""
    for join in joins:
        for name in join.table.columns:
            values = _keys(join.table, name)
            if name == join.other_column or values is None or is_amount(join.table.frame[name]):
                continue
            if 2 <= values.n_unique() <= min(_MOST_GROUPS, max(2, len(values) // 2)):
                yield join.reference(name)


def alias_lines(deals: Table, columns: Sequence[str], joins: Sequence[Join]) -> list[str]:
    """``[aliases.COLUMN]`` for spellings that differ in case, spaces and marks only."""
    lines: list[str] = []
    for name in dict.fromkeys([*columns, *(join.deal_column for join in joins)]):
        pairs = _spellings(deals, name, [join for join in joins if join.deal_column == name])
        if pairs:
            lines.append(f"[aliases.{quoted(name)}]   # different spellings of one value")
            lines += [f"{quoted(old)} = {quoted(new)}" for old, new in pairs[:_MOST_ALIASES]]
            if len(pairs) > _MOST_ALIASES:
                lines.append(f"# and {len(pairs) - _MOST_ALIASES} more, such as {in_comment(pairs[-1][0])}")
            lines.append("")
    return lines


def _spellings(deals: Table, name: str, joins: Sequence[Join]) -> list[tuple[str, str]]:
    values = _keys(deals, name)
    if values is None or values.is_empty():
        return []
    keys = [key for join in joins if (own := _keys(join.table, join.other_column)) is not None for key in own]
    listed = {_folded(key): key for key in keys}
    counts = values.value_counts(sort=True).sort("count", values.name, descending=[True, False])
    kept: dict[str, str] = {}
    pairs = []
    for value in counts[values.name].to_list():
        plain = _folded(value)
        target = kept.setdefault(plain, listed.get(plain, value)) if plain else value
        if target != value and len(value) <= _LONGEST:
            pairs.append((value, target))
    return pairs
