"""The page of friction: where leads and money leave, and what improvements are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.documents.friction import Effects, FrictionDocument
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words import friction_words as words
from funnelsim.report.words.money import Scale
from funnelsim.report.words.names import plain


def friction_sections(document: FrictionDocument) -> Iterator[Section]:
    sentences = [words.context_words(document), words.answer(document), words.timing_words(document)]
    sentences.append(words.drivers_note(document))
    yield Section(
        title="Where the friction is",
        subtitle=span_subtitle(document, document.span),
        sentences=[text for text in sentences if text],
        grids=list(_grids(document)),
    )


def _grids(document: FrictionDocument) -> Iterator[Grid]:
    if document.leaks:
        yield _leaks(document)
    scale = words.lever_scale(document)
    if levers := words.all_clear_levers(document):
        rows = [[plain(lever.name), *words.effect_cells(document, lever, scale)] for lever in levers]
        yield Grid(
            title="What one step of improvement is worth",
            columns=columns("improvement", *_heads(document, scale)),
            rows=rows,
            chart=_chart(document, levers),
            note=f"{words.unclear_words(document)} In brackets: {document.level * 100:.0f} % interval of the "
            "expected difference, if the model is right. Every step is simulated with the random draws of "
            "the base.".strip(),
        )
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
    scale = words.lever_scale(document)
    if drivers := words.all_clear_drivers(document):
        yield Grid(
            title="What goes with it in the data",
            columns=columns("difference", *_heads(document, scale)),
            rows=[
                [words.driver_name(document, driver), *words.effect_cells(document, driver, scale)]
                for driver in drivers
            ],
            chart=_chart(document, drivers),
            note="What closing the gap would be worth. A difference between groups is not a cause by itself.",
        )


def _chart(document: FrictionDocument, changes: Sequence[Effects]) -> Chart:
    effects = [one.metrics[document.metric] for one in changes]
    marks = [Mark(value=effect.mean, low=effect.low, high=effect.high) for effect in effects]
    return Chart(head=words.measured_by(document).label, marks=marks)


def _removal_chart(document: FrictionDocument) -> Chart:
    """From only the time saved to everyone recovered."""
    ends = [
        [end.metrics[document.metric].mean for end in words.ends_of(one) if document.metric in end.metrics]
        for one in document.removals
    ]
    known = [[end for end in pair if end is not None] for pair in ends]
    marks = [Mark(low=min(pair), high=max(pair)) if pair else None for pair in known]
    return Chart(head=words.measured_by(document).label, marks=marks)


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
    measured = words.measured_by(document)
    unit = measured.difference_unit(scale)
    yield f"#{measured.label}" + (f", {unit}" if unit and unit != "number" else "")
    if document.attainment_probability is not None:
        yield "#chance of quota"
