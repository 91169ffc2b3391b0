"""Write new content under hidden names next to its target, before the target is replaced."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from funnelsim.core.errors import OutputError

NEW, OLD = ".new", ".old"
#: Parts of a hidden name: process id, counter, target name.
HIDDEN = re.compile(r"\.([0-9]+)-[0-9]+\.(?:new|old)$")
#: Length of the target name in a hidden name: file systems allow 255 bytes.
_KEPT = 50
_COUNT = itertools.count()
#: Counter of the hidden names of this process.
_MADE: set[str] = set()


def hidden(path: Path, ending: str) -> Path:
    """A hidden name next to `path`, unique to this process."""
    while True:
        name = path.with_name(f".{path.name[:_KEPT]}.{os.getpid()}-{next(_COUNT)}{ending}")
        if not os.path.lexists(name):
            _MADE.add(name.name)
            return name


def waiting(folder: Path) -> Path:
    """Where the old folder is kept during replacement, if the two cannot be exchanged in one step."""
    return folder.with_name(f".{folder.name[:_KEPT]}{OLD}")


def written_beside(path: Path, content: bytes) -> Path:
    """Write content to disk under a hidden name next to `path`, with the permissions of the replaced
    file."""
    new = hidden(path, NEW)
    try:
        write(new, content)
        if path.exists():
            new.chmod(stat.S_IMODE(path.stat().st_mode))
    except BaseException:
        remove([new])
        raise
    return new


def second_name(path: Path) -> Path:
    """A hard link to the same file, or a copy if the file system has no links."""
    second = hidden(path, OLD)
    try:
        os.link(path, second)
    except OSError:
        shutil.copy2(path, second)
    return second


def write(path: Path, content: bytes) -> None:
    """Write a new file and flush it to disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
        # Otherwise the rename may reach the disk before the content, and a power failure leaves an empty
        # file.
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_away(path: Path) -> None:
    """Remove temporary files of terminated writers of `path`."""
    start = f".{path.name[:_KEPT]}."
    with suppress(OSError), os.scandir(path.parent) as found:
        for entry in found:
            whose = HIDDEN.search(entry.name)
            if whose is None or entry.name[: whose.start() + 1] != start:
                continue
            if not _at_work(entry.name, int(whose[1])):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    remove([Path(entry.path)])


def _at_work(name: str, process: int) -> bool:
    """Whether the process that created this hidden name may still need it."""
    if process == os.getpid():
        return name in _MADE  # in a container, the next process often has the same id
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def remove(paths: Iterable[Path]) -> None:
    """Remove files, ignoring those that are missing or cannot be removed."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def followed(path: Path) -> Path:
    """Resolve a symbolic link."""
    nameless = path.name in ("", "..")  # the current folder, or above
    linked = path.is_symlink() and not is_stream(path)
    return Path(os.path.realpath(path)) if nameless or linked else path


def is_stream(path: Path) -> bool:
    """Whether the path is a device, a pipe or an open stream (``/dev/stdout``), which is written to."""
    if path.parts[:2] in (("/", "dev"), ("/", "proc")) and path.parts[2:3] != ("shm",):
        return path.exists() and not path.is_dir()
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def explained(path: Path, what: str = "cannot be written") -> Iterator[None]:
    """Turn an error of the operating system into one that names the file."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{path}: {what}: {error.strerror or error}") from error
