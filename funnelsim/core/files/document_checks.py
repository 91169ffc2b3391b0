"""Checks that apply to any document: nesting depth, size of numbers, control characters."""

from __future__ import annotations

import math
import unicodedata
from collections import deque
from collections.abc import Iterator
from typing import Any

from funnelsim.core.errors import Problem

#: A model has at most six levels; functions that walk a document recurse once per level.
MOST_LEVELS = 40
_LARGEST = 2**63
_KEPT = "\n\t\r"


def without_controls(text: str) -> str:
    """Replace forbidden control characters by spaces."""
    return text if text.isprintable() else "".join(" " if _unfit(letter) else letter for letter in text)


def document_problems(
    document: dict[str, Any], *, control_characters: bool = False, finite: bool = False
) -> list[Problem]:
    """List values that no file may contain: deep nesting, huge integers, control characters.

    Other invalid values are reported by the reader of the file.

    Parameters
    ----------
    document : dict
    control_characters : bool, default False
        Allow control characters, for texts copied from another file.
    finite : bool, default False
        Require finite numbers, for files whose reader does not check them.
    """
    return list(_problems(document, kept=control_characters, finite=finite))


def _problems(document: dict[str, Any], *, kept: bool, finite: bool) -> Iterator[Problem]:
    waiting: deque[tuple[str, int, Any]] = deque([("", 0, document)])
    while waiting:
        path, level, value = waiting.popleft()
        if level > MOST_LEVELS:
            yield Problem(path=path, message=f"nests deeper than {MOST_LEVELS} levels")
        elif isinstance(value, dict):
            for key, inner in value.items():
                where = f"{path}.{_shown(key)}".removeprefix(".")
                if not kept and any(map(_is_control, key)):
                    yield Problem(path=where, message="the key holds a control character; take it out")
                waiting.append((where, level + 1, inner))
        elif isinstance(value, list):
            waiting += [(f"{path}.{n}", level + 1, inner) for n, inner in enumerate(value)]
        elif isinstance(value, int) and abs(value) >= _LARGEST:
            yield Problem(path=path, message="found a whole number of 19 digits or more; no key takes one")
        elif isinstance(value, float) and finite and not math.isfinite(value):
            yield Problem(path=path, message=f"found {value}, expected a finite number")
        elif isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            yield Problem(path=path, message="holds half a character, which is no text")
        elif isinstance(value, str) and not kept and (control := _control_in(value)):
            yield Problem(path=path, message=f"holds the control character {control!r}; take it out")


def _control_in(text: str) -> str:
    """The first control character of a text other than tab and line breaks."""
    if text.isprintable():
        return ""
    return next(filter(_unfit, text), "")


def _unfit(letter: str) -> bool:
    return _is_control(letter) and letter not in _KEPT


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc"


def _shown(key: str) -> str:
    return "".join(repr(letter)[1:-1] if _is_control(letter) else letter for letter in key)
