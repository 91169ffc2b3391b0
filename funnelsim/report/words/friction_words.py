"""Friction in words: the answer, the rows of its lists, and what the numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import Driver, Effect, Effects, FrictionDocument, Leak, Removal
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.friction_improvements import (
    clear_improvements,
    difference,
    measured_by,
    worth_words,
)
from funnelsim.report.words.measures import Measure
from funnelsim.report.words.money import MISSING, Scale, money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, count, days, points, share

#: Above the list of removed stages, and from what to what its ranges go.
REMOVED = "If a stage were removed"
#: Means so close (relative) differ only by the number of their futures.
_SAME_BASE = 0.02
REMOVED_SPAN = "from only its time saved, to everyone lost there going on as well"


def leak_scale(document: FrictionDocument) -> Scale:
    """One unit for what all lost leads were worth."""
    return table_scale([leak.value for leak in document.leaks], document.currency)


def answer(document: FrictionDocument) -> str:
    """Where most is lost, and the improvement that is worth most."""
    said = []
    lost = [leak for leak in document.leaks if leak.lost]
    if lost:
        first, noun = lost[0], plural_noun(document.noun)
        said.append(
            f"Most is lost at {plain(document.stage_name(first.stage))}: {count(first.lost)} {noun}, which "
            f"would have brought up to {value_words(document, first)} had they gone on."
        )
    clear = clear_improvements(document)
    step = next((one for one in clear if not isinstance(one, Driver)), None)
    if step is None:
        said.append(f"No single step of improvement has a clear effect on {measured_by(document).label}.")
    else:
        said.append(f"The small step worth most: {worth_words(document, step)}.")
    if clear and clear[0] is not step:
        said.append(f"Worth more, if that gap can be closed: {worth_words(document, clear[0])}.")
    return " ".join(said)


def shown_leaks(document: FrictionDocument) -> list[Leak]:
    """The stages where somebody is lost or waits for a rep, as many as are shown."""
    known = [leak for leak in document.leaks if leak.lost or leak.wait.no_rep or leak.wait.office_closed]
    return known[: document.top]


def shown_removals(document: FrictionDocument) -> list[Removal]:
    """The stages whose removal has a clear effect under one of both assumptions, as many as are shown."""
    known = [one for one in document.removals if any(end.clear for end in ends_of(one))]
    return known[: document.top]


def value_words(document: FrictionDocument, leak: Leak) -> str:
    """What the leads lost at a stage were worth: ``USD 563 thousand``, ``12.4 wins``."""
    if document.without_money:
        return f"{count(leak.value)} wins"
    return money(leak.value, document.currency)


def leak_row(document: FrictionDocument, leak: Leak, scale: Scale) -> list[str]:
    """Stage, leads lost, what they were worth, their chance, days in stage and what they went on."""
    worth = count(leak.value) if document.without_money else scale.number(leak.value)
    row = [
        plain(document.stage_name(leak.stage)),
        count(leak.lost),
        worth,
        share(leak.won_if_on),
        days_number(leak.days),
    ]
    if document.has_waits:
        parts = (leak.wait.no_rep, leak.wait.office_closed, leak.work_days, leak.own_days)
        row += [days_number(part) for part in parts]
    return row


def leak_heads(document: FrictionDocument) -> list[str]:
    """The heads of `leak_row`, with a line break where a screen needs one."""
    noun = plural_noun(document.noun)
    worth = "wins, had\nthey gone on" if document.without_money else "worth, had\nthey gone on"
    heads = ["stage", f"{noun}\nlost", worth, "would\nthen win", "days in\nstage"]
    if document.has_waits:
        heads += ["no free\nrep", "office\nclosed", "with\na rep", "buyer's\nown time"]
    return heads


def days_number(value: float | None) -> str:
    """Days with one decimal, without the unit."""
    if value is None:
        return MISSING
    return "0" if abs(value) < 0.005 else f"{value:,.2f}" if abs(value) < 0.1 else f"{value:,.1f}"


def removal_cells(document: FrictionDocument, removal: Removal, scale: Scale) -> list[str]:
    """Both ends of a removed stage: ``+46 to +158``."""
    words = measured_by(document)
    ends = [one.metrics.get(document.metric, Effect()).mean for one in ends_of(removal)]
    cells = [_to(*(difference(end, words, scale) for end in ends))]
    if document.attainment_probability is not None:
        chances = [one.attainment_probability for one in ends_of(removal)]
        cells.append(_to(*(MISSING if c is None else points(c.mean) for c in chances)))
    return cells


def _to(low: str, high: str) -> str:
    """Two ends with one unit; one of them where they are alike."""
    return low if low == high else f"{low.removesuffix(' pp')} to {high}"


def ends_of(removal: Removal) -> tuple[Effects, Effects]:
    """Both assumptions about those lost at a removed stage."""
    return removal.time_only, removal.all_recovered


def removal_scale(document: FrictionDocument) -> Scale:
    """One unit for all removals."""
    ends = [
        end.metrics[document.metric].mean
        for one in shown_removals(document)
        for end in ends_of(one)
        if document.metric in end.metrics
    ]
    return table_scale(ends, document.currency)


def timing_words(document: FrictionDocument) -> str:
    """That improvements early in the funnel show later; empty where the period is long enough."""
    cycle = document.base.get("cycle_days")
    if not document.later_period or cycle is None or cycle.mean is None or document.days is None:
        return ""
    start = "" if document.changes_from is None else f" from {date_words(document.changes_from)} on"
    noun = plural_noun(document.noun)
    return (
        f"Changes act{start}. A win takes {days(cycle.mean)} on average, and {document.period} has "
        f"{days(document.days)} left: much of what early stages and new {noun} are worth comes "
        f"in {document.later_period} or later."
    )


def assumption_words(document: FrictionDocument) -> Iterator[str]:
    """What the numbers rest on."""
    yield from (plain(text) for text in document.assumptions)


def context_words(document: FrictionDocument) -> str:
    """The base in numbers: ``Base: bookings USD 1.2 million (mean), chance of quota 51 %.``"""
    figures = []
    words, base = measured_by(document), document.base.get(document.metric)
    if base is not None:
        figures.append(f"{words.label} {base_words(document, words)} (mean)")
    if document.attainment_probability is not None:
        figures.append(f"chance of quota {chance(document.attainment_probability)}")
    parts = [plain(document.name), f"Base: {', '.join(figures)}" if figures else ""]
    return ". ".join(part for part in parts if part) + "."


def base_on_page(document: FrictionDocument, forecast: ForecastDocument | None) -> str:
    """The base beside a forecast: the same period has no second mean, another one says that it is another."""
    same = [one for one in forecast.periods if one.period == document.period] if forecast else []
    base, means = document.base.get(document.metric), [one.bookings.mean for one in same]
    if document.metric == "bookings" and base is not None and base.mean is not None and means:
        mean = means[0]
        if mean is not None and abs(base.mean - mean) <= _SAME_BASE * abs(mean):
            return f"Every difference is from the forecast for {document.period} above."
    said = context_words(document).removeprefix(f"{plain(document.name)}. ")
    if forecast is None or document.period in {"", forecast.periods[0].period}:
        return said
    first = forecast.periods[0].period
    return f"{said[:-1]}, in {document.period}; the forecast above is for {first}."


def base_words(document: FrictionDocument, words: Measure) -> str:
    value = document.base[document.metric].mean
    if words.unit == "money":
        return table_scale([value], document.currency).words(value)
    return words.value(value, table_scale([value], document.currency))
