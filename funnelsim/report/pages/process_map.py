"""The page of a process map: the picture, stage by stage, and the paths that leads take."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.shared import PeriodSpan
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.pages.map_drawing import map_forms
from funnelsim.report.pages.map_parts import part_sections
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words import process_map_words as words


def map_sections(document: MapDocument) -> Iterator[Section]:
    title = "The sales process as it really ran"
    if document.of == "model":
        title = "The sales process as the model means it"
    heading = words.heading_words(document) if document.filters else ""
    sentences = [heading, words.answer(document), words.hidden_words(document)]
    yield Section(
        title=title,
        subtitle=span_subtitle(document, PeriodSpan(start=document.start, end=document.end)),
        sentences=[text for text in sentences if text],
        process_map=map_forms(document, "still") if document.leads else None,
        grids=list(_grids(document)) if document.leads else [],
    )
    yield from part_sections(document)


def _grids(document: MapDocument) -> Iterator[Grid]:
    yield Grid(
        title="Stage by stage",
        columns=columns(*_numbers(words.stage_heads(document))),
        rows=[words.stage_row(document, one) for one in document.stages],
        note=" ".join(document.assumptions),
    )
    if moves := words.detours(document, len(document.moves)):
        yield Grid(
            title="Off the straight path",
            columns=columns(*_numbers(words.detour_heads(document))),
            rows=[words.detour_row(document, move) for move in moves],
        )
    if document.variants and len(document.stages) > 1:
        yield Grid(
            title=words.variants_title(document),
            columns=columns(*_numbers(words.variant_heads(document))),
            rows=[words.variant_row(document, one) for one in document.variants],
            note=words.variants_note(document),
        )


def _numbers(heads: list[str]) -> Iterator[str]:
    """All columns but the first hold numbers, unless they are words."""
    for place, head in enumerate(heads):
        text = head.replace("\n", " ")
        yield f"#{text}" if place and text not in ("kind", "department") else text
