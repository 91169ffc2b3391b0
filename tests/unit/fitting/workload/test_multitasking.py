"""Time of people who have several tasks in hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.core.calendar.workhours import parse_hours
from funnelsim.fitting.workload.multitasking import shared_time
from funnelsim.fitting.workload.office_hours import OpenTime

ALWAYS = OpenTime(None, dt.date(2024, 1, 1), 30)
OFFICE = OpenTime(parse_hours(["Mon-Fri 09:00-17:00"]), dt.date(2024, 1, 1), 30)


def test_two_tasks_in_hand_share_the_time_and_others_keep_theirs() -> None:
    """Rep 1 has one task in 0-4 and another in 2-6; rep 2 is on a third in 0-4. Catches the mutant that
    counts the two hours together twice, and the one that lets rep 2 share with rep 1."""
    rep = np.array([1, 1, 2])
    time = shared_time(rep, np.array([0.0, 2, 0]), np.array([4.0, 6, 4]), ALWAYS)
    np.testing.assert_allclose(time, [3, 3, 4])


def test_only_open_hours_count_unless_there_are_none() -> None:
    """Monday 16:00 to Tuesday 10:00 is two hours of work; Saturday's task counts by the clock."""
    started, finished = np.array([16 / 24, 5.5]), np.array([1 + 10 / 24, 5.75])
    np.testing.assert_allclose(shared_time(np.array([1, 1]), started, finished, OFFICE), [2 / 24, 0.25])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=25)
)
def test_tasks_of_a_rep_add_up_to_the_time_in_which_it_was_busy(tasks: list[tuple[int, int, int]]) -> None:
    """Against a count of the quarters of a day in which anything was in hand."""
    rep, first, lasts = (np.array(column) for column in zip(*tasks, strict=True))
    time = shared_time(rep, first / 4.0, (first + lasts) / 4.0, ALWAYS)
    for one in np.unique(rep):
        busy = {q for who, begin, n in tasks if who == one for q in range(begin, begin + n)}
        assert time[rep == one].sum() == pytest.approx(len(busy) / 4)
