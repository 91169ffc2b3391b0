"""The part of the map's screen that says what the history tells beyond counting."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.screens import layout
from funnelsim.report.words.map_parts import Part, insight_parts


def print_insights(document: MapDocument, console: Console) -> None:
    """Print each insight: a sentence, then its table; nothing where the document has none.

    Parameters
    ----------
    document : MapDocument
    console : rich.console.Console
    """
    print_parts(insight_parts(document), console)


def print_parts(parts: Iterable[Part], console: Console) -> None:
    """Titles, sentences, tables and faint notes."""
    for part in parts:
        layout.blank(console)
        layout.paragraph(console, part.title, style=layout.STRONG)
        if part.sentence:
            layout.paragraph(console, part.sentence, indent=2)
        if part.table is not None and part.table.rows:
            columns = [
                (head, "left" if place == 0 or head in part.table.words else "right")
                for place, head in enumerate(part.table.heads)
            ]
            layout.show(console, layout.aligned_table(columns, part.table.rows), indent=2)
        if part.note:
            layout.paragraph(console, part.note, style=layout.FAINT, indent=2)
