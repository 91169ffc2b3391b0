"""Forecast bookings and quota attainment of one or more periods."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
from funnelsim.core.errors import FunnelSimError, require
from funnelsim.documents.forecast import (
    BookedDeal,
    Counts,
    ForecastDocument,
    ForecastPeriod,
    GroupSplit,
    OpenDeal,
    Parts,
)
from funnelsim.documents.judgement import ClosedWonTie, CrmForecast, WithoutOverrides
from funnelsim.documents.shared import Summary
from funnelsim.documents.stages import FunnelStage
from funnelsim.engines.run import simulate
from funnelsim.forecasting.closed_won.compare import compare_closed_won
from funnelsim.forecasting.crm.plans import crm_plans
from funnelsim.forecasting.crm.view import crm_forecast
from funnelsim.forecasting.deals import deal_list, deal_replications, deal_table
from funnelsim.forecasting.fitwarnings import fit_warnings
from funnelsim.forecasting.groups.forecast import GroupForecast, group_forecasts
from funnelsim.forecasting.groups.learn import LearntGroups, learn_groups
from funnelsim.forecasting.newer_history import parameters_sha256, start_from
from funnelsim.forecasting.overrides.apply import OverrideEffect
from funnelsim.forecasting.overrides.effects import (
    deals_with_overrides,
    overridden_deals,
    overrides_assumed,
    with_overrides,
)
from funnelsim.forecasting.overrides.override import Override
from funnelsim.forecasting.overrides.read import overrides_of
from funnelsim.forecasting.runrate import run_rate
from funnelsim.forecasting.weighted import weighted_pipeline
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import Booked
from funnelsim.metrics.document import heading
from funnelsim.metrics.groups.names import GroupBy
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.past import Past, empty_start, last_known_day, load_past
from funnelsim.metrics.periods import requested_periods, window_of
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.quota import attainment, quota_of
from funnelsim.metrics.revenue import total
from funnelsim.metrics.summary import draws_of, summarise
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import PARTS, Run, Window

if TYPE_CHECKING:
    from funnelsim.fitting.productivity.reps_file import RepRow

Progress = Callable[[int, int], None]
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
            [row for period in self.periods for row in _rows(period)] + self._override_rows(),
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
        return tuple(BookedDeal(**deal) for deal in self.booked_deals.iter_rows(named=True))

    def _open_deals(self) -> Iterator[OpenDeal]:
        """The deals, with their accounts where the history names any."""
        if self.deals is None:
            return
        known = {} if self.accounts is None else dict(self.accounts.drop_nulls().iter_rows())
        for deal in self.deals.to_dicts():
            account = {"account": known[deal["lead"]]} if deal["lead"] in known else {}
            yield OpenDeal(**deal, **account)

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


def forecast(
    funnel: Funnel,
    *,
    history: History | Path | str | None = None,
    period: str | Sequence[str] | None = None,
    quota: float | None = None,
    warmup_days: float = 0.0,
    replications: int | range = 10_000,
    seed: int = 1,
    engine: str = "auto",
    workers: int | None = None,
    executor: Executor | None = None,
    allow_large: bool = False,
    deals: bool | None = False,
    by: GroupBy | None = None,
    reps: Sequence[RepRow] | Path | str = (),
    overrides: Path | str | Sequence[Override] = (),
    closed_won: Path | str | None = None,
    changes: Sequence[Change] = (),
    progress: Progress | None = None,
) -> Forecast:
    """Forecast bookings and quota attainment of one or more periods.

    A period that holds the model's start consists of what it has booked before (from the history, as it
    stands) and of the futures: the open pipeline, leads still to come, and expansion of clients. A later
    period is simulated through.

    Parameters
    ----------
    funnel : Funnel
        As `read_model` gives it, best with the pipeline of a fit.
    history : History or path, optional
        For what is booked already; default the one stored in the model. If it ends later than the history
        that the model was fitted to, its open deals and its end are the start of the forecast.
    period : str or sequence of str, optional
        Such as ``2026Q1`` or ``FY2027Q1``; default the goal's period that holds the model's start.
    quota : float, optional
        Of each period, instead of the goal's.
    warmup_days : float, default 0
        Fills a funnel that has no open pipeline.
    replications, seed, engine, workers, executor, allow_large
        As for `simulate`.
    deals : bool or None, default False
        Also forecast each open deal, for the first period. None: if there are any.
    by : {"owner", "team", "segment", "source", "product"}, optional
        Also forecast each rep, team and so on; these add up to the whole in every future.
    reps : path, optional
        A file of reps with their teams and quotas, for ``by="owner"`` and ``by="team"``.
    overrides : path or sequence of Override, optional
        What people say about open deals, see `funnelsim.forecasting.overrides.read.read_overrides`.
    closed_won : path, optional
        A CRM's closed-won report, to which what is booked in the first period is compared.
    changes : sequence of Change, optional
        Forecast under a scenario.
    progress : callable, optional
        Called with (replications done, all).

    Returns
    -------
    Forecast

    Raises
    ------
    FunnelSimError
        If a period is over or cannot be read, a history given cannot be read, `deals` is set for a model
        without open pipeline, or overrides are wrong.

    Examples
    --------
    >>> found = fs.forecast(fs.read_model("model.toml"), period="Q1 2026", quota=500_000, replications=20)
    >>> found.periods[0].period.label, found.periods[0].bookings.shape
    ('2026Q1', (20,))
    """
    require(funnel, Funnel, "funnel", "read one with funnelsim.read_model, or make one with funnel_of")
    texts = () if period is None else (period,) if isinstance(period, str) else tuple(period)
    if quota is not None:
        require(quota, numbers.Real, "quota", "a number in the model's currency")
    if quota is not None and not quota > 0:
        raise FunnelSimError(f"a quota must be above 0, found {quota:g}")
    of_parameters = parameters_sha256(funnel)
    moved = start_from(funnel, history)
    funnel, history = moved.funnel, moved.history
    periods = requested_periods(funnel.model, texts)
    past = load_past(funnel, history)
    has_open = funnel.pipeline is not None and funnel.pipeline.height > 0
    deals = has_open if deals is None else deals
    if deals and not has_open:
        raise FunnelSimError("there are no open deals to list: the model has no pipeline; fit a history")
    rows = _rows_of(reps)
    learnt = None if by is None else learn_groups(funnel, past.history, by, rows)
    judged = overrides_of(overrides, funnel, past.history)
    tied = None if closed_won is None else compare_closed_won(closed_won, past, periods[0])
    plans = crm_plans(past.history, funnel.pipeline)
    windows = tuple(window_of(p, funnel.model.start) for p in periods)
    end_day = max(window.end_day for window in windows)
    chosen = range(replications) if isinstance(replications, int) else replications
    all_replications = len(chosen) + (len(deal_replications(funnel, chosen)) if deals else 0)
    run = simulate(
        funnel,
        days=end_day,
        warmup_days=warmup_days,
        windows=(Window(label="all", start_day=0.0, end_day=end_day), *windows),
        replications=chosen,
        seed=seed,
        engine=engine,
        workers=workers,
        executor=executor,
        allow_large=allow_large,
        changes=changes,
        pipeline_wins=[one.deal for one in judged] if judged else False,
        pipeline_sums=deals or plans is not None,
        groups=None if learnt is None else learnt.grouping,
        progress=_part_of(progress, 0, all_replications),
    )
    options: dict[str, Any] = {"engine": engine, "workers": workers, "allow_large": allow_large}
    options |= {"changes": changes}
    grouping = None if learnt is None else learnt.grouping
    alone, run, effects = with_overrides(funnel, run, judged, 1, grouping=grouping, **options)
    empty = empty_start(funnel, warmup_days, nothing_open=past.nothing_open)
    result, warnings = [], [*empty, *past.gap_warnings(), *fit_warnings(funnel), *unpriced(funnel.model)]
    warnings += [*moved.warnings, *overloads(funnel.model, changes).values(), *run.notes]
    for w, (one, window) in enumerate(zip(periods, windows, strict=True), start=1):
        period_result, period_warnings = _period_forecast(funnel, past, run, w, one, window, quota)
        if learnt is not None:
            groups = group_forecasts(run, w, one, past, learnt, rows, draws_of(run))
            period_result = replace(period_result, groups=groups)
        if plans is not None and funnel.pipeline is not None:
            before = period_result.booked.bookings
            crm = crm_forecast(plans, funnel.pipeline, funnel.model, one, booked=before, run=alone, w=w)
            period_result = replace(period_result, crm=crm)
        result.append(replace(period_result, without=alone if judged else None))
        warnings += period_warnings
    table = None
    if deals:
        table = deal_table(
            funnel,
            alone,
            1,
            past.history,
            seed=seed,
            **options,
            progress=_part_of(progress, len(chosen), all_replications),
        )
        table = deals_with_overrides(table, effects)
        table = table if plans is None else table.join(plans, on="lead", how="left", maintain_order="left")
    return Forecast(
        funnel=funnel,
        run=run,
        periods=tuple(result),
        deals=table,
        closed_won=tied,
        overrides=effects,
        accounts=None if past.history is None else past.history.deals.select("deal", "account"),
        learnt=learnt,
        parameters_sha256=of_parameters,
        booked_deals=past.booked_deals_in(periods[0]),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _rows_of(reps: Sequence[RepRow] | Path | str) -> tuple[RepRow, ...]:
    if not isinstance(reps, str | Path):
        return tuple(reps)
    from funnelsim.fitting.productivity.reps_file import read_reps  # a fit's, which few forecasts need

    return read_reps(reps)


def _split(learnt: LearntGroups) -> dict[str, Any]:
    split = GroupSplit(simulated=learnt.simulated, newest=learnt.newest, since=learnt.since)
    return {"by": learnt.by, "split": split}


def _period_forecast(
    funnel: Funnel, past: Past, run: Run, w: int, period: Period, window: Window, quota: float | None
) -> tuple[PeriodForecast, list[str]]:
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


def _part_of(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)


def _percentiles(values: Floats) -> tuple[float, ...]:
    return tuple(float(level) for level in np.quantile(values, PERCENTILES))


def _rows(period: PeriodForecast) -> list[dict[str, Any]]:
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
