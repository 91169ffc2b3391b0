"""The screen of a fit: the win chance of a new deal, the exits of each stage, limitations of the data."""

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
from funnelsim.report.words.money import money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import TimeUnit, count, days, share, time_unit

#: From this width on, distributions fit beside the rest of the table.
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
    """Print a fit on about one page: the win chance of a new deal, then stages, sources and warnings.

    Parameters
    ----------
    document : mapping
        A fit document, as ``funnelsim fit --json`` writes it.
    console : rich.console.Console
    model : str, optional
        The model file, for the next steps; by default the one that the document names.
    hints : bool, default True
        End with the next steps.
    detail : bool, default False
        Also distributions of times, parts of split exits, all recent changes, tests of independence, the
        coverage of the data and its limitations.

    Raises
    ------
    DocumentError
        If the document is not a fit.
    """
    typed = read_as(FitDocument, document, "fit")
    as_of = f", as of {date_words(typed.as_of, short=True)}" if typed.as_of else ""
    layout.title(console, "FIT", f"{plain(typed.name)}{as_of}")
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
    _drivers(console, typed, _page_command(file))
    if detail:
        _details(console, typed)
    # All parts above end with a blank line, except for the last table of the details.
    layout.warnings(console, typed, blank_before=detail)
    if detail:
        _limitations(console, typed)
    if hints:
        named = shlex.quote(file)
        priced = any(source.amount_mean for source in typed.sources)
        if typed.warnings or detail:
            layout.blank(console)
        layout.next_lines(
            console,
            [
                (f"funnelsim forecast {named}", "forecast bookings" if priced else "forecast wins"),
                (f"funnelsim show {named}", "describe the model"),
                *([] if detail else [(_page_command(file), "all results; on screen: fit --detail")]),
            ],
        )


def _details(console: Console, document: FitDocument) -> None:
    """Covariates without effect, times that are not independent, and the coverage of the data."""
    others = [driver_words.no_effect_words(document), *driver_words.not_used_words(document)]
    others += driver_words.dependence_words(document)
    _bullets(console, "Sources, segments, reps and amounts", [text for text in others if text])
    layout.show(console, _follow_up(document))


def _limitations(console: Console, document: FitDocument) -> None:
    if document.cannot_tell:
        layout.blank(console)
        layout.paragraph(
            console, "Limitations of the data, and what the model assumes instead", style=layout.STRONG
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
            ("actual", "right"),
            ("expected on\nother days", "right"),
            ("ratio", "right"),
            ("90 % range", "right"),
        )
        layout.show(console, layout.table(heads, rows))
    if words := holiday_words(document):
        layout.paragraph(console, words)
    if rows or words:
        layout.blank(console)


def _page_command(model: str) -> str:
    """The command that shows all results on a page."""
    fit = shlex.quote(str(Path(model).with_suffix(".fit.json")))
    return f"funnelsim report {fit} --out fit.html"


def _drivers(console: Console, document: FitDocument, page: str) -> None:
    """The strongest effects, and what fast wins have in common.

    `page` is the command that shows the rest.
    """
    heads = {
        "trigger": "More likely to move forward (compared with all at the same time in stage; 90 % range)",
        "friction": "Less likely to move forward, or more likely to be lost",
        "fast": "What fast wins have in common",
    }
    for kind, head in heads.items():
        found = driver_words.strongest(document, kind)
        sentences = [driver_words.effect_words(document, one) for one in found[: driver_words.MOST_SHOWN]]
        if sentences and kind == "fast":
            sentences = [driver_words.fast_words(document), *sentences]
        if len(found) > driver_words.MOST_SHOWN:
            sentences.append(f"{len(found) - driver_words.MOST_SHOWN} more: {page}")
        _bullets(console, head, sentences)


def _bullets(console: Console, head: str, sentences: Sequence[str]) -> None:
    if not sentences:
        return
    layout.paragraph(console, head, style=layout.STRONG)
    for text in sentences:
        layout.paragraph(console, Text.assemble(("- ", layout.FAINT), text))
    layout.blank(console)


def _context(document: FitDocument) -> str:
    noun = plural_noun(document.noun)
    parts = [f"Based on {count(document.deals)} {noun}, {count(document.open_deals)} of them open"]
    if document.open_listed:
        parts.append(f"listed at {money(document.open_listed, document.currency)}")
    if document.since:
        parts.append(f"events from {date_words(document.since, short=True)} on")
    return ", ".join(parts) + "."


def _answer(document: FitDocument) -> str:
    span = ""
    if document.win_low is not None and document.win_high is not None:
        span = f" (90 % range {share(document.win_low)} to {share(document.win_high)})"
    chance = share(document.win_probability)
    text = f"The chance that a new {document.noun} is won is {chance}{span}."
    if document.closed_won_share is not None:
        closed = f"{plural_noun(document.noun)} closed so far"
        text += f" Of the {closed}, {share(document.closed_won_share)} were won."
    return text


def _stages(document: FitDocument, width: int, *, detail: bool) -> Table:
    columns = [
        ("stage", "left"),
        ("visits", "right"),
        ("chance", "right"),
        ("90 % range", "right"),
        ("median time\nin stage", "right"),
    ]
    if detail and width >= _WIDE:
        columns.append(("distribution of the time", "left"))
    return layout.table(columns, (row[: len(columns)] for row in _stage_rows(document, detail=detail)))


