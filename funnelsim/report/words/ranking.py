"""Which of several changes is best, what they cost, and how sure that is: sentences for screens and pages."""

from __future__ import annotations

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.compare import Alternative, CompareDocument, MetricChange, ScenarioResult
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import money, sentence_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, count, plural, points, share, signed_count
from funnelsim.report.words.sentences import best_change, worth_words

#: The second best is named from this chance of being best on.
_RIVAL = 0.1
#: Names in a sentence; more are counted.
_MOST_NAMES = 4
BASE = "no change"


def headline(document: CompareDocument) -> list[str]:
    """The best change and how sure that is; of a single scenario, what it is worth."""
    if document.ranking is None:
        return [best_change(document), *_after_cost(document)]
    return [_best(document), _how_sure(document), *_selected(document)]


def aim_words(document: CompareDocument) -> str:
    """What the best has most of: ``bookings less cost``, ``bookings``, ``deals won``."""
    return "bookings less cost" if document.aim == "profit" else worth_words(document)


def ranked(document: CompareDocument) -> list[tuple[ScenarioResult, Alternative | None]]:
    """Scenarios by falling worth, each with its place in the ranking; without one in their own order."""
    if document.ranking is None:
        return [(scenario, None) for scenario in document.scenarios]
    places = {one.scenario: one for one in document.ranking.alternatives if one.scenario is not None}
    pairs = [(scenario, places.get(place)) for place, scenario in enumerate(document.scenarios)]
    return sorted(pairs, key=lambda pair: -_mean(pair[0].metrics.get(document.aim)))


def base_alternative(document: CompareDocument) -> Alternative | None:
    """The base in the ranking."""
    if document.ranking is None:
        return None
    return next((one for one in document.ranking.alternatives if one.scenario is None), None)


def interval_ends(change: MetricChange) -> tuple[float | None, float | None]:
    """The interval to show: the one for all scenarios at once, if there are several."""
    if change.simultaneous is not None:
        return change.simultaneous.low, change.simultaneous.high
    return change.difference.low, change.difference.high


def costs_explained(document: CompareDocument) -> str:
    """What the cost holds, and what it lacks; empty where no price is known."""
    prices, cost = document.prices, document.cost
    if prices is None or cost is None:
        return ""
    held = []
    if prices.roles:
        names = _some([document.role_name(key) for key in prices.roles])
        held.append(f"people ({names}) {money(cost.people, document.currency)}")
    if prices.sources:
        held.append(f"leads {money(cost.leads, document.currency)}")
    said = f"Cost in the base: {' and '.join(held)}"
    if missing := _unpriced(document):
        said += f"; nothing is known for {missing}, which count 0"
    return f"{said}. Bookings less cost is not profit margin: the cost of delivery is not in it."


def variance_explained(document: CompareDocument) -> str:
    """How much the shared random draws help; empty where nothing changes."""
    removed = [
        change.variance_removed
        for scenario in document.scenarios
        if (change := scenario.metrics.get(document.worth)) and not change.difference.is_nothing
        if change.variance_removed is not None
    ]
    if not removed:
        return ""
    low, high = min(removed), max(removed)
    span = share(low) if share(low) == share(high) else f"{share(low).removesuffix(' %')} to {share(high)}"
    said = f"The same random draws in base and scenario removed {span} of the variance of the differences"
    if low <= 0:
        return f"{said}."
    least, most = 1 / (1 - low), 1 / max(1 - high, 1e-6)
    times = f"{least:,.0f}" if f"{least:,.0f}" == f"{most:,.0f}" else f"{least:,.0f} to {most:,.0f}"
    return f"{said}: separate runs would need {times} times as many futures for the same intervals."


def intervals_explained(document: CompareDocument) -> str:
    """What the intervals of several scenarios promise; empty for a single one."""
    held = document.simultaneous
    if held is None or held.level is None or held.comparisons is None:
        return ""
    all_of_them = "both" if held.comparisons == 2 else f"all {held.comparisons}"
    return (
        f"Intervals: {all_of_them} hold at once with {held.level * 100:.0f} % confidence "
        "(Bonferroni). * marks changes whose interval excludes 0."
    )


def futures_explained(document: CompareDocument) -> str:
    """In how many futures each is best, the most frequent first; empty without a ranking."""
    if document.ranking is None:
        return ""
    known = [one for one in document.ranking.alternatives if one.share_best is not None]
    known.sort(key=lambda one: -(one.share_best or 0.0))
    listed = [f"{_name(one)} {chance(one.share_best)}" for one in known[:_MOST_NAMES]]
    return f"Share of futures in which each is best: {', '.join(listed)}." if listed else ""


def _best(document: CompareDocument) -> str:
    scenario, what = _first(document), aim_words(document)
    if scenario is None:
        rival = next((s for s, place in ranked(document) if place is not None), None)
        if rival is None:
            return f"No change increases {what}."
        change = rival.metrics[document.aim]
        return f"No change increases {what}. The closest is {plain(rival.name)}: {_gain(document, change)}."
    change = scenario.metrics[document.aim]
    gain = change.difference.mean or 0.0
    worth = f"{_amount(document, gain)} more {what}"
    if document.without_money:
        worth = f"{count(gain)} more {plural_noun(document.noun)} won"
    low, high = interval_ends(change)
    if low is None or high is None:
        return f"Best: {plain(scenario.name)}, {worth} expected{_chance_gain(scenario)}."
    level = f"{(change.difference.level or 0.9) * 100:.0f} %"
    span = f"{level} interval for all changes at once {_span(document, low, high)}"
    if low <= 0:
        return (
            f"No change has a clear effect on {what}. The best estimate is {plain(scenario.name)}, {worth} "
            f"expected, but its interval includes 0 ({span}){_chance_gain(scenario)}."
        )
    return f"Best: {plain(scenario.name)}, {worth} expected ({span}){_chance_gain(scenario)}."


