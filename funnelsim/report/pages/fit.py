"""A fit on a page: what was learnt of stages and sources, and from how much."""

from __future__ import annotations

from collections.abc import Iterator
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


def fit_sections(document: FitDocument) -> Iterator[Section]:
    since = f"from {date_words(document.since)} " if document.since else ""
    until = f"Learnt {since}up to {date_words(document.as_of)}" if document.as_of else ""
    grids = [_exits(document), _follow_up(document)]
    if document.sources:
        grids.append(_sources(document))
    if any(holiday_rows(document)):
        grids.append(_holidays(document))
    if document.roles:
        grids += [_roles(document), _tasks(document)]
    if document.cannot_tell:
        rows = [(plain(text),) for text in document.cannot_tell]
        grids.append(Grid(title="What the data cannot tell", columns=columns("what is assumed"), rows=rows))
    yield Section(
        title="What the model rests on", subtitle=until, sentences=list(_sentences(document)), grids=grids
    )
    if document.drivers is not None and (document.drivers.found or document.drivers.not_used):
        yield _drivers(document)


def _drivers(document: FitDocument) -> Section:
    found = [
        driver_words.told(document, one)
        for kind in ("trigger", "friction", "fast")
        for one in driver_words.strongest(document, kind)[: driver_words.MOST_TOLD]
    ]
    others = [driver_words.nothing_words(document), driver_words.fast_words(document)]
    others += [*driver_words.not_used_words(document), *driver_words.dependence_words(document)]
    effects = Grid(
        title="How often they move, by what is known of them",
        columns=columns("known", "move", "value", "#seen", "#expected", "#times as often (90 %)", "clear"),
        rows=list(driver_words.driver_rows(document)),
        note="Expected: if it made no difference, at the same age. Times as often as all, drawn towards 1 by "
        "as much as chance explains. Clear: at most 1 in 20 of what is marked is noise.",
    )
    tests = Grid(
        title="What the model takes as independent",
        columns=columns(
            "question", "where", "#stays", "#largest over smallest quarter (90 %)", "#p", "verdict"
        ),
        rows=list(driver_words.dependence_rows(document)),
        note="Stay: how many times as often they leave at the same age. Outcome: the odds of moving on.",
    )
    return Section(
        title="What moves them and what holds them back",
        sentences=[*found, *(text for text in others if text)],
        grids=[grid for grid in (effects, tests) if grid.rows],
    )


def _sentences(document: FitDocument) -> Iterator[str]:
    noun = plural_noun(document.noun)
    if document.deals is not None:
        still = f", {count(document.open_deals)} of them open" if document.open_deals is not None else ""
        visits = f", with {count(document.visits)} stays in a stage" if document.visits is not None else ""
        yield f"It was learnt from {count(document.deals)} {noun}{still}{visits}."
    if document.win_probability is not None:
        chances = _with_interval(document.win_probability, document.win_low, document.win_high)
        yield f"Of new {noun}, {chances} are won in the end."


def _exits(document: FitDocument) -> Grid:
    stay = time_unit(leaving.median_days for stage in document.stages for leaving in stage.exits)
    rows: list[tuple[str, ...]] = []
    for stage in document.stages:
        told: list[tuple[str, ...]] = []
        for target, ways in groupby(stage.exits, key=lambda leaving: leaving.to):
            exits = list(ways)
            if (all_ways := stage.together(target)) is not None:
                chance = _with_interval(all_ways.p, all_ways.p_low, all_ways.p_high)
                seen = count(sum(leaving.count or 0 for leaving in exits))
                told.append((f"{plain(document.stage_name(target))}, together", seen, chance, "", ""))
            told += [_exit(document, leaving, stay) for leaving in exits]
        rows += [(plain(stage.title) if place == 0 else "", *row) for place, row in enumerate(told)]
        if stage.never is not None and stage.never.share > 0:
            title = "" if stage.exits else plain(stage.title)
            rows.append((title, "never leaves", "", share(stage.never.share), "", ""))
    return Grid(
        title=f"How {plural_noun(document.noun)} leave each stage",
        columns=columns(
            "stage", "leaves to", "#seen", "#share (90 % range)", "#median stay", "distribution of the stay"
        ),
        rows=rows,
    )


def _exit(document: FitDocument, leaving: FitExit, stay: TimeUnit) -> tuple[str, ...]:
    return (
        plain(_way(document, leaving)),
        count(leaving.count),
        _with_interval(leaving.p, leaving.p_low, leaving.p_high),
        stay.words(leaving.median_days),
        f"{plain(leaving.law)}{' (borrowed)' if leaving.borrowed else ''}",
    )


def _way(document: FitDocument, leaving: FitExit) -> str:
    """The target, and the exit's own name where it says more."""
    target = document.stage_name(leaving.to)
    own = leaving.exit.replace("_", " ")
    return target if leaving.exit in ("", leaving.to) else f"{target} ({own})"


def _follow_up(document: FitDocument) -> Grid:
    watched = time_unit((stage.longest_follow_up_days for stage in document.stages), nothing="none")

    def row(stage: FitStage) -> tuple[str, ...]:
        return (
            plain(stage.title),
            count(stage.visits),
            count(stage.open),
            watched.words(stage.longest_follow_up_days),
            share(stage.mass_beyond),
        )

    return Grid(
        title="How much there was to learn from",
        columns=columns("stage", "#stays", "#still open", "#longest seen", "#share beyond"),
        rows=[row(stage) for stage in document.stages],
        note="Share beyond: chance of a time in stage longer than any observed; a large share is a guess.",
    )


def _sources(document: FitDocument) -> Grid:
    scale = table_scale([source.amount_mean for source in document.sources], document.currency)
    unit = f", {scale.unit}" if scale.unit else ""
    heads = columns(
        "source", "#seen", "#new in 30 days (90 % range)", "#won in the end", f"#mean if won{unit}"
    )
    rows = [_source(source, scale) for source in document.sources]
    title = f"Where new {plural_noun(document.noun)} come from"
    return Grid(title=title, columns=heads, rows=rows)


def _holidays(document: FitDocument) -> Grid:
    whose = f" of {plain(document.holidays.country)}" if document.holidays is not None else ""
    heads = columns(
        "what comes or moves", "#days", "#seen", "#expected", "#times as many", "#90 % range", "in the model"
    )
    rows = [(*row, "yes" if holiday.used else "no") for holiday, row in holiday_rows(document)]
    note = "Expected: if they were days like those around them. In the model: chance is no explanation."
    return Grid(title=f"Public holidays{whose}", columns=heads, rows=rows, note=note)


def _roles(document: FitDocument) -> Grid:
    heads = columns(
        "role",
        "#reps",
        "#ever seen",
        "#tasks",
        "#in the log, h a week",
        "#in the model, h a week",
        "#difference",
        "office hours",
    )
    note = (
        "Work: in the log over the time on which the rates of new ones rest, in the model once it is full. "
        "Where the two differ, so do loads and waits."
    )
    return Grid(
        title="Who works, and when", columns=heads, rows=list(work_rows.role_rows(document)), note=note
    )


def _tasks(document: FitDocument) -> Grid:
    heads = columns("stage", "role", "#tasks seen", "#effort, mean", "#its standard error", "distribution")
    note = "Effort: working time in office hours; of several tasks that one did at once each has its share."
    return Grid(title="What they do", columns=heads, rows=list(work_rows.task_rows(document)), note=note)


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
    told = share(p)
    return told if low is None or high is None else f"{told} ({share(low)} to {share(high)})"
