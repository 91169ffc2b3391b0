"""The page of a sensitivity analysis."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words import sensitivity_words as words
from funnelsim.report.words.names import plain


def sensitivity_sections(document: SensitivityDocument) -> Iterator[Section]:
    """One section: the answers, the figure, and a table for each answer."""
    sentences = [words.strongest(document), words.split(document), *words.bet(document)]
    yield Section(
        title="What the forecast depends on",
        subtitle=span_subtitle(document, document.span),
        sentences=sentences,
        grids=list(_grids(document)),
    )


def _over(document: SensitivityDocument) -> str:
    return ", over the ranges" if document.decision and document.decision.basis == "ranges" else ""


def _grids(document: SensitivityDocument) -> Iterator[Grid]:
    level = f"{document.level * 100:.0f} % interval"
    effect, *others = words.rests_on(document)
    yield Grid(
        title=f"What 1 % more of each parameter does to {words.metric_words(document).label}",
        columns=columns("parameter", "#now", f"#change in % [{level}]"),
        rows=[
            [plain(row.name), words.value_words(row, row.now, document), words.elasticity_words(row)]
            for row in document.elasticities
        ],
        chart=Chart(
            head="change in %",
            marks=[
                Mark(value=row.value, low=row.low, high=row.high, strong=row.clear)
                for row in document.elasticities
            ],
        ),
        note=effect,
    )
    if document.sobol:
        yield Grid(
            title="Which parameters explain the uncertainty about them",
            columns=columns("parameter", "#range", "range from", "#alone", f"#in all [{level}]"),
            rows=[
                [
                    plain(row.name),
                    words.range_words(row, document),
                    words.basis_words(row),
                    words.first_words(row),
                    words.total_words(row),
                ]
                for row in document.sobol
            ],
            chart=Chart(
                head="in all",
                marks=[Mark(value=row.total, low=row.low, high=row.high) for row in document.sobol],
            ),
            note=f"{words.explained(document)} {others[0] if others else ''}".strip(),
        )
    if gains := words.clear_gains(document):
        yield Grid(
            title=f"What is worth measuring for the bet on the quota{_over(document)}",
            columns=columns("parameter", "#more right calls"),
            rows=[[plain(row.name), words.gain_words(row.value, row.error)] for row in gains],
            note=f"{words.without_clear_gain(document)} {others[-1] if others else ''}".strip(),
        )
