"""The sources of a fit: arrival rates and amounts."""

from __future__ import annotations

from pydantic import Field

from funnelsim.documents.fit_stages import FitHoliday
from funnelsim.documents.record import Known, KnownProbability, Record


class FitTail(Record):
    """The distribution of the largest amounts of a source.

    Attributes
    ----------
    above, largest : float
        Its lower and upper limit, in currency.
    share : float
        Of the wins with an amount above 0.
    xi : float
        0: exponential; 1: no mean. `xi_low` to `xi_high` is its 90 % interval (None without parameter draws).
    """

    above: float
    largest: float
    share: float
    xi: float
    xi_low: Known = None
    xi_high: Known = None


class FitSource(Record):
    """One source.

    Attributes
    ----------
    rate_low, rate_high : float
        90 % interval of the rate, leads a day (None without parameter draws).
    rests_on_leads, rests_on_days : int, float
        Leads and days from which the rate was estimated.
    trend : float
        Observed change per month over the last year; None if unknown. The model uses `growth` only.
    wins, zero_wins : int
        Wins with a known amount; those at 0.
    win_probability : float
        Probability that a new lead is eventually won.
    tail : FitTail or None
        None if the largest amounts have no separate distribution.
    holiday : FitHoliday or None
        None without a country, or with too few holidays.
    """

    source: str
    name: str = ""
    deals: int | None = None
    rate_per_day: float | None = None
    rate_low: Known = None
    rate_high: Known = None
    level_from: str = ""
    rests_on_leads: int | None = None
    rests_on_days: float = 0.0
    growth: float = 0.0
    trend: Known = None
    dispersion: Known = None
    weekday: tuple[float, ...] | None = None
    month: tuple[float, ...] | None = None
    enters: dict[str, float] = Field(default_factory=dict)
    wins: int = 0
    zero_wins: int = 0
    amount: str = ""
    amount_kind: str = ""
    amount_mean: Known = None
    observed_mean: Known = None
    win_probability: KnownProbability = None
    tail: FitTail | None = None
    holiday: FitHoliday | None = None

    @property
    def title(self) -> str:
        return self.name or self.source.replace("_", " ")
