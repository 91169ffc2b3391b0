"""Waits that no rep explains."""

from __future__ import annotations

import datetime as dt

import numpy as np

from funnelsim.core.calendar.workhours import parse_hours
from funnelsim.fitting.workload.delays import idle_times, task_ready_at
from funnelsim.fitting.workload.office_hours import OpenTime

ALWAYS = OpenTime(None, dt.date(2024, 1, 1), 30)
OFFICE = OpenTime(parse_hours(["Mon-Fri 09:00-17:00"]), dt.date(2024, 1, 1), 30)


def test_a_role_is_idle_while_any_of_its_reps_is() -> None:
    """Rep 1 works in 0-1 and 3-4, rep 2 in 0-2 (two tasks that overlap) and 5-6."""
    rep = np.array([1, 1, 2, 2, 2])
    idle = idle_times(rep, np.array([0.0, 3, 0, 1, 5]), np.array([1.0, 4, 1.5, 2, 6]), ALWAYS)
    assert [(b, e) for b, e in zip(*idle, strict=True)] == [(1, 2), (2, 3), (3, 5)]


def test_nobody_is_idle_while_the_office_is_closed() -> None:
    """One task on Monday at 9, one on Tuesday at 9: idle for seven hours, not for a day."""
    at = np.array([9 / 24, 1 + 9 / 24])
    idle = idle_times(np.array([1, 1]), at, at + 1 / 24, OFFICE)
    np.testing.assert_allclose([idle.begins, idle.ends], [[10 / 24], [17 / 24]])


def test_a_deal_comes_when_nobody_who_is_idle_is_left_waiting_for_it() -> None:
    """Catches the mutant that takes the whole wait for a delay, and the one that takes none of it for one."""
    idle = idle_times(np.array([1, 1, 1]), np.array([0.0, 2, 5]), np.array([1.0, 4, 6]), ALWAYS)
    enabled = np.array([0.5, 2.5, 1.5, 2.0, 4.5])
    started = np.array([2.0, 5.0, 5.0, 2.0, 4.5])
    came = task_ready_at(enabled, started, idle, ALWAYS)
    np.testing.assert_allclose(came, [2.0, 5.0, 5.0, 2.0, 4.5])
    busy = idle_times(np.array([1, 1, 1]), np.array([0.0, 2, 4]), np.array([1.0, 4, 6]), ALWAYS)
    np.testing.assert_allclose(
        task_ready_at(np.array([1.5, 2.5]), np.array([4.0, 4.0]), busy, ALWAYS), [2, 2.5]
    )


def test_who_came_over_night_came_half_way_between_closing_and_opening() -> None:
    """A rep is idle on Monday from 10 to 17; a deal enabled at 11 is begun on Tuesday at 9."""
    at = np.array([9, 33]) / 24
    idle = idle_times(np.array([1, 1]), at, at + 1 / 24, OFFICE)
    came = task_ready_at(np.array([11, 17]) / 24, np.array([33, 33]) / 24, idle, OFFICE)
    np.testing.assert_allclose(came, [25 / 24, 17 / 24])


def test_a_role_with_one_task_a_rep_explains_nothing() -> None:
    idle = idle_times(np.array([1, 2]), np.array([0.0, 0.0]), np.array([1.0, 2.0]), ALWAYS)
    np.testing.assert_array_equal(task_ready_at(np.array([0.5]), np.array([3.0]), idle, ALWAYS), [0.5])
