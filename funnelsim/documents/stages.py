"""The funnel, stage by stage, as it stands in documents."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.documents.record import Known, Number, Record

#: What the conversion of a stage is a share of.
GO_ON = (
    "Conversion: share of the completed visits that went on to a later stage; open visits are not counted."
)


class FunnelStage(Record):
    """One row of the funnel: visits, conversion and time in stage."""

    stage: str
    name: str = ""
    entered: Number | None = None
    conversion: float | None = None
    dwell_days_mean: Known = None
    wait_days_mean: float | None = None
    open: Number | None = None

    @property
    def title(self) -> str:
        return self.name or self.stage.replace("_", " ")


def dwell_word(stages: Sequence[FunnelStage]) -> str:
    """What `dwell_days_mean` is called: where reps work, it begins after waiting and work."""
    return "time after work" if any(stage.wait_days_mean is not None for stage in stages) else "time in stage"
