"""Hiring plans in words: sentences and cells that the screen and the page share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.staff import (
    PlannedHire,
    ServiceLevelBound,
    SpreadsheetAnswer,
    StaffDocument,
    StaffPlan,
)
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import MISSING, Scale, money, quota_money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import (
    chance,
    chance_with_error,
    confidence_share,
    count,
    days,
    points,
    share,
)

#: Roles whose busy share has a column of its own; of more, only the busiest is shown.
_FEW_ROLES = 3
_HEAD_WIDTH = 14
#: The chance without any waiting comes from few futures: so far below the confidence it is clearly below.
_UNSURE = 0.05
#: Above this busy share, leads still wait for reps.
_STILL_BUSY = 0.9
#: Chances of a plan for the average: about one half.
_NEAR_HALF = (0.35, 0.65)
_AVERAGE = "it plans for the average"
_LEAVES_OUT = "it leaves out reps who leave, ramps and chance"


def role_name(document: StaffDocument, role: str) -> str:
    return plain(document.role_name(role))


def target_words(document: StaffDocument) -> str:
    """``quota USD 4.8 million at 80 % confidence``, ``wait_days.demo<=1``, ``most profitable plan``."""
    target, said = document.target, []
    if target.quota is not None:
        sure = confidence_share(target.confidence or 0.0)
        said.append(f"quota {quota_money(target.quota, document.currency)} at {sure} confidence")
    said += [level_words(document, level) for level in target.levels]
    return ", ".join(said) or "the most profitable plan"


def level_words(document: StaffDocument, level: ServiceLevelBound) -> str:
    """``wait in Demo at most 1 day``"""
    return f"{level_name(document, level)} {'at most' if level.at_most else 'at least'} {_bound(level)}"


def level_name(document: StaffDocument, level: ServiceLevelBound) -> str:
    if level.metric.startswith("first_response_p"):
        percent = level.metric.removeprefix("first_response_p")
        return f"time to first response of {percent} % of leads"
    return measure(level.metric, document.stage_names, document.role_names, document.noun).label


def _bound(level: ServiceLevelBound) -> str:
    return level_value(level, level.bound)


def level_value(level: ServiceLevelBound, value: float | None) -> str:
    """A value of a service level's metric, with its unit."""
    if level.metric.startswith("first_response_p"):
        return days(value)
    return measure(level.metric).value(value, Scale(currency=""))


def hires_words(document: StaffDocument, hires: Sequence[PlannedHire]) -> str:
    """``+1 SDR from 1 Feb 2026, +1 AE from 1 Mar 2026``; ``+2 SDR`` of a standing team."""
    when = "" if document.standing else " from {}"
    return (
        ", ".join(
            f"+{people(document, hire.count, hire.role)}{when.format(date_words(hire.on, short=True))}"
            for hire in hires
        )
        or "none"
    )


def team_words(document: StaffDocument, plan: StaffPlan) -> str:
    """``2 SDR, 6 AE``"""
    return ", ".join(people(document, n, role) for role, n in plan.headcount.items())


def people(document: StaffDocument, number: int, role: str) -> str:
    """``2 SDR``, ``1 rep``, ``3 reps``"""
    name = role_name(document, role)
    return f"{number} {name}s" if name == "rep" and number != 1 else f"{number} {name}"


def answer(document: StaffDocument) -> str:
    """The answer in a sentence or two."""
    chosen, today = document.plan(document.chosen), document.plan("today")
    if chosen is None or today is None:
        return _no_plan(document)
    if chosen.name == "today":
        if document.chosen == "today" and not _has_target(document):
            return "Hire nobody: no hire is worth its cost within the span."
        return f"Hire nobody: today's team meets it ({_result(document, today)})."
    cost = _more_cost(document, chosen, today)
    hires = " and ".join(_hire(document, hire) for hire in chosen.hires)
    if not _has_target(document):
        gain = (chosen.profit or 0.0) - (today.profit or 0.0)
        return (
            f"Hire {hires}: bookings less people cost rise by {money(gain, document.currency)} in the span "
            f"({cost})."
        )
    return f"Hire {hires}: {_change(document, today, chosen)}, for {cost}."


def _has_target(document: StaffDocument) -> bool:
    return document.target.quota is not None or bool(document.target.levels)


def _hire(document: StaffDocument, hire: PlannedHire) -> str:
    when = "" if document.standing else f" from {date_words(hire.on, short=True)}"
    return f"{people(document, hire.count, hire.role)}{when}"


def _more_cost(document: StaffDocument, plan: StaffPlan, today: StaffPlan) -> str:
    more = (plan.cost or 0.0) - (today.cost or 0.0)
    begun = any(document.start is not None and hire.on < document.start for hire in plan.hires)
    before = (plan.cost_before or 0.0) - (today.cost_before or 0.0) if begun else 0.0
    if document.cost_unit == "money":
        yearly = money(plan.yearly_cost, document.currency)
        earlier = f", {money(before, document.currency)} before it" if before > 0 else ""
        extra = f"{money(more, document.currency)} more people cost in the span"
        return f"{extra}{earlier}, {yearly} in a full year"
    return f"{count(more)} more rep-months" + (f", and {count(before)} before the span" if before > 0 else "")


