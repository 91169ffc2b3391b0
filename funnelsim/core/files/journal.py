"""The journal of a set of renames, with which the next process completes those of a killed one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from funnelsim.core.files.hidden import HIDDEN, NEW, explained, followed, remove, waiting, written_beside

_JOURNAL = ".replacing"


def write_journal(fresh: Mapping[Path, Path | None]) -> Path:
    """Write which hidden file replaces which target, all in one folder; None means removal."""
    moves = {path.name: None if new is None else new.name for path, new in fresh.items()}
    written = written_beside(next(iter(fresh)), json.dumps(moves).encode())
    try:
        return written.rename(written.with_name(f"{written.name.removesuffix(NEW)}{_JOURNAL}"))
    except BaseException:
        remove([written])
        raise


def finish(journal: Path) -> None:
    """Do the remaining renames of a journal; another process may be doing the same."""
    moves = _moves(journal)
    if moves is None:
        return
    for name, new in moves.items():
        with suppress(FileNotFoundError):
            if new is None:
                (journal.parent / name).unlink()
            else:
                (journal.parent / new).replace(journal.parent / name)
    journal.unlink(missing_ok=True)


def finish_replacing(path: Path) -> None:
    """Complete an interrupted write near `path`; call this before reading it.

    Raises
    ------
    OutputError
        If there is an interrupted write and the folder is not writable.
    """
    try:
        path = followed(path)
        journals = _journals(path.parent) if path.name else []
        undone = waiting(path) if path.name and not os.path.lexists(path) else None
        undone = undone if undone is not None and undone.is_dir() else None
    except (OSError, ValueError):
        return  # access errors are left to the reader
    for journal in journals:
        with explained(path.parent, "an interrupted write cannot be finished"):
            finish(journal)
    if undone is not None and not os.path.lexists(path):
        with explained(path, "an interrupted write cannot be undone"):
            undone.rename(path)


def is_promised(new: Path) -> bool:
    """Whether a journal still lists this file as pending."""
    with suppress(OSError):
        return any(new.name in (_moves(journal) or {}).values() for journal in _journals(new.parent))
    return False


def _journals(folder: Path) -> list[Path]:
    with os.scandir(folder) as found:
        names = sorted(entry.name for entry in found if entry.name.endswith(_JOURNAL))
    return [folder / name for name in names if name.startswith(".")]


def _moves(journal: Path) -> dict[str, str | None] | None:
    """The renames of a journal; None if it is not valid: all names must be in its own folder."""
    try:
        moves = json.loads(journal.read_bytes())
    except (ValueError, FileNotFoundError, IsADirectoryError):
        return None
    if not isinstance(moves, dict):
        return None
    bare = (Path(name).name == name for name in moves)
    known = (new is None or (isinstance(new, str) and bool(HIDDEN.search(new))) for new in moves.values())
    inside = (new is None or Path(str(new)).name == new for new in moves.values())
    return moves if all(bare) and all(known) and all(inside) else None
