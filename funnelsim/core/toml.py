"""TOML files: read within bounds, and refused where a value is none that any key could hold."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from funnelsim.core.errors import Problem
from funnelsim.core.input_files import MEGABYTE, UnreadableError, read_text

MOST_BYTES = 8 * MEGABYTE
#: A model nests six deep at most; what walks a document calls itself for each level.
MOST_LEVELS = 40
_LARGEST = 2**63
_KEPT = "\n\t\r"


def read_toml(path: Path) -> dict[str, Any]:
    """The document in a file.

    Raises
    ------
    UnreadableError
        If the file cannot be read, is empty or is not TOML.
    """
    text = read_text(path, most_bytes=MOST_BYTES)
    try:
        return parse_toml(text)
    except ValueError as error:
        raise UnreadableError(f"is not valid TOML: {error}") from error


def parse_toml(text: str) -> dict[str, Any]:
    """A document from its text.

    Raises
    ------
    ValueError
        If it is not TOML, or beyond what a parser can take.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("it nests too deep") from None
    except ValueError:  # of int(), which reads 4,300 digits at most
        raise ValueError("it holds a number of thousands of digits") from None


def without_controls(text: str) -> str:
    """The text with a space for each control character that no file may hold."""
    return text if text.isprintable() else "".join(" " if _unfit(letter) else letter for letter in text)


def document_problems(document: dict[str, Any], *, control_characters: bool = False) -> list[Problem]:
    """What no key of any file may hold: endless nesting, giant whole numbers, control characters.

    A value that is merely wrong is for its own reader, which knows what is allowed.

    Parameters
    ----------
    document : dict
    control_characters : bool, default False
        True where texts repeat what another file holds, whatever that is.
    """
    return list(_problems(document, kept=control_characters))


def _problems(document: dict[str, Any], *, kept: bool) -> Iterator[Problem]:
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
        elif isinstance(value, str) and not kept and (control := _control_in(value)):
            yield Problem(path=path, message=f"holds the control character {control!r}; take it out")


def _control_in(text: str) -> str:
    """The first control character of a text that is neither a tab nor the end of a line."""
    if text.isprintable():
        return ""
    return next(filter(_unfit, text), "")


def _unfit(letter: str) -> bool:
    return _is_control(letter) and letter not in _KEPT


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc"


def _shown(key: str) -> str:
    return "".join(repr(letter)[1:-1] if _is_control(letter) else letter for letter in key)
