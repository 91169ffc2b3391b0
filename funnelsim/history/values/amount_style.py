"""The decimal sign of a column of amounts: point or comma.

Most columns are clear: ``1.234,50`` fits a decimal comma only. Where every value fits both (``1.500`` alone
may be 1500 or 1.5), other evidence in the files decides, and the audit reports it; without any, the import
asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.attention import Attention
from funnelsim.history.values.currency_names import NO_DECIMALS, THREE_DECIMALS

#: Whole numbers with groups of three; no group begins with 0: ``0.500`` is a half.
_GROUPED = r"[1-9][0-9]{{0,2}}(?:{0}[0-9]{{3}})+"
_WHOLE = "[0-9]+|" + _GROUPED.format("'") + "|" + _GROUPED.format(" ")
_BY_COMMAS, _BY_POINTS = _GROUPED.format(","), _GROUPED.format("[.]")
_LAKH = r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_POINT = rf"(?:{_WHOLE}|{_BY_COMMAS}|{_LAKH})(?:\.[0-9]*)?|\.[0-9]+|[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+"
_COMMA = rf"(?:{_WHOLE}|{_BY_POINTS})(?:,[0-9]*)?|,[0-9]+|[0-9]+(?:,[0-9]+)?[eE][+-]?[0-9]+"
#: The decimal sign -> what digits look like with it.
SHAPES = {".": f"^(?:{_POINT})$", ",": f"^(?:{_COMMA})$"}
OTHER = {".": ",", ",": "."}
#: Decimals with a zero at the end, or thousands.
PADDED = r"^-?[1-9][0-9]{0,2}[.,][0-9]{2}0$"
_DOUBTFUL = r"^[0-9]{1,3}[.,][0-9]{3}$"
#: How currencies are written where the comma (the point) is the decimal sign.
_COMMA_BEHIND = r"[0-9] ?(?:€|EUR|kr\.?|zł|Kč|Ft|lei|лв\.?|₽|руб\.?|₫|грн\.?)\s*$"
_COMMA_BEFORE = r"^[^0-9]*(?:R\$|Rp\.?)"
_POINT_BEFORE = r"^[^0-9]*(?:£|₹|Rs\.?|₪|US\$)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A hint at the decimal sign of a column, from elsewhere in the files.

    Attributes
    ----------
    decimal : {".", ","}
    reason : str
        Completes "because ...": ``dates are dd.mm.yyyy``.
    strong : bool
        Whether it outweighs that money with exactly three decimals is rare: other amounts of the export.
    """

    decimal: str
    reason: str
    strong: bool = False


class AmbiguousAmounts(HistoryError):
    """Every value of the column fits two styles, and nothing decides between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A column of amounts as text, `digits` (see `split_amounts`) and currencies, and its location."""

    name: str
    file: str
    at: Callable[[int], str]
    text: pl.Series
    digits: pl.Series
    currency: pl.Series

    def shown(self, rows: pl.Series) -> str:
        """The first rows with their values, and how many more there are."""
        shown = [
            f'{self.at(position)} "{self._value(position)}"' for position in rows.arg_true().head(3).to_list()
        ]
        more = int(rows.sum()) - len(shown)
        return ", ".join(shown) + (f" and {more:,} more" if more else "")

    def first(self, rows: pl.Series) -> str:
        """The first value of these rows, and its row."""
        position = int(rows.arg_max() or 0)
        return f'"{self._value(position)}" ({self.at(position)})'

    def _value(self, position: int) -> str:
        return str(self.text[position])[:40]


def decide_decimal(texts: Texts, evidence: Sequence[Evidence] | None) -> tuple[str, tuple[Attention, ...]]:
    """The decimal sign of a column whose values all fit both, and the warning about it.

    Raises
    ------
    AmbiguousAmounts
        If `evidence` does not decide, or is None: not looked for yet.
    """
    doubtful = texts.digits.str.contains(_DOUBTFUL).fill_null(False)
    if not doubtful.any():
        return ".", ()
    currency = texts.currency.filter(doubtful)
    hints = [*(evidence or ()), *_own_evidence(texts.text, currency)]
    signs = {sign for sign in SHAPES if texts.digits.filter(doubtful).str.contains(sign, literal=True).any()}
    chosen = _by_evidence(signs, hints, currency) if evidence is not None else None
    position = int(doubtful.arg_max() or 0)
    value = str(texts.text[position])
    read = {sign: f"{as_numbers(texts.digits[position : position + 1], sign)[0]:.15g}" for sign in SHAPES}
    if chosen is None:
        message = (
            f"{texts.first(doubtful)} may be {read[',']} or {read['.']}, and nothing in the files shows which"
        )
        ways = " or ".join(f'decimal = "{sign}" ({value} is {read[sign]})' for sign in (",", "."))
        hint = f"name the decimal sign in the mapping: {ways}"
        raise AmbiguousAmounts(texts.file, [_problem(texts, message, hint)])
    reasons = [hint.reason for hint in hints if hint.decimal == chosen]
    because = _listed(reasons) if reasons else "amounts of money rarely have three decimals"
    text = (
        f'{texts.name}: "{value}" may be {read[chosen]} or {read[OTHER[chosen]]}. Read as {read[chosen]}, '
        f"because {because}. If not:"
    )
    line = f'decimal = "{OTHER[chosen]}"'
    return chosen, (Attention(check="amount_style", text=text, mapping=(line,), count=int(doubtful.sum())),)


