"""The forecast of one period: what is booked already, and what each future adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
from funnelsim.documents.forecast import (
    Counts,
    ForecastPeriod,
    Parts,
)
from funnelsim.documents.judgement import CrmForecast, WithoutOverrides
from funnelsim.documents.shared import Summary
from funnelsim.forecasting.groups.forecast import GroupForecast
from funnelsim.forecasting.runrate import run_rate
from funnelsim.forecasting.weighted import weighted_pipeline
from funnelsim.metrics.booked import Booked
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.past import Past
from funnelsim.metrics.quota import attainment, quota_of
from funnelsim.metrics.revenue import total
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import PARTS, Run, Window

if TYPE_CHECKING:
    pass

#: Shown for every period, the same pipeline would count more than once.
LATER = "it ignores timing, so it is shown only for the current period"
PERCENTILES = tuple(k / 100 for k in range(1, 100))


@dataclass(frozen=True, kw_only=True)
class PeriodForecast:
    """Forecast of one period: what is booked already, and what each replication adds.

    Attributes
    ----------
    period : Period
        The whole period.
    window : Window
        What is left of it.
    quota : float or None
    booked : Booked
        Before the model's start; all zero where that is unknown, and the forecast warns.
    open_deals : int
    weighted_pipeline, run_rate : float or None
        Other methods; None without a history.
    no_weighted_pipeline : str
        Why it is missing, where there are a history and open deals.
    groups : tuple of GroupForecast
        By rep, team, segment, source or product; they add up to the whole in every future. On request.
    crm : CrmForecast or None
        What the CRM says, where the history has planned closes.
    without : Run or None
        The futures by the model alone, where people have overridden deals.
    """

    run: Run
    w: int
    period: Period
    window: Window
    quota: float | None
    booked: Booked
    open_deals: int
    weighted_pipeline: float | None = None
    no_weighted_pipeline: str = ""
    run_rate: float | None = None
    groups: tuple[GroupForecast, ...] = ()
    crm: CrmForecast | None = None
    without: Run | None = None

    @property
    def bookings(self) -> Floats:
        """Booked + pipeline + new + expansion in each replication, shape (R,)."""
        return self.booked.bookings + total(self.run.tallies["bookings"][:, self.w])

    @property
    def quota_credit(self) -> Floats:
        """The same in quota credit, shape (R,)."""
        return self.booked.quota_credit + total(self.run.tallies["quota_credit"][:, self.w])

    @property
    def wins(self) -> Floats:
        """Deals won in the whole period, shape (R,)."""
        return self.booked.deals + metric_values(self.run, "deals_won", self.w)

    @property
    def attainment(self) -> tuple[float, float] | None:
        """Chance to make the quota and its simulation error; None without a quota."""
        if self.quota is None:
            return None
        return attainment(self.quota_credit, self.quota, draws_of(self.run))

    def part(self, amount: str, name: str) -> Floats:
        """One part of `bookings` or `quota_credit`: ``pipeline``, ``new`` or ``expansion``; shape (R,)."""
        by_part: Floats = self.run.tallies[amount][:, self.w]
        return by_part[:, PARTS.index(name)]

    def record(self) -> ForecastPeriod:
        """An entry of ``periods`` in the document."""
        chance, error = self.attainment or (None, None)
        return ForecastPeriod(
            period=self.period.label,
            start=self.period.start,
            end=self.period.last_day,
            days_left=self.window.end_day - self.window.start_day,
            quota=self.quota,
            attainment_probability=chance,
            attainment_mc_error=error,
            bookings=self._summary(self.bookings),
            quota_credit=self._summary(self.quota_credit),
            parts=self._parts("quota_credit", self.booked.quota_credit),
            parts_bookings=self._parts("bookings", self.booked.bookings),
            wins=self._summary(self.wins),
            counts=Counts(
                booked_deals=self.booked.deals,
                open_deals=self.open_deals,
                new_leads=float(metric_values(self.run, "leads_created", self.w).mean()),
            ),
            quantiles=_percentiles(self.quota_credit),
            quantiles_bookings=_percentiles(self.bookings),
            **({} if self.bookings.any() else {"quantiles_wins": _percentiles(self.wins)}),
            weighted_pipeline=self.weighted_pipeline,
            no_weighted_pipeline=self.no_weighted_pipeline,
            run_rate=self.run_rate,
            **({"groups": tuple(group.record() for group in self.groups)} if self.groups else {}),
            **({} if self.crm is None else {"crm": self.crm}),
            **({} if self.without is None else {"without_overrides": self._without(self.without)}),
        )

    def _without(self, run: Run) -> WithoutOverrides:
        alone = replace(self, run=run, without=None, crm=None).record()
        return WithoutOverrides.model_validate(alone)

    def _summary(self, values: Floats) -> Summary:
        return summarise(values, draws_of(self.run))

    def _parts(self, amount: str, booked: float) -> Parts:
        return Parts(booked=booked, **{name: self._summary(self.part(amount, name)) for name in PARTS})


def period_forecast(
    funnel: Funnel, past: Past, run: Run, w: int, period: Period, window: Window, quota: float | None
) -> tuple[PeriodForecast, list[str]]:
    """The forecast of `period` from window `w` of a run, with other methods beside it; and warnings."""
    booked, warnings = past.booked_in(period)
    pipeline, model = funnel.pipeline, funnel.model
    weighted: float | str = ""
    rate = None
    if past.history is not None:
        rate = run_rate(past.history, model, period)
        if pipeline is not None and period.start <= model.start:
            weighted = weighted_pipeline(pipeline, past.history, model)
        elif pipeline is not None:
            weighted = LATER
    return (
        PeriodForecast(
            run=run,
            w=w,
            period=period,
            window=window,
            quota=quota if quota is not None else quota_of(model.goal, period),
            booked=booked or Booked(),
            open_deals=0 if pipeline is None else pipeline.height,
            weighted_pipeline=None if isinstance(weighted, str) else weighted,
            no_weighted_pipeline=weighted if isinstance(weighted, str) else "",
            run_rate=rate,
        ),
        warnings,
    )


def period_rows(period: PeriodForecast) -> list[dict[str, Any]]:
    """Rows of the table of a forecast: totals, parts and groups of bookings and of quota credit."""
    about = {
        "period": period.period.label,
        "start": period.period.start,
        "end": period.period.last_day,
        "quota": period.quota,
        "attainment_probability": period.attainment[0] if period.attainment else None,
    }
    rows, draws = [], draws_of(period.run)
    alone = None if period.without is None else replace(period, run=period.without)
    for amount in ("bookings", "quota_credit"):
        booked = getattr(period.booked, amount)
        rows.append(
            {
                **about,
                "amount": amount,
                "part": "total",
                **summarise(getattr(period, amount), draws).as_json(),
            }
        )
        if alone is not None:
            without = summarise(getattr(alone, amount), draws).as_json()
            rows.append({**about, "amount": amount, "part": "total without overrides", **without})
        rows.append({**about, "amount": amount, "part": "booked", "mean": booked})
        if period.crm is not None and amount == "bookings":
            rows += [
                {**about, "amount": amount, "part": part, "mean": mean} for part, mean in period.crm.totals
            ]
        rows += [
            {**about, "amount": amount, "part": name, **summarise(period.part(amount, name), draws).as_json()}
            for name in PARTS
        ]
        rows += [
            {
                **about,
                "quota": group.quota,
                "attainment_probability": group.chance[0] if group.chance else None,
                "amount": amount,
                "part": "total",
                "group": group.name,
                **summarise(getattr(group, amount), draws).as_json(),
            }
            for group in period.groups
        ]
    return rows


def _percentiles(values: Floats) -> tuple[float, ...]:
    return tuple(float(level) for level in np.quantile(values, PERCENTILES))
