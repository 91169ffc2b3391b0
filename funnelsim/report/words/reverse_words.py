"""A reverse funnel in words: what the quota needs, why the spreadsheet differs, and who is full."""

from __future__ import annotations

import math
from collections.abc import Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.reverse import Month, ReverseDocument, Step
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import money, quota_money
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, confidence_share, count, share

#: What each step from the spreadsheet to the answer stands for.
_STEPS = {
    "booked": "already booked in the period",
    "pipeline": "open at the start, won in the period",
    "expansion": "expansion of clients",
    "mix": "another mix of sources and segments",
    "timing": "won only after the period",
    "reps": "waiting for reps",
}


def times(multiplier: float) -> str:
    """``1.31 x``; three digits, two decimals at least for what is below 10."""
    return f"{multiplier:.2f} x" if multiplier < 10 else f"{multiplier:.1f} x"


def quota_words(document: ReverseDocument) -> str:
    """``USD 4.8 million``; ``120 deals won`` where nothing has an amount."""
    if document.in_money:
        return quota_money(document.quota, document.currency)
    return f"{count(document.quota)} {plural_noun(document.noun)} won"


def answers(document: ReverseDocument) -> list[str]:
    """What the quota needs, in one or two sentences."""
    leads, goal = _scaled_leads(document), f"{quota_words(document)} with {_sure(document)} confidence"
    needed = document.needed
    if needed is None:
        return _out_of_reach(document, goal)
    if needed.multiplier == 0:
        reached = chance(document.achieved_probability)
        return [
            f"No {leads} are needed for {goal}: what is booked, open and already coming reaches it "
            f"({reached})."
        ]
    by = f"by {date_words(document.end)}" if document.end else "in the period"
    numbers = (
        f"{count(round(needed.all_leads))} {by}, today's pace gives {count(round(document.today.all_leads))}"
    )
    start = document.scaled_from or document.model_start
    since = f" from {date_words(start)} on" if start else ""
    text = f"For {goal}: {times(needed.multiplier)} today's {leads}{since}{_within(document)}, {numbers}."
    if needed.multiplier < 1:
        text = f"Today's pace is more than enough. {text}"
    return [text]


def _within(document: ReverseDocument) -> str:
    """`` (1.28 to 1.34)``: the interval of the multiplier, open where it goes beyond those tried."""
    if document.needed is None or not document.achieved_mc_error:
        return ""
    low, high = document.needed.interval.low, document.needed.interval.high
    if low is None and high is None:
        return " (too few futures for an interval)"
    if high is None:
        return f" (at least {low:.2f})"
    if low is None:
        return f" (up to {high:.2f})"
    return f" ({low:.2f} to {high:.2f})" if low < high else ""


def _out_of_reach(document: ReverseDocument, goal: str) -> list[str]:
    best, most = document.best, f"{document.most:g}"
    leads = _scaled_leads(document)
    said = [
        f"Out of reach: no number of {leads} up to {most} x today's reaches {goal}. The best found is "
        f"{chance(best.probability)}, at {times(best.multiplier)}."
    ]
    return [*said, *full_role(document)]


def full_role(document: ReverseDocument) -> list[str]:
    """Which role is full, and what it would take; nothing where leads are the limit."""
    known = document.capacity
    if known is None or document.needed is not None:
        return []
    if document.binding_role is None and known.probability_without_limits is None:
        return ["Reps are not the reason: the time left is too short even if nobody ever waited for one."]
    if document.binding_role is None:
        free = chance(known.probability_without_limits)
        return [f"Reps are not the reason: if nobody ever waited for one, it would be {free} there."]
    role = plain(document.role_name(document.binding_role))
    busy = known.utilisation.get(document.binding_role)
    full = f"{role} are full" + (
        "" if busy is None else f" ({share(busy)} busy at {times(known.multiplier or 1)})"
    )
    said = [f"{full}: more {plural_noun(document.noun)} only wait longer."]
    for remedy in known.remedies:
        more = _and([f"{n} more in {plain(document.role_name(key))}" for key, n in remedy.added.items()])
        if remedy.multiplier is None:
            continue
        said.append(
            f"What it would take: {more}, fully productive from the start, and {times(remedy.multiplier)} "
            f"today's {_scaled_leads(document)} ({chance(remedy.probability)})."
        )
    if not known.remedies:
        said.append("No number of additional reps that was tried reaches it.")
    return said


def today_words(document: ReverseDocument) -> str:
    """``Today's pace: chance 9 %.``"""
    return f"chance of quota at today's pace {chance(document.today.probability)}"