def _change(document: StaffDocument, today: StaffPlan, plan: StaffPlan) -> str:
    said = []
    if document.target.quota is not None:
        said.append(
            f"the chance of quota rises from {chance(today.probability)} to {chance(plan.probability)}"
        )
    for level in document.target.levels:
        before, after = (level_value(level, one.levels.get(level.text)) for one in (today, plan))
        said.append(f"{level_name(document, level)} goes from {before} to {after}")
    return ", ".join(said)


def _result(document: StaffDocument, plan: StaffPlan) -> str:
    said = []
    if document.target.quota is not None:
        said.append(f"chance of quota {chance_with_error(plan.probability, plan.mc_error)}")
    for level in document.target.levels:
        name, value = level_name(document, level), level_value(level, plan.levels.get(level.text))
        said.append(f"{name} {value}")
    return ", ".join(said)


def _no_plan(document: StaffDocument) -> str:
    largest = document.plan("largest tried")
    text = "No number of reps that was tried meets the target"
    if largest is not None:
        text += f": with {team_words(document, largest)}, {_result(document, largest)}"
    if document.unlimited_probability is not None and document.target.confidence is not None:
        limit = chance(document.unlimited_probability)
        text += f". If nobody ever waited for a rep, the chance of quota would be {limit}"
        if document.unlimited_probability < document.target.confidence - _UNSURE:
            text += f": {plural_noun(document.noun)}, not reps, are the limit"
        elif largest is not None:
            text += _why_largest_fails(document, largest)
    return text + "."


def _why_largest_fails(document: StaffDocument, largest: StaffPlan) -> str:
    """Why a team misses the quota that would be reached if nobody waited: too small still, or too late."""
    busy = {role: known for role, known in largest.utilisation.items() if known is not None}
    role = max(busy, key=lambda key: busy[key], default="")
    if role and busy[role] >= _STILL_BUSY:
        still = f"{role_name(document, role)} is still {share(busy[role])} busy"
        return f"; in that team {still}, so it is too small"
    if not largest.hires or document.standing:
        return ""
    first = date_words(largest.hires[0].on, short=True)
    slow = f"they ramp up, and work and {plural_noun(document.noun)} take their time"
    return f", but hires from {first} cannot make up for it: {slow}"


def cost_words(document: StaffDocument) -> str:
    """Which people and days a cost counts."""
    span = "period" if document.period else "span"
    text = f"people present in the {span}, without the seats that are empty after somebody has left"
    return text + (f"; what they cost before the {span} is not in it" if _costs_before(document) else "")


def _costs_before(document: StaffDocument) -> bool:
    return any(plan.cost_before for plan in document.plans)


def columns_and_rows(
    document: StaffDocument, *, waits: bool = True
) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    """Heads, each with whether it holds numbers, and a row for each plan."""
    # Without effort hours nobody knows how busy reps are, or how long leads wait for them.
    learnt = document.top_down is not None
    roles = [] if learnt else list(document.plans[0].headcount)
    waits = waits and not learnt
    scale = table_scale([plan.cost for plan in document.plans], document.currency)
    priced = document.cost_unit == "money"
    heads = [("plan", False), ("hires", False)]
    heads.append((f"people cost,\n{scale.unit or 'no currency'}", True) if priced else ("rep-\nmonths", True))
    if document.target.quota is not None:
        heads.append(("chance\nof quota", True))
    if learnt:
        in_money = document.measure == "bookings"
        booked = table_scale(
            [plan.bookings for plan in document.plans], document.currency if in_money else ""
        )
        head = f"bookings,\n{booked.unit}" if in_money else f"mean\n{plural_noun(document.noun)} won"
        heads.append((head, True))
    heads += [(_head(level_name(document, level)), True) for level in document.target.levels]
    if not _has_target(document):
        heads.append((f"bookings less\ncost, {scale.unit}", True))
    few = len(roles) <= _FEW_ROLES
    heads += (
        [(_head(f"{role_name(document, role)} busy"), True) for role in roles]
        if few
        else [("busiest", False)]
    )
    if waits:
        heads.append(("first\nresponse", True))
    heads.append(("", False))
    rows = []
    for plan in document.plans:
        row = [
            plan.name,
            hires_words(document, plan.hires),
            scale.number(plan.cost) if priced else count(plan.cost),
        ]
        if document.target.quota is not None:
            row.append(chance(plan.probability))
        if learnt:
            row.append(booked.number(plan.bookings))
        row += [level_value(level, plan.levels.get(level.text)) for level in document.target.levels]
        if not _has_target(document):
            row.append(scale.number(plan.profit))
        row += _busy(document, plan, roles if few else None)
        if waits:
            row.append(days(plan.first_response_days))
        rows.append([*row, _verdict(document, plan)])
    return heads, rows


def _head(text: str) -> str:
    """A head in as many lines as its column is to be narrow."""
    return "\n".join(textwrap.wrap(text, _HEAD_WIDTH))


