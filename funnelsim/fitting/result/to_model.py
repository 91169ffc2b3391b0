"""What was learnt, written as a model."""

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


def model_of(learnt: Estimates, name: str | None) -> Model:
    meta = learnt.history.meta
    work = learnt.work
    constant = learnt.listed_factor is None or learnt.listed_factor.family == "constant"
    sources = {source.key: _source(source, work) for source in learnt.sources}
    names = _clock_names(learnt)
    clocks = {
        names[stage, target]: seasonality.clock
        for stage, present in learnt.present.items()
        for target, seasonality in present.seasonality.items()
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
        stages={key: _stage(key, fit, learnt, names) for key, fit in learnt.now.items()},
        listed_factor=None if constant else learnt.listed_factor,
    )


def _calendars(learnt: Estimates, on_holidays: Iterable[Holiday | None]) -> dict[str, WorkCalendar]:
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
    law = fit.amounts.law
    return rounded_distribution(law.scaled(math.exp(level.mean)) if level.mean else law)


def _clock_names(learnt: Estimates) -> dict[tuple[str, str], str]:
    fits = ((key, fit) for key, fit in learnt.now.items() if fit is not None)
    return clock_keys((key, fit.components[k].to) for key, fit in fits for k in fit.listed)


def _stage(key: str, fit: StageFit | None, learnt: Estimates, clocks: Mapping[tuple[str, str], str]) -> Stage:
    name, present, planned = learnt.history.meta.stages[key], learnt.present.get(key), learnt.planned.get(key)
    tasks = () if learnt.work is None else learnt.work.task_of(key)
    if fit is None:
        return Stage(name=name, work=tasks, exits=_NOTHING_LEAVES)
    shares = whole_shares({key: float(p) for key, p in zip(exit_keys(fit), fit.p, strict=True)})
    exits = {}
    for k in fit.listed:
        component, law = fit.components[k], fit.law(k)
        after = _AT_ONCE if law is None else rounded_distribution(law)
        paced = present is not None and component.to in present.seasonality and law is not None
        exits[component.key] = Exit(
            to=component.to,
            p=shares[component.key],
            after=after,
            clock=clocks[key, component.to] if paced else None,
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
