"""Who is taken to have begun or left, from the activity on their deals."""

from __future__ import annotations

import numpy as np

from funnelsim.fitting.productivity.roster import Rep, from_activity


def _rep(days: np.ndarray, first_day: float = -700.0) -> Rep:
    (rep,) = from_activity({"Ana": days}, first_day)
    return rep


def test_a_rep_active_from_end_to_end_has_neither_begun_nor_left() -> None:
    rep = _rep(np.arange(-700.0, 0.0, 3.0))
    assert rep.start_day is None
    assert rep.end_day is None
    assert not rep.left


def test_a_silence_longer_than_chance_explains_is_a_departure() -> None:
    """Every 3 days until day -100. Catches a rule without the mean silence: the end would be day -100.5."""
    rep = _rep(np.arange(-700.0, -99.0, 3.0))
    assert rep.left
    assert rep.end_day == -100.0 + 3.0
    assert rep.known_until == -30.0


def test_a_holiday_of_four_weeks_is_no_departure() -> None:
    rep = _rep(np.arange(-700.0, -28.0, 1.0))
    assert rep.end_day is None


def test_who_was_silent_before_may_be_silent_again() -> None:
    """A rep with a gap of 60 days is taken to have left after 90 days only."""
    days = np.concatenate([np.arange(-700.0, -400.0, 2.0), np.arange(-340.0, -70.0, 2.0)])
    assert _rep(days).end_day is None
    assert _rep(days - 25.0, first_day=-725.0).left


def test_a_slow_rep_is_given_more_time() -> None:
    """One in 100 silences exceeds log(100) = 4.6 mean silences: 92 days with one every 20."""
    days = np.arange(-680.0, -79.0, 20.0)
    assert _rep(days).end_day is None
    assert _rep(days - 20.0).left


def test_a_first_deal_long_after_the_history_begins_is_a_start() -> None:
    rep = _rep(np.arange(-300.0, 0.0, 4.0))
    assert rep.start_day == -304.0
    assert _rep(np.arange(-300.0, 0.0, 4.0), first_day=-310.0).start_day is None
