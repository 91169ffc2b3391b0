"""The page of a hiring plan."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.staff import StaffDocument
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words.quantities import days
from funnelsim.report.words.rep_productivity import learnt_words, reps_table, starts_table
from funnelsim.report.words.staffing import (
    answer,
    bottleneck_words,
    columns_and_rows,
    cost_words,
    guarantee_words,
    spreadsheet_words,
    target_words,
    team_words,
    timing_words,
)


def staff_sections(document: StaffDocument) -> Iterator[Section]:
    today = document.plan("today")
    team = f"Today: {team_words(document, today)}." if today else ""
    sentences = [answer(document), team]
    if document.top_down is not None:
        # Assumptions are with those of the other parts.
        sentences += learnt_words(document, shows_reps=True)
    else:
        sentences += [bottleneck_words(document), *timing_words(document)]
        sentences += [spreadsheet_words(document), guarantee_words(document)]
    said = [text for text in sentences if text]
    yield Section(
        title=f"How many reps: {target_words(document)}",
        subtitle=span_subtitle(document, document.span),
        sentences=said,
        grids=[_plans(document), *_waits(document), *_reps(document)],
    )


def _plans(document: StaffDocument) -> Grid:
    heads, rows = columns_and_rows(document)
    note = f"People cost: {cost_words(document)}."
    if document.top_down is None:
        note += " Busy: open hours on tasks / open hours of the reps."
    names = [("#" if number else "") + head.replace("-\n", "-").replace("\n", " ") for head, number in heads]
    return Grid(
        title="Plans",
        columns=columns(*names),
        rows=[[cell.removeprefix("<- ") for cell in row] for row in rows],
        note=note,
        chart=_chart(document),
    )


def _chart(document: StaffDocument) -> Chart | None:
    """The chance of each plan with the asked confidence; what it costs where there is no quota."""
    if document.target.quota is None:
        return Chart(head="cost", marks=[Mark(value=plan.cost) for plan in document.plans], after=2)
    marks = [Mark(value=plan.probability, strong=plan.meets is not False) for plan in document.plans]
    return Chart(head="chance of quota", marks=marks, line=document.target.confidence, after=2)


def _reps(document: StaffDocument) -> Iterator[Grid]:
    """What each rep wins, and what hires are worth by their start."""
    if document.top_down is None:
        return
    heads, rows = starts_table(document)
    yield Grid(title="Starts of hires", columns=columns(*heads), rows=rows, note="")
    heads, rows = reps_table(document)
    yield Grid(
        title="Reps",
        columns=columns(*heads),
        rows=rows,
        note=f"Per month: {plural_noun(document.noun)} won in a ramped month, shrunk to the team as far as "
        "chance explains the difference, with its 90 % interval.",
    )


def _waits(document: StaffDocument) -> Iterator[Grid]:
    """Waits for a rep, by stage."""
    stages = list(document.plans[0].waits)
    if stages:
        yield Grid(
            title="Mean wait for a rep",
            columns=columns("plan", *(f"#{document.stage_name(stage)}" for stage in stages)),
            rows=[[plan.name, *(days(plan.waits.get(stage)) for stage in stages)] for plan in document.plans],
            note="Nights and weekends included.",
        )
