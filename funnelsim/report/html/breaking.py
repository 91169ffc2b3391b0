"""Where a line of a page may break: never inside a number with its unit, always inside a very long word."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from funnelsim.report.style.text_layout import typographic

#: Words of so many letters in a table may break, into pieces of so many.
_LONG_WORD, _PIECE = 17, 16


def unbroken(text: str) -> str:
    """A sentence whose numbers keep their signs and units on their line."""
    return re.sub(
        r"(?<=\d) (?=%|thousand|million|billion)|(?<=\b[A-Z]{3}) (?=\d)", "\u00a0", typographic(text)
    )


def breakable(text: str) -> Markup:
    """The text of a cell; a very long word may break after underscores or some letters."""
    parts = re.split(rf"(\S{{{_LONG_WORD},}})", typographic(text))
    return Markup("").join(_broken(part) if place % 2 else escape(part) for place, part in enumerate(parts))


def _broken(word: str) -> Markup:
    return Markup("<wbr>").join(re.findall(rf"[^_]{{1,{_PIECE}}}_*|_+", word))
