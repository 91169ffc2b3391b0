"""TOML files, read within bounds."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text

MOST_BYTES = 8 * MEGABYTE


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
