"""The answer in words: sentences that screens and pages share."""

from __future__ import annotations

import re

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.compare import CompareDocument, ScenarioResult
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.documents.shared import Summary
from funnelsim.documents.simulate import SimulateDocument, Target
from funnelsim.model.changes.changes import TOGETHER
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import money, money_range, quota_money, sentence_scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import (
    chance,
    chance_with_error,
    count,
    count_span,
    points,
    signed_count,
)

#: How `compare` names the two ends of a removed stage.
_END = re.compile(r"(?P<what>.+) \((?:no|all|[\d.]+ % of) lost deals recovered\)")


def scope(expansion: Summary | None) -> str:
    """What bookings include, by the part of them that is expansion."""
    return "new business and expansion" if expansion and expansion.mean else "new business"


def likely(what: str, summary: Summary, currency: str) -> str:
    """``Bookings: likely USD 1.08 million (median), in 8 of 10 futures USD 0.89 to 1.32 million.``"""
    if summary.p10 is None or summary.p90 is None:
        return f"{what}: likely {money(summary.p50, currency)} (median)."
    if summary.p10 == summary.p90:
        return f"{what}: {money(summary.p50, currency)} in at least 8 of 10 futures."
    middle = money_range(summary.p10, summary.p90, currency)
    return f"{what}: likely {money(summary.p50, currency)} (median), in 8 of 10 futures {middle}."


def likely_wins(noun: str, wins: Summary) -> str:
    """``Applications won: likely 228 (median), in 8 of 10 futures 200 to 248.``"""
    text = f"{plural_noun(noun).capitalize()} won: likely {count(wins.p50)} (median)"
    if wins.p10 is None or wins.p90 is None:
        return f"{text}."
    return f"{text}, in 8 of 10 futures {count_span(wins.p10, wins.p90)}."


def simulated(document: SimulateDocument) -> list[str]:
    """What a run books; where nothing has an amount, what it wins."""
    bookings = document.metrics.get("bookings")
    if bookings is None:
        return []
    if document.without_money:
        said = [likely_wins(document.noun, document.metrics["deals_won"])]
    else:
        said = [likely("Bookings", bookings, document.currency)]
    return said if document.target is None else [*said, _target(document, document.target)]


def _target(document: SimulateDocument, target: Target) -> str:
    """``Retention at least 90 % by 31 Dec 2026: chance 81 % (+/- 0.9 points), likely 92 % (median).``"""
    words = measure(target.metric, document.stage_names, document.role_names)

    def value(one: float | None) -> str:
        scale = sentence_scale([one or 0.0], document.currency)
        return money(one, document.currency) if words.unit == "money" else words.value(one, scale)

    bound = (
        f"at least {value(target.at_least)}" if target.at_most is None else f"at most {value(target.at_most)}"
    )
    asked = f"{words.label} {bound} by {date_words(target.by)}"
    if target.probability is None:
        return f"{asked[:1].upper()}{asked[1:]}: undefined in all futures."
    reached = chance_with_error(target.probability, target.mc_error).replace(")", " points)")
    return f"{asked[:1].upper()}{asked[1:]}: chance {reached}, likely {value(target.values.p50)} (median)."


def quota_sentence(document: ForecastDocument, period: ForecastPeriod) -> str:
    """``Quota USD 1.2 million: chance 25 % (+/- 0.4 points).``; says so where there is none."""
    if period.quota is None:
        return "No quota is set: give one with --quota, or as quota in [goal] of the model."
    quota = quota_money(period.quota, document.currency)
    reached = chance_with_error(period.attainment_probability, period.attainment_mc_error)
    return f"Quota {quota}: chance {reached.replace(')', ' points)')}."


def answer(document: ForecastDocument, period: ForecastPeriod) -> list[str]:
    """What will be booked, and whether it makes quota; where nothing has an amount, what will be won."""
    if period.wins is not None and period.without_money:
        wins = likely_wins(document.noun, period.wins)
        no_chance = f"The model has no amounts, so there is no chance for the quota of {count(period.quota)}."
        return [wins, no_chance] if period.quota is not None else [wins]
    said = [likely("Bookings", period.bookings, document.currency)]
    if not period.credited_at_booking:
        said.append(likely("Counting towards quota", period.quota_credit, document.currency))
    return [*said, quota_sentence(document, period)]


