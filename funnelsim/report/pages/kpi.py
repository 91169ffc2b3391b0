"""The page of key figures: what has changed, a chart for each, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.documents.kpi import KpiDocument, KpiFigure
from funnelsim.report.figures.kpi import kpi_figure
from funnelsim.report.figures.subtitles import kind, sentences
from funnelsim.report.pages.section import Grid, Picture, Section, columns
from funnelsim.report.words import kpi_words as words
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count
from funnelsim.report.words.without_options import without_options

_PERIODS = 6


def kpi_sections(document: KpiDocument, raw: Mapping[str, Any]) -> Iterator[Section]:
    answer = words.answer(document)
    notes = [words.noise_words(document), words.age_words(document)]
    when = f"By {document.by}, as of {date_words(document.as_of)}" if document.as_of else ""
    yield Section(
        title="Key figures",
        subtitle=sentences(when, kind(document)),
        sentences=[*answer, *(text for text in notes if text)],
        pictures=[
            Picture(figure=kpi_figure(raw), narrow=kpi_figure(raw, narrow=True), words=" ".join(answer))
        ],
        grids=list(_grids(document)),
    )


def _grids(document: KpiDocument) -> Iterator[Grid]:
    figures = words.shown_figures(document.kpis, ())
    yield _values("Values", document, figures, words.shown_periods(document, _PERIODS))
    for group in document.groups:
        title = f"{plain(group.name)} ({count(group.n)} ended{', mostly chance' if group.small else ''})"
        shown = words.shown_figures(group.kpis, ())
        yield _values(title, document, shown, words.shown_periods(document, 4))
    if document.missing:
        yield Grid(
            title="Figures that are not available",
            columns=columns("figures", "why"),
            rows=[[figures, without_options(why)] for figures, why in words.missing_words(document)],
            folded=True,
        )


def _values(title: str, document: KpiDocument, figures: list[KpiFigure], periods: list[str]) -> Grid:
    whole = {one.period: one.complete for one in document.kpis[0].periods}
    heads = [f"#{period}" if whole[period] else f"#{period} so far" for period in periods]
    last = ["#range in " + periods[0]] if document.simulated else ["#usual", "change"]
    rows = []
    for figure in figures:
        shown = [one for one in figure.periods if one.period in periods]
        scale = words.scale_of(document, figure, shown)
        cells = [words.number(figure, one.value, scale) for one in shown]
        change = [] if document.simulated else [words.arrow(figure)]
        rows.append(
            [
                words.label_with_unit(document, figure, scale),
                *cells,
                words.usual(figure, scale),
                *change,
                words.target_words(figure, scale),
            ]
        )
    return Grid(title=title, columns=columns("figure", *heads, *last, "#target"), rows=rows)
