"""A forecast, as tables and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from funnelsim.documents.forecast import (
    BookedDeal,
    ForecastDocument,
    GroupSplit,
    OpenDeal,
)
from funnelsim.documents.judgement import ClosedWonTie
from funnelsim.documents.shared import Summary
from funnelsim.documents.stages import FunnelStage
from funnelsim.forecasting.deals import deal_list
from funnelsim.forecasting.groups.learn import LearntGroups
from funnelsim.forecasting.overrides.apply import OverrideEffect
from funnelsim.forecasting.overrides.effects import (
    overridden_deals,
    overrides_assumed,
)
from funnelsim.metrics.document import heading
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.past import last_known_day
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run

if TYPE_CHECKING:
    pass

from funnelsim.forecasting.period_forecast import PeriodForecast, period_rows


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A forecast of one or more periods.

    Attributes
    ----------
    funnel : Funnel
    run : Run
    periods : tuple of PeriodForecast
        In the given order.
    deals : DataFrame or None
        The open deals, see `funnelsim.forecasting.deals.deal_table`; only on request.
    accounts : DataFrame or None
        ``deal`` and ``account`` as the history has them, where there is one.
    learnt : LearntGroups or None
        How leads fall into groups; only on request.
    booked_deals : DataFrame or None
        What the first period has booked before the start, see `funnelsim.metrics.booked.booked_deals`.
    parameters_sha256 : str
        Of the model before it was moved to a newer history.
    closed_won : ClosedWonTie or None
        Whether that is what a closed-won report has.
    overrides : tuple of OverrideEffect
        What people said about open deals, and what it does to the first period.
    warnings : tuple of str
    """

    funnel: Funnel
    run: Run
    periods: tuple[PeriodForecast, ...]
    deals: pl.DataFrame | None = None
    accounts: pl.DataFrame | None = None
    learnt: LearntGroups | None = None
    booked_deals: pl.DataFrame | None = None
    parameters_sha256: str = ""
    closed_won: ClosedWonTie | None = None
    overrides: tuple[OverrideEffect, ...] = ()
    warnings: tuple[str, ...] = ()

    def table(self) -> pl.DataFrame:
        """A row per period and amount: total and parts of bookings and of quota credit."""
        return pl.DataFrame(
            [row for period in self.periods for row in period_rows(period)] + self._override_rows(),
            infer_schema_length=None,
        )

    def _override_rows(self) -> list[dict[str, Any]]:
        first = self.periods[0].period
        about = {"period": first.label, "start": first.start, "end": first.last_day, "amount": "bookings"}
        return [
            {**about, "part": f"override of {one.override.deal}", "mean": one.difference}
            for one in self.overrides
        ]

    def deal_list(self) -> pl.DataFrame | None:
        """The open deals as ``--deals`` writes them, see `funnelsim.forecasting.deals.deal_list`."""
        return None if self.deals is None else deal_list(self.deals, self.accounts)

    def document(self) -> dict[str, Any]:
        """The JSON document of ``forecast``."""
        return self.record().as_json()

    def record(self) -> ForecastDocument:
        """The document of ``forecast``, typed."""
        head = heading("forecast", self.funnel, self.run)
        head["provenance"] |= {"parameters_sha256": self.parameters_sha256}
        return ForecastDocument(
            **head,
            as_of=last_known_day(self.funnel.model),
            periods=tuple(period.record() for period in self.periods),
            **({} if self.learnt is None else _split(self.learnt)),
            deals=tuple(self._open_deals()),
            **({} if self.booked_deals is None else {"booked_deals": self._booked_deals()}),
            **({} if self.closed_won is None else {"closed_won": self.closed_won}),
            **({"overrides": overridden_deals(self.funnel, self.overrides)} if self.overrides else {}),
            **({"assumptions": (self._overridden(),)} if self.overrides else {}),
            funnel=tuple(self._stages()),
            **({"utilisation": self._utilisation()} if self.run.roles else {}),
            warnings=self.warnings,
        )

    def _overridden(self) -> str:
        model = self.funnel.model
        return overrides_assumed(model.noun, model.currency, self.overrides)

    def _booked_deals(self) -> tuple[BookedDeal, ...]:
        assert self.booked_deals is not None
        groups = self._group_of()
        return tuple(
            BookedDeal(**deal, **_known(group=groups.get(deal["deal"])))
            for deal in self.booked_deals.iter_rows(named=True)
        )

    def _open_deals(self) -> Iterator[OpenDeal]:
        """The deals, with their accounts where the history names any."""
        if self.deals is None:
            return
        accounts = {} if self.accounts is None else dict(self.accounts.drop_nulls().iter_rows())
        groups = self._group_of()
        for deal in self.deals.to_dicts():
            lead = deal["lead"]
            yield OpenDeal(**deal, **_known(account=accounts.get(lead), group=groups.get(lead)))

    def _group_of(self) -> dict[str, str]:
        """The group of each deal, with ``by``."""
        if self.learnt is None:
            return {}
        groups: dict[str, str] = dict(self.learnt.deals.drop_nulls().iter_rows())
        if self.funnel.pipeline is not None:
            numbers = self.learnt.grouping.open_leads.tolist()
            names = self.learnt.grouping.names
            groups |= {lead: names[k] for lead, k in zip(self.funnel.pipeline["lead"], numbers, strict=True)}
        return groups

    def _stages(self) -> Iterator[FunnelStage]:
        """Stage by stage over what is left of the first period."""
        pipeline, w = self.funnel.pipeline, self.periods[0].w
        open_now = {} if pipeline is None else dict(pipeline["stage"].value_counts().iter_rows())

        def mean(name: str) -> float | None:
            return summarise(metric_values(self.run, name, w)).mean

        for key, stage in self.funnel.model.stages.items():
            yield FunnelStage(
                stage=key,
                name=stage.name or key,
                entered=mean(f"entered.{key}"),
                conversion=mean(f"conversion.{key}"),
                dwell_days_mean=mean(f"dwell_days.{key}"),
                **({"wait_days_mean": mean(f"wait_days.{key}")} if self.run.roles else {}),
                open=open_now.get(key, 0) if pipeline is not None else None,
            )

    def _utilisation(self) -> dict[str, Summary]:
        """How busy each role is over what is left of the first period."""
        w, draws = self.periods[0].w, draws_of(self.run)
        return {
            role: summarise(metric_values(self.run, f"utilisation.{role}", w), draws)
            for role in self.run.roles
        }


def _known(**values: str | None) -> dict[str, str]:
    """Without what is None: documents list only what is known."""
    return {name: value for name, value in values.items() if value is not None}


def _split(learnt: LearntGroups) -> dict[str, Any]:
    split = GroupSplit(simulated=learnt.simulated, newest=learnt.newest, since=learnt.since)
    return {"by": learnt.by, "split": split}
