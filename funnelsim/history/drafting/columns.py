"""What each column of a table looks like, and which could be what a mapping asks for."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from funnelsim.core.errors import HistoryError
from funnelsim.history.presets.hubspot_columns import is_duration_column
from funnelsim.history.readers.table import Table
from funnelsim.history.toml_text import in_comment, quoted
from funnelsim.history.values.amounts import read_amounts
from funnelsim.history.values.date_errors import AmbiguousDates
from funnelsim.history.values.dates import DateColumn, read_dates
from funnelsim.history.values.words import folded

AMBIGUOUS = "dd/mm/yyyy"
_MOST_VALUES = 8
_MOST_LABELS = 60
_MOST_CANDIDATES = 6
_MOST_WORDS = 5
_ID_WORDS = {
    "id",
    "no",
    "nr",
    "num",
    "number",
    "nummer",
    "key",
    "code",
    "ref",
    "reference",
    "numero",
    "n",
    "uid",
}
#: Field of a mapping -> what its column holds.
_HOLDS = {
    "deal": "ids",
    "created": "dates",
    "closed": "dates",
    "entered": "dates",
    "left": "dates",
    "stage": "labels",
    "outcome": "labels",
    "amount": "numbers",
    "listed_amount": "numbers",
    "source": "labels",
    "segment": "labels",
    "owner": "labels",
    "account": "texts",
    "name": "texts",
}


def describe(column: pl.Series) -> str:
    """What a column looks like, in a few words."""
    text = column.cast(pl.String, strict=False).str.strip_chars()
    known = text.set(text == "", None).drop_nulls()
    if known.is_empty():
        return "empty"
    missing = f", {len(column) - len(known):,} missing" if len(known) < len(column) else ""
    distinct = known.n_unique()
    dates = as_dates(column)
    if dates is not None:
        span = dates.values.dt.strftime("%Y-%m-%d")
        first, last = str(span.min()), str(span.max())
        return f"dates {dates.format}, {first} to {last}{missing}"
    if distinct == 1:
        return f"always {_shown(known[0], 40)}{missing}"
    if distinct > _MOST_VALUES and is_amount(column):
        amounts = read_amounts(column, file="", at=str).values.drop_nulls().to_numpy()
        return f"numbers from {amounts.min():,.6g} to {amounts.max():,.6g}{missing}"
    if distinct <= _MOST_VALUES:
        counts = known.value_counts(sort=True).iter_rows()
        shown = ", ".join(f"{_shown(value, 30)} {number:,}" for value, number in counts)
        return f"{shown}{missing}"
    unique = "all different" if distinct == len(known) else f"{distinct:,} different"
    return f"{unique}, such as {_shown(known[0], 40)}{missing}"


def _shown(value: str, most: int) -> str:
    return in_comment(quoted(value), most)


def as_dates(column: pl.Series) -> DateColumn | None:
    """The column as dates, if all of it is."""
    if column.dtype.is_numeric():
        return None
    try:
        dates = read_dates(column, file="", at=str, hints=(AMBIGUOUS,))
    except HistoryError:
        return None
    return dates if dates.values.null_count() < len(column) else None


def placeholders(table: Table) -> list[str]:
    """Texts such as ``n/a`` that stand in columns of dates where there is none."""
    placeholders: list[str] = []
    for name in table.columns:
        if table.frame[name].dtype != pl.String:
            continue
        texts = table.frame[name].str.strip_chars().unique(maintain_order=True).drop_nulls()
        texts = texts.filter(texts != "")
        dated = texts.str.contains(r"\d")
        words, rest = texts.filter(~dated), texts.filter(dated)
        if 0 < len(words) <= _MOST_WORDS and len(rest) and as_dates(rest) and not as_dates(texts):
            placeholders += words.to_list()
    return list(dict.fromkeys(placeholders))


def is_amount(column: pl.Series) -> bool:
    """True if a column holds numbers."""
    if column.dtype == pl.Boolean or column.dtype.is_temporal():
        return False
    if column.dtype == pl.String and column.str.contains("[A-Za-z]{2}").any():
        return False
    try:
        return not read_amounts(column, file="", at=str).values.is_null().all()
    except HistoryError:
        return False


def ambiguous_dates(table: Table) -> Iterator[str]:
    """Columns whose dates fit two orders of day and month."""
    for name in table.columns:
        if table.frame[name].dtype == pl.String:
            try:
                read_dates(table.frame[name], file="", at=str)
            except AmbiguousDates:
                yield name
            except HistoryError:
                pass


def candidates(table: Table, field: str, taken: set[str]) -> list[str]:
    """Columns that could be `field` by what they hold, those that play no part yet."""
    holds = _HOLDS.get(field, "texts")
    free = [name for name in table.columns if name not in taken and not is_duration_column(name)]
    return [name for name in free if _kind_of(table.frame[name]) in _FITS[holds]][:_MOST_CANDIDATES]


def only_id(table: Table) -> str | None:
    """The column that tells rows apart, where there is one only, or one only that is named like it."""
    found = candidates(table, "deal", set())
    named = [name for name in found if not _ID_WORDS.isdisjoint(folded(name.replace("_", " ")).split())]
    return next((names[0] for names in (found, named) if len(names) == 1), None)


_FITS = {
    "ids": ("ids", "digits"),
    "dates": ("dates",),
    "labels": ("labels",),
    "numbers": ("numbers", "digits"),
    "texts": ("labels", "texts", "ids"),
}


def _kind_of(column: pl.Series) -> str:
    text = column.cast(pl.String, strict=False).str.strip_chars()
    known = text.set(text == "", None).drop_nulls()
    if known.is_empty():
        return ""
    if as_dates(column) is not None:
        return "dates"
    distinct = known.n_unique()
    if is_amount(column):
        return "digits" if distinct == len(known) > 1 and known.str.contains(r"^\d+$").all() else "numbers"
    if distinct <= min(_MOST_LABELS, max(2, len(known) // 2)):
        return "labels"
    return "ids" if distinct == len(known) else "texts"
