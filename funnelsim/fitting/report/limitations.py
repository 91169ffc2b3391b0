"""Limitations of the data, and what the model assumes instead, in sentences."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from funnelsim.core.nouns import counted, listed, plural_noun, verb
from funnelsim.core.percent import percent
from funnelsim.documents.fit_sources import FitSource
from funnelsim.documents.fit_stages import FitRecent, FitStage
from funnelsim.fitting.amounts.fit import ZERO_SHARE
from funnelsim.fitting.dwell.observed_expected import differs
from funnelsim.fitting.result.estimates import Estimates
from funnelsim.fitting.result.source_fits import unusable_wins
from funnelsim.fitting.trend.arrivals import LEVEL_WEEKS
from funnelsim.fitting.workload.workload_report import about_work
from funnelsim.history.audit.extreme_amounts import LEFT_OUT
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import HistoryMeta

#: Share of the dwell beyond the follow-up, and gap between curves, from which on they are reported.
_MUCH_BEYOND, _WIDE_GAP = 0.05, 0.05
_SHORT_HISTORY_DAYS = 91.0
_NEVER_WORTH_SAYING = 0.02
_INSTANT = dt.timedelta(microseconds=1)


def data_limitations(
    stages: Sequence[FitStage],
    sources: Sequence[FitSource],
    estimates: Estimates,
    pipeline: pl.DataFrame,
) -> Iterator[str]:
    """One or two sentences for each assumption."""
    for stage in stages:
        yield from _about_stage(stage, estimates)
    yield from _about_amounts(sources, estimates, pipeline)
    yield from _about_rates(sources, estimates)
    yield from _about_truncation(estimates)
    yield from _about_drift(stages, estimates)
    yield from about_work(estimates.work, estimates.history)


def warnings_of(stages: Sequence[FitStage], meta: HistoryMeta, leads_until: dt.datetime) -> Iterator[str]:
    """Warnings: what makes a forecast wrong unless somebody acts.

    Parameters
    ----------
    stages : sequence of FitStage
    meta : HistoryMeta
    leads_until : datetime
        End of the record of new leads; the as-of time where it does not end before.
    """
    noun = meta.noun
    if leads_until < meta.as_of:
        last, gap = leads_until - _INSTANT, (meta.as_of - leads_until).days
        yield (
            f"no new {noun} was recorded after {date_text(last)}, "
            f"{counted(gap, 'day')} before the end. The model "
            f"assumes that new {plural_noun(noun)} continue at the earlier rate; if they stopped, set the "
            "rates to 0"
        )
    for stage in stages:
        if stage.never.reason == "nobody has left":
            yield (
                f"nobody has left {stage.name} yet ({counted(stage.visits, noun)} entered): the model "
                f"keeps them there; write [stages.{stage.stage}.exits] by hand"
            )
        elif stage.oldest_open_beyond:
            old = stage.oldest_open_beyond
            yield (
                f"{old:,} of {counted(stage.open, f'open {noun}')} in {stage.name} {verb(old, 'have')} been "
                f"there longer than 99 % of those that left, and {verb(old, 'are')} probably dead: close "
                f"{'it' if old == 1 else 'them'} in the CRM, or the pipeline looks fuller than it is"
            )
    yield from _uncertain_seasonality(stages, meta.stages)


def _uncertain_seasonality(stages: Sequence[FitStage], names: Mapping[str, str]) -> Iterator[str]:
    """Quarterly or yearly patterns with less than two periods of data."""
    for months, period in ((3, "quarter"), (12, "year")):
        patterns = [
            (times, f"{stage.name} to {names.get(moving.to, moving.to)}")
            for stage in stages
            for moving in stage.moving
            if moving.month is not None and len(moving.month) == months
            if (times := moving.times_seen) is not None and times < 2
        ]
        if patterns:
            times_seen = min(seen for seen, _ in patterns)
            yield (
                f"there are only {times_seen:.1f} {period}s of data, so the seasonality of the months is "
                f"uncertain and may be drift: {listed([pattern for _, pattern in patterns], 5)}; two whole "
                f"{period}s are enough"
            )


def _about_stage(stage: FitStage, estimates: Estimates) -> Iterator[str]:
    names, noun = estimates.history.meta.stages, estimates.history.meta.noun
    at_once = {e.to for e in stage.exits if e.median_days == 0}
    rare = [
        f"{names.get(e.to, e.to)} ({e.count}{', others at once' if e.to in at_once else ''})"
        for e in stage.exits
        if e.borrowed
    ]
    if rare:
        yield (
            f"Few {plural_noun(noun)} went from {stage.name} to {listed(rare, 5)}: "
            "the time this takes is estimated "
            "from the other exits of the stage."
        )
    if stage.half_life_days is not None:
        yield (
            f"The time in {stage.name} has changed. Recent data count more (half weight after "
            f"{stage.half_life_days:.0f} days), because that forecasts better."
        )
    planned = estimates.planned.get(stage.stage)
    if planned is not None:
        yield (
            f"Open {plural_noun(noun)} in {stage.name} with a planned close are forecast from that plan: on "
            f"{len(planned.origins)} past dates the plan made what happened "
            f"{planned.likelihood_ratio:.1f} times as "
            "likely as age alone."
        )
    yield from _about_never(stage, noun)
    if stage.mass_beyond is not None and stage.mass_beyond > _MUCH_BEYOND:
        yield (
            f"The model expects {percent(stage.mass_beyond)} of the visits to "
            f"{stage.name} to last longer than "
            f"{stage.longest_follow_up_days:.0f} days, the longest observed: that tail is an extrapolation."
        )
    if stage.largest_gap > _WIDE_GAP + _by_chance(sum(e.count or 0 for e in stage.exits)):
        yield (
            f"No distribution fits the time in {stage.name} well: the share still "
            "in the stage is off by up to "
            f"{percent(stage.largest_gap)} at some ages."
        )


def _by_chance(events: int) -> float:
    """The 95 % quantile of the largest gap between curves under chance alone (Kolmogorov)."""
    return 1.36 / math.sqrt(max(events, 1))


def _about_never(stage: FitStage, noun: str) -> Iterator[str]:
    never = stage.never
    if never.reason == "seen":
        yield (
            f"The model assumes that {percent(never.share)} of those that enter {stage.name} never leave it: "
            f"{counted(never.older, f'open {noun}')} {verb(never.older, 'have')} been there longer than 95 % "
            f"of those that left. {'It' if never.older == 1 else 'They'} may be dead or slow."
        )
    elif never.reason == "losses not recorded":
        yield (
            f"Losses are not recorded: the model keeps {percent(never.share)} of "
            f"those that enter {stage.name} "
            "open forever. The data do not show when they were lost."
        )
    elif never.reason == "cannot tell" and never.at_most is not None and never.at_most > _NEVER_WORTH_SAYING:
        yield (
            "The history is too short to show whether some never leave "
            f"{stage.name}. The model assumes that all "
            f"do; the data allow up to {percent(never.at_most)} that never leave."
        )


def _about_amounts(
    sources: Sequence[FitSource], estimates: Estimates, pipeline: pl.DataFrame
) -> Iterator[str]:
    noun = estimates.history.meta.noun
    money = f"{estimates.history.meta.currency} " if estimates.history.meta.currency else ""
    if all(source.amount_kind == "unknown" for source in sources):
        yield "No won amount is known, so the model has no amounts: give the sources one."
    for source in sources:
        of_source = f" of {source.name}" if len(sources) > 1 else ""
        if (tail := source.tail) is not None:
            yield (
                f"{percent(tail.share)} of the wins{of_source} were above "
                f"{money}{tail.above:,.0f} and have a heavy "
                f"tail: the next may be far larger than any so far, up to {money}"
                f"{tail.largest:,.0f}, ten times the largest."
            )
        if source.wins and source.zero_wins >= ZERO_SHARE * source.wins:
            yield (
                f"{source.zero_wins:,} of {counted(source.wins, 'win')}{of_source} "
                f"{verb(source.zero_wins, 'have')} the amount 0, and so will the same share of new wins. "
                'If 0 means "not entered", set zero_amount = "unknown" in the mapping.'
            )
    few = [f"{source.name} ({source.wins})" for source in sources if source.amount_kind == "all sources"]
    if few and len(sources) > 1:
        yield f"Sources with too few wins use the amounts of all sources: {listed(few, 5)}."
    extreme, credit_notes = unusable_wins(estimates.history.deals)
    if extreme.height:
        which = [f"{row['deal']} ({money}{row['amount']:,.0f})" for row in extreme.iter_rows(named=True)]
        yield (
            f"{counted(extreme.height, f'won {noun}')} {verb(extreme.height, 'were')} won at {LEFT_OUT:,.0f} "
            f"times all others or more, and {verb(extreme.height, 'are')} not used for the amounts of future "
            f"wins: {listed(which, 5)}."
        )
    if credit_notes:
        yield (
            f"{counted(credit_notes, f'won {noun}')} {verb(credit_notes, 'have')} a negative "
            "amount, as credit notes have: not used for the amounts of future wins."
        )
    unpriced = pipeline["amount"].null_count()
    if unpriced:
        yield (
            f"{unpriced:,} of {counted(pipeline.height, f'open {noun}')} "
            f"{verb(unpriced, 'have')} no listed amount: the model draws one from the amounts of won "
            f"{plural_noun(noun)}."
        )
    if estimates.placeholders:
        yield (
            f"{counted(estimates.placeholders, f'won {noun}')} "
            f"{verb(estimates.placeholders, 'were')} listed at 20 "
            "times the usual amount or more, or a twentieth or less; these amounts are ignored as "
            "placeholders."
        )


def _about_rates(sources: Sequence[FitSource], estimates: Estimates) -> Iterator[str]:
    noun = estimates.history.meta.noun
    for source in sources:
        if source.rests_on_leads == 0:
            yield f"{source.name} had no new {noun} in the last {LEVEL_WEEKS} weeks, so none is expected."
        elif source.level_from == "trend":
            yield (
                f"{source.name} changed by {percent(source.growth, signed=True)} a month over the last year; "
                "the model continues this trend. To stop it, set growth = 0."
            )
    short = max((source.rests_on_days for source in sources), default=0.0)
    if short < _SHORT_HISTORY_DAYS:
        yield (
            f"{plural_noun(noun).capitalize()} were recorded for {counted(round(short), 'day')} only: "
            "seasonality and growth cannot be estimated, and the rates are those of these days."
        )
    elif all(source.month is None for source in sources):
        yield (f"No seasonality in new {plural_noun(noun)} was found.")
    if estimates.keys.joined:
        yield f"Small sources were merged into one: {listed(estimates.keys.joined, 5)}."


def _about_truncation(estimates: Estimates) -> Iterator[str]:
    begin = max(
        (w for w in (estimates.history.meta.observed_from, estimates.since) if w is not None), default=None
    )
    late = sum(sample.left_truncated for sample in estimates.samples.values())
    out = sum(sample.left_out for sample in estimates.samples.values())
    if begin is not None and (late or out):
        notes = [f"{counted(late, 'visit')} that began earlier {verb(late, 'count')} from then on"]
        notes = notes if late else []
        notes += [f"{out:,} that ended earlier {verb(out, 'are')} left out"] if out else []
        yield f"Data before {date_text(begin)} are not used: {', '.join(notes)}."


def _about_drift(stages: Sequence[FitStage], estimates: Estimates) -> Iterator[str]:
    """Recent exits that differ from the expectation of the whole history, and how the model uses them."""
    meta = estimates.history.meta
    drifted = [recent for stage in stages for recent in stage.recent if differs(recent)]
    for recent in drifted:
        change = recent.seen / recent.expected - 1
        since = meta.as_of - dt.timedelta(days=recent.days)
        yield (
            f"In the last {recent.days:.0f} days {counted(recent.seen, meta.noun)} left "
            f"{meta.stages[recent.stage]} to {meta.stages.get(recent.to, recent.to)} where the whole history "
            f"expects {recent.expected:,.0f} ({percent(change, signed=True)}). {_followed(recent, estimates)}"
            f"To learn only from later data, use --since {since:%Y-%m-%d}."
        )
    if not drifted:
        yield "Deals may behave differently in future: the ranges allow for as much drift as in the past."


def _followed(recent: FitRecent, estimates: Estimates) -> str:
    if recent.stage not in estimates.current_levels:
        return ""
    level = estimates.current_levels[recent.stage].levels.get(recent.to)
    if level is None:
        return ""
    low, high = (math.expm1(level.mean + side * 1.6449 * level.sd) for side in (-1, 1))
    shown = f"{percent(low, signed=True)} to {percent(high, signed=True)}"
    return f"The model continues at {shown} of the hazard of the whole history. "
