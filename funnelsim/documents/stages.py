"""The funnel, stage by stage, as documents tell it."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.documents.record import Known, Number, Record

#: What the conversion of a stage is a share of.
GO_ON = "Shares that go on are of the stays that end in the span; those who are still there are not counted."


class FunnelStage(Record):
    """One row of the funnel: what came in, what went on, how long a visit took."""

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
    """What the time in a stage is called: waits and work come on top of a dwell."""
    return "dwell" if any(stage.wait_days_mean is not None for stage in stages) else "stay"
