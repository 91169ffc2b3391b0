"""A fit on screen: the chance of a new deal, how each stage is left, and what the data cannot tell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_stages import FitExit, FitMoving, FitStage, FitTarget
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.worked import print_work
from funnelsim.report.words import driver_words
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.holiday_rows import holiday_rows, holiday_words
from funnelsim.report.words.money import table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import TimeUnit, count, days, share, time_unit

#: A distribution needs so many columns beside the rest of the table.
_WIDE = 96

_QUARTER = 3
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Row = tuple[str | Text, ...]


def print_fit(
    document: Mapping[str, Any],
    console: Console,
    *,
    model: str = "",
    hints: bool = True,
    detail: bool = False,
) -> None:
    """Print a fit on about one page: the chance of a new deal first, then stages, sources and warnings.

    Parameters
    ----------
    document : mapping
        A fit document, as ``funnelsim fit --json`` writes it.
    console : rich.console.Console
    model : str, optional
        The model file, for what to type next; by default the one that the document names.
    hints : bool, default True
        End with what to type next.
    detail : bool, default False
        Also distributions of times, parts of split exits, all recent changes, tests of independence, how far
        the data reach and what is assumed where they cannot tell.

    Raises
    ------
    DocumentError
        If the document is not a fit.
    """
    typed = read_as(FitDocument, document, "fit")
    as_of = f"as of {date_words(typed.as_of, short=True)}" if typed.as_of else ""
    layout.title(console, "FIT", f"{plain(typed.name)}   {as_of}".rstrip())
    layout.paragraph(console, _context(typed), style=layout.FAINT)
    layout.blank(console)
    layout.paragraph(console, _answer(typed), style=layout.STRONG)
    layout.blank(console)
    layout.show(console, _stages(typed, console.width, detail=detail))
    layout.blank(console)
    layout.show(console, _sources(typed))
    layout.blank(console)
    print_work(console, typed)
    if typed.segments:
        layout.show(console, _segments(typed))
        layout.blank(console)
    if typed.no_segments:
        layout.paragraph(console, plain(typed.no_segments))
        layout.blank(console)
    moving = list(_moving_rows(typed, clear_only=not detail))
    if moving:
        layout.show(console, _moving(moving))
        layout.blank(console)
    _holidays(console, typed)
    file = model or typed.provenance.model or "model.toml"
    _drivers(console, typed, _page(file))
    if detail:
        _details(console, typed)
    # What stands above ends with a blank line of its own, except for the last table of the details.
    layout.warnings(console, typed, blank_before=detail)
    if detail:
        _cannot_tell(console, typed)
    if hints:
        named = shlex.quote(file)
        priced = any(source.amount_mean for source in typed.sources)
        if typed.warnings or detail:
            layout.blank(console)
        layout.next_lines(
            console,
            [
                (f"funnelsim forecast {named}", "what will we book" if priced else "what will we win"),
                (f"funnelsim show {named}", "the model in words"),
                *([] if detail else [(_page(file), "all that was found; on screen: fit --detail")]),
            ],
        )


def _details(console: Console, document: FitDocument) -> None:
    """What covariates say, what is not independent, and how far the data reach."""
    others = [driver_words.nothing_words(document), *driver_words.not_used_words(document)]
    others += driver_words.dependence_words(document)
    _told(console, "Sources, segments, reps and amounts", [text for text in others if text])
    layout.show(console, _follow_up(document))


def _cannot_tell(console: Console, document: FitDocument) -> None:
    if document.cannot_tell:
        layout.blank(console)
        layout.paragraph(
            console, "What the data cannot tell, and what is assumed instead", style=layout.STRONG
        )
    for text in document.cannot_tell:
        layout.paragraph(console, Text.assemble(("- ", layout.FAINT), plain(text)))


def _holidays(console: Console, document: FitDocument) -> None:
    """Where holidays clearly differ; nothing where no country is named."""
    rows = [row for holiday, row in holiday_rows(document) if holiday.used]
    if document.holidays is not None and rows:
        heads = (
            (f"on public holidays\nof {plain(document.holidays.country)}", "left"),
            ("days", "right"),
            ("seen", "right"),
            ("expected of\nother days", "right"),
            ("times\nas many", "right"),
            ("90 % range", "right"),
        )
        layout.show(console, layout.table(heads, rows))
    if words := holiday_words(document):
        layout.paragraph(console, words)
    if rows or words:
        layout.blank(console)


def _page(model: str) -> str:
    """The command that shows all that was found."""
    fit = shlex.quote(str(Path(model).with_suffix(".fit.json")))
    return f"funnelsim report {fit} --out fit.html"


def _drivers(console: Console, document: FitDocument, page: str) -> None:
    """The few strongest triggers and frictions, and what fast wins share.

    `page` is the command that shows the rest.
    """
    heads = {
        "trigger": "What moves them on (times as often as all at the same age, with the 90 % range)",
        "friction": "What holds them back or makes them leave",
        "fast": "What fast wins have in common",
    }
    for kind, head in heads.items():
        found = driver_words.strongest(document, kind)
        sentences = [driver_words.told(document, one) for one in found[: driver_words.MOST_TOLD]]
        if sentences and kind == "fast":
            sentences = [driver_words.fast_words(document), *sentences]
        if len(found) > driver_words.MOST_TOLD:
            sentences.append(f"{len(found) - driver_words.MOST_TOLD} more: {page}")
        _told(console, head, sentences)


def _told(console: Console, head: str, sentences: Sequence[str]) -> None:
    if not sentences:
        return
    layout.paragraph(console, head, style=layout.STRONG)
    for text in sentences:
        layout.paragraph(console, Text.assemble(("- ", layout.FAINT), text))
    layout.blank(console)


def _context(document: FitDocument) -> str:
    noun = plural_noun(document.noun)
    told = [f"Learnt from {count(document.deals)} {noun}, {count(document.open_deals)} of them open"]
    if document.open_listed:
        scale = table_scale([document.open_listed], document.currency)
        told.append(f"listed at {scale.words(document.open_listed)}")
    if document.since:
        told.append(f"what happened from {date_words(document.since, short=True)} on")
    return ", ".join(told) + "."


def _answer(document: FitDocument) -> str:
    span = ""
    if document.win_low is not None and document.win_high is not None:
        span = f" (90 % range {share(document.win_low)} to {share(document.win_high)})"
    text = f"A new {document.noun} is won in the end with a chance of {share(document.win_probability)}{span}"
    if document.closed_won_share is not None:
        text += f"; of those closed so far {share(document.closed_won_share)} were won"
    return text + "."


def _stages(document: FitDocument, width: int, *, detail: bool) -> Table:
    columns = [
        ("how stages are left", "left"),
        ("seen", "right"),
        ("chance", "right"),
        ("90 % range", "right"),
        ("median\nstay", "right"),
    ]
    if detail and width >= _WIDE:
        columns.append(("distribution of the stay", "left"))
    return layout.table(columns, (row[: len(columns)] for row in _stage_rows(document, detail=detail)))


def _stage_rows(document: FitDocument, *, detail: bool) -> Iterator[Row]:
    stay = time_unit(leaving.median_days for stage in document.stages for leaving in stage.exits)
    for stage in document.stages:
        yield (Text(plain(stage.title), style=layout.STRONG), count(stage.visits), "", "", "", "")
        for target, together in groupby(stage.exits, key=lambda leaving: leaving.to):
            exits = list(together)
            name = f"  to {plain(document.stage_name(target))}"
            if len(exits) == 1:
                yield _exit_row(name, exits[0], stay)
                continue
            seen = sum(leaving.count or 0 for leaving in exits)
            chance = sum(leaving.p or 0 for leaving in exits)
            yield (name, count(seen), share(chance), _range(stage.together(target)), "", "")
            for leaving in exits if detail else ():
                yield _exit_row(f"    {_some(leaving)}", leaving, stay)
        if stage.never is not None and stage.never.share > 0:
            yield ("  never leaves", "", share(stage.never.share), "", "", "see below")


def _some(leaving: FitExit) -> str:
    """Some of those who leave to a place, with the name of their exit in paths of changes."""
    words = "at once" if leaving.median_days == 0 else "some"
    return f"{words}, {leaving.exit}" if leaving.exit else words


def _exit_row(name: str, leaving: FitExit, stay: TimeUnit) -> Row:
    return (
        name,
        count(leaving.count),
        share(leaving.p),
        _range(leaving),
        stay.words(leaving.median_days),
        f"{plain(leaving.law)}{' (borrowed)' if leaving.borrowed else ''}",
    )


def _range(told: FitExit | FitTarget | None) -> str:
    if told is None or told.p_low is None or told.p_high is None:
        return ""
    return f"{share(told.p_low)} to {share(told.p_high)}"


def _sources(document: FitDocument) -> Table:
    scale = table_scale([source.amount_mean for source in document.sources], document.currency)
    rows = []
    for source in document.sources:
        known = source.rate_low is not None and source.rate_high is not None
        rows.append(
            (
                plain(source.title),
                count(source.deals),
                _rate(source.rate_per_day),
                f"{_rate(source.rate_low)} to {_rate(source.rate_high)}" if known else "",
                days(source.rests_on_days),
                scale.number(source.amount_mean),
                count(source.wins),
                _AMOUNT_KINDS.get(source.amount_kind, source.amount_kind),
            )
        )
    heads = (
        ("where they come from", "left"),
        ("seen", "right"),
        ("a day", "right"),
        ("90 % range", "right"),
        ("from the\nlast", "right"),
        (f"won amount,\nmean {scale.unit}".rstrip(), "right"),
        ("wins", "right"),
        ("amounts", "left"),
    )
    return layout.table(heads, rows)


def _segments(document: FitDocument) -> Table:
    by = driver_words.COVARIATES.get(document.segments_by, document.segments_by)
    heads = (
        (f"segments, by {by}", "left"),
        ("seen", "right"),
        ("won in\nthe end", "right"),
        ("90 % range", "right"),
    )
    rows = []
    for one in document.segments:
        known = one.win_low is not None and one.win_high is not None
        span = f"{share(one.win_low)} to {share(one.win_high)}" if known else ""
        rows.append((plain(one.name or one.segment), count(one.deals), share(one.win_probability), span))
    return layout.table(heads, rows)


_AMOUNT_KINDS = {
    "parametric": "a distribution",
    "tail": "a distribution with a tail",
    "observed": "as seen",
    "one price": "one price",
    "all sources": "of all sources",
    "unknown": "not known",
}


def _rate(rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:.1f}" if rate >= 10 else f"{rate:.2f}"


def _moving_rows(document: FitDocument, *, clear_only: bool) -> Iterator[tuple[str, ...]]:
    """Exits that keep a calendar, or have drifted; with `clear_only` those that clearly have."""

    def factors(values: tuple[float, ...] | None) -> str:
        return " ".join(f"{value:.1f}" for value in values) if values else ""

    for stage in document.stages:
        for moving in stage.moving:
            if clear_only and not _drifted(moving):
                continue
            calendar = (
                _months(moving.month),
                factors(moving.weekday),
                _weeks(moving.week),
                _days(moving.day),
            )
            level = _level(moving)
            if any((*level, *calendar)):
                yield (f"{plain(stage.title)} to {plain(document.stage_name(moving.to))}", *level, *calendar)


def _drifted(moving: FitMoving) -> bool:
    low, high = moving.level_low, moving.level_high
    return low is not None and high is not None and not low <= 1 <= high


def _level(moving: FitMoving) -> tuple[str, str]:
    """How strong it is of late, with its range; nothing where it is as it always was."""
    told = [f"x{value:.2f}" for value in (moving.level, moving.level_low, moving.level_high)]
    return ("", "") if set(told) == {"x1.00"} else (told[0], f"{told[1]} to {told[2]}")


def _moving(rows: Sequence[tuple[str, ...]]) -> Table:
    heads = (
        ("how they move of late", "left"),
        ("against the\nwhole history", "right"),
        ("90 % range", "right"),
        ("months of a\nquarter or year", "left"),
        ("Monday to\nSunday", "right"),
        ("weeks of\na quarter", "left"),
        ("days of\na month", "left"),
    )
    told = [place for place in range(len(heads)) if any(row[place] for row in rows)]
    return layout.table([heads[k] for k in told], [[row[k] for k in told] for row in rows])


def _months(month: tuple[float, ...] | None) -> str:
    """The three of a quarter; of a year the slowest and the fastest."""
    if month is None:
        return ""
    if len(month) == _QUARTER:
        return " ".join(f"{value:.1f}" for value in month)
    slow, fast = (f"{_MONTHS[month.index(value)]} x{value:.1f}" for value in (min(month), max(month)))
    return f"{slow} to {fast}"


def _days(day: tuple[float, ...] | None) -> str:
    """The days that stand out most, in order; the last number is the last day's."""
    if day is None:
        return ""
    most = sorted(sorted(range(len(day)), key=lambda place: -day[place])[:3])
    return ", ".join(f"{'last' if k == len(day) - 1 else f'{k + 1}.'} x{day[k]:.1f}" for k in most)


def _weeks(week: tuple[float, ...] | None) -> str:
    return f"x{min(week):.1f} to x{max(week):.1f}, last x{week[-1]:.1f}" if week else ""


def _follow_up(document: FitDocument) -> Table:
    watched = time_unit((stage.longest_follow_up_days for stage in document.stages), nothing="none")

    def row(stage: FitStage) -> tuple[str, ...]:
        return (
            plain(stage.title),
            count(stage.open),
            count(stage.oldest_open_beyond),
            count(stage.seen_late),
            watched.words(stage.longest_follow_up_days),
            share(stage.mass_beyond),
        )

    heads = (
        ("how far the data reach", "left"),
        ("open", "right"),
        ("older than\n99 % took", "right"),
        ("watched late", "right"),
        ("longest\nwatched", "right"),
        ("stays taken\nto last longer", "right"),
    )
    return layout.table(heads, (row(stage) for stage in document.stages))
