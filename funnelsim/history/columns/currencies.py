"""The currency of each amount of an export: a sign with the amount, a currency column, or the column name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import polars as pl

from funnelsim.core.errors import HistoryError, Problem, did_you_mean
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import Column, Mapping
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted
from funnelsim.history.values.currency_names import COMMON, currency_named, currency_of, joined_currency

_WORDS = (
    *("currency", "currencies", "währung", "waehrung", "devise", "monnaie", "moneda", "moeda", "valuta"),
    *("waluta", "valiuta", "pénznem", "валюта", "通貨", "货币", "币种"),
)
_SHORT_WORDS = ("ccy", "curr", "cur", "měna", "mena", "munt")
_FILLING = (
    "id",
    "iso",
    "code",
    "of",
    "in",
    "the",
    "name",
    "deal",
    "deals",
    "opportunity",
    "record",
    "property",
)
_MONEY_WORDS = (
    *(
        "amount",
        "value",
        "revenue",
        "price",
        "acv",
        "arr",
        "tcv",
        "mrr",
        "total",
        "converted",
        "betrag",
        "wert",
    ),
    *("umsatz", "montant", "valor", "importe", "bedrag", "kwota", "importo"),
)
_MOST_CURRENCIES = 30
#: A column in the currency of the company has one currency, whatever the deals are in.
_AT_HOME = ("converted", "home", "company", "corporate", "base", "reporting", "organization", "organisation")


def tokens(name: str) -> list[str]:
    """The words of a column's name: ``CurrencyIsoCode`` and ``currency_iso_code`` have the same."""
    spaced = re.sub(r"(?<=[a-zäöü])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", spaced.lower())


def row_currencies(
    stack: Stack, column: Column, values: pl.Series, marks: pl.Series
) -> tuple[pl.Series, str]:
    """The currency of each amount of a column (null if unknown), and the currency column.

    Parameters
    ----------
    values, marks : Series, shape (N,)
        The amounts, and the currency written with each.

    Raises
    ------
    HistoryError
        If a mark contradicts the column of currencies, or the mapping names a column that is not there.
    """
    if column.currency is False:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(marks)), ""
    currency_column = _named(stack, column)
    constant = "" if currency_column else _constant(column)
    stated = (
        _codes(stack.frame[currency_column])
        if currency_column
        else pl.Series([constant or None], dtype=pl.String)
    )
    frame = pl.DataFrame({"mark": marks}).with_columns(
        stated=stated if currency_column else pl.lit(constant or None, pl.String),
        matters=(values.is_not_null() & (values != 0)),
    )
    frame = frame.with_columns(pl.when("matters").then(name).alias(name) for name in ("mark", "stated"))
    pairs = frame.select("mark", "stated").unique(maintain_order=True)
    joined, problems = [], []
    for mark, other in pairs.iter_rows():
        try:
            joined.append(joined_currency(mark, other))
        except ValueError:
            joined.append(None)
            problems.append(_contradiction(stack, column, frame, mark, other, currency_column))
    if problems:
        raise HistoryError(stack.name, problems)
    known = pairs.with_columns(currency=pl.Series(joined, dtype=pl.String))
    result = frame.join(known, on=["mark", "stated"], how="left", maintain_order="left", nulls_equal=True)[
        "currency"
    ]
    return result, currency_column


def _contradiction(
    stack: Stack, column: Column, frame: pl.DataFrame, mark: str, other: str, currency_column: str
) -> Problem:
    at = frame.select(((pl.col("mark") == mark) & (pl.col("stated") == other)).arg_max()).item()
    row_name = stack.ledger.locate(stack.frame[FILE][at], stack.frame[ROW][at])
    stated_by = (
        f'column "{currency_column}"'
        if currency_column
        else "the name of the column"
        if column.currency is None
        else "the mapping"
    )
    shown = str(stack.frame[column.column][at])[:40]
    message = f'{row_name} holds "{shown}", which is {mark}, but {stated_by} says {other}'
    hint = f'if {stated_by} does not apply to it: {{ column = "{column.column}", currency = false }}'
    return Problem(path=f"column {column.column}", message=message, hint=hint)


def refuse_two_currencies(
    stack: Stack, column: Column, values: pl.Series, mapping: Mapping, *, field: str
) -> None:
    """Stop where the name of a guessed column says one currency, and the column beside it others.

    The amounts may have been converted to the one, or be in the others: the mapping says which.

    Raises
    ------
    HistoryError
        With the lines for both, unless the mapping names the column or filters by currency.
    """
    constant = _currency_in_name(column.column)
    parts = (mapping.deals, mapping.events)
    named = {one.column for part in parts if part for _, one in part if isinstance(one, Column)}
    if not constant or column.currency is not None or column.column in named:
        return
    plain = column.model_copy(update={"column": "amount"})
    beside = _named(stack, plain)
    if not beside or beside in mapping.where:
        return
    codes = _codes(stack.frame[beside]).filter(values.is_not_null() & (values != 0)).drop_nulls()
    others = codes.filter(codes != constant)
    if others.is_empty():
        return
    counts = ", ".join(f"{number:,} in {code}" for code, number in codes.value_counts(sort=True).iter_rows())
    message = f'the name of the column says {constant}, but column "{beside}" says {counts}'
    section = "events" if stack.ledger.table == "events" else "deals"
    start = f"[{section}] {field} = {{ column = {quoted(column.column)}, currency ="
    hint = (
        f'give in the mapping, if the amounts are converted to {constant}: {start} "{constant}" }}; if they '
        f'are in the currencies of "{beside}": {start} {quoted(beside)} }}, and [rates]'
    )
    raise HistoryError(stack.name, [Problem(path=f"column {column.column}", message=message, hint=hint)])


