"""Checks that input files exist, before anything slow is imported."""

from __future__ import annotations

from pathlib import Path

from funnelsim.core.files.input_files import is_missing
from funnelsim.history.history_error import no_history
from funnelsim.model.files.missing import no_model


def check_model(path: Path) -> None:
    """Refuse a model file that does not exist.

    Raises
    ------
    ModelError
    """
    if is_missing(path):
        raise no_model(path)


def check_history(folder: Path | None) -> None:
    """Refuse a history folder that does not exist.

    Raises
    ------
    HistoryError
    """
    if folder is not None and is_missing(folder):
        raise no_history(folder)
