"""What the top-down mode of ``staff`` has learnt, in words: productivity, ramp, attrition and starts."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.staff import StaffDocument
from funnelsim.documents.staff_reps import LearntRep, Range, StartOfHires, TopDownAnswer
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.money import MISSING, money
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import chance, confidence_share, count, plural, share, significant
from funnelsim.report.words.staffing import hires_words, people, spreadsheet_reasons, timing_words

#: Starts shown in one sentence; the page has all of them.
_FEW_STARTS = 3
_FEW_REPS = 3
_LEAST_SHOWN = 0.005


def learnt_words(document: StaffDocument, *, shows_reps: bool = False) -> Iterator[str]:
    """The sentences of the screen, most important first; nothing for a bottom-up document.

    `shows_reps`: beside a table of all reps, as on the page; else a sentence says where they are.
    """
    found = document.top_down
    if found is None:
        return
    yield _productivity(document, found)
    if reps := _reps(document, found):
        yield reps if shows_reps else f"{reps} All reps: --json, or --out staff.html."
    yield _ramp(document, found)
    yield _attrition(found)
    if starts := _starts(document, found):
        yield starts
    if sheet := _spreadsheet(document, found):
        yield sheet


def amount(document: StaffDocument, value: float | None) -> str:
    """A result in money, or in deals if no amounts are known."""
    if document.measure == "deals_won":
        return plural_of(document, value)
    return money(value, document.currency)


def plural_of(document: StaffDocument, value: float | None) -> str:
    """``3.1 deals``, ``12 deals``"""
    if value is None:
        return MISSING
    text = significant(value, 2) if value < 10 else count(value)
    return f"{text} {plural_noun(document.noun)}"


def _productivity(document: StaffDocument, found: TopDownAnswer) -> str:
    learnt = found.learnt
    wins = learnt.wins_per_month
    text = f"A ramped rep wins {plural_of(document, wins.mean)} a month (90 % range {_ends(wins)})"
    if learnt.bookings_per_month is not None:
        text += f", worth {money(learnt.bookings_per_month, document.currency)}"
    if learnt.counted_from and learnt.counted_to:
        text += f", from {date_words(learnt.counted_from)} to {date_words(learnt.counted_to)}"
    return f"{text}. Beyond chance, reps differ by {share(learnt.spread)} (standard deviation)."


def _ends(one: Range) -> str:
    if one.low is None or one.high is None:
        return MISSING
    return f"{_number(one.low)} to {_number(one.high)}"


def _number(value: float) -> str:
    """Two digits; what is close to 0 is shown as 0."""
    return significant(value, 2) if value >= _LEAST_SHOWN else "0"


def _reps(document: StaffDocument, found: TopDownAnswer) -> str:
    # What a rep will win after the ramp is too uncertain to rank before it.
    least = (found.learnt.ramp.months_lost.mean or 0.0) + 1
    present = [
        rep
        for rep in found.learnt.reps
        if rep.end is None
        and rep.per_month.mean is not None
        and (rep.start is None or (rep.rep_months or 0.0) > least)
    ]
    if len(present) < 2 * _FEW_REPS:
        return ""
    ranked = sorted(present, key=_value, reverse=True)
    best = ", ".join(_rep(document, rep) for rep in ranked[:_FEW_REPS])
    last = ", ".join(_rep(document, rep) for rep in ranked[-_FEW_REPS:])
    return f"Most in a month: {best}. Least: {last}."


def _value(rep: LearntRep) -> float:
    return (rep.per_month.mean or 0.0) * (rep.deal_size if rep.deal_size is not None else 1.0)


def _rep(document: StaffDocument, rep: LearntRep) -> str:
    return f"{plain(rep.name)} ({amount(document, _value(rep))})"


def _ramp(document: StaffDocument, found: TopDownAnswer) -> str:
    ramp = found.learnt.ramp
    if not ramp.months:
        return f"New reps ({ramp.new_reps} in the history) show no ramp."
    months = ", ".join(share(month.mean) for month in ramp.months)
    lost = ramp.months_lost
    text = f"Ramp of a new rep, month by month: {months}, then 100 %"
    cost = f"a hire loses {significant(lost.mean or 0.0, 2)} rep-months to it"
    if ramp.source == "given":
        return f"{text}, as given; {cost}."
    if ramp.source == "sales cycle":
        return f"{text}: assumed, as fast as {plural_noun(document.noun)} can close; {cost}."
    return f"{text}, from {ramp.new_reps} reps who began; {cost} (90 % range {_ends(lost)})."


def _attrition(found: TopDownAnswer) -> str:
    one = found.learnt.attrition
    if one.source == "given":
        text = f"Attrition: {share(one.rate.mean)} a year, as given"
    else:
        left = plural(one.departures, "rep") if one.departures else "nobody"
        text = (
            f"Attrition: {left} left in {count(one.rep_years)} rep-years, so {share(one.rate.mean)} a year "
            f"(90 % range {share(one.rate.low)} to {share(one.rate.high)})"
        )
    if one.backfill_days is None:
        return f"{text}; nobody follows."
    return f"{text}; each is followed after {count(one.backfill_days)} days."


def _starts(document: StaffDocument, found: TopDownAnswer) -> str:
    if not found.starts:
        return ""
    shown = _shown_starts(document, found)
    first = shown[0]
    role = next(iter(document.plans[0].headcount))
    chances = ", ".join(f"{date_words(one.on, short=True)} {chance(one.probability)}" for one in shown)
    text = f"Chance with {people(document, first.count, role)} more, by their start: {chances}"
    worth = amount(document, first.bookings_per_hire)
    text += f". A hire of {date_words(first.on, short=True)} brings {worth} in the period"
    return f"{text}. {' '.join(timing_words(document))}"


def _shown_starts(document: StaffDocument, found: TopDownAnswer) -> list[StartOfHires]:
    """The start of the chosen hires and the next ones; the first ones where nobody is hired."""
    chosen = document.plan(document.chosen)
    on = min((hire.on for hire in chosen.hires), default=None) if chosen is not None else None
    place = next((n for n, one in enumerate(found.starts) if on is not None and one.on >= on), 0)
    return list(found.starts[place : place + _FEW_STARTS])


def _spreadsheet(document: StaffDocument, found: TopDownAnswer) -> str:
    sheet = document.spreadsheet
    if sheet is None:
        return ""
    text = (
        f"Spreadsheet: {count(sheet.rep_months)} ramped rep-months x {amount(document, sheet.productivity)}, "
        f"with what is booked, are {amount(document, sheet.result)}"
    )
    if sheet.headcount:
        text += f": {hires_words(document, sheet.hires)} will do" if sheet.hires else ": today's team will do"
        text += f". Simulated, that has a chance of {chance(sheet.probability)}"
    if sheet.why:
        text += f": {'; '.join(spreadsheet_reasons(sheet))}"
    parts = [one for one in found.differences if abs(one.amount) >= 0.005 * abs(sheet.result or 0.0)]
    if not parts or document.target.confidence is None:
        return f"{text}."
    reasons = "; ".join(f"{_signed(document, one.amount)} for {one.reason}" for one in parts)
    reached = (sheet.result or 0.0) + sum(one.amount for one in found.differences)
    return (
        f"{text}. With {confidence_share(document.target.confidence)} confidence today's team reaches "
        f"{amount(document, reached)}. The difference: {reasons}."
    )


def _signed(document: StaffDocument, value: float) -> str:
    return f"{'+' if value >= 0 else '-'}{amount(document, abs(value))}"


def starts_table(document: StaffDocument) -> tuple[list[str], list[list[str]]]:
    """What the same hires are worth by their start: heads and rows."""
    found = document.top_down
    assert found is not None
    heads = ["start", "#hires", "#chance of quota", "#bookings of a hire", "#ramped months of a hire"]
    rows = [
        [
            date_words(one.on),
            str(one.count),
            chance(one.probability),
            amount(document, one.bookings_per_hire),
            significant(one.ramped_months_per_hire or 0.0, 2),
        ]
        for one in found.starts
    ]
    return heads, rows


def reps_table(document: StaffDocument) -> tuple[list[str], list[list[str]]]:
    """The reps, who wins most first: heads and rows."""
    found = document.top_down
    assert found is not None
    heads = [
        "rep",
        "team",
        "from",
        "until",
        f"#{plural_noun(document.noun)} won",
        "#rep-months",
        "#per month",
    ]
    heads.append("#90 % range")
    priced = document.measure != "deals_won"
    if priced:
        heads += ["#mean amount", "#a month"]
    rows = []
    for rep in sorted(found.learnt.reps, key=_value, reverse=True):
        row = [
            plain(rep.name),
            plain(rep.team),
            date_words(rep.start) if rep.start else "before",
            date_words(rep.end) if rep.end else "",
            str(rep.wins),
            count(rep.rep_months),
            _number(rep.per_month.mean or 0.0),
            _ends(rep.per_month),
        ]
        if priced:
            row += [money(rep.deal_size, document.currency), money(_value(rep), document.currency)]
        rows.append(row)
    return heads, rows
