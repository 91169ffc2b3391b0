"""The funnel by stage, as in documents."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.documents.record import Known, Number, Record

#: Definition of the conversion of a stage.
GO_ON = "Conversion counts visits that end in the period; leads still in the stage are left out."


class FunnelStage(Record):
    """One row of the funnel: entries, conversion and time in stage."""

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
    """The heading for time in stage: waits and work are not included in a dwell."""
    return "dwell" if any(stage.wait_days_mean is not None for stage in stages) else "stay"
