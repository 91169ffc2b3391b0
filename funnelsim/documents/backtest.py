"""The document of ``funnelsim backtest``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AliasChoices, Field

from funnelsim.documents.record import Known, Record, at_least_one
from funnelsim.documents.shared import Titled

Quantiles = Annotated[tuple[float, ...], Field(min_length=99, max_length=99)]
OURS = "funnelsim"


class MethodForecast(Record):
    """The forecast of a period by one method: its quantiles 1 to 99 %, and their score."""

    quantiles: Quantiles
    mean: float
    crps: float


class BacktestGroup(Record):
    """Accuracy of the forecasts of one group, such as a rep, over all origins.

    Attributes
    ----------
    forecasts : int
        Number of periods in which it was forecast or booked anything.
    mean_actual, mean_forecast : float
        Over all periods; over the groups they add up to those of the whole.
    relative_crps, bias : float or None
        Over the mean of its actuals; None if it never booked anything.
    held : dict of str to int
        In how many periods the central range contained the actual result.
    """

    name: str
    forecasts: int
    mean_actual: float
    mean_forecast: float
    relative_crps: Known = None
    bias: Known = None
    held: dict[str, int] = Field(default_factory=dict)


class BacktestOriginGroup(Record):
    """The forecast of one group in one period, and what came."""

    name: str
    actual: float
    mean: float
    p10: float
    p50: float
    p90: float
    crps: float


class BacktestOrigin(Record):
    """A past period: its actual result, the forecast made before it began, and those of other methods."""

    as_of: dt.date
    period: str
    actual: float
    mean: float
    quantiles: Quantiles
    crps: float
    baselines: dict[str, MethodForecast] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    groups: tuple[BacktestOriginGroup, ...] = ()

    @property
    def start(self) -> dt.date:
        return self.as_of + dt.timedelta(days=1)

    def forecast_of(self, name: str) -> BacktestOrigin | MethodForecast | None:
        """The forecast of a method, or None."""
        return self if name == OURS else self.baselines.get(name)


class BacktestInterval(Record):
    """A mean over origins with its interval; the interval is None with too few origins."""

    value: Known = None
    low: Known = None
    high: Known = None

    @property
    def is_known(self) -> bool:
        return self.low is not None and self.high is not None


class BacktestSkill(BacktestInterval):
    closer: int
    of: int


class BacktestSummary(Record):
    """Accuracy of the forecasts over all origins, by method, ours first."""

    origins: int | None = None
    mean_actual: float | None = None
    crps: float | None = None
    told: dict[str, int]
    relative_crps: dict[str, Known]
    bias: dict[str, Known]
    pinball: dict[str, dict[str, Known]] = Field(default_factory=dict)
    skill: dict[str, BacktestSkill]
    coverage: dict[str, Known] = Field(default_factory=dict)
    coverage_intervals: dict[str, dict[str, BacktestInterval]]
    pit: tuple[float, ...]
    block: int = 1


class BacktestDocument(Titled):
    """The result of ``backtest``: past forecasts with the actual results, and their accuracy."""

    #: The noun that follows the currency.
    last: ClassVar[tuple[str, ...]] = (
        "noun",
        "metric",
        "every",
        "trusted",
        "origins",
        "skipped",
        "notes",
        "summary",
        "by",
        "groups",
    )

    name: str = Field(
        default="", validation_alias=AliasChoices("name", "history"), serialization_alias="history"
    )
    metric: str
    every: str
    trusted: tuple[str, ...] = ()
    origins: Annotated[tuple[BacktestOrigin, ...], AfterValidator(at_least_one)]
    skipped: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    summary: BacktestSummary
    by: str = ""
    groups: tuple[BacktestGroup, ...] = ()

    @property
    def unit(self) -> str:
        """The currency; empty for counts."""
        return self.currency if self.metric == "bookings" else ""

    @property
    def forecasters(self) -> tuple[str, ...]:
        return tuple(self.summary.told)
