"""A folder of an export: every file in it that may hold a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from funnelsim.core.errors import HistoryError
from funnelsim.history.history_error import history_error

NO_ROWS = "has a header and no rows"
_TABLES = (
    *(".csv", ".tsv", ".txt", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
    *(".xes", ".zip", ".csv.gz", ".tsv.gz", ".txt.gz", ".xes.gz"),
)


def is_in_folder(file: str | Path, sources: Sequence[str | Path]) -> bool:
    """True if the file was not named itself, but is in a folder that was."""
    return not any(Path(source) == Path(file) for source in sources)


def has_no_rows(error: HistoryError) -> bool:
    """True for the problem of a file that is empty, or has a header only."""
    return all(problem.message in (NO_ROWS, "is empty") for problem in error.problems)


def with_folders_opened(sources: Sequence[str | Path]) -> list[str | Path]:
    """The files, those in a folder in its place, by name; folders in folders are not opened.

    Raises
    ------
    HistoryError
        If a folder holds no table, or is a history that funnelsim wrote.
    """
    files: list[str | Path] = []
    for source in sources:
        path = Path(source)
        if not path.is_dir():
            files.append(source)
            continue
        if (path / "meta.json").is_file():
            raise history_error(
                path, "is a history folder, not a table; give the files that it was imported from"
            )
        inside = sorted(
            file
            for file in path.iterdir()
            if file.is_file() and not file.name.startswith((".", "~")) and file.name.lower().endswith(_TABLES)
        )
        if not inside:
            raise history_error(path, f"is a folder without a table in it ({', '.join(_TABLES[:5])}, ...)")
        files += inside
    return files
