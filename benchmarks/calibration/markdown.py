"""Tables and pictures in Markdown."""

from __future__ import annotations

from funnelsim.report.pages.section import Column, Grid


def table(grid: Grid) -> str:
    """A table of a page as Markdown, its note below."""
    rows = [
        _row([column.head for column in grid.columns]),
        _row([_rule(column) for column in grid.columns]),
        *(_row(row) for row in grid.rows),
    ]
    return "\n".join(rows) + (f"\n\n{grid.note}" if grid.note else "")


def picture(words: str, place: str) -> str:
    return f"![{words}]({place})"


def bullets(lines: list[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)


def _row(cells: object) -> str:
    assert isinstance(cells, list | tuple)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _rule(column: Column) -> str:
    return "---:" if column.number else "---"