def _after_cost(document: CompareDocument) -> list[str]:
    """What a single scenario leaves after its cost; nothing where it costs the same."""
    (scenario, *_) = document.scenarios
    cost, profit = scenario.metrics.get("cost"), scenario.metrics.get("profit")
    if cost is None or profit is None or not cost.difference.mean:
        return []
    left, low, high = profit.difference.mean, profit.difference.low, profit.difference.high
    more = "more" if cost.difference.mean > 0 else "less"
    said = f"It costs {money(abs(cost.difference.mean), document.currency)} {more}, which leaves"
    said = f"{said} {money(left, document.currency)}"
    return [f"{said}." if low is None or high is None else f"{said} ({_span(document, low, high)})."]


def _how_sure(document: CompareDocument) -> str:
    assert document.ranking is not None
    first, *others = document.ranking.alternatives
    changes = sum(one.scenario is not None for one in document.ranking.alternatives)
    what = BASE if first.scenario is None else "this"
    said = f"Chance that {what} is the best of {plural(changes, 'change')} and {BASE}"
    if changes == 1:
        said = f"Chance that {what} is better than {'the change' if first.scenario is None else BASE}"
    said = f"{said}: {chance(first.probability_best)}"
    rivals = [one for one in others if (one.probability_best or 0.0) >= _RIVAL]
    listed = [f"{_name(one)} {chance(one.probability_best)}" for one in rivals[:_MOST_NAMES]]
    return f"{said} ({', '.join(listed)})." if listed else f"{said}."


def _selected(document: CompareDocument) -> list[str]:
    assert document.ranking is not None
    found = document.ranking.selection
    if found is None or found.confidence is None:
        return []
    size = _amount(document, found.indifference or 0.0)
    sure = f"{found.confidence * 100:.0f} % confidence"
    if found.chosen is None:
        futures = document.provenance.replications
        if futures and found.least and futures < found.least:
            return [f"To select the best with {sure}, at least {found.least:,} futures are needed (-n)."]
        names = _some([_plain_name(name) for name in found.remaining])
        tried = f"{futures:,} futures" if futures else "The futures"
        return [
            f"{tried} do not settle which is best with {sure}, if differences under {size} do not matter: "
            f"{names}. More futures (-n) or a larger --indifference would."
        ]
    small = f"if differences under {size} do not matter"
    if found.chosen != document.ranking.alternatives[0].name:
        return [f"{_upper(small)}, {_plain_name(found.chosen)} is as good (selected with {sure})."]
    if not _with_draws(document):
        return [f"Selected as the best with {sure}, {small}."]
    return [
        f"Averaged over what the data leave open, it is selected as the best with {sure}, {small}: more "
        "futures would not change that, more data may."
    ]


def _with_draws(document: CompareDocument) -> bool:
    """Whether the futures use the parameter draws of a fit."""
    base = document.base.get(document.worth)
    return base is not None and base.mc_error_given_draws is not None


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first(document: CompareDocument) -> ScenarioResult | None:
    """The best scenario; None if that is the base."""
    assert document.ranking is not None
    place = document.ranking.alternatives[0].scenario
    return None if place is None else document.scenarios[place]


def _name(one: Alternative) -> str:
    return BASE if one.scenario is None else plain(one.name)


def _plain_name(name: str) -> str:
    return BASE if name == "base" else plain(name)


def _some(names: list[str]) -> str:
    shown = [plain(name) for name in names[:_MOST_NAMES]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _unpriced(document: CompareDocument) -> str:
    assert document.prices is not None
    roles = [key.removeprefix("roles.") for key in document.prices.unpriced if key.startswith("roles.")]
    sources = [key.removeprefix("sources.") for key in document.prices.unpriced if key.startswith("sources.")]
    parts = []
    if roles:
        parts.append(_some([document.role_name(key) for key in roles]))
    if sources:
        parts.append(f"leads from {_some([key.replace('_', ' ') for key in sources])}")
    return " and ".join(parts)


def _mean(change: MetricChange | None) -> float:
    mean = None if change is None else change.difference.mean
    return float("-inf") if mean is None else mean


def _amount(document: CompareDocument, amount: float) -> str:
    if document.without_money:
        return f"{count(amount)} {plural_noun(document.noun)}"
    return money(amount, document.currency)


def _gain(document: CompareDocument, change: MetricChange) -> str:
    mean = change.difference.mean
    return measure(document.aim).difference(mean, sentence_scale([mean], document.currency))


def _span(document: CompareDocument, low: float, high: float) -> str:
    if document.without_money:
        return f"{signed_count(low)} to {signed_count(high)}"
    return sentence_scale([low, high], document.currency).span(low, high)


def _chance_gain(scenario: ScenarioResult) -> str:
    change = scenario.attainment_probability
    if change is None or change.difference is None:
        return ""
    return f", chance of quota {points(change.difference)} to {chance(change.scenario)}"
