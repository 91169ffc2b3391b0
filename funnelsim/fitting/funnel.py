"""Fit a model to a history, with parameter draws, the open pipeline and a report."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from funnelsim.core.calendar.dates import as_instant
from funnelsim.core.calendar.public_holidays import NO_HOLIDAYS, country_code
from funnelsim.core.errors import HistoryError, Problem, require
from funnelsim.core.numeric.one_thread import on_one_thread
from funnelsim.documents.fit import FitDocument
from funnelsim.fitting.covariates.effects import CovariateEffects, covariate_effects
from funnelsim.fitting.covariates.read import covariates_of
from funnelsim.fitting.covariates.segment_model import with_segments
from funnelsim.fitting.covariates.segments import (
    AUTO,
    NONE,
    NOTHING_CLEAR,
    Segmentation,
    choose_covariate,
    named_covariate,
    segmentation_of,
)
from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.dwell.competing import StageFit, fit_stage
from funnelsim.fitting.dwell.exponential_weights import choose_half_life
from funnelsim.fitting.dwell.planned_close import useful_plans
from funnelsim.fitting.fittable import LATER, check_fittable, has_later_events
from funnelsim.fitting.report.build import report_of
from funnelsim.fitting.result.estimates import Estimates
from funnelsim.fitting.result.parameter_draws import draw_parameters
from funnelsim.fitting.result.pipeline import open_pipeline
from funnelsim.fitting.result.source_fits import fit_sources, listed_factor_of
from funnelsim.fitting.result.source_names import source_keys
from funnelsim.fitting.result.to_model import model_of
from funnelsim.fitting.trend.current_level import CurrentLevel, current_level_of
from funnelsim.fitting.trend.holidays import PublicHolidays, holidays_around
from funnelsim.fitting.trend.structural import HORIZON_DAYS
from funnelsim.fitting.workload.fit import AtOnce, fit_work, with_states
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.columns.plans import dated_plans, refuse_fields_of_open_deals
from funnelsim.history.files.as_of_dates import as_of_text
from funnelsim.history.files.events import History
from funnelsim.model.parts import Model

Progress = Callable[[int, int], None]

_MOST_WORKERS = 4


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The result of a fit.

    Attributes
    ----------
    model : Model
    draws : DataFrame or None
        A row a parameter draw, a column a path of the model; times in days.
    pipeline : DataFrame or None
        Open deals at the model's start; None where there are none.
    report : FitDocument
    whole : dict of str to StageFit or None
        Fits of the stages to the whole history.
    """

    model: Model
    draws: pl.DataFrame | None
    pipeline: pl.DataFrame | None
    report: FitDocument
    whole: dict[str, StageFit | None] = field(repr=False)