def check_decimals(texts: Texts, decimal: str) -> None:
    """Refuse ``1.500`` beside ``99.99``: neither a program nor a person writes decimals so.

    Programs drop zeros at the end or have as many decimals everywhere; and if the first has thousands, the
    sign cannot be the decimal sign in the other.
    """
    sign = "[.]" if decimal == "." else ","
    padded = texts.digits.str.contains(PADDED.replace("[.,]", sign)).fill_null(False)
    others = texts.digits.str.contains(rf"{sign}(?:[0-9]{{1,2}}|[0-9]{{4,}})$").fill_null(False)
    if not padded.any() or not others.any():
        return
    message = (
        f"{texts.first(padded)} may be written with thousands, but {texts.first(others)} has the same sign "
        "before its decimals"
    )
    hint = f'if all are decimals, set in the mapping: decimal = "{decimal}"; else write all amounts alike'
    raise HistoryError(texts.file, [_problem(texts, message, hint)])


def as_numbers(digits: pl.Series, decimal: str) -> pl.Series:
    """Digits as Float64, once the decimal sign is known."""
    bare = digits.str.replace_all("[' ]", "").str.replace_all(OTHER[decimal], "", literal=True)
    return (bare.str.replace(",", ".", literal=True) if decimal == "," else bare).cast(pl.Float64)


def _problem(texts: Texts, message: str, hint: str) -> Problem:
    return Problem(path=f"column {texts.name}", message=message, hint=hint)


def _by_evidence(signs: set[str], hints: Sequence[Evidence], currencies: pl.Series) -> str | None:
    """The decimal sign for values such as ``1.500`` (signs {"."}), or None: ask.

    To be read as thousands they need a hint at the other sign; commas need none, as long as nothing in the
    files hints at a decimal comma. To be read as decimals they need other amounts that are written so.
    """
    if len(signs) > 1:
        return None
    sign = next(iter(signs))
    for_decimals = [hint for hint in hints if hint.decimal == sign]
    for_thousands = [hint for hint in hints if hint.decimal == OTHER[sign]]
    if for_decimals:
        strong = any(hint.strong for hint in for_decimals)
        return sign if strong and not for_thousands else None
    if set(currencies.drop_nulls()) & THREE_DECIMALS and not any(hint.strong for hint in for_thousands):
        return None
    return OTHER[sign] if for_thousands or sign == "," else None


def _own_evidence(text: pl.Series, currencies: pl.Series) -> list[Evidence]:
    """Evidence from the currency: its position, and whether it has decimals."""
    evidence_ = []
    patterns = (
        (",", _COMMA_BEHIND, "behind"),
        (",", _COMMA_BEFORE, "before"),
        (".", _POINT_BEFORE, "before"),
    )
    for decimal, pattern, side in patterns:
        if (marks := text.str.extract(f"({pattern})").drop_nulls()).len():
            mark = str(marks[0]).strip(" 0123456789-+()")
            evidence_.append(Evidence(decimal=decimal, reason=f"{mark} is written {side} the amounts"))
    codes = set(currencies.drop_nulls().unique())
    if codes and codes <= NO_DECIMALS and not evidence_:
        # No decimals: the sign that is there, one of the two, groups thousands.
        grouping = "." if text.str.contains(r"[0-9]\.[0-9]").any() else ","
        evidence_.append(
            Evidence(decimal=OTHER[grouping], reason=f"{', '.join(sorted(codes))} has no decimals")
        )
    return evidence_


def _listed(reasons: Sequence[str]) -> str:
    return ", ".join(reasons[:-1]) + " and " + reasons[-1] if len(reasons) > 1 else reasons[0]
