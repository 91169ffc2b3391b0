"""Units of amounts, by column names and by words beside an amount: thousands, millions, cents."""

from __future__ import annotations

import re
import unicodedata

from funnelsim.history.values.currency_names import currency_of

_CURRENCY = r"(?:€|\$|£|eur|usd|gbp|chf|aud|cad|inr|sek|nok|dkk)"
#: Currencies as they stand behind a unit in other scripts: ``千円``, ``тыс. руб.``.
_THEIRS = (
    r"(?:円|日元|日圓|元|圓|圆|원|米ドル|美元|人民[币幣]|[台臺][币幣]|[¥￥₽₴₩₹]|руб\w*\.?|грн\.?|zł|kč"
    rf"|{_CURRENCY})"
)
_UNIT_WORD = r"(?:(?:単位|单位|單位|단위|ед\.)[\s:：]*|\bв\s+)?"
_IN = rf"(?:[\s_,、]*[(\[（【])?(?:[\s_]*\bin[\s_]+)?[\s_,、]*{_UNIT_WORD}"
#: What a unit is worth -> its forms in column names.
_UNITS = {
    1_000.0: rf"(?:[kt]{_CURRENCY}|{_CURRENCY}[\s_]?k|k|thousands?|tsd\.?|['’]?000s?)(?:[\s_]{_CURRENCY})?",
    1_000_000.0: rf"(?:m{_CURRENCY}|{_CURRENCY}[\s_]?mn?|mio\.?|mln|millions?)(?:[\s_]{_CURRENCY})?",
    100_000.0: r"(?:lakhs?|lacs?)",
    10_000_000.0: r"(?:crores?|cr)",
    0.01: r"(?:cents?|pence|centimes?|minor[\s_]units?)",
}
#: The same in other scripts and languages.
_OTHER_SCRIPTS = {
    1_000.0: r"[千仟]|천|тыс(?:яч\w?)?\.?|tys\.?|tis\.?|tusen|tkr|tsek",
    10_000.0: r"[万萬]|만",
    1_000_000.0: r"[百佰][万萬]|백만|млн\.?|миллион\w*",
    10_000_000.0: r"千[万萬]|천만",
    100_000_000.0: r"[億亿]|억",
    1_000_000_000.0: r"十[億亿]|십억|млрд\.?|миллиард\w*|mrd\.?|bn|billions?",
}
_WORDS = {
    unit: "|".join(
        filter(
            None,
            (
                _UNITS.get(unit, ""),
                rf"(?:{_OTHER_SCRIPTS[unit]})(?:[\s_]*{_THEIRS})?" if unit in _OTHER_SCRIPTS else "",
            ),
        )
    )
    for unit in _UNITS | _OTHER_SCRIPTS
}
_NAMED = {
    unit: re.compile(
        rf"(?P<name>.+?)(?:{_IN})(?<![^\W_])(?:{_CURRENCY}[\s_]+)?(?:{words})[)\]）】]?",
        re.IGNORECASE,
    )
    for unit, words in _WORDS.items()
}
#: ``k€`` and ``000s`` in a cell, with a currency on either side.
_WHOLE = {
    unit: re.compile(rf"(?:{_THEIRS}[\s_]*)?(?:in )?(?:{words})(?:[\s_]*{_THEIRS})?", re.IGNORECASE)
    for unit, words in (_WORDS | {1_000_000.0: _WORDS[1_000_000.0] + "|m"}).items()
}
_ONES = re.compile(r"ones?|units?|whole|full|1", re.IGNORECASE)
_LETTERS = {"k": 1_000.0, "m": 1_000_000.0, "mm": 1_000_000.0, "b": 1_000_000_000.0, "bn": 1_000_000_000.0}
_NUMBERS = frozenset(10.0**power for power in range(2, 10))
UNIT_WORDS = {
    1_000.0: "thousands",
    10_000.0: "ten thousands",
    100_000.0: "lakhs",
    1_000_000.0: "millions",
    10_000_000.0: "crores",
    100_000_000.0: "hundred millions",
    1_000_000_000.0: "billions",
    0.01: "cents",
}
_BRACKET = re.compile(r"[(\[（【]([^()\[\]（）【】]+)[)\]）】]\s*$")


def unit_named(name: str) -> tuple[str, float]:
    """``Amount`` and 1,000 of ``Amount (k€)`` and ``amount_in_thousands``; without a unit empty and 1."""
    for unit, shape in _NAMED.items():
        if match := shape.fullmatch(name.strip()):
            return match["name"].strip(" _,、(（"), unit
    return "", 1.0


def unit_of(text: str) -> tuple[float, str | None] | None:
    """What a word beside an amount makes one worth, and its currency: 1,000 and ``EUR`` of ``TEUR``."""
    plain = " ".join(text.split()).strip("()[] ")
    if _ONES.fullmatch(plain):
        return 1.0, None
    if currency := currency_of(plain):
        return 1.0, currency
    if plain.lower() in _LETTERS:
        return _LETTERS[plain.lower()], None
    digits = plain.lower().lstrip("x×* ").replace(",", "")
    if digits.removesuffix(".0").isdecimal() and float(digits) in _NUMBERS:
        return float(digits), None
    for unit, shape in _WHOLE.items():
        if shape.fullmatch(plain):
            marks = (mark for mark in re.findall(_THEIRS, plain, re.IGNORECASE))
            return unit, next((known for mark in marks if (known := currency_of(mark))), None)
    return None


def unread_bracket(name: str) -> str:
    """``(тыщ)`` of ``Amount (тыщ)``: a word in another script that is no unit or currency; else empty."""
    match = _BRACKET.search(name)
    if match is None or unit_named(name)[0]:
        return ""
    text = match[1].strip()
    if currency_of(text) or re.fullmatch(_THEIRS, text, re.IGNORECASE):
        return ""
    strange = any(letter.isalpha() and "LATIN" not in unicodedata.name(letter, "") for letter in text)
    return match[0].strip() if strange else ""
