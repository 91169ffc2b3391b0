"""The funnel on a page, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.documents.stages import GO_ON, FunnelStage, dwell_word
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.section import Grid, Section, columns
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share, time_unit


def funnel_section(stages: Sequence[FunnelStage], subtitle: str, *, averages: bool = False) -> Section:
    """The funnel as a table with bars; averages over a run have no number of open deals."""
    time = dwell_word(stages)
    dwell = time_unit(stage.dwell_days_mean for stage in stages)
    wait = time_unit((stage.wait_days_mean for stage in stages), nothing="none")
    heads = [
        "stage",
        "#in stage" if averages else "#open",
        "#entered",
        "#conversion",
        f"#mean {time}",
    ]
    rows = [
        [
            plain(stage.title),
            count(stage.open),
            count(stage.entered),
            share(stage.conversion),
            dwell.words(stage.dwell_days_mean),
        ]
        for stage in stages
    ]
    if any(stage.wait_days_mean is not None for stage in stages):
        heads.append("#mean wait")
        rows = [[*row, wait.words(stage.wait_days_mean)] for row, stage in zip(rows, stages, strict=True)]
    if all(stage.open is None for stage in stages):
        heads.pop(1)
        rows = [row[:1] + row[2:] for row in rows]
    return Section(
        title="The funnel",
        subtitle=subtitle,
        grids=[
            Grid(
                title="Funnel table (means)",
                columns=columns(*heads),
                rows=rows,
                note=GO_ON,
                chart=Chart(head="entered", marks=[Mark(value=stage.entered) for stage in stages]),
            )
        ],
    )
