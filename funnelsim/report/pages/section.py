"""A section of a page: sentences, key figures, pictures and tables, ready to be laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    head: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: every cell is text and is escaped when laid out."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure, and what it shows for those who cannot see it."""

    figure: Figure
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the page.

    Attributes
    ----------
    title, subtitle : str
    sentences : sequence of str
        The answer in words.
    key_figures : sequence of (label, value, remark)
    pictures : sequence of Picture
    grids : sequence of Grid
    """

    title: str
    subtitle: str = ""
    sentences: Sequence[str] = ()
    key_figures: Sequence[tuple[str, str, str]] = ()
    pictures: Sequence[Picture] = ()
    grids: Sequence[Grid] = ()


def columns(*heads: str) -> tuple[Column, ...]:
    """Columns by their heads; one that begins with ``#`` holds numbers."""
    return tuple(Column(head=head.removeprefix("#"), number=head.startswith("#")) for head in heads)
