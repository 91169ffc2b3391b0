"""Units of amounts, by column names: thousands, millions, cents."""

from __future__ import annotations

import re

_CURRENCY = r"(?:€|\$|£|eur|usd|gbp|chf|aud|cad|inr|sek|nok|dkk)"
_IN = r"(?:[\s_]*[(\[])?(?:[\s_]*\bin[\s_]+)?[\s_]*"
#: What a unit is worth -> its forms in column names.
_UNITS = {
    1_000.0: rf"(?:[kt]{_CURRENCY}|{_CURRENCY}[\s_]?k|k|thousands?|tsd\.?|['’]?000s?)(?:[\s_]{_CURRENCY})?",
    1_000_000.0: rf"(?:m{_CURRENCY}|{_CURRENCY}[\s_]?mn?|mio\.?|mln|millions?)(?:[\s_]{_CURRENCY})?",
    100_000.0: r"(?:lakhs?|lacs?)",
    10_000_000.0: r"(?:crores?|cr)",
    0.01: r"(?:cents?|pence|centimes?|minor[\s_]units?)",
}
_NAMED = {
    unit: re.compile(rf"(?P<name>.+?)(?:{_IN})(?<![^\W_])(?:{_CURRENCY}[\s_]+)?{words}[)\]]?", re.IGNORECASE)
    for unit, words in _UNITS.items()
}
UNIT_WORDS = {
    1_000.0: "thousands",
    100_000.0: "lakhs",
    1_000_000.0: "millions",
    10_000_000.0: "crores",
    0.01: "cents",
}


def unit_named(name: str) -> tuple[str, float]:
    """``Amount`` and 1,000 of ``Amount (k€)`` and ``amount_in_thousands``; without a unit empty and 1."""
    for unit, shape in _NAMED.items():
        if match := shape.fullmatch(name.strip()):
            return match["name"].strip(" _("), unit
    return "", 1.0
