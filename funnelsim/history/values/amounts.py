"""Money written by people, in any locale: one style for a whole column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted, verb
from funnelsim.history.attention import Attention
from funnelsim.history.values.amount_style import (
    OTHER,
    PADDED,
    SHAPES,
    Evidence,
    Texts,
    as_numbers,
    check_decimals,
    decide_decimal,
)
from funnelsim.history.values.numerals import split_amounts

_STYLES = {".": "1,234.56", ",": "1.234,56"}
_MISSING_HINT = 'if these mean "unknown", list them in a mapping: missing = ["..."]'


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountColumn:
    """A column read as money.

    Attributes
    ----------
    values : Series of Float64
        Null where missing; credit notes are negative.
    currency : Series of String
        The code or shared sign of each amount; null if there is none.
    decimal : str
        The decimal sign if the values are clear, else empty.
    attention : tuple of Attention
        What was read by evidence or by custom.
    """

    values: pl.Series
    currency: pl.Series
    format: str
    missing: int
    zero: int
    negative: int
    decimal: str = ""
    attention: tuple[Attention, ...] = ()


def read_amounts(
    column: pl.Series,
    *,
    file: str,
    at: Callable[[int], str],
    decimal: str | None = None,
    missing: Sequence[str] = (),
    evidence: Sequence[Evidence] | None = (),
) -> AmountColumn:
    """Read amounts in one style for the whole column.

    Parameters
    ----------
    column : Series, shape (N,)
    file : str
        The file, for messages.
    at : callable
        Position in `column` to the words for its place in the file, such as ``row 12``.
    decimal : {".", ","}, optional
        The decimal sign; found from the values, then from `evidence`, if not given.
    missing : sequence of str
        Texts that mean "not known", besides the empty one.
    evidence : sequence of Evidence, optional
        What else in the files hints at the decimal sign; None: not looked for yet, so nothing is decided.

    Raises
    ------
    AmbiguousAmounts
        If every value fits two styles, and the evidence does not decide.
    HistoryError
        If a value is not a number; the rows are listed.
    """
    if column.dtype.is_numeric():
        return _of_numbers(column, file, at, missing)
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text.is_in(["", *missing]), None)
    if decimal != "," and (plain := _plain(text)) is not None:
        return plain
    parts = split_amounts(text)
    digits = parts["digits"]
    texts = Texts(name=column.name, file=file, at=at, text=text, digits=digits, currency=parts["currency"])
    amount = digits.is_not_null() | text.is_null()
    fits = {sign: digits.str.contains(shape).fill_null(True) & amount for sign, shape in SHAPES.items()}
    chosen, attention = _style(texts, fits, decimal, evidence)
    values = as_numbers(digits, chosen)
    _refuse_infinite(texts, values)
    signed = pl.select(pl.when(parts["negative"]).then(-values).otherwise(values).alias(column.name))
    grouped = bool(digits.drop_nulls().str.contains(r"[0-9][., '][0-9]{3}(?:$|[^0-9])").any())
    format_ = _STYLES[chosen] if grouped else f"number, decimal {chosen}"
    known_decimal = "" if fits[OTHER[chosen]].all() else chosen
    attention += _credits(column.name, parts["credit"])
    return _summed_up(signed.to_series(), parts["currency"], format_, known_decimal, attention)


def _plain(text: pl.Series) -> AmountColumn | None:
    """Numbers as programs write them, which need no second look; None where any is otherwise."""
    values = text.cast(pl.Float64, strict=False)
    if values.null_count() > text.null_count() or not values.is_finite().fill_null(True).all():
        return None
    if text.str.contains(".", literal=True).any():
        others = text.str.contains(r"\.(?:[0-9]{1,2}|[0-9]{4,})$").any()
        if not others or text.str.contains(PADDED).any():
            return None
        return _summed_up(values, _no_currency(text), "number, decimal .", ".")
    return _summed_up(values, _no_currency(text), "number, decimal .")


def _no_currency(column: pl.Series) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(column))


def _style(
    texts: Texts, fits: dict[str, pl.Series], given: str | None, evidence: Sequence[Evidence] | None
) -> tuple[str, tuple[Attention, ...]]:
    """The decimal sign: as given, as the values have it, or by evidence."""
    styles = [sign for sign in ([given] if given else SHAPES) if fits[sign].all()]
    if not styles:
        raise HistoryError(texts.file, [_not_numbers(texts, fits, given)])
    if given:
        return given, ()
    if len(styles) == 1:
        check_decimals(texts, styles[0])
        return styles[0], ()
    return decide_decimal(texts, evidence)


def _not_numbers(texts: Texts, fits: dict[str, pl.Series], given: str | None) -> Problem:
    style = given or max(SHAPES, key=lambda sign: int(fits[sign].sum()))
    bad, other = ~fits[style], ~fits[OTHER[style]]
    message = f"holds amounts that are not numbers written like {_STYLES[style]}: {texts.shown(bad)}"
    hint = _MISSING_HINT
    if given and not (bad & other).any():
        hint = f'for this column only: {{ column = "{texts.name}", decimal = "{OTHER[given]}" }}'
    elif not (bad & other).any():
        message = (
            f"holds amounts written in two ways: like {_STYLES[style]} ({texts.shown(other)}) and like "
            f"{_STYLES[OTHER[style]]} ({texts.shown(bad)})"
        )
        hint = "write all amounts of a column alike"
    return Problem(path=f"column {texts.name}", message=message, hint=hint)


def _refuse_infinite(texts: Texts, values: pl.Series) -> None:
    if (infinite := values.is_infinite().fill_null(False)).any():
        message = f"holds amounts too large to be numbers: {texts.shown(infinite)}"
        problem = Problem(path=f"column {texts.name}", message=message, hint=_MISSING_HINT)
        raise HistoryError(texts.file, [problem])


def _of_numbers(
    column: pl.Series, file: str, at: Callable[[int], str], missing: Sequence[str]
) -> AmountColumn:
    """Amounts of a typed column: decimals, whole numbers or floats, NaN for missing."""
    values = column.cast(pl.Float64)
    absent = pl.Series(missing, dtype=pl.String).cast(pl.Float64, strict=False).drop_nulls()
    values = values.set(values.is_nan().fill_null(False) | values.is_in(absent.implode()), None)
    unmarked = _no_currency(column)
    texts = Texts(name=column.name, file=file, at=at, text=column, digits=unmarked, currency=unmarked)
    _refuse_infinite(texts, values)
    return _summed_up(values, unmarked, "number")


def _credits(name: str, credit: pl.Series) -> tuple[Attention, ...]:
    marked = int(credit.fill_null(False).sum())
    if not marked:
        return ()
    text = (
        f"{name}: {counted(marked, 'amount')} {verb(marked, 'are')} marked CR (credit): read as negative, "
        "and those marked DR as positive. If they are not credit notes:"
    )
    line = 'negative_amount = "positive"'
    return (Attention(check="amounts_credit", text=text, mapping=(line,), count=marked),)


def _summed_up(
    values: pl.Series,
    currency: pl.Series,
    format_: str,
    decimal: str = "",
    attention: tuple[Attention, ...] = (),
) -> AmountColumn:
    return AmountColumn(
        values=values,
        currency=currency,
        format=format_,
        missing=values.null_count(),
        zero=int((values == 0).sum()),
        negative=int((values < 0).sum()),
        decimal=decimal,
        attention=attention,
    )
