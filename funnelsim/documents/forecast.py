"""The document of ``funnelsim forecast``."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from funnelsim.core.calendar.time import parse_period
from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.documents.judgement import ClosedWonTie, CrmForecast, OverriddenDeal, WithoutOverrides
from funnelsim.documents.record import DocumentError, Number, Probability, Record, at_least_one
from funnelsim.documents.shared import Summary, Titled, nothing_booked
from funnelsim.documents.stages import FunnelStage

PART_NAMES = ("booked already", "open pipeline", "still to come", "expansion")


class Parts(Record):
    """The parts of an amount, which sum to the total in every replication."""

    booked: float | None = None
    pipeline: Summary = Summary()
    new: Summary = Summary()
    expansion: Summary = Summary()

    @property
    def means(self) -> tuple[float, float, float, float]:
        """Booked, open pipeline, still to come, expansion."""
        rest = [part.mean or 0.0 for part in (self.pipeline, self.new, self.expansion)]
        return (self.booked or 0.0, rest[0], rest[1], rest[2])


class Counts(Record):
    booked_deals: Number | None = None
    open_deals: Number | None = None
    new_leads: float | None = None


class ForecastGroup(Record):
    """The forecast of one group of deals, such as a rep; the groups add up to the period in every future.

    `booked`, `open_pipeline`, `still_to_come` and `expansion` are means that add up to that of the bookings.
    """

    name: str
    bookings: Summary
    quota_credit: Summary = Summary()
    wins: Summary = Summary()
    quota: Number | None = None
    attainment_probability: Probability | None = None
    attainment_mc_error: float | None = None
    booked: float = 0.0
    open_pipeline: float = 0.0
    still_to_come: float = 0.0
    expansion: float = 0.0
    booked_deals: Number = 0
    open_deals: Number = 0

    @property
    def parts(self) -> tuple[float, float, float, float]:
        """Means: booked, open pipeline, still to come, expansion."""
        return self.booked, self.open_pipeline, self.still_to_come, self.expansion


class ForecastPeriod(Record):
    """One period: actual bookings so far, simulated bookings, and forecasts by other methods.

    `quantiles` are the percentiles 1 to 99 of the quota credit, `quantiles_bookings` those of the bookings
    and `quantiles_wins` of the wins, only if nothing is booked. `end` is included.
    """

    period: str
    start: dt.date
    end: dt.date
    days_left: float | None = None
    quota: Number | None = None
    attainment_probability: Probability | None = None
    attainment_mc_error: float | None = None
    bookings: Summary
    quota_credit: Summary = Summary()
    parts: Parts = Parts()
    parts_bookings: Parts | None = None
    wins: Summary | None = None
    counts: Counts = Counts()
    quantiles: tuple[float, ...] = ()
    quantiles_bookings: tuple[float, ...] = ()
    quantiles_wins: tuple[float, ...] = ()
    weighted_pipeline: float | None = None
    no_weighted_pipeline: str = ""
    run_rate: float | None = None
    groups: tuple[ForecastGroup, ...] = ()
    without_overrides: WithoutOverrides | None = None
    crm: CrmForecast | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ForecastPeriod:
        if self.end < self.start:
            raise ValueError(f"ends on {self.end}, before it starts on {self.start}")
        for name in ("quantiles", "quantiles_bookings", "quantiles_wins"):
            values = getattr(self, name)
            if any(later < earlier for earlier, later in pairwise(values)):
                raise ValueError(f"{name} must not fall from one to the next")
        return self

    @property
    def without_money(self) -> bool:
        return nothing_booked(self.bookings, self.wins)

    @property
    def credited_at_booking(self) -> bool:
        """True if the amount counts towards quota when it is booked, so that both have one distribution."""
        if self.quota_credit.mean is None or self.bookings.mean is None:
            return True
        size = max(abs(self.bookings.mean), abs(self.quota_credit.mean), 1e-300)
        fields = ("mean", "p10", "p50", "p90")
        return all(
            abs((getattr(self.bookings, f) or 0.0) - (getattr(self.quota_credit, f) or 0.0)) <= 1e-9 * size
            for f in fields
        )

    @property
    def by_model(self) -> ForecastPeriod:
        """Without overrides by people, where there are any; its parts still have them."""
        alone = self.without_overrides
        if alone is None:
            return self
        own = {name: getattr(alone, name) for name in type(alone).model_fields}
        return self.model_copy(update={**own, "without_overrides": None})

    @property
    def bookings_parts(self) -> Parts:
        return self.parts_bookings or self.parts

    @property
    def bookings_curve(self) -> tuple[list[float], list[float]]:
        """Probabilities and quantiles of the bookings."""
        own = self.quantiles_bookings or (self.quantiles if self.credited_at_booking else ())
        return _curve(own, self.bookings)

    @property
    def wins_curve(self) -> tuple[list[float], list[float]]:
        """Probabilities and quantiles of the wins."""
        return _curve(self.quantiles_wins, self.wins or Summary())

    @property
    def credit_curve(self) -> tuple[list[float], list[float]]:
        """Probabilities and quantiles of the quota credit."""
        if self.credited_at_booking and not self.quantiles:
            return self.bookings_curve
        return _curve(self.quantiles, self.quota_credit)


class OpenDeal(Record):
    lead: str = ""
    name: str | None = None
    account: str | None = None
    owner: str | None = None
    source: str | None = None
    segment: str | None = None
    stage: str = ""
    age_days: float | None = None
    amount: float | None = None
    p_in_period: Probability | None = None
    p_ever: Probability | None = None
    expected_in_period: float | None = None
    median_close: dt.date | None = None
    crm_probability: Probability | None = None
    crm_close: dt.date | None = None
    category: str | None = None
    group: str | None = None
    flags: Annotated[tuple[str, ...], BeforeValidator(lambda found: _as_words(found))] = ()

    @property
    def expected(self) -> float:
        """Expected bookings in the period; if not given, the probability times the listed amount."""
        if self.expected_in_period is not None:
            return self.expected_in_period
        return (self.p_in_period or 0.0) * (self.amount or 0.0)


class GroupSplit(Record):
    """How new leads are split into groups: by what the model says of them, or as those of the past.

    Attributes
    ----------
    simulated : bool
        The model's new leads have their groups.
    newest : int
        Number of newest leads whose shares the leads to come have.
    since : date or None
        The day from which these are.
    """

    simulated: bool = False
    newest: int = 0
    since: dt.date | None = None


class BookedDeal(Record):
    """A deal that the first period has booked before the start: won, or with an amount that counts."""

    deal: str = ""
    name: str | None = None
    account: str | None = None
    owner: str | None = None
    closed: dt.date | None = None
    bookings: float = 0.0
    quota_credit: float = 0.0
    group: str | None = None


class ForecastDocument(Titled):
    periods: Annotated[tuple[ForecastPeriod, ...], AfterValidator(at_least_one)]
    by: str = ""
    split: GroupSplit | None = None
    deals: tuple[OpenDeal, ...] = ()
    overrides: tuple[OverriddenDeal, ...] = ()
    booked_deals: tuple[BookedDeal, ...] = ()
    closed_won: ClosedWonTie | None = None
    funnel: tuple[FunnelStage, ...] = ()
    utilisation: dict[str, Summary] = Field(default_factory=dict)

    @property
    def busy(self) -> list[tuple[str, Summary]]:
        """Each role by name, with its utilisation in the first period."""
        return [(self.role_name(role), share) for role, share in self.utilisation.items()]

    def largest_deals(self, most: int) -> list[OpenDeal]:
        """Open deals by expected bookings in the first period, then by probability."""
        still_open = [deal for deal in self.deals if deal.p_in_period is not None]
        return sorted(still_open, key=lambda deal: (-deal.expected, -(deal.p_in_period or 0.0)))[:most]


def period_at(document: ForecastDocument, period: int | str) -> ForecastPeriod:
    """Look up a period of a forecast by index or label."""
    if isinstance(period, int):
        if -len(document.periods) <= period < len(document.periods):
            return document.periods[period]
        message = f"there is no period {period}; the forecast has {len(document.periods)}"
        raise DocumentError("forecast", [Problem(path="periods", message=message)])
    labels = [p.period for p in document.periods]
    with contextlib.suppress(ValueError):  # "Q1 2026" is 2026Q1; other labels are unchanged
        period = parse_period(period, near=document.periods[0].start).label
    if period in labels:
        return document.periods[labels.index(period)]
    message = f'no period "{period}"; choose from {", ".join(labels)}'
    raise DocumentError(
        "forecast", [Problem(path="periods", message=message, hint=did_you_mean(period, labels))]
    )


def _curve(values: Sequence[float], summary: Summary) -> tuple[list[float], list[float]]:
    if values:
        return [k / (len(values) + 1) for k in range(1, len(values) + 1)], list(values)
    return summary.known_quantiles


def _as_words(found: Any) -> Any:
    if found is None:
        return ()
    if isinstance(found, str):
        return tuple(word.strip() for word in found.split(",") if word.strip())
    return found
