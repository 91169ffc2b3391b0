"""A fit on a page: what was learnt of each stage, and from how much."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.report.dates import date_words
from funnelsim.report.documents import FitDocument, FitStage
from funnelsim.report.names import plain
from funnelsim.report.quantities import count, days, share
from funnelsim.report.sections.section import Grid, Section, columns


def fit_sections(document: FitDocument) -> Iterator[Section]:
    since = f"from {date_words(document.since)} " if document.since else ""
    until = f"Learnt {since}up to {date_words(document.as_of)}" if document.as_of else ""
    yield Section(
        title="What the model rests on",
        subtitle=until,
        sentences=[plain(text) for text in document.cannot_tell],
        grids=[_exits(document), _follow_up(document)],
    )


def _exits(document: FitDocument) -> Grid:
    rows = [
        (
            plain(stage.title) if place == 0 else "",
            plain(document.stage_name(leaving.to)),
            count(leaving.count),
            share(leaving.p),
            days(leaving.median_days),
            plain(leaving.law),
        )
        for stage in document.stages
        for place, leaving in enumerate(stage.exits)
    ]
    heads = columns("stage", "leaves to", "#seen", "#share", "#median stay", "law")
    return Grid(title="How leads leave each stage", columns=heads, rows=rows)


def _follow_up(document: FitDocument) -> Grid:
    def row(stage: FitStage) -> tuple[str, ...]:
        return (
            plain(stage.title),
            count(stage.visits),
            count(stage.open),
            days(stage.longest_follow_up_days),
            share(stage.mass_beyond),
        )

    return Grid(
        title="How much there was to learn from",
        columns=columns("stage", "#visits", "#still open", "#longest seen", "#share beyond"),
        rows=[row(stage) for stage in document.stages],
        note="Share beyond: stays that the law takes to be longer than any seen; a large share is a guess.",
    )
