"""The document of ``funnelsim backtest``."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field

from funnelsim.documents.record import Record, at_least_one
from funnelsim.documents.shared import Titled

#: A number that a few origins may not tell.
Told = Annotated[float | None, BeforeValidator(lambda found: _or_none(found))]


Quantiles = Annotated[tuple[float, ...], Field(min_length=99, max_length=99)]


OURS = "funnelsim"


class ToldForecast(Record):
    """What one forecaster told of a period: its quantiles 1 to 99 %, and their score."""

    quantiles: Quantiles
    mean: float
    crps: float


class BacktestOrigin(ToldForecast):
    """A period of the past: what it brought, what funnelsim told of it on its eve, and what others did."""

    period: str
    as_of: dt.date
    actual: float
    baselines: dict[str, ToldForecast] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def start(self) -> dt.date:
        return self.as_of + dt.timedelta(days=1)

    def told(self, name: str) -> ToldForecast | None:
        """What a forecaster told here, if it did."""
        return self if name == OURS else self.baselines.get(name)


class BacktestInterval(Record):
    """A mean over origins with its interval; its ends are None where there are too few origins to tell."""

    value: Told = None
    low: Told = None
    high: Told = None

    @property
    def is_known(self) -> bool:
        return self.low is not None and self.high is not None


class BacktestSkill(BacktestInterval):
    closer: int
    of: int


class BacktestSummary(Record):
    told: dict[str, int]
    relative_crps: dict[str, Told]
    bias: dict[str, Told]
    skill: dict[str, BacktestSkill]
    coverage_intervals: dict[str, dict[str, BacktestInterval]]
    pit: tuple[float, ...]
    block: int = 1


class BacktestDocument(Titled):
    name: str = Field(default="", validation_alias=AliasChoices("name", "history"))
    metric: str
    every: str
    origins: Annotated[tuple[BacktestOrigin, ...], AfterValidator(at_least_one)]
    summary: BacktestSummary
    skipped: dict[str, str] = Field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The currency; nothing for a count."""
        return self.currency if self.metric == "bookings" else ""

    @property
    def forecasters(self) -> tuple[str, ...]:
        return tuple(self.summary.told)


def _or_none(found: Any) -> Any:
    return None if isinstance(found, float) and not math.isfinite(found) else found