def other_views(period: ForecastPeriod) -> list[tuple[str, float]]:
    """Bookings by other methods; those that are known."""
    views = []
    if period.weighted_pipeline is not None:
        views.append(("weighted pipeline", period.weighted_pipeline))
        booked = period.bookings_parts.booked or 0.0
        views.append(("booked + weighted", period.weighted_pipeline + booked))
    if period.run_rate is not None:
        views.append(("run-rate", period.run_rate))
    return views


def views_explained(document: ForecastDocument, period: ForecastPeriod) -> str:
    """A sentence on each other method; empty where there is none."""
    said = []
    if period.weighted_pipeline is not None:
        said.append(
            f"Weighted pipeline: each open {document.noun}'s listed amount times the win rate of its stage, "
            "whenever it may close. Booked + weighted adds what is already booked in the period."
        )
    if period.run_rate is not None:
        said.append("Run-rate: recent daily bookings, extended over the period.")
    return " ".join(said)


def left_out(period: ForecastPeriod) -> str:
    """Why there is no weighted pipeline; empty where there is one, or no history for its win rates."""
    return f"No weighted pipeline: {period.no_weighted_pipeline}." if period.no_weighted_pipeline else ""


def best_change(document: CompareDocument) -> str:
    """The single change with the highest expected gain; all changes together are only in the table."""
    metric, what = document.worth, worth_words(document)
    known = [
        (change.difference.mean, scenario)
        for scenario in document.scenarios
        if (change := scenario.metrics.get(metric)) and change.difference.mean is not None
        if len(document.scenarios) == 1 or scenario.name != TOGETHER
    ]
    if not known:
        return "No scenario changes a known metric."
    gain, best = max(known, key=lambda pair: pair[0])
    if gain <= 0:
        return f"No change increases {what}."
    interval = best.metrics[metric].difference
    scale = table_scale([gain, interval.low, interval.high], document.currency)
    worth = f"{scale.words(gain)} more {what}"
    if document.without_money:
        worth = (
            f"{count(gain)} more {document.noun if count(gain) == '1' else plural_noun(document.noun)} won"
        )
    named = plain(best.name) if len(document.scenarios) == 1 else f"Best single change: {plain(best.name)}"
    if interval.low is None or interval.high is None:
        return f"{named}, {worth} expected{_chance_gain(best)}."
    middle = scale.span(interval.low, interval.high)
    if document.without_money:
        middle = f"{signed_count(interval.low)} to {signed_count(interval.high)}"
    level = f"{(interval.level or 0.9) * 100:.0f} %"
    if interval.low <= 0:
        return (
            f"No clear effect on {what}. The best estimate is {plain(best.name)}, {worth} expected, but its "
            f"{level} interval includes 0 ({middle}){_chance_gain(best)}."
        )
    return f"{named}, {worth} expected ({level} interval {middle}){_chance_gain(best)}."


def worth_words(document: CompareDocument) -> str:
    """What a comparison counts: ``bookings``, or ``applications won`` where nothing has an amount."""
    return f"{plural_noun(document.noun)} won" if document.without_money else "bookings"


def both_ends(document: CompareDocument) -> list[str]:
    """Least and greatest worth of each removed stage that was simulated with both extreme assumptions."""
    worth: dict[str, list[float]] = {}
    for scenario in document.scenarios:
        end = _END.fullmatch(plain(scenario.name))
        change = scenario.metrics.get(document.worth)
        if end and change and change.difference.mean is not None:
            worth.setdefault(end["what"], []).append(change.difference.mean)
    said = []
    for what, ends in worth.items():
        if len(ends) == 2:
            span = sentence_scale(ends, document.currency).span(*ends)
            if document.without_money:
                span = f"{count(min(ends))} to {count(max(ends))} {worth_words(document)}"
            said.append(
                f"{what} is worth {span}. The data cannot say how many of the {plural_noun(document.noun)} "
                "lost there could have been won."
            )
    return said


def without_end(name: str) -> str:
    """The name of a scenario, without the assumption in brackets."""
    end = _END.fullmatch(name)
    return end["what"] if end else name


def _chance_gain(scenario: ScenarioResult) -> str:
    change = scenario.attainment_probability
    if change is None or change.difference is None:
        return ""
    return f", chance of quota {points(change.difference)} to {chance(change.scenario)}"
