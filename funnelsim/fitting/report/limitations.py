"""What the data cannot tell, and what is assumed instead, in sentences."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.core.percent import percent
from funnelsim.documents.fit_sources import FitSource
from funnelsim.documents.fit_stages import FitRecent, FitStage
from funnelsim.fitting.amounts.fit import ZERO_SHARE
from funnelsim.fitting.dwell.observed_expected import differs
from funnelsim.fitting.result.estimates import Learnt
from funnelsim.fitting.result.source_fits import unusable_wins
from funnelsim.fitting.trend.arrivals import LEVEL_WEEKS
from funnelsim.fitting.workload.workload_report import about_work
from funnelsim.history.audit.extreme_amounts import LEFT_OUT
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import HistoryMeta

#: A share of stays beyond the longest seen, and a gap between curves, that are worth a word.
_MUCH_BEYOND, _WIDE_GAP = 0.05, 0.05
_SHORT_HISTORY_DAYS = 91.0
_NEVER_WORTH_SAYING = 0.02
_INSTANT = dt.timedelta(microseconds=1)


def what_data_cannot_tell(
    stages: Sequence[FitStage],
    sources: Sequence[FitSource],
    learnt: Learnt,
    pipeline: pl.DataFrame,
) -> Iterator[str]:
    """One sentence or two for each thing that is assumed rather than known."""
    for stage in stages:
        yield from _about_stage(stage, learnt)
    yield from _about_amounts(sources, learnt, pipeline)
    yield from _about_rates(sources, learnt)
    yield from _about_truncation(learnt)
    yield from _about_drift(stages, learnt)
    yield from about_work(learnt.work, learnt.history)


def warnings_of(stages: Sequence[FitStage], meta: HistoryMeta, leads_until: dt.datetime) -> Iterator[str]:
    """What makes a forecast wrong unless somebody acts.

    Parameters
    ----------
    stages : sequence of FitStage
    meta : HistoryMeta
    leads_until : datetime
        From then on no new lead was recorded; the as-of time where they went on.
    """
    noun = meta.noun
    if leads_until < meta.as_of:
        last, gap = leads_until - _INSTANT, (meta.as_of - leads_until).days
        yield (
            f"no {noun} came after {date_text(last)}, {counted(gap, 'day')} before the end: taken as not "
            f"recorded, so new {plural_noun(noun)} go on at the rate of before; if they stopped, set the "
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
                f"{old:,} of {counted(stage.open, f'open {noun}')} in {stage.name} {verb(old, 'are')} older "
                f"than 99 % of those who ever left: probably dead; close {'it' if old == 1 else 'them'} in "
                "the CRM, or the pipeline looks fuller than it is"
            )
    yield from _seen_once(stages, meta.stages)


def _seen_once(stages: Sequence[FitStage], names: Mapping[str, str]) -> Iterator[str]:
    """Patterns of a quarter or a year of which less than two were seen."""
    for months, period in ((3, "quarter"), (12, "year")):
        ways = [
            (times, f"{stage.name} to {names.get(moving.to, moving.to)}")
            for stage in stages
            for moving in stage.moving
            if moving.month is not None and len(moving.month) == months
            if (times := moving.times_seen) is not None and times < 2
        ]
        if ways:
            seldom = min(seen for seen, _ in ways)
            yield (
                f"the months of a {period} were seen only {seldom:.1f} times, so their pattern is believed "
                f"in part and may be drift: {_listed([way for _, way in ways])}; two whole {period}s tell"
            )


def _about_stage(stage: FitStage, learnt: Learnt) -> Iterator[str]:
    names, noun = learnt.history.meta.stages, learnt.history.meta.noun
    at_once = {e.to for e in stage.exits if e.median_days == 0}
    rare = [
        f"{names.get(e.to, e.to)} ({e.count}{', others at once' if e.to in at_once else ''})"
        for e in stage.exits
        if e.borrowed
    ]
    if rare:
        yield (
            f"From {stage.name}, few went to {_listed(rare)}: how long that takes is borrowed from the other "
            "exits of the stage."
        )
    if stage.half_life_days is not None:
        yield (
            f"How long stays in {stage.name} last has changed: what was seen {stage.half_life_days:.0f} days "
            "ago counts half, which would have foretold the last months better."
        )
    planned = learnt.planned.get(stage.stage)
    if planned is not None:
        yield (
            f"Open {plural_noun(noun)} in {stage.name} with a planned close follow that plan, as those "
            f"before them did: on {len(planned.origins)} past days it told what became of each "
            f"{planned.times_as_well:.1f} times as surely as age alone."
        )
    yield from _about_never(stage, noun)
    if stage.mass_beyond is not None and stage.mass_beyond > _MUCH_BEYOND:
        yield (
            f"{percent(stage.mass_beyond)} of the stays in {stage.name} are taken to last longer than the "
            f"{stage.longest_follow_up_days:.0f} days that any was watched: that tail is the law's guess."
        )
    if stage.largest_gap > _WIDE_GAP + _by_chance(sum(e.count or 0 for e in stage.exits)):
        yield (
            f"No law follows the stays in {stage.name} closely: the share still there is off by up to "
            f"{percent(stage.largest_gap)} of those who entered at some ages."
        )


def _by_chance(events: int) -> float:
    """Largest gap between curves that chance alone gives in 19 cases of 20 (Kolmogorov)."""
    return 1.36 / math.sqrt(max(events, 1))


def _about_never(stage: FitStage, noun: str) -> Iterator[str]:
    never = stage.never
    if never.reason == "seen":
        yield (
            f"{percent(never.share)} of those who enter {stage.name} are taken never to leave it: "
            f"{counted(never.older, f'open {noun}')} {verb(never.older, 'are')} older than 95 % of those who "
            "left. Whether dead or slow, time will tell."
        )
    elif never.reason == "losses not recorded":
        yield (
            f"Losses are never recorded: {percent(never.share)} of those who enter {stage.name} are taken "
            "to stay for ever. When they were lost, nobody knows."
        )
    elif never.reason == "cannot tell" and never.at_most is not None and never.at_most > _NEVER_WORTH_SAYING:
        yield (
            f"Whether some never leave {stage.name}: follow-up is too short to tell. The model says that all "
            f"do; the data allow up to {percent(never.at_most)} who do not."
        )


def _about_amounts(sources: Sequence[FitSource], learnt: Learnt, pipeline: pl.DataFrame) -> Iterator[str]:
    noun = learnt.history.meta.noun
    money = f"{learnt.history.meta.currency} " if learnt.history.meta.currency else ""
    if all(source.amount_kind == "unknown" for source in sources):
        yield "No won amount is known, so the model has no money: give the sources an amount."
    for source in sources:
        of_source = f" of {source.name}" if len(sources) > 1 else ""
        if (tail := source.tail) is not None:
            yield (
                f"{percent(tail.share)} of the wins{of_source} were above {money}{tail.above:,.0f}, with a "
                f"heavy tail of their own: the next may be far larger than any so far, up to {money}"
                f"{tail.largest:,.0f}, ten times the largest."
            )
        if source.wins and source.zero_wins >= ZERO_SHARE * source.wins:
            yield (
                f"{source.zero_wins:,} of {counted(source.wins, 'win')}{of_source} "
                f"{verb(source.zero_wins, 'were')} at 0, and as many of the next will be. "
                'If 0 means that nobody wrote it down, map zero_amount = "unknown".'
            )
    few = [f"{source.name} ({source.wins})" for source in sources if source.amount_kind == "all sources"]
    if few and len(sources) > 1:
        yield f"Too few wins with an amount, so amounts are those of all sources: {_listed(few)}."
    extreme, credit_notes = unusable_wins(learnt.history.deals)
    if extreme.height:
        which = [f"{row['deal']} ({money}{row['amount']:,.0f})" for row in extreme.iter_rows(named=True)]
        yield (
            f"{counted(extreme.height, f'won {noun}')} {verb(extreme.height, 'were')} won at {LEFT_OUT:,.0f} "
            f"times all others or more, and {verb(extreme.height, 'are')} left out of the amounts to come: "
            f"{_listed(which)}."
        )
    if credit_notes:
        yield (
            f"{counted(credit_notes, f'won {noun}')} {verb(credit_notes, 'have')} a negative "
            "amount: left out of the amounts to come, which hold no credit notes."
        )
    unpriced = pipeline["amount"].null_count()
    if unpriced:
        yield (
            f"{unpriced:,} of {counted(pipeline.height, f'open {noun}')} "
            f"{'has' if unpriced == 1 else 'have'} no listed amount: theirs is drawn from what others were "
            "won at."
        )
    if learnt.placeholders:
        yield (
            f"{counted(learnt.placeholders, f'won {noun}')} {verb(learnt.placeholders, 'were')} listed at 20 "
            "times what is usual for their amount, or a twentieth: taken for placeholders."
        )


def _about_rates(sources: Sequence[FitSource], learnt: Learnt) -> Iterator[str]:
    noun = learnt.history.meta.noun
    for source in sources:
        if source.rests_on_leads == 0:
            yield f"{source.name} brought no {noun} in the last {LEVEL_WEEKS} weeks: none is expected."
        elif source.level_from == "trend":
            yield (
                f"{source.name} changed by {percent(source.growth, signed=True)} a month over the last year; "
                "the model lets that go on. If it will not, set growth = 0."
            )
    short = max((source.rests_on_days for source in sources), default=0.0)
    if short < _SHORT_HISTORY_DAYS:
        yield (
            f"{plural_noun(noun).capitalize()} were recorded for {counted(round(short), 'day')} only: "
            "seasons and growth cannot be told, and the rates are those of these days."
        )
    elif all(source.month is None for source in sources):
        yield (
            f"Seasons of the year: the coming of {plural_noun(noun)} shows none that could be told from "
            "drift; none is assumed."
        )
    if learnt.keys.joined:
        yield f"Sources too small to learn from alone became one: {_listed(learnt.keys.joined)}."


def _about_truncation(learnt: Learnt) -> Iterator[str]:
    begin = max((w for w in (learnt.history.meta.observed_from, learnt.since) if w is not None), default=None)
    late = sum(sample.seen_late for sample in learnt.samples.values())
    out = sum(sample.left_out for sample in learnt.samples.values())
    if begin is not None and (late or out):
        told = [f"{counted(late, 'stay')} begun earlier {verb(late, 'count')} from then on"]
        told = told if late else []
        told += [f"{out:,} that ended earlier {verb(out, 'are')} left out"] if out else []
        yield f"What ended before {date_text(begin)} is not used: {', '.join(told)}."


def _about_drift(stages: Sequence[FitStage], learnt: Learnt) -> Iterator[str]:
    """Moves of late that are not what the whole history expects, and what the model makes of them."""
    meta = learnt.history.meta
    drifted = [recent for stage in stages for recent in stage.recent if differs(recent)]
    for recent in drifted:
        change = recent.seen / recent.expected - 1
        since = meta.as_of - dt.timedelta(days=recent.days)
        yield (
            f"In the last {recent.days:.0f} days {counted(recent.seen, meta.noun)} left "
            f"{meta.stages[recent.stage]} to {meta.stages.get(recent.to, recent.to)} where the whole history "
            f"expects {recent.expected:,.0f} ({percent(change, signed=True)}). {_followed(recent, learnt)}"
            f"--since {since:%Y-%m-%d} learns from then on only."
        )
    if not drifted:
        yield "Whether deals will move as they did: ranges allow for drift as large as the past has shown."


def _followed(recent: FitRecent, learnt: Learnt) -> str:
    if recent.stage not in learnt.present:
        return ""
    level = learnt.present[recent.stage].levels.get(recent.to)
    if level is None:
        return ""
    low, high = (math.expm1(level.mean + side * 1.6449 * level.sd) for side in (-1, 1))
    told = f"{percent(low, signed=True)} to {percent(high, signed=True)}"
    return f"The model goes on from there, at {told}. "


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:5])
    return shown if len(words) <= 5 else f"{shown} and {len(words) - 5} more"
