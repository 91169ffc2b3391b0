"""A section of a page: sentences, key figures, pictures and tables, ready to be laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from funnelsim.report.html.bars import Chart
from funnelsim.report.pages.map_drawing import MapForms


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    head: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: every cell is text and is escaped when laid out.

    Attributes
    ----------
    totals : int
        So many of the last rows are totals, which stay at the end whatever the table is sorted by.
    chart : Chart or None
        A column of bars, for the page only.
    sortable : bool
        False where rows belong to the row above them.
    folded : bool
        The reader opens the table where it is wanted.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""
    totals: int = 0
    chart: Chart | None = None
    sortable: bool = True
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure, and what it shows for those who cannot see it; `narrow` is drawn for a phone."""

    figure: Figure
    words: str
    narrow: Figure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the page.

    Attributes
    ----------
    title, subtitle : str
    menu : str
        Its name in the navigation; a section without one belongs to the section before it.
    sentences : sequence of str
        The answer in words.
    key_figures : sequence of (label, value, remark)
    process_map : MapForms or None
    pictures : sequence of Picture
    points : sequence of str
        A list, below the sentences.
    grids : sequence of Grid
    """

    title: str
    subtitle: str = ""
    menu: str = ""
    sentences: Sequence[str] = ()
    points: Sequence[str] = ()
    key_figures: Sequence[tuple[str, str, str]] = ()
    process_map: MapForms | None = None
    pictures: Sequence[Picture] = ()
    grids: Sequence[Grid] = ()


def columns(*heads: str) -> tuple[Column, ...]:
    """Columns by their heads; one that begins with ``#`` holds numbers."""
    return tuple(Column(head=head.removeprefix("#"), number=head.startswith("#")) for head in heads)
