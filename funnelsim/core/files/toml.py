"""Read TOML files, with size limits."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text

MOST_BYTES = 8 * MEGABYTE


def read_toml(path: Path) -> dict[str, Any]:
    """Read the document in a file.

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
    """Parse a document from text.

    Raises
    ------
    ValueError
        If it is not TOML, or exceeds the limits of the parser.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("it nests too deep") from None
    except ValueError:  # from int(), which accepts at most 4,300 digits
        raise ValueError("it holds a number of thousands of digits") from None
