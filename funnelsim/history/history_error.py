"""A single problem of an export, a mapping or a history, as an error."""

from __future__ import annotations

from pathlib import Path

from funnelsim.core.errors import HistoryError, Problem

HOW_TO_MAKE = "make one with: funnelsim import ... --out HISTORY"


def history_error(source: str | Path, message: str, *, at: str = "", hint: str = "") -> HistoryError:
    """The error to raise: `source` is the file or option, `at` the row, column or key in it."""
    return HistoryError(str(source), [Problem(path=at, message=message, hint=hint)])


def not_a_history(folder: Path, missing: str) -> HistoryError:
    """Of a folder without the file `missing`; a history inside it is suggested."""
    inside = sorted(path.parent for path in folder.glob(f"*/{missing}"))
    hint = f'did you mean "{inside[0]}"?' if inside else HOW_TO_MAKE
    return history_error(folder, f"is not a history folder: no {missing} in it", hint=hint)


def no_history(folder: Path) -> HistoryError:
    return history_error(folder, "there is no such history folder", hint=HOW_TO_MAKE)
