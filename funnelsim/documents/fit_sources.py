"""The sources of a fit: how many leads each brings, and what they are worth."""

from __future__ import annotations

from pydantic import Field

from funnelsim.documents.fit_stages import FitHoliday
from funnelsim.documents.record import Known, KnownProbability, Record


class FitTail(Record):
    """The law of the largest amounts of a source.

    Attributes
    ----------
    above, largest : float
        Where it begins and ends, in currency.
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
        What the rate rests on.
    trend : float
        Change per month over the last year as measured; None if unknown. It counts only as `growth`.
    wins, zero_wins : int
        Wins with a known amount; those at 0.
    win_probability : float
        Chance that a new lead is won in the end, by the exits of the model.
    tail : FitTail or None
        Where the largest amounts have a law of their own.
    holiday : FitHoliday or None
        Where a country is named and enough holidays were seen.
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
