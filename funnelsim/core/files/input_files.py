"""Read files named by the user, with size limits and clear errors."""

from __future__ import annotations

import stat
from pathlib import Path

MEGABYTE = 1_000_000


class UnreadableError(ValueError):
    """A file cannot be read; the message says why, and `missing` whether it does not exist."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def is_missing(path: Path) -> bool:
    """Whether a path does not exist; access errors are left to the reader."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def read_bytes(path: Path, *, most_bytes: int) -> bytes:
    """The content of a regular file.

    Pipes and devices are refused, as reading them may never end.

    Raises
    ------
    UnreadableError
        If it is missing, not a regular file, larger than `most_bytes` or unreadable.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError("is a folder; give a file")
        if not stat.S_ISREG(mode):
            raise UnreadableError("is a pipe or a device; give a regular file")
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableError("there is no such file", missing=True) from error
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("is no name of a file: it holds a NUL character") from error
    if len(content) > most_bytes:
        raise UnreadableError(
            f"is larger than {most_bytes // MEGABYTE} MB, the most that is read of such a file"
        )
    return content


def read_text(path: Path, *, most_bytes: int) -> str:
    """The text of a regular file in UTF-8, without a byte order mark.

    Raises
    ------
    UnreadableError
        As for `read_bytes`, and if it is not UTF-8 or is a binary file.
    """
    raw = read_bytes(path, most_bytes=most_bytes)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {error.start} is {raw[error.start]:#04x}"
        raise UnreadableError(f"is not a text file in UTF-8 ({found})") from error
    if "\x00" in text:
        raise UnreadableError("is a binary file, not text")
    return text
