"""The one way in: a history becomes a model, with its uncertainty, its open pipeline and a report."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.holidays import NO_HOLIDAYS, country_code
from funnelsim.distributions import Distribution
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.distributions.mixture import Mixture
from funnelsim.distributions.parametric import Constant
from funnelsim.fitting.amounts import AmountFit, fit_amounts, fit_listed_factor
from funnelsim.fitting.arrivals import Arrivals, fit_arrivals
from funnelsim.fitting.bootstrap import (
    AMOUNT_LEVEL,
    PLANS,
    SOURCES,
    STAGES,
    Clusters,
    clusters_of,
    weights_of_draw,
)
from funnelsim.fitting.carried import Carried, carried_by
from funnelsim.fitting.course import HORIZON_DAYS, STEADY, Level, course_of_values
from funnelsim.fitting.covariates import covariates_of
from funnelsim.fitting.exits import StageFit, fit_stage
from funnelsim.fitting.frailty import FrailtyFit, factors_of, find_frailty
from funnelsim.fitting.holidays import PUBLIC, PublicHolidays, factor_of, holidays_around
from funnelsim.fitting.independence import dependences_of
from funnelsim.fitting.likelihood import Floats
from funnelsim.fitting.observed import StageSample, observe
from funnelsim.fitting.pipeline import model_start, open_pipeline
from funnelsim.fitting.planned import PlannedFit, plans_worth_using
from funnelsim.fitting.present import Present, present_of
from funnelsim.fitting.recency import half_life_of
from funnelsim.fitting.segments import (
    AUTO,
    NONE,
    NOTHING_CLEAR,
    Segmentation,
    choose_covariate,
    named_covariate,
    segmentation_of,
)
from funnelsim.fitting.sources import SourceKeys, source_keys
from funnelsim.fitting.update import clock_key
from funnelsim.fitting.work import LEADS, AtOnce, Work, learn_work, with_states
from funnelsim.history.asof import cut, end_of_day, parse_as_of
from funnelsim.history.events import History
from funnelsim.history.plans import dated_plans
from funnelsim.model.parts import Exit, Holiday, Model, Source, Stage
from funnelsim.model.roles import WorkCalendar

if TYPE_CHECKING:
    from funnelsim.fitting.report import FitReport

Progress = Callable[[int, int], None]

#: So many leads expected and none seen at the end of a history: their recording ended before.
_LEADS_MISSING = 20.0
_NOTHING_LEAVES = {"never": Exit(to="never", p=1.0)}
_AT_ONCE = Constant("duration", (("value", 0.0),))
_MOST_WORKERS = 4


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What was learnt from a history.

    Attributes
    ----------
    model : Model
    draws : DataFrame or None
        A row a parameter draw, a column a path of the model; times in days.
    pipeline : DataFrame or None
        Open deals at the model's start; None where there are none.
    report : FitReport
    whole : dict of str to StageFit or None
        The stages over the whole past.
    """

    model: Model
    draws: pl.DataFrame | None
    pipeline: pl.DataFrame | None
    report: FitReport
    whole: dict[str, StageFit | None] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SourceFit:
    """Arrivals, entry stages and amounts of one source."""

    key: str
    name: str
    deals: int
    arrivals: Arrivals
    enters: dict[str, float]
    amounts: AmountFit | None
    won_rows: NDArray[np.int64]
    amount_level: Level = STEADY


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Everything a fit found, before it is put in words.

    Attributes
    ----------
    whole, stages : dict of str to StageFit or None
        Over the whole history, and with a past that fades where that did better before.
    present : dict of str to Present
        Calendar and drift of the stages that somebody has left.
    planned : dict of str to PlannedFit
        Stages whose open deals are better told by their planned close than by their age.
    work : Work or None
        Where the history tells who did what: then `history` holds the dwells without wait and work.
    holidays : PublicHolidays or None
        Where a country is named.
    """

    history: History
    since: dt.datetime | None
    samples: dict[str, StageSample]
    whole: dict[str, StageFit | None]
    stages: dict[str, StageFit | None]
    present: dict[str, Present]
    planned: dict[str, PlannedFit]
    keys: SourceKeys
    sources: tuple[SourceFit, ...]
    listed_factor: Distribution | None
    placeholders: int
    leads_until: dt.datetime
    work: Work | None = None
    holidays: PublicHolidays | None = None
    frailty: FrailtyFit | None = None

    @property
    def fitted(self) -> dict[str, StageFit]:
        """Those stages over the whole past that somebody has left."""
        return {key: fit for key, fit in self.whole.items() if fit is not None}

    @property
    def now(self) -> dict[str, StageFit | None]:
        """The stages as they move now."""
        return {
            key: self.present[key].applied(fit) if fit is not None and key in self.present else fit
            for key, fit in self.stages.items()
        }


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
    frailty: bool = False,
    like: Fit | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Learn a model from a history.

    Each stage's exits are fitted as competing risks: open deals are open, never lost, and a stay that began
    before observation did counts from then on. See ``docs/background/fitting.md`` for the method.

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
        None takes the whole history as one steady process, without calendar and drift.
    covariates : bool, default True
        Whether the report says what source, segment, rep, account and amount carry; the model is the same.
    segments : str, default "none"
        The covariate whose levels become segments of the model: ``source``, ``segment``, ``owner``,
        ``account``, ``amount``; ``auto`` takes the one that explains most moves, if its effect is clear.
    trust : collection of str
        Of `funnelsim.history.plans.PLAN_FIELDS`: plans that are believed to have stood there since the deal
        was created, although nobody knows when they were made.
    holidays : str, optional
        Country whose public holidays they keep, as ISO 3166 has it, such as ``BR`` or ``DE-BY``, or
        ``none``; by default the one that the history names.
    at_once : {"hours", "time"}
        What is kept of tasks that people do at the same time on one deal, which the model does in turn: the
        hours of those who do them, or the time that the deal took.
    frailty : bool, default False
        Whether the dwells of a deal are tied where they were not independent and past deals foretold how.
    like : Fit, optional
        An earlier fit of the same history at the same time: its stages over the whole past are taken from it.
    workers : int, optional
        Threads for the draws, on which results do not depend; by default one for each core, four at most.
    progress : callable, optional
        Called with (done, all).

    Raises
    ------
    HistoryError
        If the history is empty at that time, nobody has left any stage yet, segments are asked for that
        the history does not tell or that are too small, or the country is not known.
    """
    steps = _Steps(history, draws, progress)
    whole = like.whole if like is not None else {}
    known = _as_known(history, as_of)
    if trust:
        known = replace(known, plans=dated_plans(known.plans, known.deals, trust))
    if segments not in (AUTO, NONE):
        named_covariate(segments, covariates_of(known))
    off = _public_holidays(known, holidays)
    learnt = _learn(known, _instant(since), steps, horizon_days, whole, off, at_once)
    if frailty:
        tests = dependences_of(observe(learnt.history, since=learnt.since), covariates_of(learnt.history))
        learnt = replace(learnt, frailty=find_frailty(learnt.fitted, tests))
    threads = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    steps = _Steps(history, draws, progress, len(learnt.samples))
    frame, drawn = _draw(learnt, draws, seed, threads, steps)
    model = _model(learnt, name)
    pipeline = with_states(open_pipeline(learnt.history, learnt.keys.key), learnt.work)
    pipeline = _with_factors(pipeline, learnt)
    asked = covariates or segments != NONE
    carried = carried_by(learnt.history, learnt.samples, since=learnt.since) if asked else None
    segmentation = _segmentation(learnt, carried, segments) if carried is not None else None
    if segmentation is not None:
        from funnelsim.fitting.segmented import with_segments

        found = with_segments(learnt, segmentation, model, frame, pipeline, seed=seed)
        model, frame, pipeline = found.model, found.draws, found.pipeline
    from funnelsim.fitting.findings import report_of

    no_segments = NOTHING_CLEAR if segments == AUTO and segmentation is None else ""
    return Fit(
        model=model,
        draws=frame,
        pipeline=pipeline if pipeline.height else None,
        report=report_of(learnt, model, frame, pipeline, drawn, seed, carried, segmentation, no_segments),
        whole=learnt.whole,
    )