def _busy(document: StaffDocument, plan: StaffPlan, roles: Sequence[str] | None) -> list[str]:
    if roles is not None:
        return [share(plan.utilisation.get(role)) for role in roles]
    known = {role: value for role, value in plan.utilisation.items() if value is not None}
    if not known:
        return [MISSING]
    busiest = max(known, key=lambda role: known[role])
    return [f"{role_name(document, busiest)} {share(known[busiest])}"]


def _verdict(document: StaffDocument, plan: StaffPlan) -> str:
    if plan.name == document.chosen:
        return "<- meets it" if _has_target(document) else "<- best"
    if plan.meets is not False:
        return ""
    target = document.target
    if target.confidence is not None and plan.probability is not None and not target.levels:
        missed = points(target.confidence - plan.probability).lstrip("+")
        return (
            "misses narrowly"
            if missed == "0 pp" or missed.startswith("-")
            else f"misses by {missed.replace('pp', 'points')}"
        )
    return "misses it"


def bottleneck_words(document: StaffDocument) -> str:
    """Which role holds today's team back, and what one more rep of each would add."""
    if not document.one_more:
        return ""
    money_of = document.measure in ("quota_credit", "bookings")

    def amount(value: float | None) -> str:
        if money_of:
            return money(value, document.currency)
        metric = document.measure
        level = ServiceLevelBound(text="", metric=metric, bound=0.0)
        return level_value(level, value)

    name = measure(document.measure, document.stage_names, document.role_names).label
    if document.binding_role is None:
        return f"Bottleneck today: no role; one more rep has no clear effect on {name}."
    best = document.one_more[document.binding_role]
    verb = "adds" if money_of else "improves"
    text = f"Bottleneck today: {role_name(document, document.binding_role)}. One more {verb} "
    interval = f"90 % interval {amount(best.low)} to {amount(best.high)}"
    if money_of:
        text += f"{amount(best.mean)} of {name} in the span ({interval})"
    else:
        text += f"{name} by {amount(best.mean)} ({interval})"
    others = [
        f"{role_name(document, role)} {amount(one.mean) if (one.low or 0) > 0 else 'no clear effect'}"
        for role, one in document.one_more.items()
        if role != document.binding_role
    ]
    return f"{text}; one more of the others: {', '.join(others)}." if others else f"{text}."


def timing_words(document: StaffDocument) -> Iterator[str]:
    """Latest useful starts and paybacks."""
    starts = [
        f"{role_name(document, one.role)} {date_words(one.latest_useful_start, short=True)}"
        for one in document.timing
        if one.latest_useful_start
    ]
    if starts:
        yield f"Latest useful start: {', '.join(starts)}; after it, a hire adds little in the span."
    paid = []
    for one in document.timing:
        name = role_name(document, one.role)
        if one.payback_months is not None:
            unit = "month" if one.payback_months == 1 else "months"
            paid.append(f"{name} in {one.payback_months} {unit}")
        elif one.payback_within is not None:
            paid.append(f"{name} not within {one.payback_within} months")
    if paid:
        yield f"Paid back by added bookings: {', '.join(paid)}."


def spreadsheet_words(document: StaffDocument) -> str:
    """What a spreadsheet says, and why it differs."""
    sheet = document.spreadsheet
    if sheet is None:
        return ""
    text = "Spreadsheet: "
    if sheet.role is not None:
        rate = money(sheet.productivity, document.currency)
        source = "its quota" if sheet.stated else "what today's team brings"
        if not sheet.headcount:
            return f"{text}no plan: {rate} for each {role_name(document, sheet.role)} month ({source})."
        role = role_name(document, sheet.role)
        text += (
            f"{count(sheet.rep_months)} ramped {role} months x {rate} ({source}) = "
            f"{money(sheet.result, document.currency)}: "
        )
    else:
        text += "hours of work over open hours: "
    text += f"{hires_words(document, sheet.hires)} will do" if sheet.hires else "today's team will do"
    if len(sheet.why) == 1 and sheet.meets:
        return f"{text}, {sheet.why[0]}."
    if sheet.probability is not None and document.target.quota is not None:
        text += f". Simulated, that has a chance of {chance(sheet.probability)}"
    elif sheet.meets is False:
        text += ". Simulated, it does not"
    why = "; ".join(spreadsheet_reasons(sheet))
    return f"{text}{f': {why}' if why else ''}."


def spreadsheet_reasons(sheet: SpreadsheetAnswer) -> list[str]:
    """Why it differs; that it plans for the average explains only a chance near one half."""
    if sheet.probability is None or _NEAR_HALF[0] <= sheet.probability <= _NEAR_HALF[1]:
        return list(sheet.why)
    others = [text for text in sheet.why if not text.startswith(_AVERAGE)]
    if len(others) == len(sheet.why):
        return others
    leaves_out = any("reps who leave" in text for text in others)
    return others if leaves_out else [_LEAVES_OUT, *others]


def guarantee_words(document: StaffDocument) -> str:
    """What is promised about the choice, with the method."""
    one = document.guarantee
    if one is None:
        return ""
    label = "Sure of the choice" if one.complete else "Not quite sure of the choice"
    return f"{label}: {one.text} ({one.method}; {document.search.simulated} plans simulated)."
