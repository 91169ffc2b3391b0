"""The document of ``funnelsim compare``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from funnelsim.documents.record import Known, KnownProbability, Number, Probability, Record, at_least_one
from funnelsim.documents.shared import PeriodSpan, Summary, Titled, nothing_booked


class Interval(Record):
    low: Known = None
    high: Known = None
    level: Known = None


class MeanDifference(Record):
    """The mean of scenario - base, with its interval."""

    mean: Known = None
    low: Known = None
    high: Known = None
    level: Known = None

    @property
    def is_nothing(self) -> bool:
        """Whether the scenario changes nothing in any replication."""
        return self.mean == 0 and self.low == 0 and self.high == 0


class Spread(Record):
    p05: Known = None
    p95: Known = None


class MetricChange(Record):
    """A metric under a scenario: its mean, and the paired difference to the base."""

    mean: float | None = None
    difference: MeanDifference = MeanDifference()
    spread: Spread = Spread()
    probability_better: KnownProbability = None
    #: Ends of the interval that holds for all scenarios at once; only with several.
    simultaneous: Interval | None = None
    #: Share of the difference's variance that common random numbers removed.
    variance_removed: Known = None


class ChanceChange(Record):
    """Probability to reach the quota without and with a scenario."""

    base: Probability | None = None
    scenario: Probability | None = None
    difference: Annotated[float | None, BeforeValidator(lambda found: _mean_of(found))] = None
    interval: Interval | None = None


class CostParts(Record):
    """Mean cost over the compared span: people on the roster, and leads."""

    people: Known = None
    leads: Known = None


class Prices(Record):
    """What a rep costs a year and a lead at once; roles and sources without a price count nothing."""

    roles: dict[str, float] = Field(default_factory=dict)
    sources: dict[str, float] = Field(default_factory=dict)
    unpriced: tuple[str, ...] = ()


class ScenarioResult(Record):
    name: str
    description: str = ""
    metrics: dict[str, MetricChange]
    attainment_probability: ChanceChange | None = None
    cost: CostParts | None = None


class Simultaneous(Record):
    """How the intervals that hold for all scenarios at once are made."""

    method: str = ""
    comparisons: int | None = None
    level: Known = None


class Alternative(Record):
    """The base or a scenario, in a ranking."""

    name: str
    scenario: int | None = None  # place among the scenarios; None: the base
    mean: Known = None
    share_best: KnownProbability = None  # of the futures
    probability_best: KnownProbability = None  # that its expected value is the largest


class SelectionResult(Record):
    """The alternative selected as the best with a guarantee."""

    method: str = ""
    chosen: str | None = None  # None: the replications did not suffice
    remaining: tuple[str, ...] = ()
    indifference: Known = None
    confidence: Known = None
    replications: int | None = None  # looked at
    batch: int | None = None  # replications in one observation
    least: int | None = None  # replications that a selection needs


class RankingResult(Record):
    """Base and scenarios by falling mean; all changes together do not take part."""

    metric: str
    alternatives: Annotated[tuple[Alternative, ...], AfterValidator(at_least_one)]
    selection: SelectionResult | None = None


class BookedBefore(Record):
    """Booked in the period before the start, the same in every scenario."""

    bookings: float = 0.0
    quota_credit: float = 0.0
    deals_won: Number = 0


class CompareDocument(Titled):
    """The result of ``compare``: all metrics of the base, and the effect of each scenario."""

    noun: str = "lead"
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    days: float | None = None
    quota: Number | None = None
    booked: BookedBefore = BookedBefore()
    base: dict[str, Summary]
    scenarios: Annotated[tuple[ScenarioResult, ...], AfterValidator(at_least_one)]
    periods: tuple[PeriodSpan, ...] = ()
    cost: CostParts | None = None  # of the base
    prices: Prices | None = None
    simultaneous: Simultaneous | None = None
    ranking: RankingResult | None = None

    @property
    def without_money(self) -> bool:
        """Whether there are wins, but neither the base nor a scenario books anything."""
        changes = [scenario.metrics.get("bookings") for scenario in self.scenarios]
        unmoved = all(change is None or not change.mean for change in changes)
        return unmoved and nothing_booked(self.base.get("bookings"), self.base.get("deals_won"))

    @property
    def worth(self) -> str:
        """The metric that measures a change: bookings, or wins if there are no amounts."""
        return "deals_won" if self.without_money else "bookings"

    @property
    def priced(self) -> bool:
        """Whether costs are known and subtracted from bookings."""
        return all("profit" in scenario.metrics for scenario in self.scenarios)

    @property
    def aim(self) -> str:
        """The metric by which scenarios are ranked: bookings less cost where costs are known."""
        return "profit" if self.priced else self.worth

    @property
    def span(self) -> PeriodSpan:
        """The compared period."""
        if self.periods:
            return self.periods[0]
        return PeriodSpan(period=self.period, start=self.start, end=self.end, quota=self.quota)


def _mean_of(found: Any) -> Any:
    """The mean of a difference of probabilities, given as a number or with an interval."""
    return found.get("mean") if isinstance(found, dict) else found
