"""Replace files and folders atomically: after a crash, either the old or the new content is complete.

A file is written under a hidden name next to its target and then renamed. A set of files in one folder needs
several renames, so a journal of them is written first. Once it exists, the new set is valid, and the next
reader or writer of the folder completes the renames of a killed process (`finish_replacing`). A folder is
exchanged with the new one in a single step if the system supports this; otherwise the old one is kept under
a hidden name that readers know.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from funnelsim.core.files.hidden import (
    NEW,
    clear_away,
    explained,
    followed,
    hidden,
    is_stream,
    remove,
    second_name,
    waiting,
    write,
    written_beside,
)
from funnelsim.core.files.journal import finish, finish_replacing, is_promised, write_journal

__all__ = ["finish_replacing", "replace_file", "replace_files", "replace_folder"]

# From <fcntl.h> and <linux/fs.h>.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically; see `replace_files`."""
    replace_files({path: content})


def replace_files(contents: Mapping[Path, bytes | None]) -> None:
    """Write several files atomically per folder; None removes a file.

    The target of a symbolic link is replaced, not the link; devices and named pipes are written to directly.

    Raises
    ------
    OutputError
        If one of them cannot be written; all are then unchanged.
    """
    targets = {followed(path): content for path, content in contents.items()}
    for path in targets:
        finish_replacing(path)
    fresh: dict[Path, Path | None] = {}
    try:
        for path, content in targets.items():
            with explained(path):
                if content is not None and path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                if not is_stream(path):
                    clear_away(path)
                    fresh[path] = None if content is None else written_beside(path, content)
                elif content is not None:
                    path.write_bytes(content)
        for folder in dict.fromkeys(path.parent for path in fresh):
            _place({path: new for path, new in fresh.items() if path.parent == folder})
    finally:
        remove(new for new in fresh.values() if new is not None and not is_promised(new))


def replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder with these files, replacing an existing one.

    Raises
    ------
    OutputError
        If it cannot be written; the old folder is then unchanged.
    """
    folder = Path(os.path.realpath(folder))
    finish_replacing(folder)
    made = [parent for parent in folder.parents if not parent.exists()]
    fresh = hidden(folder, NEW)
    try:
        with explained(folder):
            if folder == Path.cwd():
                raise OSError(errno.EBUSY, "is the current folder; name another, such as one inside it")
            folder.parent.mkdir(parents=True, exist_ok=True)
            clear_away(folder)
            fresh.mkdir()
            for name, content in contents.items():
                write(fresh / name, content)
            _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        for parent in made if not folder.exists() else ():
            with suppress(OSError):
                parent.rmdir()


def _place(fresh: Mapping[Path, Path | None]) -> None:
    """Do the renames in one folder as one step."""
    first = next(iter(fresh))
    if len(fresh) == 1:
        with explained(first):
            new = fresh[first]
            first.unlink(missing_ok=True) if new is None else new.replace(first)
        return
    kept: dict[Path, Path] = {}
    try:
        with explained(first):
            for path in fresh:
                if path.exists():
                    kept[path] = second_name(path)
            journal = write_journal(fresh)
            # From here on the new set is valid: interrupts are delayed, and after a kill the next reader
            # completes it.
            try:
                finish(journal)
            except KeyboardInterrupt:
                finish(journal)
                raise
            except OSError:
                _take_back(fresh, kept)
                journal.unlink()
                raise
    finally:
        remove(kept.values())


def _take_back(fresh: Mapping[Path, Path | None], kept: Mapping[Path, Path]) -> None:
    """Restore the old files that were already replaced."""
    for path, new in fresh.items():
        moved = new is not None and not new.exists()
        if path in kept and (moved or new is None):
            kept[path].replace(path)
        elif moved:
            path.unlink(missing_ok=True)


def _swap(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    if _exchange(fresh, folder):
        return
    old = waiting(folder)
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    try:
        fresh.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False if the system does not support it."""
    if sys.platform != "linux":
        return False
    try:
        exchange = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    sys.audit("os.rename", str(one), str(other), -1, -1)
    names = os.fsencode(one), os.fsencode(other)
    return bool(exchange(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)