def _with_factors(pipeline: pl.DataFrame, learnt: Learnt) -> pl.DataFrame:
    """The open deals with what their completed visits tell of what ties their dwells."""
    if learnt.frailty is None:
        return pipeline
    mean, sd = factors_of(learnt.fitted, learnt.frailty.loadings, learnt.history.deals.height)
    factors = learnt.history.deals.select(
        pl.col("deal").alias("lead"),
        pl.Series("frailty_mean", mean).round(4),
        pl.Series("frailty_sd", sd).round(4),
    )
    return pipeline.join(factors, on="lead", how="left", maintain_order="left")


def _segmentation(learnt: Learnt, carried: Carried, wanted: str) -> Segmentation | None:
    covariate = choose_covariate(wanted, carried.covariates, carried.drivers, carried.dependences)
    return segmentation_of(covariate, learnt.samples, carried.covariates) if covariate is not None else None


def named_country(history: History, country: str | None) -> str | None:
    """The country whose holidays count: the one asked for, else that of the history; None for none.

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


def _as_known(history: History, as_of: dt.date | str | None) -> History:
    if as_of is None:
        return history
    if isinstance(as_of, str):
        return cut(history, parse_as_of(as_of))
    return cut(history, as_of if isinstance(as_of, dt.datetime) else end_of_day(as_of))


def _instant(day: dt.date | str | None) -> dt.datetime | None:
    """The first instant of a day."""
    if isinstance(day, str):
        try:
            return dt.datetime.fromisoformat(day.strip())
        except ValueError:
            message = f'"{day}" is not a date; write 2026-03-31'
            raise HistoryError("since", [Problem(path="", message=message)]) from None
    if day is None or isinstance(day, dt.datetime):
        return day
    return dt.datetime.combine(day, dt.time(0))


def _learn(
    history: History,
    since: dt.datetime | None,
    steps: _Steps,
    horizon_days: float | None,
    whole: Mapping[str, StageFit | None],
    off: PublicHolidays | None,
    at_once: AtOnce,
) -> Learnt:
    if since is not None and since >= history.meta.as_of:
        message = f"{since:%Y-%m-%d} is not before the end of the history, {history.meta.as_of:%Y-%m-%d}"
        raise HistoryError(history.meta.name, [Problem(path="since", message=message)])
    dates_off = off.dates if off is not None else ()
    work = learn_work(history, dates_off, at_once)
    known, history = history, history if work is None else work.history
    samples = observe(history, since=since)
    whole = dict(whole)
    for stage, sample in samples.items():
        if stage not in whole:
            whole[stage] = fit_stage(sample, losses_recorded=history.meta.losses_recorded)
        steps.step()
    if not any(fit is not None for fit in whole.values()):
        message = "nobody has left any stage yet, so there is nothing to learn; take a later as-of date"
        raise HistoryError(history.meta.name, [Problem(path="visits", message=message)])
    stages, present = dict(whole), {}
    if horizon_days is not None:
        stages = {key: _faded(fit, horizon_days) for key, fit in whole.items()}
        present = _present(history, stages, horizon_days, dates_off)
    keys = source_keys(history.deals)
    sources, leads_until = _sources(known, keys, since, horizon_days, dates_off)
    steps.step()
    listed_factor, placeholders = _listed_factor(history, since)
    return Learnt(
        history=history,
        since=since,
        samples={
            key: sample if (fit := stages[key]) is None else fit.sample for key, sample in samples.items()
        },
        whole=whole,
        stages=stages,
        present=present,
        planned=plans_worth_using(history),
        keys=keys,
        sources=sources,
        listed_factor=listed_factor,
        placeholders=placeholders,
        leads_until=leads_until,
        work=work,
        holidays=off,
    )


def _faded(fit: StageFit | None, horizon_days: float) -> StageFit | None:
    """The stage with a past that fades, where that did better before."""
    half_life = half_life_of(fit, horizon_days) if fit is not None else None
    return fit if fit is None or half_life is None else fit.refitted(fit.sample.fading(half_life))


def _present(
    history: History,
    stages: Mapping[str, StageFit | None],
    horizon_days: float,
    holidays: Collection[dt.date],
) -> dict[str, Present]:
    by_day = history.meta.resolution == "day"
    return {
        key: present_of(fit, history.meta.as_of, by_day=by_day, horizon_days=horizon_days, holidays=holidays)
        for key, fit in stages.items()
        if fit is not None
    }


def _sources(
    history: History,
    keys: SourceKeys,
    since: dt.datetime | None,
    horizon_days: float | None,
    holidays: Collection[dt.date],
) -> tuple[tuple[SourceFit, ...], dt.datetime]:
    """All sources, and until when the coming of leads was recorded."""
    as_of = history.meta.as_of
    begin = max((w for w in (history.meta.observed_from, since) if w is not None), default=None)
    first = (
        history.visits.sort("entered", maintain_order=True)
        .group_by("deal", maintain_order=True)
        .agg(pl.col("stage").first(), pl.col("entered").first())
    )
    deals = history.deals.with_columns(keys.key.alias("source_key")).with_row_index("row")
    begun = deals.join(first, on="deal", how="inner")
    until = _recorded_until(begun, as_of)
    begun = begun.filter(pl.col("entered") < until)
    observed = _observed_days(begun, until, begin)
    ago = (pl.lit(until) - pl.col("entered")).dt.total_microseconds() / 86_400e6
    begun = begun.with_columns(ago.alias("days_ago"))
    won = won_deals(deals, since)
    pooled = fit_amounts(won["amount"].to_numpy())
    amount_level = _amount_level(won, as_of, horizon_days)
    found = []
    for key, name in keys.names.items():
        own = begun.filter(pl.col("source_key") == key)
        wins = won.filter(pl.col("source_key") == key)
        amounts = fit_amounts(wins["amount"].to_numpy(), pooled)
        found.append(
            SourceFit(
                key=key,
                name=name,
                deals=own.height,
                arrivals=fit_arrivals(
                    own["days_ago"].to_numpy(),
                    as_of=until,
                    observed_days=observed,
                    horizon_days=horizon_days,
                    holidays=holidays,
                ),
                enters=_entry_shares(own, history, observed),
                amounts=amounts,
                won_rows=(won if amounts is not None and amounts.whole else wins)["row"]
                .to_numpy()
                .astype(np.int64),
                amount_level=amount_level,
            )
        )
    return tuple(source for source in found if source.deals), until


def _amount_level(won: pl.DataFrame, as_of: dt.datetime, horizon_days: float | None) -> Level:
    """How much larger than over the whole history won amounts will be, source by source."""
    told = won.filter((pl.col("amount") > 0) & pl.col("closed").is_not_null())
    if horizon_days is None or not told.height:
        return STEADY
    usual = pl.col("amount").mean().over("source_key")
    ago = (pl.lit(as_of) - pl.col("closed")).dt.total_microseconds() / 86_400e6
    columns = told.select(ratio=pl.col("amount") / usual, ago=ago)
    ago_and_ratio = columns["ago"].to_numpy(), columns["ratio"].to_numpy()
    return course_of_values(*ago_and_ratio, as_of, horizon_days=horizon_days).level


def _recorded_until(begun: pl.DataFrame, as_of: dt.datetime) -> dt.datetime:
    """The as-of time, or midnight after the last lead where leads ceased long before.

    A gap in which twenty leads or more were to be expected, and ten times longer than any lead takes to
    follow the other, is no chance: either leads are not recorded any more, or they stopped coming.
    """
    days = (begun["entered"] - begun["entered"].min()).dt.total_microseconds().to_numpy() / 86_400e6
    ordered = np.sort(days)
    last = begun["entered"].max()
    assert isinstance(last, dt.datetime)
    gap = (as_of - last) / dt.timedelta(days=1)
    recent = ordered[ordered > ordered[-1] - 91]
    expected = gap * len(recent) / 91
    longest = float(np.max(np.diff(recent), initial=0.0))
    if expected >= _LEADS_MISSING and gap > 10 * max(longest, 1.0):
        return end_of_day(last.date())
    return as_of


def _observed_days(begun: pl.DataFrame, as_of: dt.datetime, begin: dt.datetime | None) -> float:
    """For how long arrivals were recorded: since the first of them, or since observation began."""
    first = begun["entered"].min()
    assert isinstance(first, dt.datetime)
    since = max(first, begin) if begin is not None else first
    return max((as_of - dt.datetime.combine(since.date(), dt.time(0))) / dt.timedelta(days=1), 1.0)


def _entry_shares(own: pl.DataFrame, history: History, observed: float) -> dict[str, float]:
    """Share of leads by the stage they begin in, of those seen from the beginning."""
    seen = own.filter(pl.col("days_ago") <= observed)
    counts = dict((seen if seen.height else own).group_by("stage").len().iter_rows())
    total = sum(counts.values())
    return whole_shares({s: counts[s] / total for s in history.meta.stages if s in counts}) if total else {}


def won_deals(deals: pl.DataFrame, since: dt.datetime | None) -> pl.DataFrame:
    won = deals.filter(
        (pl.col("outcome") == "won") & pl.col("amount").is_not_null() & (pl.col("amount") >= 0)
    )
    if since is None:
        return won
    recent = won.filter(pl.col("closed") >= since)
    return recent if recent.height else won


def _listed_factor(history: History, since: dt.datetime | None) -> tuple[Distribution | None, int]:
    both = won_deals(history.deals, since).filter((pl.col("amount") > 0) & (pl.col("listed_amount") > 0))
    return fit_listed_factor(both["amount"].to_numpy(), both["listed_amount"].to_numpy())


def _model(learnt: Learnt, name: str | None) -> Model:
    meta = learnt.history.meta
    work = learnt.work
    constant = learnt.listed_factor is None or learnt.listed_factor.family == "constant"
    sources = {source.key: _source(source, work) for source in learnt.sources}
    clocks = {
        clock_key(stage, target): rhythm.clock
        for stage, present in learnt.present.items()
        for target, rhythm in present.rhythms.items()
    }
    on_holidays = [source.holiday for source in sources.values()]
    on_holidays += [clock.holiday for clock in clocks.values()]
    return Model(
        name=name or meta.name,
        noun=meta.noun,
        currency=meta.currency,
        amount_is=meta.amount_is,
        start=model_start(meta.as_of),
        outcomes=tuple(key for key in meta.outcomes if key not in ("won", "lost", "churned")),
        calendars=_calendars(learnt, on_holidays),
        roles={} if work is None else work.role_parts(),
        sources=sources,
        clocks=clocks,
        stages={key: _stage(key, fit, learnt) for key, fit in learnt.now.items()},
        listed_factor=None if constant else learnt.listed_factor,
    )


def _calendars(learnt: Learnt, on_holidays: Iterable[Holiday | None]) -> dict[str, WorkCalendar]:
    """Office hours, and the public holidays where they count."""
    found = {} if learnt.work is None else learnt.work.calendars
    off = learnt.holidays
    if off is None:
        return found
    found = {
        k: one.model_copy(update={"name": off.name}) if one.holidays else one for k, one in found.items()
    }
    return {PUBLIC: off.as_calendar()} | found if any(on_holidays) else found


def _source(fit: SourceFit, work: Work | None) -> Source:
    arrivals = fit.arrivals
    by_hours = work is not None and work.lead_hours is not None
    return Source(
        name=fit.name,
        enters=fit.enters,
        rate=_short(arrivals.rate),
        weekday=arrivals.weekday,
        month=arrivals.month,
        holiday=_holiday(arrivals),
        growth=round(arrivals.growth, 4),
        hours=LEADS if by_hours else None,
        dispersion=round(arrivals.dispersion, 2),
        amount=_amount_now(fit),
    )


def _holiday(arrivals: Arrivals) -> Holiday | None:
    if arrivals.holiday is None or not arrivals.holiday.used:
        return None
    return Holiday(calendar=PUBLIC, factor=factor_of(arrivals.holiday))


def _amount_now(fit: SourceFit) -> Distribution | None:
    if fit.amounts is None:
        return None
    level = fit.amount_level
    law = fit.amounts.law
    return rounded_law(law.scaled(math.exp(level.mean)) if level.mean else law)


def level_of_amounts(learnt: Learnt) -> Level:
    """How much larger won amounts are now than over the whole history: the same for all sources."""
    return learnt.sources[0].amount_level if learnt.sources else STEADY


def _stage(key: str, fit: StageFit | None, learnt: Learnt) -> Stage:
    name, present, planned = learnt.history.meta.stages[key], learnt.present.get(key), learnt.planned.get(key)
    tasks = () if learnt.work is None else learnt.work.task_of(key)
    if fit is None:
        return Stage(name=name, work=tasks, exits=_NOTHING_LEAVES)
    shares = whole_shares({key: float(p) for key, p in zip(exit_keys(fit), fit.p, strict=True)})
    exits = {}
    for k in fit.listed:
        component, law = fit.components[k], fit.law(k)
        after = _AT_ONCE if law is None else rounded_law(law)
        paced = present is not None and component.to in present.rhythms and law is not None
        exits[component.key] = Exit(
            to=component.to,
            p=shares[component.key],
            after=after,
            clock=clock_key(key, component.to) if paced else None,
        )
    if fit.layout.never:
        exits["never"] = Exit(to="never", p=shares["never"])
    return Stage(
        name=name,
        work=tasks,
        frailty=0.0 if learnt.frailty is None else learnt.frailty.loadings.get(key, 0.0),
        exits=exits,
        planned=planned.as_part() if planned is not None else None,
    )


def exit_keys(fit: StageFit) -> list[str]:
    """Names of the exits in the order of the probabilities."""
    return [component.key for component in fit.components] + (["never"] if fit.layout.never else [])


def whole_shares(shares: Mapping[str, float]) -> dict[str, float]:
    """Rounded to six digits; the largest share takes what rounding left."""
    found = {key: round(share, 6) for key, share in shares.items()}
    largest = max(found, key=lambda key: found[key])
    found[largest] = round(found[largest] + 1 - math.fsum(found.values()), 6)
    return found


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def rounded_law(law: Distribution) -> Distribution:
    """The same law with five significant digits a parameter, as it stands in a file."""
    if isinstance(law, Mixture):
        return Mixture(law.kind, law.weights, tuple(rounded_law(part) for part in law.laws))
    if isinstance(law, Empirical):
        return Empirical(law.kind, tuple(_short(value) for value in law.values), law.weights)
    for name, value in law.given.items():
        law = law.replaced(name, _short(value))
    return law


def _draw(
    learnt: Learnt, draws: int, seed: int, threads: int, steps: _Steps
) -> tuple[pl.DataFrame | None, str]:
    """The parameter draws, and what was weighted as one."""
    clusters = clusters_of(learnt.history.deals)
    if not draws:
        return None, clusters.unit
    columns: dict[str, Floats] = {}
    with ThreadPoolExecutor(threads) as pool:
        stage_weights, won_weights = _weights(learnt, clusters, draws, seed, pool)

        def columns_of(place: int, key: str, fit: StageFit | None) -> dict[str, Floats]:
            if fit is None:
                return {}
            rng = np.random.default_rng([seed, draws, STAGES, place])
            at = fit.draw(stage_weights[key], rng).parameters
            if key in learnt.present:
                at = learnt.present[key].drawn(fit, at, rng)
            return stage_columns(key, fit, at)

        stages = learnt.stages
        for found in pool.map(columns_of, range(len(stages)), stages.keys(), stages.values()):
            columns |= found
            steps.step()
    for place, (key, planned) in enumerate(learnt.planned.items()):
        rng = np.random.default_rng([seed, draws, PLANS, place])
        columns |= _planned_columns(key, planned, clusters, draws, seed, rng)
    for place, source in enumerate(learnt.sources):
        rng = np.random.default_rng([seed, draws, SOURCES, place])
        columns[f"sources.{source.key}.rate"] = source.arrivals.drawn_rates(draws, rng)
        if source.amounts is not None:
            # One level for all sources, so one set of draws.
            of_level = np.random.default_rng([seed, draws, AMOUNT_LEVEL])
            levels = np.exp(source.amount_level.drawn(draws, of_level))
            drawn = source.amounts.drawn(won_weights[source.key], rng, levels)
            columns |= {f"sources.{source.key}.amount.{name}": values for name, values in drawn.items()}
    steps.step()
    return pl.DataFrame(columns), clusters.unit


def _weights(
    learnt: Learnt, clusters: Clusters, draws: int, seed: int, pool: ThreadPoolExecutor
) -> tuple[dict[str, list[Floats]], dict[str, Floats]]:
    """Weights of each stage's bins and of each source's wins, in every draw.

    A draw's weights of all deals are let go before the next is made.
    """

    def one(draw: int) -> tuple[list[list[Floats]], list[Floats]]:
        weight = weights_of_draw(clusters, draw, seed)
        binned = [sample.weights(weight[sample.deal]) for sample in learnt.samples.values()]
        return binned, [weight[source.won_rows] for source in learnt.sources]

    by_draw, won_by_draw = zip(*pool.map(one, range(draws)), strict=True)
    stage_weights = {
        key: [np.concatenate(parts) for parts in zip(*by_stage, strict=True)]
        for key, by_stage in zip(learnt.samples, zip(*by_draw, strict=True), strict=True)
    }
    won = zip(*won_by_draw, strict=True)
    return stage_weights, {s.key: np.stack(rows) for s, rows in zip(learnt.sources, won, strict=True)}


def _planned_columns(
    key: str, planned: PlannedFit, clusters: Clusters, draws: int, seed: int, rng: np.random.Generator
) -> dict[str, Floats]:
    shares = np.array([planned.drawn(weights_of_draw(clusters, draw, seed), rng) for draw in range(draws)])
    held = planned.as_part().exits
    return {
        f"stages.{key}.planned.exits.{name}.p": shares[:, k]
        for k, name in enumerate(planned.names)
        if name in held
    }


def stage_columns(key: str, fit: StageFit, parameters: Floats) -> dict[str, Floats]:
    p = np.exp(fit.layout.log_p(parameters))
    columns = {f"stages.{key}.exits.{name}.p": p[:, k] for k, name in enumerate(exit_keys(fit))}
    for k, component in enumerate(fit.components):
        if component.family:
            names = FIT_FAMILIES[component.family].parameters
            for name, place in zip(names, fit.layout.places[k], strict=True):
                path = f"stages.{key}.exits.{component.key}.after.{name}"
                columns[path] = np.exp(parameters[:, place])
    return columns
