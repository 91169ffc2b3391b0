"""Backtest: forecast past periods from the data available then, and score the forecasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from funnelsim.core.calendar.dates import as_date
from funnelsim.core.calendar.time import Period, periods_between
from funnelsim.core.errors import FunnelSimError, HistoryError, InputError, Interrupted, Problem, require
from funnelsim.documents.backtest import OURS
from funnelsim.fitting.funnel import fit_funnel, named_country
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.fitting.productivity.teams_file import teams_given
from funnelsim.forecasting.baselines import BASELINES
from funnelsim.forecasting.crm.commit import not_scored
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.groups.scored import ScoredGroup, actual_by_group, scored_groups
from funnelsim.forecasting.period_forecast import PeriodForecast
from funnelsim.forecasting.recalibrate import FEWEST, recalibrated
from funnelsim.forecasting.scores import LEVELS
from funnelsim.forecasting.snapshot import UNTIMED, Snapshot, bounds, snapshot_at
from funnelsim.forecasting.track_record import NO_DRIFT, RECALIBRATED, Backtest, Origin, Scored
from funnelsim.history.files.as_of_dates import as_of_text
from funnelsim.history.files.events import History
from funnelsim.metrics.groups.names import GroupBy
from funnelsim.metrics.past import midnight
from funnelsim.model.files.model_files import Funnel, funnel_of

Progress = Callable[[int, int], None]
METRICS = ("bookings", "deals_won")


def backtest(
    history: History,
    *,
    begin: dt.date | str,
    end: dt.date | str,
    every: str,
    metric: str = "bookings",
    trust: Collection[str] = (),
    recalibrate: bool = False,
    steady: bool = False,
    holidays: str | None = None,
    baselines: Collection[str] | None = None,
    by: GroupBy | None = None,
    reps: Sequence[RepRow] | Path | str = (),
    draws: int = 100,
    replications: int = 2_000,
    seed: int = 1,
    workers: int | None = None,
    executor: Executor | None = None,
    block: int | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast every period between two days from data available before it began, and score the forecasts.

    At each origin the history is cut, fields without dated changes are hidden (see `snapshot_at`), a model is
    fitted, and the period that begins there is forecast.

    Parameters
    ----------
    history : History
    begin, end : date, datetime or str
        Periods that begin in ``[begin, end]`` and are over when the history ends.
    every : {"week", "month", "quarter", "year"}
    metric : {"bookings", "deals_won"}
    trust : collection of str
        Of `UNTIMED`: fields used as the export has them, although their changes carry no date.
    recalibrate : bool
        Add a forecaster whose spread is scaled by the errors at earlier origins.
    steady : bool
        Add a forecaster whose model takes the history as one stationary process, without seasonality and
        drift.
    holidays : str, optional
        Country whose public holidays apply, as in `fit_funnel`. They are known in advance.
    baselines : collection of str, optional
        Of `BASELINES`; default all.
    by : {"owner", "team", "segment", "source", "product"}, optional
        Also score the forecast of each rep, team and so on. Owners and segments are used as exported.
    reps : path, optional
        A file of reps with their teams.
    executor : Executor, optional
        Runs the periods side by side, each on one worker.
    block : int, optional
        Origins a block in intervals; default the cube root of their number, rounded.

    Raises
    ------
    InputError
        If an option is unknown; all of them at once.
    FunnelSimError
        If no period lies between the days, or none could be forecast.
    Interrupted
        By Ctrl-C after at least one period, with the result for the periods that are done.

    Examples
    --------
    >>> history = fs.read_history("history")
    >>> found = fs.backtest(
    ...     history, begin="2026-01-01", end="2026-01-31", every="month", draws=2, replications=100
    ... )
    >>> [origin.period.label for origin in found.origins]
    ['2026-01']
    """
    require(history, History, "history", "read one with funnelsim.read_history")
    _check_words(every, metric, trust, baselines)
    named_country(history, holidays)
    periods, running = _periods(history, _date("begin", begin), _date("end", end), every)
    rows, teams_taken = teams_given(reps, by=by)
    trust = tuple(dict.fromkeys([*trust, *_labels_of(by)]))
    task = partial(
        _origin,
        history,
        every=every,
        metric=metric,
        trust=trust,
        holidays=holidays,
        steady=steady,
        names=list(BASELINES) if baselines is None else list(baselines),
        by=by,
        reps=rows,
        draws=draws,
        replications=replications,
        seed=seed,
        workers=workers,
    )
    origins: list[Origin] = []
    skipped: dict[str, str] = {}

    def result() -> Backtest:
        scored = _with_recalibrated(origins) if recalibrate else origins
        return Backtest(
            name=history.meta.name,
            currency=history.meta.currency,
            amount_is=history.meta.amount_is,
            noun=history.meta.noun,
            metric=metric,
            every=every,
            origins=tuple(scored),
            skipped=skipped,
            trusted=tuple(trust),
            notes=(
                *(_not_recalibrated(scored) if recalibrate else ()),
                *not_scored(history, trust),
                *([teams_taken] if teams_taken else ()),
            ),
            block=block or max(1, round(len(scored) ** (1 / 3))),
            replications=replications,
            seed=seed,
            by=by or "",
        )

    try:
        for k, (period, found) in enumerate(zip(periods, _of_periods(task, periods, executor), strict=True)):
            if progress is not None:
                progress(k, len(periods))
            try:
                origins.append(found())
            except HistoryError as error:
                skipped[period.label] = str(error)
    except KeyboardInterrupt as stop:
        if not origins:
            raise
        raise Interrupted(result(), f"{len(origins)} of {len(periods)} {every}s") from stop
    if progress is not None:
        progress(len(periods), len(periods))
    if running is not None:
        skipped[running.label] = f"it is not over by the end of the history, {as_of_text(history.meta.as_of)}"
    if not origins:
        first, why = next(iter(skipped.items()))
        raise FunnelSimError(f"no {every} could be forecast; {first}: {why}")
    return result()


