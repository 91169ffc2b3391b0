"""Amounts as text taken apart: the digits with their separators, the sign, the currency.

Which separator is the decimal one is another question: see `funnelsim.history.values.amounts`.
"""

from __future__ import annotations

import polars as pl

from funnelsim.history.values.currency_names import currency_of, joined_currency

#: Digits of other scripts (Arabic-Indic, Persian, Devanagari, full-width) and full-width signs.
_FOREIGN = {
    **{chr(zero + digit): str(digit) for zero in (0x660, 0x6F0, 0x966, 0xFF10) for digit in range(10)},
    **dict(zip("．，（）＋－＄￥\u066b\u066c", ".,()+-$¥.'", strict=True)),
}
_INVISIBLE = r"[\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}\x{61c}\x{ad}]"
_APOSTROPHES = "[’‘ʼ`´′]"
_MINUSES = "[−–—‒‐‑﹣]"
#: ``'1500``, ``"1500"`` and ``="1500"``: a spreadsheet keeps what looks like a number as text.
_QUOTES = r"""^(?:="(.*)"|"(.*)"|'(.*))$"""
#: Zero in the accounting style of spreadsheets: ``$ -`` and ``-   €``.
_DASHES = (r"^([^0-9-]*[^0-9 -]) ?-{1,2}$", r"^-{1,2} ?([^0-9 -][^0-9-]*)$")
#: The text before the number, the number, the text after it. A point after a letter belongs to the word:
#: ``Rs.500``. All between the first and the last digit is the number's, and is judged later.
_PARTS = (
    r"^(?P<before>(?:[^0-9]*[\p{L}/]\.?)?[^0-9\p{L}.,]*)"
    r"(?P<core>[.,]?[0-9](?:.*[0-9])?[.,]?)(?P<behind>[^0-9]*)$"
)
_CREDIT = {"cr": True, "cr.": True, "dr": False, "dr.": False}


def split_amounts(text: pl.Series) -> pl.DataFrame:
    """Take each text apart; null stays null, and `digits` is null if it is no amount.

    Returns
    -------
    DataFrame
        ``digits`` (apostrophes and spaces in them of one kind), ``negative``, ``currency`` (a code, a shared
        sign, or null) and ``credit`` (true for CR, false for DR, else null).
    """
    parts = _tidy(text).str.extract_groups(_PARTS).struct.unnest()
    parts = parts.with_columns(open_end=pl.col("core").str.contains("[.,]$"))
    around = parts.select("before", "behind", "open_end").unique(maintain_order=True)
    read = [_read_around(*row) for row in around.iter_rows()]
    known = around.with_columns(
        known=pl.Series([one is not None for one in read]),
        negative=pl.Series([one[0] if one else None for one in read], dtype=pl.Boolean),
        currency=pl.Series([one[1] if one else None for one in read], dtype=pl.String),
        credit=pl.Series([one[2] if one else None for one in read], dtype=pl.Boolean),
    )
    joined = parts.join(known, on=["before", "behind", "open_end"], how="left", maintain_order="left")
    return joined.select(
        digits=pl.when(pl.col("known")).then("core"),
        negative="negative",
        currency="currency",
        credit="credit",
    )


def _tidy(text: pl.Series) -> pl.Series:
    if text.str.contains(r"[^\x00-\x7f]").any():
        text = text.str.replace_all(_INVISIBLE, "").str.replace_many(list(_FOREIGN), list(_FOREIGN.values()))
        text = text.str.replace_all(_APOSTROPHES, "'").str.replace_all(_MINUSES, "-")
    text = text.str.replace_all(r"\s+", " ").str.strip_chars()
    if text.str.contains(r"""^["'=]""").any():
        text = text.str.replace(_QUOTES, "$1$2$3").str.strip_chars()
    if text.str.contains("-", literal=True).any():
        text = text.str.replace(_DASHES[0], "$1 0").str.replace(_DASHES[1], "0 $1")
    return text


def _read_around(
    before: str | None, behind: str | None, open_end: bool | None
) -> tuple[bool, str | None, bool | None] | None:
    """Sign, currency and credit mark of the text around the digits; None where it is something else."""
    if before is None or behind is None:
        return None
    behind = behind.strip()
    if open_end:  # "500.-" and "500,--": no cents, not a minus
        behind = behind.removeprefix("-").removeprefix("-").strip()
    credit, behind = _credit_mark(behind)
    front, back = _without_signs(before), _without_signs(behind)
    brackets = (before + behind).count("("), (before + behind).count(")")
    minuses, pluses = (before + behind).count("-"), (before + behind).count("+")
    if brackets not in ((0, 0), (1, 1)) or ")" in before or "(" in behind or "+" in behind:
        return None
    if minuses + brackets[0] + bool(credit) + pluses > 1 or (minuses and "-" in before and "-" in behind):
        return None
    marks = [currency_of(mark) if mark else None for mark in (front, back)]
    if any(mark and currency is None for mark, currency in zip((front, back), marks, strict=True)):
        return None
    try:
        currency = joined_currency(*marks)
    except ValueError:
        return None
    return bool(minuses or brackets[0] or credit), currency, credit


def _credit_mark(behind: str) -> tuple[bool | None, str]:
    words = behind.split()
    last = words[-1].lower() if words else ""
    if last in _CREDIT:
        return _CREDIT[last], " ".join(words[:-1])
    return None, behind


def _without_signs(text: str) -> str:
    return "".join(letter for letter in text if letter not in "()+- ")
