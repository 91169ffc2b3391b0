"""Forecast bookings and quota attainment of one or more periods."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelsim.core.errors import FunnelSimError, require
from funnelsim.engines.run import simulate
from funnelsim.forecasting.closed_won.compare import compare_closed_won
from funnelsim.forecasting.crm.plans import crm_plans
from funnelsim.forecasting.crm.view import crm_forecast
from funnelsim.forecasting.deals import deal_replications, deal_table
from funnelsim.forecasting.fitwarnings import fit_warnings
from funnelsim.forecasting.groups.forecast import group_forecasts
from funnelsim.forecasting.groups.learn import learn_groups
from funnelsim.forecasting.newer_history import parameters_sha256, start_from
from funnelsim.forecasting.overrides.effects import (
    deals_with_overrides,
    with_overrides,
)
from funnelsim.forecasting.overrides.override import Override
from funnelsim.forecasting.overrides.read import overrides_of
from funnelsim.forecasting.period_forecast import period_forecast
from funnelsim.forecasting.result import Forecast
from funnelsim.history.files.events import History
from funnelsim.metrics.groups.names import GroupBy
from funnelsim.metrics.past import empty_start, load_past
from funnelsim.metrics.periods import requested_periods, window_of
from funnelsim.metrics.pricing import unpriced
from funnelsim.metrics.summary import draws_of
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.work import overloads
from funnelsim.results.run import Window

if TYPE_CHECKING:
    from funnelsim.fitting.productivity.reps_file import RepRow

Progress = Callable[[int, int], None]


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
    rows, teams_taken = _teams_of(reps, by)
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
    warnings += [
        *moved.warnings,
        *(() if learnt is None else learnt.warnings),
        *overloads(funnel.model, changes).values(),
        *run.notes,
    ]
    warnings += [teams_taken] if teams_taken else []
    for w, (one, window) in enumerate(zip(periods, windows, strict=True), start=1):
        period_result, period_warnings = period_forecast(funnel, past, run, w, one, window, quota)
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


def _teams_of(reps: Sequence[RepRow] | Path | str, by: str | None) -> tuple[tuple[RepRow, ...], str]:
    if not isinstance(reps, str | Path):
        return tuple(reps), ""
    from funnelsim.fitting.productivity.teams_file import teams_given  # a fit's, which few forecasts need

    return teams_given(reps, by=by)


def _part_of(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)
