"""How wide a text is, without a renderer: the widths of the letters of DejaVu Sans."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence

from funnelsim.report.words.names import plain

# Advance widths of U+0020 to U+007E in hundredths of the size, from DejaVuSans.ttf and DejaVuSans-Bold.ttf.
_NORMAL = (
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 "
    "68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 "
    "63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
)
_BOLD = (
    "35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 100 "
    "77 76 73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 72 73 46 37 46 84 50 50 67 "
    "72 59 72 68 44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 65 92 65 65 58 71 37 71 84"
)
_WIDE, _OTHER = 1.02, {False: 0.66, True: 0.73}  # full-width scripts; any other letter


@functools.cache
def _widths(bold: bool) -> dict[str, float]:
    table = (_BOLD if bold else _NORMAL).split()
    # Each width is rounded to a hundredth; half of one more keeps the sum an upper bound.
    return {chr(32 + place): int(width) / 100 + 0.005 for place, width in enumerate(table)}


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of one line, in the unit of `size`; what a renderer needs, but for hinting."""
    known = _widths(bold)
    return size * sum(known.get(letter) or _other_letter(letter, bold) for letter in text)


def _other_letter(letter: str, bold: bool) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    base = unicodedata.normalize("NFD", letter)[0]
    return max(_widths(bold).get(base, 0.0), _OTHER[bold] if base == letter else 0.0)


def fold(text: str, width: float, size: float, *, bold: bool = False, lines: int = 2) -> tuple[str, ...]:
    """The text in at most so many lines; a word that is too long is cut, what is left over elided."""
    rest = [piece for word in plain(text).split() for piece in _pieces(word, width, size, bold)]
    folded: list[str] = []
    while rest:
        taken = 1
        while taken < len(rest) and text_width(" ".join(rest[: taken + 1]), size, bold) <= width:
            taken += 1
        if len(folded) == lines - 1 and taken < len(rest):
            folded.append(elide(" ".join(rest[: taken + 1]), width, size, bold=bold, cut=True))
            return tuple(folded)
        folded.append(" ".join(rest[:taken]))
        rest = rest[taken:]
    return tuple(folded)


def _pieces(word: str, width: float, size: float, bold: bool) -> Iterable[str]:
    """The word in pieces that fit a line; letters break with a hyphen, and at least three of them go over."""
    while text_width(word, size, bold) > width and len(word) > 1:
        fits = max(1, len(word) - 3)
        while fits > 1 and text_width(word[:fits] + _hyphen(word, fits), size, bold) > width:
            fits -= 1
        yield word[:fits] + _hyphen(word, fits)
        word = word[fits:]
    yield word


def _hyphen(word: str, place: int) -> str:
    around = word[max(place - 2, 0) : place + 2]
    return "-" if place > 1 and around.isascii() and around.isalpha() else ""


def elide(text: str, width: float, size: float, *, bold: bool = False, cut: bool = False) -> str:
    """The text, shortened with an ellipsis to fit; with `cut` there is more of it that is not shown."""
    if not cut and text_width(text, size, bold) <= width:
        return text
    for end in range(len(text), 0, -1):
        shown = text[:end].rstrip() + "…"
        if text_width(shown, size, bold) <= width:
            return shown
    return "…"


def pack(parts: Sequence[str], width: float, size: float, separator: str = " · ") -> tuple[str, ...]:
    """Short texts in as few lines as they need; one that is wider than a line is folded."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}{separator}{part}" if lines else ""
        if joined and text_width(joined, size) <= width:
            lines[-1] = joined
        else:
            lines.extend(fold(part, width, size))
    return tuple(lines)


def with_numbers(rows: Sequence[tuple[str, str]], width: float, size: float) -> tuple[str, ...]:
    """Names with their numbers; a number that does not fit behind its name has a line of its own."""
    lines: list[str] = []
    for name, number in rows:
        whole = f"{name} {number}".strip()
        if text_width(whole, size) <= width:
            lines.append(whole)
        else:
            lines.extend((elide(name, width, size), *fold(number, width, size)))
    return tuple(lines)
