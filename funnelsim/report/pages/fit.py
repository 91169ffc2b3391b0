"""The page of a fit: stages, sources, work, covariates, and the data they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_sources import FitSource
from funnelsim.documents.fit_stages import FitExit, FitStage
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words import driver_words, work_rows
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.holiday_rows import holiday_rows
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import TimeUnit, count, share, time_unit
from funnelsim.report.words.without_options import said


def fit_sections(document: FitDocument) -> Iterator[Section]:
    since = f"from {date_words(document.since)} " if document.since else ""
    until = f"Based on data {since}up to {date_words(document.as_of)}" if document.as_of else ""
    grids = [_exits(document), _follow_up(document)]
    if document.sources:
        grids.append(_sources(document))
    if any(holiday_rows(document)):
        grids.append(_holidays(document))
    if document.roles:
        grids += [_roles(document), _tasks(document)]
    if document.cannot_tell:
        rows = [(text,) for text in said(map(plain, document.cannot_tell))]
        grids.append(
            Grid(title="Limitations of the data", columns=columns("and what the model assumes"), rows=rows)
        )
    yield Section(
        title="What the model rests on",
        subtitle=until,
        sentences=list(_sentences(document)),
        grids=[replace(grid, folded=True, sortable=False) for grid in grids],
    )
    if document.drivers is not None and (document.drivers.found or document.drivers.not_used):
        yield _drivers(document)


def _drivers(document: FitDocument) -> Section:
    effects = [
        driver_words.effect_words(document, one)
        for kind in ("trigger", "friction", "fast")
        for one in driver_words.strongest(document, kind)[: driver_words.MOST_SHOWN]
    ]
    others = [driver_words.no_effect_words(document), driver_words.fast_words(document)]
    others += [*driver_words.not_used_words(document), *driver_words.dependence_words(document)]
    table = Grid(
        title="Moves by source, segment, rep and amount",
        columns=columns("field", "move", "value", "#actual", "#expected", "#ratio (90 % range)", "clear"),
        rows=list(driver_words.driver_rows(document)),
        note="Expected: if the value made no difference, given the time in stage. Ratio: actual over "
        "expected, shrunk towards 1 where the data are few. Clear: at most 1 in 20 of those marked is due to "
        "chance.",
    )
    tests = Grid(
        title="What the model assumes to be independent",
        columns=columns(
            "tested", "stage", "#visits", "#highest over lowest quarter (90 % range)", "#p-value", "result"
        ),
        rows=list(driver_words.dependence_rows(document)),
        note="Time: ratio of the speeds of leaving. Outcome: ratio of the odds of moving forward.",
    )
    return Section(
        title="What makes a difference",
        sentences=[*effects, *(text for text in others if text)],
        grids=[replace(grid, folded=True) for grid in (table, tests) if grid.rows],
    )


def _sentences(document: FitDocument) -> Iterator[str]:
    noun = plural_noun(document.noun)
    if document.deals is not None:
        still = f", {count(document.open_deals)} of them open" if document.open_deals is not None else ""
        visits = f", with {count(document.visits)} visits to stages" if document.visits is not None else ""
        yield f"The model is based on {count(document.deals)} {noun}{still}{visits}."
    if document.win_probability is not None:
        chances = _with_interval(document.win_probability, document.win_low, document.win_high)
        yield f"The chance that a new {document.noun} is won is {chances}."


def _exits(document: FitDocument) -> Grid:
    unit = time_unit(leaving.median_days for stage in document.stages for leaving in stage.exits)
    rows: list[tuple[str, ...]] = []
    for stage in document.stages:
        of_stage: list[tuple[str, ...]] = []
        for target, parts in groupby(stage.exits, key=lambda leaving: leaving.to):
            exits = list(parts)
            if (total := stage.together(target)) is not None:
                chance = _with_interval(total.p, total.p_low, total.p_high)
                visits = count(sum(leaving.count or 0 for leaving in exits))
                of_stage.append((f"{plain(document.stage_name(target))}, total", visits, chance, "", ""))
            of_stage += [_exit(document, leaving, unit) for leaving in exits]
        rows += [(plain(stage.title) if k == 0 else "", *row) for k, row in enumerate(of_stage)]
        if stage.never is not None and stage.never.share > 0:
            title = "" if stage.exits else plain(stage.title)
            rows.append((title, "never leaves", "", share(stage.never.share), "", ""))
    return Grid(
        title=f"How {plural_noun(document.noun)} leave each stage",
        columns=columns(
            "stage",
            "to",
            "#visits",
            "#chance (90 % range)",
            "#median time in stage",
            "distribution of the time",
        ),
        rows=rows,
    )


def _exit(document: FitDocument, leaving: FitExit, unit: TimeUnit) -> tuple[str, ...]:
    return (
        plain(_exit_name(document, leaving)),
        count(leaving.count),
        _with_interval(leaving.p, leaving.p_low, leaving.p_high),
        unit.words(leaving.median_days),
        f"{plain(leaving.law)}{' (from the other exits)' if leaving.borrowed else ''}",
    )


def _exit_name(document: FitDocument, leaving: FitExit) -> str:
    """The target, and the exit's own name where it says more."""
    target = document.stage_name(leaving.to)
    own = leaving.exit.replace("_", " ")
    return target if leaving.exit in ("", leaving.to) else f"{target} ({own})"


