"""The page of a history's flow: open leads by age, and what becomes of the leads of each month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from matplotlib.figure import Figure

from funnelsim.documents.flow import FlowDocument
from funnelsim.report.figures.flow.ageing import ageing_figure
from funnelsim.report.figures.flow.cohorts import cohorts_figure
from funnelsim.report.pages.section import Picture, Section


def flow_sections(document: FlowDocument, raw: Mapping[str, Any]) -> Iterator[Section]:
    """Open leads by age where any are open, and cohorts where any have won."""
    pictures = []
    if any(ages.open for ages in document.ages):
        pictures.append(_picture(ageing_figure, raw, "Open leads of each stage by their days in it"))
    if any(cohort.won for cohort in document.cohorts):
        pictures.append(_picture(cohorts_figure, raw, "Share won of the leads of each month, by days"))
    sentences = [] if pictures else [f"Nothing is open and nothing was won: no {document.noun} to show."]
    yield Section(
        title="How old the pipeline is, and how months mature", sentences=sentences, pictures=pictures
    )


def _picture(draw: Callable[..., Figure], raw: Mapping[str, Any], words: str) -> Picture:
    return Picture(figure=draw(raw), narrow=draw(raw, narrow=True), words=words)