def _named(stack: Stack, column: Column) -> str:
    """The column that holds the currencies of an amount; empty where there is none."""
    if isinstance(column.currency, str):
        if column.currency in stack.columns:
            return column.currency
        if currency_of(column.currency) is None:
            message = f'"{column.currency}" is neither a column of {stack.name} nor a currency'
            hint = did_you_mean(column.currency, stack.columns)
            raise HistoryError("mapping", [Problem(path="currency", message=message, hint=hint)])
        return ""
    if _currency_in_name(column.column):
        return ""
    own = tokens(column.column)
    subjects = ([word for word in own if word not in _FILLING], own)
    candidates = [
        name
        for name in stack.columns
        if _is_currency_name(name)
        and (
            _holds_codes(stack.frame[name])
            or (_subject(name) in ([], *subjects) and _holds_names(name, stack.frame[name]))
        )
    ]
    for name in candidates:
        if _subject(name) in subjects:
            return name
    if any(word in own for word in _AT_HOME):
        return ""
    general = [name for name in candidates if not _belongs_elsewhere(name, column.column, stack.columns)]
    if general:
        return min(general, key=lambda name: len(_subject(name)))
    return next((name for name in stack.columns if _is_all_codes(stack.frame[name])), "")


def says_currency(stack: Stack, column: Column) -> bool:
    """True if the mapping, the name of the column or another column says the currency of the amounts."""
    return column.currency is not None or bool(_constant(column) or _named(stack, column))


def _constant(column: Column) -> str:
    if isinstance(column.currency, str):
        return currency_of(column.currency) or ""
    return _currency_in_name(column.column)


def _currency_in_name(name: str) -> str:
    """``Amount (USD)``, ``amount_eur`` and ``Value in £`` name the currency of all their amounts."""
    codes = [word.upper() for word in tokens(name) if word.upper() in COMMON]
    signs = [
        currency_column
        for sign in re.findall(r"R\$|US\$|[€£₹]", name)
        if (currency_column := currency_of(sign))
    ]
    named = {*codes, *signs}
    return named.pop() if len(named) == 1 else ""


def _is_currency_word(word: str) -> bool:
    return word in _SHORT_WORDS or any(known in word for known in _WORDS)


def _is_currency_name(name: str) -> bool:
    return any(_is_currency_word(word) for word in tokens(name))


def _subject(name: str) -> list[str]:
    """Whose currency a column holds: ``Currency of Value`` that of ``value``."""
    return [word for word in tokens(name) if not _is_currency_word(word) and word not in _FILLING]


def _belongs_elsewhere(name: str, amount: str, columns: Sequence[str]) -> bool:
    subject = _subject(name)
    if not subject:
        return False
    if any(word in _AT_HOME for word in subject):
        return True
    others = [tokens(other) for other in columns if other not in (amount, name)]
    return subject in others and any(word in _MONEY_WORDS for word in subject)


def _holds_codes(column: pl.Series) -> bool:
    if column.dtype.is_numeric() or column.dtype.is_temporal():
        return False
    values = column.cast(pl.String).str.strip_chars().drop_nulls().unique()
    seen = [text for text in values.head(50).to_list() if text]
    return bool(seen) and sum(_read_currency(text) is not None for text in seen) * 2 >= len(seen)


def _is_all_codes(column: pl.Series) -> bool:
    """True if a column of any name holds codes of common currencies and nothing else."""
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum) or column.n_unique() > _MOST_CURRENCIES:
        return False
    seen = set(column.cast(pl.String).str.strip_chars().drop_nulls().to_list()) - {""}
    return bool(seen) and seen <= COMMON


def _holds_names(name: str, column: pl.Series) -> bool:
    """True for names that we do not know (``BTC``, ``Points``), and for ids where the column says so."""
    if column.dtype.is_float() or column.dtype.is_temporal():
        return False
    values = column.cast(pl.String).str.strip_chars().drop_nulls().unique()
    seen = [text for text in values.to_list() if text]
    numbers = any(any(letter.isdigit() for letter in text) for text in seen)
    ids = any(word.endswith("id") for word in tokens(name))
    return 0 < len(seen) <= _MOST_CURRENCIES and (ids or not numbers)


def _read_currency(text: str) -> str | None:
    """``USD``, ``US Dollar`` and ``USD - US Dollar`` are one."""
    words = re.split(r"[\s\-–(),]+", text.strip())
    return currency_of(text) or currency_of(words[0]) or currency_of(words[-1] if words[-1] else text)


def _codes(column: pl.Series) -> pl.Series:
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text == "", None)
    distinct = text.drop_nulls().unique(maintain_order=True).to_list()
    codes = [_read_currency(word) or currency_named(word) for word in distinct]
    return text.replace_strict(distinct, codes, default=None, return_dtype=pl.String) if distinct else text


def spellings(column: pl.Series, code: str) -> list[str]:
    """The words of a column of currencies that mean one of them, for a filter."""
    words = sorted(set(column.cast(pl.String).str.strip_chars().drop_nulls().to_list()) - {""})
    return [word for word in words if (_read_currency(word) or currency_named(word)) == code]


def converted_columns(stack: Stack) -> Iterator[str]:
    """Columns that hold amounts converted to one currency already."""
    for name in stack.columns:
        words = tokens(name)
        money = any(word in _MONEY_WORDS for word in words if word != "converted")
        if money and any(word in _AT_HOME for word in words) and not _holds_codes(stack.frame[name]):
            yield name