def _follow_up(document: FitDocument) -> Grid:
    observed = time_unit((stage.longest_follow_up_days for stage in document.stages), nothing="none")

    def row(stage: FitStage) -> tuple[str, ...]:
        return (
            plain(stage.title),
            count(stage.visits),
            count(stage.open),
            observed.words(stage.longest_follow_up_days),
            share(stage.mass_beyond),
        )

    return Grid(
        title="Coverage of the data",
        columns=columns("stage", "#visits", "#still open", "#longest observed", "#expected to last longer"),
        rows=[row(stage) for stage in document.stages],
        note="Expected to last longer: share of visits longer than any observed (extrapolated).",
    )


def _sources(document: FitDocument) -> Grid:
    scale = table_scale([source.amount_mean for source in document.sources], document.currency)
    unit, nouns = f", {scale.unit}" if scale.unit else "", plural_noun(document.noun)
    heads = columns(
        "source", f"#{nouns}", "#new in 30 days (90 % range)", "#chance to win", f"#mean won amount{unit}"
    )
    rows = [_source(source, scale) for source in document.sources]
    title = f"Sources of new {nouns}"
    return Grid(title=title, columns=heads, rows=rows)


def _holidays(document: FitDocument) -> Grid:
    whose = f" of {plain(document.holidays.country)}" if document.holidays is not None else ""
    heads = columns(
        "new deals or move", "#days", "#actual", "#expected", "#ratio", "#90 % range", "in the model"
    )
    rows = [(*row, "yes" if holiday.used else "no") for holiday, row in holiday_rows(document)]
    note = "Expected: as on the days around them. In the model: effects too clear to be due to chance."
    return Grid(title=f"Public holidays{whose}", columns=heads, rows=rows, note=note)


def _roles(document: FitDocument) -> Grid:
    heads = columns(
        "role",
        "#reps",
        "#reps ever",
        "#tasks",
        "#hours a week in the log",
        "#hours a week in the model",
        "#difference",
        "office hours",
    )
    note = (
        f"Hours in the log: over the weeks that the rates of new {plural_noun(document.noun)} are based on. "
        "Hours in the model: with a full funnel. Where the two differ, the model's workloads and waiting "
        "times are off by as much."
    )
    return Grid(
        title="Roles and office hours", columns=heads, rows=list(work_rows.role_rows(document)), note=note
    )


def _tasks(document: FitDocument) -> Grid:
    heads = columns("stage", "role", "#tasks", "#mean effort", "#standard error", "distribution")
    note = "Effort: working time in office hours, divided among tasks that a rep did at the same time."
    return Grid(title="Tasks", columns=heads, rows=list(work_rows.task_rows(document)), note=note)


def _source(source: FitSource, scale: Scale) -> tuple[str, ...]:
    rates = [None if r is None else 30 * r for r in (source.rate_per_day, source.rate_low, source.rate_high)]
    rate = count(rates[0])
    if rates[1] is not None and rates[2] is not None:
        rate += f" ({count(rates[1])} to {count(rates[2])})"
    return (
        plain(source.title),
        count(source.deals),
        rate,
        share(source.win_probability),
        scale.number(source.amount_mean) if source.amount_mean is not None else MISSING,
    )


def _with_interval(p: float | None, low: float | None, high: float | None) -> str:
    text = share(p)
    return text if low is None or high is None else f"{text} ({share(low)} to {share(high)})"
