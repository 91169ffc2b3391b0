"""What people and the CRM say, beside the model: overrides, forecast categories, booked deals."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from funnelsim.documents.record import Probability, Record
from funnelsim.documents.shared import Summary


class WithoutOverrides(Record):
    """A period's forecast by the model alone, where people have overridden deals.

    The quantiles are as in the period.
    """

    bookings: Summary
    quota_credit: Summary = Summary()
    wins: Summary | None = None
    quantiles: tuple[float, ...] = ()
    quantiles_bookings: tuple[float, ...] = ()
    quantiles_wins: tuple[float, ...] = ()
    attainment_probability: Probability | None = None


class OverrideChange(Record):
    """What a person says about a deal: its chance, when, at what amount, or that it is not won at all."""

    what: Literal["probability", "close", "amount", "exclude"]
    before: float | dt.date | None = Field(default=None, alias="from")
    after: float | dt.date | None = Field(default=None, alias="to")


class OverriddenDeal(Record):
    """A person's judgement of one open deal, and what it does to the first period.

    `p_without` and `p_with` are the chances to win it in the period, `expected_without` and `expected_with`
    the means of what it books there, `difference` is the change of the period's mean.
    """

    deal: str
    name: str | None = None
    who: str = ""
    reason: str = ""
    changes: tuple[OverrideChange, ...] = ()
    p_without: Probability
    p_with: Probability
    expected_without: float
    expected_with: float
    difference: float


class CrmCategory(Record):
    """Open deals of one forecast category that are planned to close in the period.

    `category` is None for deals without one. `expected` is what the model expects them to book in the period.
    `total` adds what is booked already and all surer categories, `chance` is the model's that at least so
    much is booked; both are None where the category does not count, such as omitted.
    """

    category: str | None = None
    deals: int
    amount: float
    expected: float
    total: float | None = None
    chance: Probability | None = None


class CrmForecast(Record):
    """A period as the CRM has it: by forecast category, and weighted by its own probabilities.

    `weighted` includes what is booked, `unrated` deals have no probability, `overdue` ones a closing date
    that has passed, `unplanned` ones have none; those without an amount count as 0.
    """

    booked: float
    categories: tuple[CrmCategory, ...]
    weighted: float | None = None
    unrated: int | None = None
    overdue_deals: int = 0
    overdue_amount: float = 0.0
    unplanned_deals: int = 0
    without_amount: int = 0

    @property
    def totals(self) -> list[tuple[str, float]]:
        """What the CRM says would be booked in the period: by category, and weighted."""
        known = [
            (f"CRM {one.category or 'pipeline'}", one.total)
            for one in self.categories
            if one.total is not None
        ]
        return known if self.weighted is None else [*known, ("CRM weighted", self.weighted)]


class TieDifference(Record):
    """A deal that is booked otherwise than the closed-won report has it; `difference` is report less booked.

    `booked` is None where the deal is not booked here, `report` where it is not in the report.
    """

    deal: str
    name: str | None = None
    booked: float | None = None
    report: float | None = None
    difference: float
    reason: str


class ClosedWonTie(Record):
    """What is booked from `start` to `end` beside a closed-won report of the same days.

    `other_periods` deals of the report close on other days, `other_days` are in both on different days of the
    span. The differences add up to that of both amounts. `taken` says which rows of a file with more than won
    deals are compared.
    """

    start: dt.date
    end: dt.date
    deals: int
    amount: float
    report_deals: int
    report_amount: float
    other_periods: int = 0
    other_days: int = 0
    taken: str = ""
    differences: tuple[TieDifference, ...] = ()
