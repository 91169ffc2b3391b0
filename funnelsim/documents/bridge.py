"""The document of ``funnelsim bridge``."""

from __future__ import annotations

import datetime as dt

from pydantic import ConfigDict, Field

from funnelsim.documents.record import Known, Record
from funnelsim.documents.shared import PeriodSpan, Titled

#: The kinds of change, in the order of the bars.
KINDS = (
    "won",
    "lost",
    "slipped",
    "pulled_in",
    "new",
    "amount_up",
    "amount_down",
    "moved",
    "overrides",
    "still_to_come",
    "model",
)
PIPELINE_KINDS = ("new", "won", "lost", "amount_up", "amount_down")


class BridgeEnd(Record):
    """One of the two forecasts; `mean` is of the whole period."""

    id: str = ""
    as_of: dt.date | None = None
    period: str = ""
    mean: float = 0.0
    likely: Known = None


class BridgeDeal(Record):
    """What one deal adds to a bar.

    Attributes
    ----------
    from_, to : float
        Its part of the two means. A deal whose amount and chance changed, or which people have overridden,
        is in several bars.
    difference : float
        Its part of this bar.
    was, now : str
        The stage before and after, or ``won``, ``lost``, ``not in the CRM``; empty for a deal not known yet.
    """

    model_config = ConfigDict(populate_by_name=True)

    deal: str
    name: str | None = None
    account: str | None = None
    owner: str | None = None
    from_: float = Field(0.0, alias="from")
    to: float = 0.0
    difference: float = 0.0
    was: str = ""
    now: str = ""


class BridgeStep(Record):
    """One bar: all deals of one kind, largest difference first."""

    kind: str
    amount: float = 0.0
    deals: tuple[BridgeDeal, ...] = ()


class PipelineStep(Record):
    kind: str
    amount: float = 0.0
    deals: int = 0


class PipelineBridge(Record):
    """Listed amounts of the open deals, from one date to the next; deals without an amount count 0."""

    model_config = ConfigDict(populate_by_name=True)

    from_: float = Field(0.0, alias="from")
    from_deals: int = 0
    to: float = 0.0
    to_deals: int = 0
    steps: tuple[PipelineStep, ...] = ()


class BridgeGroup(Record):
    """The two means of a group, and the steps between them by kind; ``reassigned`` deals change group."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = ""
    from_: float = Field(0.0, alias="from")
    to: float = 0.0
    steps: dict[str, float] = Field(default_factory=dict)


class BridgeDocument(Titled):
    """What changed from one forecast of a period to the next.

    Attributes
    ----------
    metric : {"bookings", "deals_won"}
        What the amounts are of: deals won where nothing has an amount.
    model_change : {"none", "separated", "unknown"}
        Whether both forecasts have the same parameters, and if not, whether what a new fit changed is known.
    by, groups : str, tuple of BridgeGroup
        The same by rep, team, segment, source or product, where both forecasts have these.
    simulation_error : float or None
        Standard error of the difference of the means by simulation.
    """

    model_config = ConfigDict(populate_by_name=True)

    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    metric: str = "bookings"
    from_: BridgeEnd = Field(BridgeEnd(), alias="from")
    to: BridgeEnd = BridgeEnd()
    steps: tuple[BridgeStep, ...] = ()
    pipeline: PipelineBridge | None = None
    by: str = ""
    groups: tuple[BridgeGroup, ...] = ()
    model_change: str = "none"
    simulation_error: Known = None

    @property
    def span(self) -> PeriodSpan:
        return PeriodSpan(period=self.period, start=self.start, end=self.end)

    @property
    def without_money(self) -> bool:
        return self.metric == "deals_won"

    @property
    def change(self) -> float:
        """From the first mean to the second."""
        return self.to.mean - self.from_.mean

    def step(self, kind: str) -> BridgeStep:
        return next((one for one in self.steps if one.kind == kind), BridgeStep(kind=kind))
