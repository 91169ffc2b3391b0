"""A single problem of an export, a mapping or a history, as an error."""

from __future__ import annotations

from pathlib import Path

from funnelsim.core.errors import HistoryError, Problem

HOW_TO_MAKE = "make one with: funnelsim import ... --out HISTORY"


def history_error(source: str | Path, message: str, *, at: str = "", hint: str = "") -> HistoryError:
    """The error to raise: `source` is the file or option, `at` the row, column or key in it."""
    return HistoryError(str(source), [Problem(path=at, message=message, hint=hint)])


def no_history(folder: Path) -> HistoryError:
    return history_error(folder, "there is no such history folder", hint=HOW_TO_MAKE)
