"""Sentences of a playbook, the same on screen, in Markdown and on the page."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.playbook import Branch, Card, HandOver, PlaybookDocument, Work
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, days, plural, share

NOT_DESCRIBED = "not described yet"
NO_DEPARTMENT = "No department yet"
#: What a "no" leads to.
_NO = {
    "now": "a no ends here",
    "later": "a no for now: try again later",
    "never": "a no for good: no further contact",
}


def summary(document: PlaybookDocument) -> str:
    """``14 stages, 24 of them sub-stages, in 5 departments. Of 100 new leads 6.2 are won.``"""
    subs = sum(bool(card.parent) for card in document.cards)
    within = f", {subs} of them sub-stages" if subs else ""
    named = [department for department in document.departments if department.name]
    where = f", in {plural(len(named), 'department')}" if named else ""
    won = ""
    if document.wins_per_100 is not None:
        won = f" Of 100 new {plural_noun(document.noun)}, {count(document.wins_per_100)} are won."
    return f"{plural(len(document.cards), 'stage')}{within}{where}.{won}"


def leads(document: PlaybookDocument) -> str:
    return plural_noun(document.noun)


def care(document: PlaybookDocument) -> str:
    """Who looks after the map, and when it was and will be reviewed."""
    owner = f"Owner: {plain(document.owner)}." if document.owner else "Nobody owns this map yet."
    if document.reviewed is None:
        return f"{owner} Never reviewed."
    reviewed = f"Reviewed on {date_words(document.reviewed)}"
    if document.review_due is None:
        return f"{owner} {reviewed}."
    due = date_words(document.review_due)
    if document.overdue_days:
        late = plural(document.overdue_days, "day")
        return f"{owner} {reviewed}; the next review was due on {due}, {late} ago."
    return f"{owner} {reviewed}; next review on {due}."


def lacks(document: PlaybookDocument) -> str:
    """How much the map still lacks, in one sentence."""
    if not document.lacks:
        return "The map lacks nothing that the rules look for."
    if not document.described:
        return "The map has no texts yet: the numbers are here, the words are for you to fill in."
    return f"The map lacks {plural(len(document.lacks), 'thing')}, listed at the end."


def name(document: PlaybookDocument, key: str) -> str:
    return plain(document.place_name(key))


def undescribed(card: Card) -> str:
    """``Not described yet: owner, what the buyer needs``, quietly in one line; empty if all is there."""
    fields = {
        "department or owner": card.department or card.owner,
        "phase": card.phase,
        "what lets a lead in": card.entry,
        "what happens": card.activities,
        "checklist": card.checklist,
        "what the buyer needs": card.buyer_needs,
        "target": targets(card),
    }
    missing = [label for label, value in fields.items() if not value]
    return f"Not described yet: {', '.join(missing)}" if missing else ""


def branch(document: PlaybookDocument, one: Branch) -> str:
    """``62 % to Discovery``, or who gives up."""
    if one.kind == "gives_up":
        return f"to {name(document, one.to)}, if the wait for a rep is too long"
    if one.to == "never":
        return f"{share(one.share)} stay open without an end"
    return f"{share(one.share)} to {name(document, one.to)}"


def branch_time(one: Branch) -> str:
    """``half within 5 days, 90 % within 16 days``; empty where it takes no time."""
    if one.median_days is None or one.p90_days is None:
        return ""
    if one.p90_days == 0:
        return "at once"
    if one.median_days == one.p90_days:
        return f"after {days(one.median_days)}"
    half = f"half within {days(one.median_days)}" if one.median_days else "half at once"
    return f"{half}, 90 % within {days(one.p90_days)}"


def branch_no(one: Branch) -> str:
    return _NO.get(one.no, "")


def targets(card: Card) -> str:
    """Target and value: ``at most 7 days (now 9.2 days on average); 60 % go on (now 52 %)``."""
    parts = []
    if card.target_days is not None:
        now = f" (now {days(card.mean_days)} on average)" if card.mean_days is not None else ""
        parts.append(f"{days(card.target_days)}{now}")
    if card.target_conversion is not None:
        now = f" (now {share(card.onwards)})" if card.onwards is not None else ""
        parts.append(f"{share(card.target_conversion)} go on{now}")
    return "; ".join(parts)


def effort(document: PlaybookDocument, work: Sequence[Work], touches: float | None) -> str:
    """``Account executive 3 h; 4 touches``."""
    parts = [f"{plain(document.role_name(task.role))} {hours(task.hours)}" for task in work]
    parts += [] if touches is None else [plural(round(touches), "touch").replace("touchs", "touches")]
    return "; ".join(parts)


def hours(number: float | None) -> str:
    if number is None:
        return "n/a"
    return f"{number * 60:.0f} min" if number < 2 else f"{number:.3g} h"


def flow(document: PlaybookDocument, card: Card) -> str:
    """``48 of 100 new leads come here, for 9.2 days on average``."""
    parts = []
    if card.visits_per_100 is not None:
        visits = count(card.visits_per_100)
        parts.append(f"{visits} visits of 100 new {plural_noun(document.noun)}")
    if card.mean_days is not None:
        parts.append(f"mean {days(card.mean_days)}" if card.mean_days else "left at once")
    return ", ".join(parts)


def hand_over(document: PlaybookDocument, move: HandOver) -> str:
    return f"{name(document, move.origin)} to {name(document, move.to)}, {share(move.share)}"


def title(document: PlaybookDocument) -> str:
    return plain(document.name) or "Sales process"
