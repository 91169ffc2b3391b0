"""How much a compressed file may unpack to, so that a small file cannot fill the memory."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from funnelsim.core.errors import HistoryError
from funnelsim.history.history_error import history_error

#: Environment variable that lifts the bound.
VARIABLE = "FUNNELSIM_UNPACKED_MAX"
#: Ten million stage entries take about 400 MB of CSV; reading takes up to four times the size of the text.
_DEFAULT_BYTES = 512 * 1024**2
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_CHUNK = 1024**2


def unpacked_max() -> int:
    """Bytes that one file may unpack to.

    Raises
    ------
    HistoryError
        If the environment variable is no size.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return _DEFAULT_BYTES
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.lower())
    if match is None:
        raise history_error(VARIABLE, f'"{text}" is not a size; write it like 2GB')
    return int(float(match[1]) * _UNITS[match[2]])


def too_large(path: Path, size: int, bound: int) -> HistoryError:
    """The error for a file that unpacks to `size` bytes or more."""
    message = f"unpacks to more than {_megabytes(min(size, bound))}, the largest size that is read"
    return history_error(
        path, message, hint=f"if it really is that large: {VARIABLE}={_megabytes(size * 2, unit='')}MB"
    )


def _megabytes(size: int, unit: str = " MB") -> str:
    return f"{max(1, round(size / 1024**2)):,}{unit}" if unit else str(max(1, round(size / 1024**2)))


def unpack_gzip(path: Path, data: bytes) -> bytes:
    """The content of a gzip file, if it is whole and within the bound."""
    try:
        return _all_of(BoundedStream(path, gzip.GzipFile(fileobj=io.BytesIO(data))))
    except (EOFError, OSError, zlib.error):
        raise damaged_gzip(path) from None


def check_unpacked(path: Path, data: bytes) -> None:
    """Refuse a gzip file that unpacks to more than the bound, without keeping what it holds."""
    stream = BoundedStream(path, gzip.GzipFile(fileobj=io.BytesIO(data)))
    while stream.read():
        pass


def damaged_gzip(path: Path) -> HistoryError:
    return history_error(path, "is a damaged or incomplete gzip file; download it again")


class BoundedStream:
    """A stream that refuses to give more than the bound."""

    def __init__(self, path: Path, stream: BinaryIO | gzip.GzipFile) -> None:
        self.path, self.stream = path, stream
        self.bound, self.given = unpacked_max(), 0

    def read(self, size: int = _CHUNK) -> bytes:
        chunk = self.stream.read(size)
        self.given += len(chunk)
        if self.given > self.bound:
            raise too_large(self.path, self.given, self.bound)
        return chunk


def read_file(path: Path) -> bytes:
    """The bytes of a file; of a pipe or a device no more than the bound.

    Raises
    ------
    HistoryError
        If it is missing, a folder, not readable, or endless.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.read_bytes()
        if not stat.S_ISDIR(mode):
            with path.open("rb") as handle:
                return _all_of(BoundedStream(path, handle))
    except FileNotFoundError:
        raise history_error(path, "there is no such file") from None
    except OSError as error:
        raise history_error(path, f"cannot be read: {error.strerror}") from None
    except HistoryError:
        raise
    except ValueError:  # a zero byte in the name
        raise history_error(repr(str(path)), "is not the name of a file") from None
    raise history_error(path, "is a folder; name the files in it")


def _all_of(stream: BoundedStream) -> bytes:
    parts = []
    while chunk := stream.read():
        parts.append(chunk)
    return b"".join(parts)


def open_zip(path: Path, data: bytes) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """A zip file with its members, if they keep within the bound by what they say of themselves."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise history_error(
            path, "is a damaged or incomplete zip file or workbook; download it again"
        ) from None
    size = sum(member.file_size for member in members)
    if size > unpacked_max():
        raise too_large(path, size, unpacked_max())
    if any(member.flag_bits & 1 for member in members):
        raise history_error(path, "is protected with a password; save it without")
    return archive, members


def read_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The content of a member, checked against its size and check sum."""
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, zlib.error, NotImplementedError, RuntimeError):
        message = f"is a damaged or incomplete zip file or workbook ({member.filename}); download it again"
        raise history_error(path, message) from None