def _of_periods(
    task: Callable[[Period], Origin], periods: Sequence[Period], executor: Executor | None
) -> Iterator[Callable[[], Origin]]:
    """What gives the forecasts of each period: worked out when asked for, or all at once on an executor."""
    if executor is None:
        yield from (partial(task, period) for period in periods)
        return
    futures = [executor.submit(task, period) for period in periods]
    try:
        yield from (future.result for future in futures)
    finally:
        for future in futures:
            future.cancel()


def _variants(period: Period, *, steady: bool) -> dict[str, float | None]:
    """Our forecasters, each with its horizon in days (None: no drift)."""
    return {OURS: period.days / 2} | ({NO_DRIFT: None} if steady else {})


def _check_words(every: str, metric: str, trust: Collection[str], baselines: Collection[str] | None) -> None:
    requested: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        ("every", (every,), ("week", "month", "quarter", "year")),
        ("metric", (metric,), METRICS),
        ("trust", tuple(trust), UNTIMED),
        ("baseline", tuple(baselines or ()), tuple(BASELINES)),
    ]
    problems = [
        Problem(path=what, message=f'"{word}" is not known; choose from {", ".join(allowed)}')
        for what, words, allowed in requested
        for word in words
        if word not in allowed
    ]
    if problems:
        raise InputError("backtest", problems)


def _date(name: str, value: dt.date | str) -> dt.date:
    try:
        return as_date(value)
    except ValueError as error:
        raise InputError(name, [Problem(path="", message=str(error))]) from None


def _periods(
    history: History, begin: dt.date, end: dt.date, every: str
) -> tuple[list[Period], Period | None]:
    """The requested periods that are over, and the one that was running when the history ended."""
    if begin > end:
        raise FunnelSimError(f"the first day, {begin}, is after the last, {end}")
    over = history.meta.as_of
    touched = periods_between(begin, end + dt.timedelta(days=1), every)
    begun = [p for p in touched if begin <= p.start <= end and midnight(p.start) < over]
    result = [p for p in begun if midnight(p.end) <= over]
    if not result:
        raise FunnelSimError(
            f"no {every} begins between {begin} and {end} and is over by the end of the history, "
            f"{as_of_text(over)}"
        )
    return result, begun[-1] if len(begun) > len(result) else None


