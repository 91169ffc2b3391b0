"""Build the report of a fit from its estimates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from funnelsim import __version__
from funnelsim.core.arrays import Floats
from funnelsim.documents.fit import FitCloses, FitDocument, FitHolidays, FitQuarter, FitSegment
from funnelsim.documents.fit_sources import FitSource, FitTail
from funnelsim.documents.fit_stages import FitExit, FitIncidence, FitMoving, FitStage, FitTarget
from funnelsim.documents.shared import Provenance
from funnelsim.documents.stages import FunnelStage
from funnelsim.fitting.covariates.effects import CovariateEffects
from funnelsim.fitting.covariates.segments import Segmentation
from funnelsim.fitting.dwell.aalen_johansen import largest_gap
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.dwell.competing.cure_fraction import everybody_stays
from funnelsim.fitting.dwell.competing.survival import dwell_quantile
from funnelsim.fitting.dwell.cumulative_incidence import cumulative_incidences
from funnelsim.fitting.dwell.observed_expected import recent_exits
from funnelsim.fitting.mle.priors import RARE_BELOW
from funnelsim.fitting.mle.rounding import short_text
from funnelsim.fitting.report.limitations import data_limitations, warnings_of
from funnelsim.fitting.report.win_chances import win_chances
from funnelsim.fitting.result.estimates import Estimates
from funnelsim.fitting.result.source_fits import SourceFit
from funnelsim.fitting.trend.closes import closes_of
from funnelsim.fitting.trend.current_level import CurrentLevel
from funnelsim.fitting.trend.holidays import PublicHolidays
from funnelsim.fitting.workload.workload_report import role_reports, task_reports, work_warnings
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Model
from funnelsim.processmap.funnel_order import expected_conversion

_NINETY = 1.6449
#: The report of a stage without a fit, because nobody has left it.
_NO_FIT: dict[str, Any] = {
    "exits": (),
    "median_days": None,
    "mean_days": None,
    "mass_beyond": None,
    "oldest_open_beyond": 0,
    "largest_gap": 0.0,
    "never": everybody_stays(),
    "half_life_days": None,
    "recent": (),
    "moving": (),
    "incidence": (),
    "targets": (),
}


def report_of(
    estimates: Estimates,
    model: Model,
    draws: pl.DataFrame | None,
    pipeline: pl.DataFrame,
    draws_over: str,
    seed: int,
    effects: CovariateEffects | None = None,
    segmentation: Segmentation | None = None,
    no_segments: str = "",
) -> FitDocument:
    """The report of a fit; with the effects of covariates where they were estimated."""
    meta = estimates.history.meta
    stages = tuple(_stage(key, meta.stages[key], fit, estimates, draws) for key, fit in estimates.now.items())
    chances = win_chances(model, draws)
    sources = tuple(_source(source, model, draws, chances) for source in estimates.sources)
    overall = _overall(estimates, chances)
    window = max((source.arrivals.window_days for source in estimates.sources), default=7.0)
    roles = role_reports(estimates.work, model, estimates.leads_until, window)
    listed = estimates.listed_factor
    return FitDocument(
        format=1,
        command="fit",
        provenance=Provenance(model="", seed=seed, version=__version__),
        stage_names={stage.stage: stage.name for stage in stages},
        name=model.name,
        noun=meta.noun,
        currency=meta.currency,
        as_of=meta.last_day,
        known_until=meta.as_of,
        start=model.start,
        observed_from=meta.observed_from,
        since=estimates.since.date() if estimates.since else None,
        resolution=meta.resolution,
        deals=estimates.history.deals.height,
        open_deals=pipeline.height,
        open_listed=float(pipeline["amount"].sum()),
        visits=sum(sample.visits for sample in estimates.samples.values()),
        stages=stages,
        stages_left_out=tuple(key for key in meta.stages if key not in estimates.stages),
        sources=sources,
        listed_factor=listed.text() if listed is not None else "",
        listed_factor_mean=listed.mean() if listed is not None else math.nan,
        win_probability=float(overall[0]),
        win_low=_quantile(overall[1:], 0.05),
        win_high=_quantile(overall[1:], 0.95),
        closed_won_share=_closed_won_share(estimates),
        funnel=tuple(_funnel_row(stage, model) for stage in stages),
        closes=tuple(_closes(estimates)),
        draws=draws.height if draws is not None else 0,
        draws_over=draws_over,
        seed=seed,
        cannot_tell=tuple(data_limitations(stages, sources, estimates, pipeline)),
        warnings=(*warnings_of(stages, meta, estimates.leads_until), *work_warnings(roles)),
        drivers=effects.drivers if effects is not None else None,
        dependences=effects.dependences if effects is not None else (),
        segments_by=segmentation.covariate if segmentation is not None else "",
        no_segments=no_segments,
        segments=tuple(_segments(model, draws, segmentation)) if segmentation is not None else (),
        roles=roles,
        tasks=task_reports(estimates.work),
        holidays=_holidays(estimates.holidays),
    )


def _holidays(off: PublicHolidays | None) -> FitHolidays | None:
    if off is None:
        return None
    return FitHolidays(
        country=off.code, source=off.source, first=off.dates[0], last=off.dates[-1], days=len(off.dates)
    )


def _segments(model: Model, draws: pl.DataFrame | None, segmentation: Segmentation) -> Iterator[FitSegment]:
    """Each segment with the win probability of a lead that starts in the first stage."""
    first = next(iter(model.stages))
    deals = np.bincount(segmentation.of_deal[segmentation.of_deal >= 0], minlength=len(segmentation.names))
    for (key, name), number in zip(segmentation.names.items(), deals, strict=True):
        own = f"segments.{key}."
        mine = draws
        if draws is not None:
            columns = [c for c in draws.columns if c.startswith(own)]
            mine = draws.with_columns(draws[c].alias(c.removeprefix(own)) for c in columns)
        chance = win_chances(resolve(model, segment=key), mine)[first]
        yield FitSegment(
            segment=key,
            name=name,
            deals=int(number),
            win_probability=float(chance[0]),
            win_low=_quantile(chance[1:], 0.05),
            win_high=_quantile(chance[1:], 0.95),
        )


def _closed_won_share(estimates: Estimates) -> float:
    closed = estimates.history.deals["outcome"].drop_nulls()
    known = len(closed) and estimates.history.meta.losses_recorded
    return float((closed == "won").sum() / len(closed)) if known else math.nan


def _funnel_row(stage: FitStage, model: Model) -> FunnelStage:
    return FunnelStage(
        stage=stage.stage,
        name=stage.name,
        entered=stage.visits,
        conversion=expected_conversion(model, stage.stage),
        dwell_days_mean=stage.mean_days,
        open=stage.open,
    )


def _overall(estimates: Estimates, chances: Mapping[str, Floats]) -> Floats:
    """Win probability of a new lead: sources weighted by their rates, or by their deals where all rates are
    0.
    """
    weights = [s.arrivals.rate for s in estimates.sources]
    if sum(weights) <= 0:
        weights = [float(s.deals) for s in estimates.sources]
    parts = [w * _entering(s, chances) for w, s in zip(weights, estimates.sources, strict=True)]
    return np.asarray(np.sum(parts, axis=0) / sum(weights))


def _entering(source: SourceFit, chances: Mapping[str, Floats]) -> Floats:
    return np.asarray(sum(share * chances[stage] for stage, share in source.enters.items()))


def _stage(
    key: str, name: str, fit: StageFit | None, estimates: Estimates, draws: pl.DataFrame | None
) -> FitStage:
    sample = estimates.samples[key]
    counted = {
        "stage": key,
        "name": name,
        "visits": sample.visits,
        "open": sample.open,
        "seen_late": sample.left_truncated,
        "left_out": sample.left_out,
        "longest_follow_up_days": sample.follow_up,
    }
    if fit is None:
        return FitStage(**counted, **_NO_FIT)
    means = [
        distribution.mean() if (distribution := fit.distribution(k)) is not None else 0.0
        for k in range(len(fit.components))
    ]
    whole, stage = estimates.whole[key], estimates.stages[key]
    assert whole is not None
    assert stage is not None
    late = dwell_quantile(fit.layout, fit.parameters, 0.99)
    beyond = 1 - fit.exit_probability(sample.follow_up) - fit.never.share
    return FitStage(
        **counted,
        exits=tuple(_exits(key, fit, draws)),
        median_days=dwell_quantile(fit.layout, fit.parameters, 0.5),
        mean_days=float(np.dot(fit.p[: len(means)], means) / (1 - fit.never.share)),
        mass_beyond=max(beyond, 0.0),
        oldest_open_beyond=int(np.sum(~sample.ended & (sample.dwell > late))),
        largest_gap=largest_gap(whole, by_day=estimates.history.meta.resolution == "day"),
        never=fit.never,
        half_life_days=stage.sample.half_life,
        recent=recent_exits(whole),
        incidence=tuple(_incidence(estimates, key)),
        targets=tuple(_targets(key, fit, draws)),
        moving=tuple(_moving(estimates.current_levels[key])) if key in estimates.current_levels else (),
    )


def _incidence(estimates: Estimates, key: str) -> Iterator[FitIncidence]:
    whole = estimates.whole[key]
    if whole is None:
        return
    for one in cumulative_incidences(whole, by_day=estimates.history.meta.resolution == "day"):
        yield FitIncidence(
            to=one.target,
            days=_rounded(one.days),
            seen=_rounded(one.seen),
            low=_rounded(one.low),
            high=_rounded(one.high),
            fitted=_rounded(one.fitted),
            gap=one.gap,
            outside=one.outside,
        )


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def _moving(level_now: CurrentLevel) -> Iterator[FitMoving]:
    for target, level in level_now.levels.items():
        clock = level_now.seasonality[target].clock if target in level_now.seasonality else None
        monthly = level_now.monthly[target]
        yield FitMoving(
            to=target,
            month=clock.month if clock else None,
            week=clock.week if clock else None,
            day=clock.day if clock else None,
            weekday=clock.weekday if clock else None,
            times_seen=level_now.seasonality[target].times_seen if clock else math.nan,
            level=math.exp(level.mean),
            level_low=math.exp(level.mean - _NINETY * level.sd),
            level_high=math.exp(level.mean + _NINETY * level.sd),
            months=monthly.months,
            seen=tuple(monthly.seen.tolist()),
            expected=tuple(monthly.expected.tolist()),
            holiday=level_now.holidays.get(target),
        )


def _closes(estimates: Estimates) -> Iterator[FitCloses]:
    """Wins first, then what else ends a deal."""
    targets = dict.fromkeys(target for one in estimates.current_levels.values() for target in one.expected)
    ends = [target for target in targets if target not in estimates.history.meta.stages]
    for target in sorted(ends, key=lambda target: target != "won"):
        result = closes_of(estimates.current_levels, target)
        if result is not None:
            yield FitCloses(
                to=target,
                seen=_rounded(result.seen),
                expected=_rounded(result.expected),
                low=_rounded(result.low),
                high=_rounded(result.high),
                quarters=tuple(
                    FitQuarter(quarter=quarter, seen=_rounded(seen))
                    for quarter, seen in result.quarters.items()
                ),
                outside=result.outside,
            )


def _exits(key: str, fit: StageFit, draws: pl.DataFrame | None) -> Iterator[FitExit]:
    sample = fit.sample
    for k in fit.listed:
        component, distribution = fit.components[k], fit.distribution(k)
        low, high = _interval(draws, f"stages.{key}.exits.{component.key}.p")
        at_once = sample.at_once.get(component.to, 0)
        split = any(not c.family and c.to == component.to for c in fit.components)
        count = sample.exits[component.to]
        if split:
            count = at_once if not component.family else count - at_once
        together = [j for j, c in enumerate(fit.components) if c.to == component.to and c.family]
        if component.family and len(together) > 1:
            count = round(count * float(fit.p[k] / np.sum(fit.p[together])))
        yield FitExit(
            exit=component.key,
            to=component.to,
            count=count,
            at_once=at_once if not (split and component.family) else 0,
            p=float(fit.p[k]),
            p_low=low,
            p_high=high,
            law=short_text(distribution.text()) if distribution is not None else "at once",
            median_days=float(distribution.ppf(0.5)) if distribution is not None else 0.0,
            mean_days=distribution.mean() if distribution is not None else 0.0,
            criteria=fit.criteria.get(component.key, {}) if component.family else {},
            borrowed=bool(component.family) and sample.timed(component.to) < RARE_BELOW,
        )


def _source(
    source: SourceFit, model: Model, draws: pl.DataFrame | None, chances: Mapping[str, Floats]
) -> FitSource:
    arrivals, amounts = source.arrivals, source.amounts
    low, high = _interval(draws, f"sources.{source.key}.rate")
    distribution = model.sources[source.key].amount
    return FitSource(
        source=source.key,
        name=source.name,
        deals=source.deals,
        rate_per_day=arrivals.rate,
        rate_low=low,
        rate_high=high,
        level_from=arrivals.level_from,
        rests_on_leads=arrivals.leads,
        rests_on_days=arrivals.window_days,
        growth=arrivals.growth,
        trend=arrivals.trend,
        dispersion=arrivals.dispersion,
        weekday=arrivals.weekday,
        month=arrivals.month,
        enters=source.enters,
        wins=amounts.wins if amounts is not None else 0,
        zero_wins=amounts.zeros if amounts is not None else 0,
        amount=short_text(distribution.text()) if distribution is not None else "",
        amount_kind=amounts.kind if amounts is not None else "unknown",
        amount_mean=distribution.mean() if distribution is not None else math.nan,
        observed_mean=amounts.observed_mean if amounts is not None else math.nan,
        win_probability=float(_entering(source, chances)[0]),
        tail=_tail(source, draws),
        holiday=arrivals.holiday,
    )


def _tail(source: SourceFit, draws: pl.DataFrame | None) -> FitTail | None:
    tail = source.amounts.tail if source.amounts is not None else None
    if source.amounts is None or tail is None:
        return None
    inner = "" if source.amounts.is_zero is None else "law_2."
    low, high = _interval(draws, f"sources.{source.key}.amount.{inner}law_2.xi")
    level = math.exp(source.amount_level.mean)
    return FitTail(
        above=level * tail.threshold,
        largest=level * tail.largest,
        share=tail.share,
        xi=tail.xi,
        xi_low=low,
        xi_high=high,
    )


def _targets(key: str, fit: StageFit, draws: pl.DataFrame | None) -> Iterator[FitTarget]:
    components_by_target: dict[str, list[int]] = {}
    for k in fit.listed:
        components_by_target.setdefault(fit.components[k].to, []).append(k)
    for target, indices in components_by_target.items():
        if len(indices) > 1:
            paths = [f"stages.{key}.exits.{fit.components[k].key}.p" for k in indices]
            # A sum of probabilities may come out as a little over 1.
            p, low, high = (min(p, 1.0) for p in (float(fit.p[indices].sum()), *_interval(draws, *paths)))
            yield FitTarget(to=target, p=p, p_low=low, p_high=high)


def _interval(draws: pl.DataFrame | None, *columns: str) -> tuple[float, float]:
    """Central 90 % of the sum of some columns."""
    if draws is None or not set(columns) <= set(draws.columns):
        return math.nan, math.nan
    values = draws.select(columns).to_numpy().sum(axis=1)
    return _quantile(values, 0.05), _quantile(values, 0.95)


def _quantile(values: Floats, level: float) -> float:
    return float(np.quantile(values, level)) if len(values) else math.nan
