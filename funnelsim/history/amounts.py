"""Money written by people: currency signs, thousands, decimal points and decimal commas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem

_POINT = r"^[+-]?(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})(?:\.\d*)?$|^[+-]?\.\d+$"
_COMMA = r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d*)?$|^[+-]?,\d+$"
#: ``USD 5``, ``5 EUR``, ``R$ 5``, ``kr 5``: capitals, so that ids such as ``id5`` are no money.
_CURRENCY_WORD = r"^(?:[A-Z]{1,3}\$|[A-Z]{3}|kr\.?|Rs\.?)\s*|\s*(?:[A-Z]{3}|kr\.?)$"
_EXPONENT = r"^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$"
_STYLES = {".": "1,234.56", ",": "1.234,56"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountColumn:
    """A column read as money; `values` is Float64 with null where missing or negative."""

    values: pl.Series
    format: str
    missing: int
    zero: int
    negative: int


def read_amounts(
    column: pl.Series,
    *,
    file: str,
    at: Callable[[int], str],
    decimal: str | None = None,
    missing: Sequence[str] = (),
) -> AmountColumn:
    """Read amounts in one style for the whole column.

    Parameters
    ----------
    column : Series, shape (N,)
    file : str
        Where it stands, for messages.
    at : callable
        Position in `column` to the words for its place in the file, such as ``row 12``.
    decimal : {".", ","}, optional
        The decimal sign; found from the values if not given (a point where both would do).
    missing : sequence of str
        Texts that mean "not known", besides the empty one.

    Raises
    ------
    HistoryError
        If a value is not a number; the rows are listed.
    """
    if column.dtype.is_numeric():
        return _summed_up(column.cast(pl.Float64), "number")
    text = column.cast(pl.String).str.strip_chars()
    text = text.set(text.is_in(["", *missing]), None)
    bare = _bare(text)
    styles = [decimal] if decimal else [".", ","]
    fits = {style: _fits(bare, style) for style in styles}
    chosen = next((style for style in styles if fits[style].all()), None)
    if chosen is None:
        best = max(styles, key=lambda style: int(fits[style].sum()))
        raise HistoryError(file, [_not_numbers(column.name, text, at, fits[best], best, decimal)])
    if chosen == ",":
        bare = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    else:
        bare = bare.str.replace_all(",", "", literal=True)
    grouped = bool(text.drop_nulls().str.contains(r"\d[.,]\d{3}\b").any())
    return _summed_up(bare.cast(pl.Float64), _STYLES[chosen] if grouped else f"number, decimal {chosen}")


def _bare(text: pl.Series) -> pl.Series:
    """Without currency and spaces; brackets and a trailing minus are the accountant's negative."""
    bare = text.str.replace(_CURRENCY_WORD, "").str.replace_all(r"[\p{Sc}\s'\u{00a0}\u{202f}]", "")
    return bare.str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^(.*)-$", "-$1")


def _fits(bare: pl.Series, style: str) -> pl.Series:
    shape = _POINT if style == "." else _COMMA
    fits = bare.str.contains(shape)
    if style == ".":
        fits = fits | bare.str.contains(_EXPONENT)
    return fits.fill_null(True)


def _not_numbers(
    name: str, text: pl.Series, at: Callable[[int], str], fits: pl.Series, style: str, given: str | None
) -> Problem:
    bad = ~fits
    shown = [f'{at(place)} "{str(text[place])[:40]}"' for place in bad.arg_true().head(3).to_list()]
    more = int(bad.sum()) - len(shown)
    message = f"holds amounts that are not numbers written like {_STYLES[style]}: {', '.join(shown)}"
    message += f" and {more:,} more" if more else ""
    hint = "" if given else 'if these stand for "not known", list them in a mapping: missing = ["..."]'
    return Problem(path=f"column {name}", message=message, hint=hint)


def _summed_up(values: pl.Series, format_: str) -> AmountColumn:
    values = values.set(~values.is_finite(), None) if values.dtype.is_float() else values
    negative = values < 0
    return AmountColumn(
        values=values.set(negative, None),
        format=format_,
        missing=values.null_count(),
        zero=int((values == 0).sum()),
        negative=int(negative.sum()),
    )
