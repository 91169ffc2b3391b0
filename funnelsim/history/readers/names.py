"""Names of columns as a table can bear them: none empty, none twice, none that funnelsim uses itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.readers.table import ROW

RESERVED = (ROW, "__file")


def free_name(name: str) -> str:
    """The name, with an underscore more if funnelsim has a column of that name itself."""
    return f"{name}_" if name in RESERVED else name


def column_names(path: Path, cells: Sequence[str], row: int) -> list[str]:
    """Names for a header in this row (0: none); a nameless column gets its number.

    Raises
    ------
    HistoryError
        If a name occurs twice.
    """
    names = [" ".join(cell.split()) for cell in cells]
    names = [free_name(name) or f"column_{position}" for position, name in enumerate(names, start=1)]
    counts = Counter(names)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        problems = [
            Problem(
                path=f"row {row}" if row else "",
                message=f'column "{name}" appears {counts[name]} times',
                hint="rename all but one",
            )
            for name in twice[:10]
        ]
        raise HistoryError(str(path), problems)
    return names