def spreadsheet_sum(document: ReverseDocument) -> str:
    """``USD 4.8 million / USD 12,000 a deal / 12 % won = 3,333 leads``; empty where it cannot be given."""
    naive = document.naive
    if naive.leads is None or naive.win_rate is None:
        return ""
    size = f" / {money(naive.deal_size, document.currency)} a win" if naive.deal_size is not None else ""
    leads = f"{count(round(naive.leads))} {plural_noun(document.noun)}"
    return f"{quota_words(document)}{size} / {share(naive.win_rate)} won = {leads}"


def step_rows(document: ReverseDocument) -> list[tuple[str, str]]:
    """From the spreadsheet's leads to those needed, with signs; nothing where they are unknown."""
    naive, needed = document.naive, document.needed
    if naive.leads is None or needed is None or not naive.steps:
        return []
    rows = [("spreadsheet", count(round(naive.leads)))]
    rows += [(_step(document, step), _signed(step.leads)) for step in naive.steps if round(step.leads)]
    return [*rows, ("needed", count(round(needed.all_leads)))]


def _step(document: ReverseDocument, step: Step) -> str:
    if step.kind == "confidence":
        return f"to be {_sure(document)} sure, not just on average"
    if step.kind == "timing" and _begins_later(document):
        return f"{_STEPS[step.kind]}, or before it"
    return _STEPS[step.kind]


def _begins_later(document: ReverseDocument) -> bool:
    """Whether the model starts before the period: only then can a new lead be won before it."""
    starts = (document.model_start, document.start)
    return starts[0] is not None and starts[1] is not None and starts[0] < starts[1]


def busiest_month(document: ReverseDocument) -> tuple[str, Month, float] | None:
    """Role, month and busy share of the busiest role and month of the plan."""
    known = [
        (role, month, busy)
        for month in document.months
        for role, busy in month.utilisation.items()
        if busy is not None
    ]
    return max(known, key=lambda one: one[2], default=None)


def reps_words(document: ReverseDocument) -> list[str]:
    """How busy the busiest role gets, and what waiting for reps costs."""
    peak, known = busiest_month(document), document.capacity
    if peak is None or known is None or document.needed is None:
        return []
    role, month, busy = peak
    said = [
        f"{plain(document.role_name(role))} are busiest, {share(busy)} in {month_words(month, long=True)}."
    ]
    free, reached = known.probability_without_limits, document.achieved_probability
    if free is not None and reached is not None:
        if free - reached < 0.01:
            said.append("Waiting for reps costs next to nothing.")
        else:
            said.append(f"If nobody ever waited for a rep, the chance would be {chance(free)}.")
    if known.saturates_at is not None and not math.isnan(known.saturates_at):
        noun = plural_noun(document.noun)
        said.append(f"Above about {times(known.saturates_at)}, reps and not {noun} are the limit.")
    return said


def late_words(document: ReverseDocument) -> str:
    """From when on leads hardly count for the period; empty where unknown."""
    if document.late_from is None or document.end is None or document.late_from > document.end:
        return ""
    noun = plural_noun(document.noun)
    after = date_words(document.late_from)
    return (
        f"New {noun} after about {after} rarely count for {document.period}: fewer than 1 in 10 of those "
        "that will be won do."
    )


def budget_words(document: ReverseDocument) -> str:
    """``Budget at today's cost per lead: USD 1.33 million, today's pace costs USD 1.02 million.``"""
    today = document.today.budget
    if today is None:
        return ""
    costs = f"today's pace costs {money(today, document.currency)}"
    needed = document.needed
    if needed is None or needed.budget is None:
        return f"At today's cost per {document.noun}, {costs}."
    return f"Budget at today's cost per {document.noun}: {money(needed.budget, document.currency)}; {costs}."


def assumption(document: ReverseDocument) -> str:
    """What the answer rests on."""
    nouns = plural_noun(document.noun)
    held = _and([plain(document.segment_name(key)) for key in document.held_segments])
    fixed = f" {nouns.capitalize()} of {held} stay as they are." if held else ""
    return (
        f"Rests on: additional {nouns} convert, take as long and are worth as much as today's of the same "
        f"source, and come at an even multiple of today's pace.{fixed}"
    )


def month_words(month: Month, *, long: bool = False, year: bool = False) -> str:
    """``Feb``, ``Feb 26``, or ``February 2026``."""
    words = date_words(month.start).split(" ")
    if long:
        return " ".join(words[1:])
    return f"{words[1][:3]} {words[2][2:]}" if year else words[1][:3]


def _scaled_leads(document: ReverseDocument) -> str:
    """``new leads``, ``new leads from Inbound``."""
    noun = f"new {plural_noun(document.noun)}"
    if len(document.scaled) >= len(document.today.leads):
        return noun
    return f"{noun} from {_and([plain(document.source_name(key)) for key in document.scaled])}"


def _sure(document: ReverseDocument) -> str:
    return confidence_share(document.confidence)


def _signed(leads: float) -> str:
    return f"{round(leads):+,}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