def _stage_rows(document: FitDocument, *, detail: bool) -> Iterator[Row]:
    unit = time_unit(leaving.median_days for stage in document.stages for leaving in stage.exits)
    for stage in document.stages:
        yield (Text(plain(stage.title), style=layout.STRONG), count(stage.visits), "", "", "", "")
        for target, together in groupby(stage.exits, key=lambda leaving: leaving.to):
            exits = list(together)
            name = f"  to {plain(document.stage_name(target))}"
            if len(exits) == 1:
                yield _exit_row(name, exits[0], unit)
                continue
            visits = sum(leaving.count or 0 for leaving in exits)
            chance = sum(leaving.p or 0 for leaving in exits)
            yield (name, count(visits), share(chance), _range(stage.together(target)), "", "")
            for leaving in exits if detail else ():
                yield _exit_row(f"    {_part_name(leaving)}", leaving, unit)
        if stage.never is not None and stage.never.share > 0:
            yield ("  never leaves", "", share(stage.never.share), "", "", "see below")


def _part_name(leaving: FitExit) -> str:
    """A part of an exit that the fit has split, with the name that changes use for it."""
    words = "at once" if leaving.median_days == 0 else "part"
    return f"{words}, {leaving.exit}" if leaving.exit else words


def _exit_row(name: str, leaving: FitExit, unit: TimeUnit) -> Row:
    return (
        name,
        count(leaving.count),
        share(leaving.p),
        _range(leaving),
        unit.words(leaving.median_days),
        f"{plain(leaving.law)}{' (from the other exits)' if leaving.borrowed else ''}",
    )


def _range(of: FitExit | FitTarget | None) -> str:
    if of is None or of.p_low is None or of.p_high is None:
        return ""
    return f"{share(of.p_low)} to {share(of.p_high)}"


def _sources(document: FitDocument) -> Table:
    scale = table_scale([source.amount_mean for source in document.sources], document.currency)
    unit = f", {scale.unit}" if scale.unit else ""
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
                count(source.wins),
                scale.number(source.amount_mean),
                _AMOUNT_KINDS.get(source.amount_kind, source.amount_kind),
            )
        )
    heads = (
        ("source", "left"),
        (plural_noun(document.noun), "right"),
        ("new\na day", "right"),
        ("90 % range", "right"),
        ("based on\nthe last", "right"),
        ("won", "right"),
        (f"mean won\namount{unit}", "right"),
        ("amounts", "left"),
    )
    return layout.table(heads, rows)


def _segments(document: FitDocument) -> Table:
    by = driver_words.COVARIATES.get(document.segments_by, document.segments_by)
    heads = (
        (f"segments, by {by}", "left"),
        (plural_noun(document.noun), "right"),
        ("chance\nto win", "right"),
        ("90 % range", "right"),
    )
    rows = []
    for one in document.segments:
        known = one.win_low is not None and one.win_high is not None
        span = f"{share(one.win_low)} to {share(one.win_high)}" if known else ""
        rows.append((plain(one.name or one.segment), count(one.deals), share(one.win_probability), span))
    return layout.table(heads, rows)


_AMOUNT_KINDS = {
    "parametric": "fitted distribution",
    "tail": "fitted distribution with a heavy tail",
    "observed": "as observed",
    "one price": "one price",
    "all sources": "from all sources",
    "unknown": "unknown",
}


def _rate(rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{rate:.1f}" if rate >= 10 else f"{rate:.2f}"


def _moving_rows(document: FitDocument, *, clear_only: bool) -> Iterator[tuple[str, ...]]:
    """Exits with seasonality or drift; with `clear_only` those with clear drift."""

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
    """The current speed with its range; nothing where it equals that of the whole history."""
    level = [f"x{value:.2f}" for value in (moving.level, moving.level_low, moving.level_high)]
    return ("", "") if set(level) == {"x1.00"} else (level[0], f"{level[1]} to {level[2]}")


def _moving(rows: Sequence[tuple[str, ...]]) -> Table:
    heads = (
        ("current speed and seasonality", "left"),
        ("speed vs.\nwhole history", "right"),
        ("90 % range", "right"),
        ("months of\nquarter or year", "left"),
        ("Monday to\nSunday", "right"),
        ("weeks of\nthe quarter", "left"),
        ("days of\nthe month", "left"),
    )
    shown = [k for k in range(len(heads)) if any(row[k] for row in rows)]
    return layout.table([heads[k] for k in shown], [[row[k] for k in shown] for row in rows])


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
    most = sorted(sorted(range(len(day)), key=lambda k: -day[k])[:3])
    return ", ".join(f"{'last' if k == len(day) - 1 else f'{k + 1}.'} x{day[k]:.1f}" for k in most)


def _weeks(week: tuple[float, ...] | None) -> str:
    return f"x{min(week):.1f} to x{max(week):.1f}, last x{week[-1]:.1f}" if week else ""


def _follow_up(document: FitDocument) -> Table:
    observed = time_unit((stage.longest_follow_up_days for stage in document.stages), nothing="none")

    def row(stage: FitStage) -> tuple[str, ...]:
        return (
            plain(stage.title),
            count(stage.open),
            count(stage.oldest_open_beyond),
            count(stage.seen_late),
            observed.words(stage.longest_follow_up_days),
            share(stage.mass_beyond),
        )

    heads = (
        ("coverage of the data", "left"),
        ("open", "right"),
        ("open longer\nthan 99 %", "right"),
        ("began before\nthe data", "right"),
        ("longest\nobserved", "right"),
        ("expected to\nlast longer", "right"),
    )
    return layout.table(heads, (row(stage) for stage in document.stages))
