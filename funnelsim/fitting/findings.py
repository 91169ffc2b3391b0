"""From what was learnt to what is said about it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from funnelsim.fitting.arrivals import LEVEL_WEEKS
from funnelsim.fitting.curves import largest_gap
from funnelsim.fitting.exits import StageFit, left_by
from funnelsim.fitting.funnel import Learnt, SourceFit, exit_keys
from funnelsim.fitting.likelihood import Floats
from funnelsim.fitting.priors import RARE_BELOW
from funnelsim.fitting.report import ExitReport, FitReport, SourceReport, StageReport
from funnelsim.model.parts import Model

#: A share of stays beyond the longest seen, and a gap between curves, that are worth a word.
_MUCH_BEYOND, _WIDE_GAP = 0.05, 0.05
_SHORT_HISTORY_DAYS = 91.0
_NEVER_WORTH_SAYING = 0.02
_INSTANT = dt.timedelta(microseconds=1)


def report_of(
    learnt: Learnt,
    model: Model,
    draws: pl.DataFrame | None,
    pipeline: pl.DataFrame,
    draws_over: str,
    seed: int,
) -> FitReport:
    """The report of a fit."""
    meta = learnt.history.meta
    stages = tuple(_stage(key, meta.stages[key], fit, learnt, draws) for key, fit in learnt.stages.items())
    chances = win_chances(model, draws)
    sources = tuple(_source(source, model, draws, chances) for source in learnt.sources)
    overall = _overall(learnt, chances)
    listed = learnt.listed_factor
    findings = [
        *_about_stages(stages, learnt),
        *_about_sources(sources, learnt),
        *_about_whole(learnt, pipeline),
    ]
    return FitReport(
        name=model.name,
        noun=meta.noun,
        currency=meta.currency,
        as_of=meta.as_of,
        start=model.start,
        observed_from=meta.observed_from,
        since=learnt.since,
        resolution=meta.resolution,
        deals=learnt.history.deals.height,
        open_deals=pipeline.height,
        open_listed=float(pipeline["amount"].sum()),
        visits=sum(sample.visits for sample in learnt.samples.values()),
        stages=stages,
        stages_left_out=tuple(key for key in meta.stages if key not in learnt.stages),
        sources=sources,
        listed_factor=listed.text() if listed is not None else "",
        listed_factor_mean=listed.mean() if listed is not None else math.nan,
        win_probability=float(overall[0]),
        win_low=_quantile(overall[1:], 0.05),
        win_high=_quantile(overall[1:], 0.95),
        draws=draws.height if draws is not None else 0,
        draws_over=draws_over,
        seed=seed,
        cannot_tell=tuple(findings),
        warnings=tuple(_warnings(stages, learnt)),
    )


def win_chances(model: Model, draws: pl.DataFrame | None) -> dict[str, Floats]:
    """Chance to be won in the end from each stage: of the model, then of each draw; shape (1 + R,).

    Solves the absorbing Markov chain of the exits (Kemeny and Snell, Finite Markov Chains, theorem 3.3.7).
    """
    stages = list(model.stages)
    place = {key: i for i, key in enumerate(stages)}
    rows = 1 + (draws.height if draws is not None else 0)
    moves, wins = np.zeros((rows, len(stages), len(stages))), np.zeros((rows, len(stages)))
    for key, stage in model.stages.items():
        for name, e in stage.exits.items():
            column = f"stages.{key}.exits.{name}.p"
            drawn = draws[column].to_numpy() if draws is not None and column in draws.columns else []
            p = np.concatenate([[e.p], drawn]) if len(drawn) else np.full(rows, e.p)
            if e.to in place:
                moves[:, place[key], place[e.to]] += p
            elif e.to == "won":
                wins[:, place[key]] += p
    # A round that nobody leaves makes the system singular; its leads never win.
    chances = np.linalg.solve(np.eye(len(stages)) * (1 + 1e-12) - moves, wins[:, :, None])[:, :, 0]
    return {key: chances[:, i] for key, i in place.items()}


def _overall(learnt: Learnt, chances: Mapping[str, Floats]) -> Floats:
    """Of a new lead: sources by their rates, or by their deals where no lead comes any more."""
    weights = [s.arrivals.rate for s in learnt.sources]
    if sum(weights) <= 0:
        weights = [float(s.deals) for s in learnt.sources]
    parts = [w * _entering(s, chances) for w, s in zip(weights, learnt.sources, strict=True)]
    return np.asarray(np.sum(parts, axis=0) / sum(weights))


def _entering(source: SourceFit, chances: Mapping[str, Floats]) -> Floats:
    return np.asarray(sum(share * chances[stage] for stage, share in source.enters.items()))


def _stage(
    key: str, name: str, fit: StageFit | None, learnt: Learnt, draws: pl.DataFrame | None
) -> StageReport:
    sample = learnt.samples[key]
    common = {
        "stage": key,
        "name": name,
        "visits": sample.visits,
        "open": sample.open,
        "seen_late": sample.seen_late,
        "left_out": sample.left_out,
        "longest_follow_up_days": sample.follow_up,
    }
    if fit is None:
        from funnelsim.fitting.exits import nobody_left

        return StageReport(
            **common,
            exits=(),
            median_days=math.nan,
            mean_days=math.nan,
            mass_beyond=math.nan,
            oldest_open_beyond=0,
            largest_gap=0.0,
            never=nobody_left(),
        )
    leaving = 1 - fit.never.share
    means = [law.mean() if (law := fit.law(k)) is not None else 0.0 for k in range(len(fit.components))]
    late = left_by(fit.layout, fit.parameters, 0.99)
    beyond = 1 - fit.left_by(sample.follow_up) - fit.never.share
    return StageReport(
        **common,
        exits=tuple(_exits(key, fit, draws)),
        median_days=left_by(fit.layout, fit.parameters, 0.5),
        mean_days=float(np.dot(fit.p[: len(means)], means) / leaving),
        mass_beyond=max(beyond, 0.0),
        oldest_open_beyond=int(np.sum(~sample.ended & (sample.dwell > late))),
        largest_gap=largest_gap(fit, by_day=learnt.history.meta.resolution == "day"),
        never=fit.never,
    )


def _exits(key: str, fit: StageFit, draws: pl.DataFrame | None) -> Iterator[ExitReport]:
    sample = fit.sample
    for k in fit.listed:
        component, law = fit.components[k], fit.law(k)
        low, high = _interval(draws, f"stages.{key}.exits.{component.key}.p")
        at_once = sample.at_once.get(component.to, 0)
        split = any(not c.family and c.to == component.to for c in fit.components)
        count = sample.exits[component.to]
        if split:
            count = at_once if not component.family else count - at_once
        together = [j for j, c in enumerate(fit.components) if c.to == component.to and c.family]
        if component.family and len(together) > 1:
            count = round(count * float(fit.p[k] / np.sum(fit.p[together])))
        yield ExitReport(
            exit=component.key,
            to=component.to,
            count=count,
            at_once=at_once if not (split and component.family) else 0,
            p=float(fit.p[k]),
            p_low=low,
            p_high=high,
            law=short_text(law.text()) if law is not None else "at once",
            median_days=float(law.ppf(0.5)) if law is not None else 0.0,
            mean_days=law.mean() if law is not None else 0.0,
            criteria=fit.criteria.get(component.key, {}) if component.family else {},
            borrowed=bool(component.family) and sample.exits[component.to] - at_once < RARE_BELOW,
        )


def short_text(law: str) -> str:
    """A law with three digits a parameter, for reading."""
    import re

    def three(found: re.Match[str]) -> str:
        number = float(found[0])
        return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}"

    return re.sub(r"\d+\.?\d*(?:e[-+]?\d+)?", three, law)


def _source(
    source: SourceFit, model: Model, draws: pl.DataFrame | None, chances: Mapping[str, Floats]
) -> SourceReport:
    arrivals, amounts = source.arrivals, source.amounts
    low, high = _interval(draws, f"sources.{source.key}.rate")
    law = model.sources[source.key].amount
    return SourceReport(
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
        amount=short_text(law.text()) if law is not None else "",
        amount_kind=amounts.kind if amounts is not None else "unknown",
        amount_mean=law.mean() if law is not None else math.nan,
        observed_mean=amounts.observed_mean if amounts is not None else math.nan,
        win_probability=float(_entering(source, chances)[0]),
    )


def _about_stages(stages: tuple[StageReport, ...], learnt: Learnt) -> Iterator[str]:
    names = learnt.history.meta.stages
    for stage in stages:
        for e in stage.exits:
            if e.borrowed:
                yield (
                    f"{stage.name} to {names.get(e.to, e.to)} was seen {_times(e.count)}: how long it takes is "
                    "borrowed from the other exits of the stage."
                )
        yield from _about_never(stage, learnt.history.meta.noun)
        if stage.mass_beyond > _MUCH_BEYOND:
            yield (
                f"{stage.mass_beyond:.0%} of the stays in {stage.name} are taken to last longer than the "
                f"{stage.longest_follow_up_days:.0f} days that any was watched: that tail is the law's guess."
            )
        if stage.largest_gap > _WIDE_GAP + _kolmogorov(sum(e.count for e in stage.exits)):
            yield (
                f"No law follows the stays in {stage.name} closely: the share still there is off by up to "
                f"{stage.largest_gap:.0%} of those who entered at some ages."
            )


def _kolmogorov(events: int) -> float:
    """Largest gap between curves that chance alone gives in 19 cases of 20."""
    return 1.36 / math.sqrt(max(events, 1))


def _about_never(stage: StageReport, noun: str) -> Iterator[str]:
    never = stage.never
    if never.reason == "seen":
        yield (
            f"{never.share:.1%} of those who enter {stage.name} are taken never to leave it: {never.older} open "
            f"{plural(noun)} are older than 95 % of those who left. Whether they are dead or slow, time will tell."
        )
    elif never.reason == "losses not recorded":
        yield (
            f"Losses are never recorded: {never.share:.0%} of those who enter {stage.name} are taken to stay for "
            "ever. When they were lost, nobody knows."
        )
    elif never.reason == "cannot tell" and never.at_most > _NEVER_WORTH_SAYING:
        yield (
            f"Whether some never leave {stage.name}: follow-up is too short to tell. The model says that all do; "
            f"the data allow up to {never.at_most:.0%} who do not."
        )


def _about_sources(sources: tuple[SourceReport, ...], learnt: Learnt) -> Iterator[str]:
    noun = learnt.history.meta.noun
    if all(source.amount_kind == "unknown" for source in sources):
        yield "No won amount is known, so the model has no money: give the sources an amount."
    few = [f"{source.name} ({source.wins})" for source in sources if source.amount_kind == "all sources"]
    if few and len(sources) > 1:
        yield f"Too few wins with an amount for amounts of their own, so those of all sources: {_listed(few)}."
    for source in sources:
        if source.rests_on_leads == 0:
            yield f"{source.name} brought no {noun} in the last {LEVEL_WEEKS} weeks: none is expected any more."
        elif source.level_from == "trend":
            yield (
                f"{source.name} changed by {source.growth:+.1%} a month over the last year; the model lets that go "
                "on. If it will not, set growth = 0."
            )
    short = min((source.rests_on_days for source in sources), default=0.0)
    if short < _SHORT_HISTORY_DAYS:
        yield (
            f"{plural(noun).capitalize()} were recorded for {short:.0f} days only: seasons and growth cannot be told, and "
            "the rates are those of these days."
        )
    elif all(source.month is None for source in sources):
        yield "Seasons of the year: two full years are needed and a pattern beyond chance; none is assumed."
    if learnt.keys.joined:
        yield f"Sources too small to learn from alone became one: {_listed(learnt.keys.joined)}."


def _about_whole(learnt: Learnt, pipeline: pl.DataFrame) -> Iterator[str]:
    meta = learnt.history.meta
    late = sum(sample.seen_late for sample in learnt.samples.values())
    out = sum(sample.left_out for sample in learnt.samples.values())
    begin = max((w for w in (meta.observed_from, learnt.since) if w is not None), default=None)
    if begin is not None and (late or out):
        yield (
            f"What ended before {begin:%d %b %Y} is not used: {late:,} stays begun earlier count from then on, "
            f"{out:,} that ended earlier are left out."
        )
    unpriced = pipeline["amount"].null_count()
    if unpriced:
        yield (
            f"{unpriced:,} of {pipeline.height:,} open {plural(meta.noun)} have no listed amount: theirs is drawn from what "
            "others were won at."
        )
    if learnt.placeholders:
        yield (
            f"{learnt.placeholders:,} won {plural(meta.noun)} were listed at more than 20 times, or less than a twentieth "
            "of, what is usual for their amount: taken for placeholders."
        )
    yield "Whether deals will move as they did: no drift of chances or dwell times is assumed."


def _warnings(stages: tuple[StageReport, ...], learnt: Learnt) -> Iterator[str]:
    noun, as_of = learnt.history.meta.noun, learnt.history.meta.as_of
    if learnt.leads_until < as_of:
        yield (
            f"no {noun} came after {learnt.leads_until - _INSTANT:%d %b %Y}, {(as_of - learnt.leads_until).days:,} days "
            f"before the end: taken as not recorded, so new {plural(noun)} go on at the rate of before; if they "
            "stopped, set the rates to 0"
        )
    for stage in stages:
        if stage.never.reason == "nobody has left":
            yield (
                f"nobody has left {stage.name} yet ({stage.visits:,} {plural(noun)} entered): the model keeps them there; "
                f"write [stages.{stage.stage}.exits] by hand"
            )
        elif stage.oldest_open_beyond:
            yield (
                f"{stage.oldest_open_beyond:,} of {stage.open:,} open {plural(noun)} in {stage.name} are older than 99 % of "
                "those who ever left: probably dead; close them in the CRM, or the pipeline looks fuller than it is"
            )


def plural(noun: str) -> str:
    """``deals``, ``opportunities``."""
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:5])
    return shown if len(words) <= 5 else f"{shown} and {len(words) - 5} more"


def _interval(draws: pl.DataFrame | None, column: str) -> tuple[float, float]:
    if draws is None or column not in draws.columns:
        return math.nan, math.nan
    values = draws[column].to_numpy()
    return _quantile(values, 0.05), _quantile(values, 0.95)


def _quantile(values: Floats, level: float) -> float:
    return float(np.quantile(values, level)) if len(values) else math.nan
