"""The document of ``funnelsim store score``."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from funnelsim.documents.record import Known, Record
from funnelsim.documents.shared import Titled


class ForecastScore(Record):
    """One stored forecast of a period that is over.

    Attributes
    ----------
    metric : {"bookings", "deals_won"}
    held : dict of str to bool
        Whether the central 50, 80 and 90 % range contained the actual value.
    crps : float
        Continuous ranked probability score, in the unit of the metric.
    overrides : int
        Deals that people had overridden. What is scored is the model's forecast without them.
    """

    id: str
    as_of: dt.date | None = None
    period: str = ""
    end: dt.date | None = None
    days_left: float | None = None
    metric: str = "bookings"
    mean: float = 0.0
    p10: float = 0.0
    p50: float = 0.0
    p90: float = 0.0
    actual: float = 0.0
    held: dict[str, bool] = Field(default_factory=dict)
    crps: float = 0.0
    overrides: int = 0


class ScoreDocument(Titled):
    """Stored forecasts against what was booked.

    Attributes
    ----------
    periods : int
        Different periods among the forecasts; those of one share its result.
    coverage : dict of str to float
        Share of the forecasts whose range contained the actual value.
    error : float or None
        Mean distance of the medians from the actual values, relative to their mean.
    bias : float or None
        Mean of forecast minus actual, relative to the same.
    relative_crps : float or None
    not_over : int
        Stored forecasts of periods that are not over.
    """

    forecasts: tuple[ForecastScore, ...] = ()
    periods: int = 0
    coverage: dict[str, float] = Field(default_factory=dict)
    error: Known = None
    bias: Known = None
    relative_crps: Known = None
    not_over: int = 0
