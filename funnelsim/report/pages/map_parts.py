"""The page's sections on what stands out in a history, and on how it follows a model."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words.map_parts import AGAINST, Part, conformance_parts, insight_parts


def part_sections(document: MapDocument) -> Iterator[Section]:
    """One section for each that the document has."""
    for title, parts in (
        ("The process against the map", list(conformance_parts(document))),
        ("What stands out", list(insight_parts(document))),
    ):
        if parts:
            # A title above a table repeats what a sentence without one needs.
            sentences = [_sentence(part) for part in parts if part.sentence]
            grids = [_grid(part) for part in parts if part.table is not None and part.table.rows]
            yield Section(title=title, sentences=sentences, grids=grids)


def _sentence(part: Part) -> str:
    return part.sentence if part.title == AGAINST else f"{part.title}: {part.sentence}"


def _grid(part: Part) -> Grid:
    assert part.table is not None
    heads = [head.replace("\n", " ") for head in part.table.heads]
    numbers = [
        f"#{text}" if place and head not in part.table.words else text
        for place, (head, text) in enumerate(zip(part.table.heads, heads, strict=True))
    ]
    return Grid(title=part.title, columns=columns(*numbers), rows=part.table.rows, note=part.note)
