"""The page of a reverse funnel: what the quota needs, month by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.reverse import Month, Plan, ReverseDocument
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words import reverse_words as words
from funnelsim.report.words.money import MISSING
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share


def reverse_sections(document: ReverseDocument) -> Iterator[Section]:
    said = [*words.answers(document), *words.reps_words(document)]
    said += [words.late_words(document), words.budget_words(document), words.assumption(document)]
    sentences = [sentence for sentence in said if sentence]
    yield Section(
        title="What the quota needs",
        subtitle=span_subtitle(document, document.span),
        sentences=sentences,
        grids=[_leads(document), _work(document), *_spreadsheet(document)],
    )


def _leads(document: ReverseDocument) -> Grid:
    """Months with new leads by source, today's pace, and which share of their wins closes in the period."""
    sources = list(document.today.leads)
    several = sources if len(sources) > 1 else []
    heads = columns(
        "month",
        f"#new {plural_noun(document.noun)}",
        *(f"#{plain(document.source_name(key))}" for key in several),
        "#at today's pace",
        "#share in time",
    )

    def row(name: str, plan: Plan, today: Mapping[str, float], closing: str) -> list[str]:
        own = [count(round(plan.leads.get(key, 0.0))) for key in several]
        return [name, count(round(plan.all_leads)), *own, count(round(sum(today.values()))), closing]

    rows = [
        row(
            _name(month),
            month,
            month.leads_today,
            MISSING if (c := month.close_in_period) is None else share(c),
        )
        for month in document.months
    ]
    total = document.needed or document.today
    return Grid(
        title=f"New {plural_noun(document.noun)}, means",
        columns=heads,
        rows=[*rows, row("total", total, document.today.leads, "")],
        totals=1,
        chart=Chart(
            head="needed, and at today's pace",
            marks=[
                *(Mark(value=m.all_leads, actual=sum(m.leads_today.values())) for m in document.months),
                None,
            ],
        ),
        note="Bar: needed; diamond: at today's pace. Share in time: of those of a month that ever count, "
        "those that do in the period.",
    )


def _work(document: ReverseDocument) -> Grid:
    """Months with entries by stage, wins, touches, tasks and busy roles."""
    today = document.today
    parts = [("entered", key, plain(document.stage_name(key))) for key in today.entered]
    parts += [("touches", key, f"touches, {plain(document.stage_name(key))}") for key in today.touches]
    parts += [("tasks", key, f"rep tasks, {plain(document.stage_name(key))}") for key in today.tasks]
    roles = [(key, plain(document.role_name(key))) for key in today.utilisation]

    def row(name: str, plan: Plan) -> list[str]:
        numbers = [count(round(getattr(plan, measure).get(key, 0.0))) for measure, key, _ in parts]
        busy = [MISSING if (b := plan.utilisation.get(key)) is None else share(b) for key, _ in roles]
        return [name, *numbers, count(round(plan.wins)), *busy]

    return Grid(
        title="What follows, means",
        columns=columns("month", *(f"#{n}" for *_, n in parts), "#won", *(f"#{n} busy" for _, n in roles)),
        rows=[
            *(row(_name(month), month) for month in document.months),
            row("total", document.needed or document.today),
        ],
        totals=1,
        note="Stages: entries.",
    )


def _name(month: Month) -> str:
    return words.month_words(month, long=True)


def _spreadsheet(document: ReverseDocument) -> Iterator[Grid]:
    total, rows = words.spreadsheet_sum(document), words.step_rows(document)
    if rows:
        heads = columns("", f"#new {plural_noun(document.noun)}")
        yield Grid(title="Why a spreadsheet differs", columns=heads, rows=rows, note=f"{total}.")