def _origin(
    history: History,
    period: Period,
    *,
    every: str,
    metric: str,
    trust: Collection[str],
    holidays: str | None,
    steady: bool,
    names: Sequence[str],
    by: GroupBy | None,
    reps: Sequence[RepRow],
    draws: int,
    replications: int,
    seed: int,
    workers: int | None,
) -> Origin:
    known = snapshot_at(history, period.start, trust)
    truth = Snapshot(history, metric).actual(*bounds(period))
    forecasts: dict[str, Scored] = {}
    fit = None
    groups: tuple[ScoredGroup, ...] = ()
    for name, horizon_days in _variants(period, steady=steady).items():
        fit = fit_funnel(
            known,
            draws=draws,
            seed=seed,
            horizon_days=horizon_days,
            covariates=False,
            holidays=holidays,
            like=fit,
            workers=workers,
        )
        ours = _forecast(
            funnel_of(fit.model, draws=fit.draws, pipeline=fit.pipeline),
            known,
            period,
            replications=replications,
            seed=seed,
            workers=workers,
            by=by if name == OURS else None,
            reps=reps,
        )
        values = ours.bookings if metric == "bookings" else ours.wins
        forecasts[name] = Scored.of(np.quantile(values, LEVELS), truth, float(values.mean()))
        if by is not None and name == OURS:
            actual = actual_by_group(history, period, metric, by, fit.model, reps)
            groups = scored_groups(ours, actual, metric)
    notes = []
    seen = Snapshot(known, metric)
    for name in names:
        try:
            quantiles = BASELINES[name](seen, period, every)
        except ImportError:
            notes.append(f"{name} needs the extra funnelsim[calibration]")
            continue
        if quantiles is not None:
            forecasts[name] = Scored.of(quantiles, truth)
    return Origin(period=period, actual=truth, forecasts=forecasts, notes=tuple(notes), groups=groups)


def _labels_of(by: GroupBy | None) -> tuple[str, ...]:
    """The fields without dates that a split needs."""
    return {"owner": ("owner",), "team": ("owner",), "segment": ("segment",)}.get(by or "", ())


def _forecast(
    funnel: Funnel,
    known: History,
    period: Period,
    *,
    replications: int,
    seed: int,
    workers: int | None,
    by: GroupBy | None,
    reps: Sequence[RepRow],
) -> PeriodForecast:
    forecasts = forecast(
        funnel,
        history=known,
        period=period.label,
        replications=replications,
        seed=seed,
        workers=workers,
        by=by,
        reps=reps,
    )
    return forecasts.periods[0]


def _with_recalibrated(origins: Sequence[Origin]) -> list[Origin]:
    result: list[Origin] = []
    for k, origin in enumerate(origins):
        before = [(o.forecasts[OURS].quantiles, o.actual) for o in _earlier(origins, k)]
        quantiles = recalibrated(origin.forecasts[OURS].quantiles, before)
        forecasts = dict(origin.forecasts)
        if quantiles is not None:
            forecasts[RECALIBRATED] = Scored.of(quantiles, origin.actual)
        result.append(replace(origin, forecasts=forecasts))
    return result


def _earlier(origins: Sequence[Origin], k: int) -> list[Origin]:
    """Origins whose periods were over when origin `k` was forecast."""
    return [o for o in origins[:k] if o.period.end <= origins[k].period.start]


def _not_recalibrated(origins: Sequence[Origin]) -> tuple[str, ...]:
    if any(RECALIBRATED in origin.forecasts for origin in origins):
        return ()
    has = len(_earlier(origins, len(origins) - 1))
    return (f"recalibration needs {FEWEST} earlier origins, but there are only {has}; it is left out",)
