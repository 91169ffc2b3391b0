"""Write the estimates as a model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from funnelsim.distributions import Distribution
from funnelsim.distributions.parametric import Constant
from funnelsim.fitting.dwell.competing import StageFit
from funnelsim.fitting.mle.rounding import five_digits, rounded_distribution, whole_shares
from funnelsim.fitting.result.estimates import Estimates
from funnelsim.fitting.result.pipeline import model_start
from funnelsim.fitting.result.source_fits import SourceFit
from funnelsim.fitting.result.update import clock_keys
from funnelsim.fitting.trend.arrivals import Arrivals
from funnelsim.fitting.trend.holidays import PUBLIC, factor_of
from funnelsim.fitting.workload.fit import LEADS, Work
from funnelsim.model.parts import Exit, Holiday, Model, Source, Stage
from funnelsim.model.roles import WorkCalendar

_NOTHING_LEAVES = {"never": Exit(to="never", p=1.0)}
_AT_ONCE = Constant("duration", (("value", 0.0),))


def model_of(estimates: Estimates, name: str | None) -> Model:
    meta = estimates.history.meta
    work = estimates.work
    constant = estimates.listed_factor is None or estimates.listed_factor.family == "constant"
    sources = {source.key: _source(source, work) for source in estimates.sources}
    names = _clock_names(estimates)
    clocks = {
        names[stage, target]: seasonality.clock
        for stage, level in estimates.current_levels.items()
        for target, seasonality in level.seasonality.items()
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
        calendars=_calendars(estimates, on_holidays),
        roles={} if work is None else work.role_parts(),
        sources=sources,
        clocks=clocks,
        stages={key: _stage(key, fit, estimates, names) for key, fit in estimates.now.items()},
        listed_factor=None if constant else estimates.listed_factor,
    )


def _calendars(estimates: Estimates, on_holidays: Iterable[Holiday | None]) -> dict[str, WorkCalendar]:
    """Office hours, and the public holidays where they count."""
    result = {} if estimates.work is None else estimates.work.calendars
    off = estimates.holidays
    if off is None:
        return result
    result = {
        k: one.model_copy(update={"name": off.name}) if one.holidays else one for k, one in result.items()
    }
    return {PUBLIC: off.as_calendar()} | result if any(on_holidays) else result


def _source(fit: SourceFit, work: Work | None) -> Source:
    arrivals = fit.arrivals
    by_hours = work is not None and work.lead_hours is not None
    return Source(
        name=fit.name,
        enters=fit.enters,
        rate=five_digits(arrivals.rate),
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
    distribution = fit.amounts.distribution
    return rounded_distribution(distribution.scaled(math.exp(level.mean)) if level.mean else distribution)


def _clock_names(estimates: Estimates) -> dict[tuple[str, str], str]:
    fits = ((key, fit) for key, fit in estimates.now.items() if fit is not None)
    return clock_keys((key, fit.components[k].to) for key, fit in fits for k in fit.listed)


def _stage(
    key: str, fit: StageFit | None, estimates: Estimates, clocks: Mapping[tuple[str, str], str]
) -> Stage:
    name, level, planned = (
        estimates.history.meta.stages[key],
        estimates.current_levels.get(key),
        estimates.planned.get(key),
    )
    tasks = () if estimates.work is None else estimates.work.task_of(key)
    if fit is None:
        return Stage(name=name, work=tasks, exits=_NOTHING_LEAVES)
    shares = whole_shares({key: float(p) for key, p in zip(exit_keys(fit), fit.p, strict=True)})
    exits = {}
    for k in fit.listed:
        component, distribution = fit.components[k], fit.distribution(k)
        after = _AT_ONCE if distribution is None else rounded_distribution(distribution)
        has_clock = level is not None and component.to in level.seasonality and distribution is not None
        exits[component.key] = Exit(
            to=component.to,
            p=shares[component.key],
            after=after,
            clock=clocks[key, component.to] if has_clock else None,
        )
    if fit.layout.never:
        exits["never"] = Exit(to="never", p=shares["never"])
    return Stage(
        name=name,
        work=tasks,
        exits=exits,
        planned=planned.as_part() if planned is not None else None,
    )


def exit_keys(fit: StageFit) -> list[str]:
    """Names of the exits in the order of the probabilities."""
    return [component.key for component in fit.components] + (["never"] if fit.layout.never else [])
