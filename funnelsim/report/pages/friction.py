"""The page of friction: where leads and money leave, and what improvements are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import Effects, FrictionDocument, Lever
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words import friction_improvements as improvements
from funnelsim.report.words import friction_words as words
from funnelsim.report.words.money import Scale
from funnelsim.report.words.names import plain


def friction_sections(
    document: FrictionDocument, forecast: ForecastDocument | None = None
) -> Iterator[Section]:
    """With the `forecast` of the same page, if any: its bookings are the ones to name."""
    sentences = [words.base_on_page(document, forecast), words.answer(document), words.timing_words(document)]
    sentences += [improvements.unclear_words(document), improvements.no_gaps_words(document)]
    yield Section(
        title="Where the friction is",
        subtitle=span_subtitle(document, document.span),
        sentences=[text for text in sentences if text],
        grids=list(_grids(document)),
    )


def _grids(document: FrictionDocument) -> Iterator[Grid]:
    if len(document.leaks) > 1:  # The leaks of one stage are in the answer.
        yield _leaks(document)
    if clear := improvements.clear_improvements(document):
        yield _improvements(document, clear)
    if document.removals:
        scale = words.removal_scale(document)
        yield Grid(
            title=words.REMOVED,
            columns=columns("stage removed", *_heads(document, scale)),
            rows=[
                [plain(document.stage_name(one.stage)), *words.removal_cells(document, one, scale)]
                for one in document.removals
            ],
            chart=_removal_chart(document),
            note=f"{words.REMOVED_SPAN.capitalize()}; the data cannot say which.",
        )


def _improvements(document: FrictionDocument, clear: list[Lever]) -> Grid:
    """Steps and gaps in one list, most worth first."""
    scale, kinds = improvements.lever_scale(document), improvements.has_gaps(document)
    heads = [*(["kind"] if kinds else []), "improvement"]
    note = (
        f"In brackets: {document.level * 100:.0f} % interval of the expected difference, if the model is "
        "right. Every improvement is simulated with the random draws of the base."
    )
    return Grid(
        title="What improvements are worth",
        columns=columns(*heads, *_heads(document, scale)),
        rows=[
            [
                *([improvements.kind_words(one)] if kinds else []),
                improvements.improvement_name(document, one),
                *improvements.effect_cells(document, one, scale),
            ]
            for one in clear
        ],
        chart=_chart(document, clear, len(heads)),
        note=f"{improvements.KINDS.capitalize()} {note}" if kinds else note,
    )


def _chart(document: FrictionDocument, changes: Sequence[Effects], after: int) -> Chart:
    effects = [one.metrics[document.metric] for one in changes]
    marks = [Mark(value=effect.mean, low=effect.low, high=effect.high) for effect in effects]
    return Chart(head=improvements.measured_by(document).label, marks=marks, after=after)


def _removal_chart(document: FrictionDocument) -> Chart:
    """From only the time saved to everyone recovered."""
    ends = [
        [end.metrics[document.metric].mean for end in words.ends_of(one) if document.metric in end.metrics]
        for one in document.removals
    ]
    known = [[end for end in pair if end is not None] for pair in ends]
    marks = [Mark(low=min(pair), high=max(pair)) if pair else None for pair in known]
    return Chart(head=improvements.measured_by(document).label, marks=marks)


def _leaks(document: FrictionDocument) -> Grid:
    scale = words.leak_scale(document)
    heads = [head.replace("\n", " ") for head in words.leak_heads(document)]
    if scale.unit and not document.without_money:
        heads[2] += f", {scale.unit}"
    return Grid(
        title="Where leads and money leave",
        columns=columns(heads[0], *(f"#{head}" for head in heads[1:])),
        rows=[words.leak_row(document, leak, scale) for leak in document.leaks],
        chart=Chart(head="worth", marks=[Mark(value=leak.value) for leak in document.leaks]),
        note="Means of the period. Worth: had they gone on and done as well as those who did, at most.",
    )


def _heads(document: FrictionDocument, scale: Scale) -> Iterator[str]:
    measured = improvements.measured_by(document)
    unit = measured.difference_unit(scale)
    yield f"#{measured.label}" + (f", {unit}" if unit and unit != "number" else "")
    if document.attainment_probability is not None:
        yield "#chance of quota"
