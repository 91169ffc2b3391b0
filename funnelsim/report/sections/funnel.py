"""The funnel on a page, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.report.documents import FunnelStage
from funnelsim.report.figures.funnel import funnel_figure
from funnelsim.report.names import plain
from funnelsim.report.quantities import count, days, share
from funnelsim.report.sections.section import Grid, Picture, Section, columns


def funnel_section(stages: Sequence[FunnelStage], subtitle: str) -> Section:
    """The funnel as a picture and as a table."""
    raw = [stage.model_dump() for stage in stages]
    heads = ["stage", "#open", "#enter", "#go on to a later stage", "#mean stay"]
    rows = [
        [
            plain(stage.title),
            count(stage.open),
            count(stage.entered),
            share(stage.conversion),
            days(stage.dwell_days_mean),
        ]
        for stage in stages
    ]
    if all(stage.open is None for stage in stages):
        heads.pop(1)
        rows = [row[:1] + row[2:] for row in rows]
    return Section(
        title="The funnel",
        subtitle=subtitle,
        pictures=[
            Picture(
                figure=funnel_figure(raw, title="The funnel, stage by stage", subtitle=subtitle),
                words="For each stage: leads open now, leads that enter, the share that goes on, mean stay.",
            )
        ],
        grids=[
            Grid(
                title="The same in figures (means)",
                columns=columns(*heads),
                rows=rows,
            )
        ],
    )
