"""Checks of dates, planned closes, tasks and old open deals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.documents.audit import AuditCheck, AuditFacts, AuditZombies
from funnelsim.history.audit.check import check_entry, counted_checks
from funnelsim.history.audit.facts import Facts
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.history.files.events import HistoryMeta

#: So long without any event before the as-of date hints at an export older than that.
_QUIET_DAYS = 30


def _day(instant: dt.datetime | None) -> str:
    assert instant is not None  # a history that begins late has both
    return date_text(instant)


def time_checks(audit: AuditFacts, meta: HistoryMeta, facts: Facts) -> Iterator[AuditCheck]:
    seen, deals = audit.truncation, plural_noun(meta.noun)
    if meta.observed_from and not facts.observed_from_given:
        text = (
            f"left truncation: {deals} begin on {_day(seen.first_begun)}, but closings on "
            f"{_day(seen.first_closing)}; {seen.closings_expected:,.0f} closings would be expected "
            f"before that day. Earlier closings were probably not recorded, so {deals} begun before are "
            "used only "
            "from that day on. If they were recorded: observed_from = false in the mapping"
        )
        yield check_entry("left_truncation", "warning", seen.begun_before, text)
    elif meta.observed_from:
        text = f"exits count from {date_text(meta.observed_from)} on, as the mapping says (left truncation)"
        yield check_entry("left_truncation", "note", seen.begun_before, text)
    too_late = any(item.check == "dates_too_late" for item in facts.attention)
    if facts.last_event > dt.datetime.now() and not too_late:
        when = date_text(facts.last_event)
        text = (
            f"the last event, on {when} ({meta.noun} {facts.last_deal}), is in the future. Is it an expected "
            "date? --as-of ignores later events"
        )
        yield check_entry("future_events", "warning", 1, text)
    quiet_days = (meta.as_of - facts.last_event).days
    if quiet_days >= _QUIET_DAYS:
        text = (
            f"nothing is recorded in the {counted(quiet_days, 'day')} before the as-of date (last event "
            f"{date_text(facts.last_event)}): if the export is that old, take an earlier --as-of; "
            "otherwise open "
            f"{deals} look older than they are"
        )
        yield check_entry("silent_end", "warning", quiet_days, text)
    yield from _zombie_checks(audit.zombies, f"open {meta.noun}")
    counts = facts.counts
    yield from _plan_checks(counts, meta.noun)
    yield from _work_checks(counts)
    texts = {
        "same_instant": (
            *("transition", ""),
            "at the same time as the one before: a visit of zero length, in funnel order",
        ),
        "expected_closings": (
            *("closing date", ""),
            f"of open {deals}: read as expected dates, not as closings",
        ),
        "created_later": (meta.noun, "are", "created after the first stage entry: the entry decides"),
    }
    yield from counted_checks(texts, counts)


def _plan_checks(counts: Mapping[str, Any], noun: str) -> Iterator[AuditCheck]:
    moved = f"it was changed {counted(counts.get('planned_moved', 0), 'time')}"
    texts = {
        "planned_dated": (
            *(noun, "have"),
            f"a planned close and the date on which it was set; {moved}",
        ),
        "planned_undated": (
            *(noun, "have"),
            "a planned close without the date on which it was set: used only with --trust planned_close",
        ),
    }
    yield from counted_checks(texts, counts)
    if counts.get("probabilities_mixed"):
        number = counts["probabilities_mixed"]
        text = (
            f"{counted(number, 'probability')} {verb(number, 'are')} between 0 and 1 in a column with values "
            "above 1: all are read as percent, 0.5 as 0.5 %. Wrong? Write the whole column in "
            "percent, or as shares"
        )
        yield check_entry("probabilities_mixed", "warning", number, text)
    if counts.get("probabilities_unreadable"):
        number = counts["probabilities_unreadable"]
        text = f"{counted(number, 'probability')} {verb(number, 'are')} not a number: read as unknown"
        yield check_entry("probabilities_unreadable", "warning", number, text)
    if counts.get("probabilities_out_of_range"):
        number = counts["probabilities_out_of_range"]
        text = f"{counted(number, 'probability')} {verb(number, 'are')} below 0 or too large: read as unknown"
        yield check_entry("probabilities_out_of_range", "warning", number, text)


def _work_checks(counts: Mapping[str, Any]) -> Iterator[AuditCheck]:
    if not counts.get("tasks"):
        return
    text = (
        f"{counted(counts['tasks'], 'task')} with start and end, by {_people(counts.get('reps', 0))}, "
        f"{counts.get('tasks_in_progress', 0):,} of them not finished: a fit estimates roles, office hours "
        "and "
        "effort"
    )
    yield check_entry("tasks", "note", counts["tasks"], text)
    if counts.get("tasks_at_once"):
        number = counts["tasks_at_once"]
        text = (
            f"{counted(number, 'task')} {verb(number, 'begin')} while another task of the same deal is "
            "running: "
            "they count one after the other, each from the end of the one before"
        )
        yield check_entry("tasks_at_once", "note", number, text)


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


def _zombie_checks(dead: AuditZombies, what: str) -> Iterator[AuditCheck]:
    if dead.older_than_any:
        text = (
            f"{dead.older_than_any:,} of {counted(dead.open, what)} "
            f"{verb(dead.older_than_any, 'are')} older than the longest closed cycle "
            f"({dead.longest_cycle_days:,.0f} days), up to {dead.oldest_open_days:,.0f} days: "
            f"probably dead, such as {', '.join(dead.examples[: min(3, dead.older_than_any)])}"
        )
        yield check_entry("zombies", "warning", dead.older_than_any, text)
    elif dead.older_than_99_percent:
        text = (
            f"older than 99 % of the closed cycles ({dead.cycle_p99_days:,.0f} days): "
            f"{dead.older_than_99_percent:,} of {counted(dead.open, what)}"
        )
        yield check_entry("zombies", "note", dead.older_than_99_percent, text)