@on_one_thread
def fit_funnel(
    history: History,
    *,
    as_of: dt.date | str | None = None,
    since: dt.date | str | None = None,
    draws: int = 200,
    seed: int = 1,
    name: str | None = None,
    horizon_days: float | None = HORIZON_DAYS,
    covariates: bool = True,
    segments: str = "none",
    trust: Collection[str] = (),
    holidays: str | None = None,
    at_once: AtOnce = "time",
    like: Fit | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit a model to a history.

    Each stage's exits are fitted as competing risks: open deals are right censored, never lost, and a visit
    that began before the observation is left truncated. See ``docs/background/fitting.md`` for the method.

    Parameters
    ----------
    history : History
    as_of : date, datetime or str, optional
        Learn as if it were the end of this day (or this time); by default the history's own as-of time.
    since : date, datetime or str, optional
        Learn only from what happened from this day on.
    draws : int, default 200
        Parameter draws by the Bayesian bootstrap; 0 for none.
    seed : int, default 1
    name : str, optional
        Of the model; by default that of the history.
    horizon_days : float or None, default 45
        From the as-of time to the middle of what is to be forecast: the further, the less the last weeks say.
        None takes the whole history as one stationary process, without seasonality and drift.
    covariates : bool, default True
        Whether the report has the effects of source, segment, rep, account and amount; the model is the same.
    segments : str, default "none"
        The covariate whose levels become segments of the model: ``source``, ``segment``, ``owner``,
        ``account``, ``amount``; ``auto`` takes the one that explains most exits, if its effect is clear.
    trust : collection of str
        Of `funnelsim.history.columns.plans.PLAN_FIELDS`: plans assumed to have been in force since
        the deal was created, although they carry no date.
    holidays : str, optional
        Country whose public holidays apply, by its ISO 3166 code, such as ``BR`` or ``DE-BY``, or ``none``;
        by default the country of the history.
    at_once : {"hours", "time"}
        How concurrent tasks on one deal, which the model does in sequence, are converted: keep the hours of
        the reps, or the time that the deal took.
    like : Fit, optional
        An earlier fit of the same history at the same time: the fits to the whole history are taken from it.
    workers : int, optional
        Threads for the draws, on which results do not depend; by default one for each core, four at most.
    progress : callable, optional
        Called with (done, all).

    Raises
    ------
    HistoryError
        If the history is empty at that time, nobody has left any stage yet or is won, it has more stages
        than can be learned, segments are requested that the history does not have or that are too small, or
        the country is not known.

    Examples
    --------
    >>> fit = fs.fit_funnel(fs.read_history("history"), as_of=dt.date(2026, 1, 31), draws=0)
    >>> fit.model.start
    datetime.date(2026, 2, 1)
    """
    require(history, History, "history", "read one with funnelsim.read_history")
    steps = _Steps(history, draws, progress)
    whole = like.whole if like is not None else {}
    known = history if as_of is None else cut(history, as_of)
    check_fittable(known)
    if trust:
        refuse_fields_of_open_deals(history.plans, history.deals, trust)
        known = replace(known, plans=dated_plans(known.plans, known.deals, trust))
    if segments not in (AUTO, NONE):
        named_covariate(segments, covariates_of(known))
    off = _public_holidays(known, holidays)
    estimates = _fit_parts(known, _begins(since), steps, horizon_days, whole, off, at_once)
    threads = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    steps = _Steps(history, draws, progress, len(estimates.samples))
    frame, drawn = draw_parameters(estimates, draws, seed, threads, steps.step)
    model = model_of(estimates, name)
    pipeline = with_states(open_pipeline(estimates.history, estimates.keys.key), estimates.work)
    wants_effects = covariates or segments != NONE
    effects = (
        covariate_effects(estimates.history, estimates.samples, since=estimates.since)
        if wants_effects
        else None
    )
    segmentation = _segmentation(estimates, effects, segments) if effects is not None else None
    if segmentation is not None:
        result = with_segments(estimates, segmentation, model, frame, pipeline, seed=seed)
        model, frame, pipeline = result.model, result.draws, result.pipeline
    no_segments = NOTHING_CLEAR if segments == AUTO and segmentation is None else ""
    return Fit(
        model=model,
        draws=frame,
        pipeline=pipeline if pipeline.height else None,
        report=report_of(estimates, model, frame, pipeline, drawn, seed, effects, segmentation, no_segments),
        whole=estimates.whole,
    )


def _segmentation(estimates: Estimates, effects: CovariateEffects, wanted: str) -> Segmentation | None:
    covariate = choose_covariate(wanted, effects.covariates, effects.drivers, effects.dependences)
    return (
        segmentation_of(covariate, estimates.samples, effects.covariates) if covariate is not None else None
    )


def named_country(history: History, country: str | None) -> str | None:
    """The country whose holidays count: the given one, else that of the history; None for none.

    Raises
    ------
    HistoryError
        If it is not known.
    """
    named = history.meta.holidays if country is None else country
    if not named or named.lower() == NO_HOLIDAYS:
        return None
    try:
        return country_code(named)
    except ValueError as error:
        raise HistoryError("holidays", [Problem(path="", message=str(error))]) from None


def _public_holidays(history: History, country: str | None) -> PublicHolidays | None:
    code, first = named_country(history, country), history.visits["entered"].min()
    if code is None or not isinstance(first, dt.datetime):
        return None
    return holidays_around(code, first.date(), history.meta.as_of.date())


class _Steps:
    """Progress in steps: one a stage fitted, then one a stage drawn, then one for the amounts."""

    def __init__(self, history: History, draws: int, progress: Progress | None, done: int = 0) -> None:
        self.all = len(history.meta.stages) * (2 if draws else 1) + 2
        self.done, self.progress = done, progress

    def step(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(min(self.done, self.all), self.all)


def _begins(since: dt.date | str | None) -> dt.datetime | None:
    """The first instant of a day."""
    if since is None:
        return None
    try:
        return as_instant(since)
    except ValueError as error:
        raise HistoryError("since", [Problem(path="", message=str(error))]) from None


def _fit_parts(
    history: History,
    since: dt.datetime | None,
    steps: _Steps,
    horizon_days: float | None,
    whole: Mapping[str, StageFit | None],
    off: PublicHolidays | None,
    at_once: AtOnce,
) -> Estimates:
    if since is not None and since >= history.meta.as_of:
        message = f"{since:%Y-%m-%d} is not before the end of the history, {as_of_text(history.meta.as_of)}"
        raise HistoryError(history.meta.name, [Problem(path="since", message=message)])
    dates_off = off.dates if off is not None else ()
    work = fit_work(history, dates_off, at_once)
    known, history = history, history if work is None else work.history
    samples = observe(history, since=since)
    whole = dict(whole)
    for stage, sample in samples.items():
        if stage not in whole:
            whole[stage] = fit_stage(sample, losses_recorded=history.meta.losses_recorded)
        steps.step()
    if not any(fit is not None for fit in whole.values()):
        message = "nobody has left any stage yet, so there is nothing to learn"
        later = LATER if has_later_events(known) else ""
        hint = (
            f"{later}import again and list the labels that end a deal in a "
            'mapping: [outcomes] won = ["the label"], lost = ["the label"]'
        )
        raise HistoryError(history.meta.name, [Problem(path="visits", message=message, hint=hint)])
    stages, current_levels = dict(whole), {}
    if horizon_days is not None:
        stages = {key: _weighted(fit, horizon_days) for key, fit in whole.items()}
        current_levels = _current_levels(history, stages, horizon_days, dates_off)
    keys = source_keys(history.deals)
    sources, leads_until = fit_sources(known, keys, since, horizon_days, dates_off)
    steps.step()
    listed_factor, placeholders = listed_factor_of(history, since)
    return Estimates(
        history=history,
        since=since,
        samples={
            key: sample if (fit := stages[key]) is None else fit.sample for key, sample in samples.items()
        },
        whole=whole,
        stages=stages,
        current_levels=current_levels,
        planned=useful_plans(history),
        keys=keys,
        sources=sources,
        listed_factor=listed_factor,
        placeholders=placeholders,
        leads_until=leads_until,
        work=work,
        holidays=off,
    )


def _weighted(fit: StageFit | None, horizon_days: float) -> StageFit | None:
    """The stage fitted with exponential weights, where these predict better."""
    half_life = choose_half_life(fit, horizon_days) if fit is not None else None
    return (
        fit
        if fit is None or half_life is None
        else fit.refitted(fit.sample.with_exponential_weights(half_life))
    )


def _current_levels(
    history: History,
    stages: Mapping[str, StageFit | None],
    horizon_days: float,
    holidays: Collection[dt.date],
) -> dict[str, CurrentLevel]:
    by_day = history.meta.resolution == "day"
    return {
        key: current_level_of(
            fit, history.meta.as_of, by_day=by_day, horizon_days=horizon_days, holidays=holidays
        )
        for key, fit in stages.items()
        if fit is not None
    }
