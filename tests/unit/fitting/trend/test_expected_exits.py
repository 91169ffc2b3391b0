"""Who was at risk on which day, counted one by one."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.trend.expected_exits import exposure_of
from funnelsim.history.files.events import History
from tests.unit.fitting.made_up_visits import instant, one_stage, recorded_to_the_day

UNTIL, SINCE = 60.0, 25


def late_history(*, by_day: bool) -> History:
    rng = np.random.default_rng(5)
    entered = rng.uniform(0, 55, 300)
    left = entered + rng.gamma(2.0, 8.0, 300)
    history = one_stage(entered, left, ["won"] * 300, until=UNTIL)
    return recorded_to_the_day(history) if by_day else history


def at_risk_by_hand(history: History, since: dt.datetime) -> np.ndarray:
    """Visits watched at some time of each calendar day; those that ended before `since` are left out."""
    counts = np.zeros(int(UNTIL))
    for entered, left in history.visits.select("entered", "left").iter_rows():
        if left is not None and left < since:
            continue
        last = (left or history.meta.as_of - dt.timedelta(microseconds=1)).date()
        day = max(entered, since).date()
        while day <= last:
            counts[(day - instant(0).date()).days] += 1
            day += dt.timedelta(days=1)
    return counts


def from_the_end(counts: np.ndarray) -> list[float]:
    """By day back from the as-of time, up to the first day with a count."""
    return [float(n) for n in np.trim_zeros(counts, "f")[::-1]]


@pytest.mark.parametrize("by_day", [False, True])
@pytest.mark.parametrize("since", [0, SINCE])
def test_a_visit_is_at_risk_on_the_days_on_which_it_was_watched(by_day: bool, since: int) -> None:
    """Catches: late visits at risk on the day before watching began, where nothing could be seen."""
    history = late_history(by_day=by_day)
    exposure = exposure_of(observe(history, since=instant(since))["demo"], -1.0)
    found = np.bincount(exposure.day, exposure.at_risk, minlength=exposure.days)
    expected = at_risk_by_hand(history, instant(since))
    assert from_the_end(found) == from_the_end(expected)


def test_moves_are_seen_on_the_day_they_happened() -> None:
    history = late_history(by_day=False)
    exposure = exposure_of(observe(history)["demo"], -1.0)
    days = [(left.date() - instant(0).date()).days for left in history.visits["left"].drop_nulls()]
    assert from_the_end(exposure.seen["won"]) == from_the_end(np.bincount(days, minlength=60))
