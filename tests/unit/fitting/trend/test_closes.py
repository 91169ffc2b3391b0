"""Closes by week of the quarter, counted by hand."""

import datetime as dt

import numpy as np
import pytest

from funnelsim.fitting.trend.closes import closes_of
from funnelsim.fitting.trend.current_level import CurrentLevel


def present_of_days(first, seen, expected):
    dates = [first + dt.timedelta(days=i) for i in range(len(seen))]
    return CurrentLevel(
        seasonality={}, levels={}, monthly={}, dates=dates, seen={"won": seen}, expected={"won": expected}
    )


def test_weeks_by_hand():
    """Two quarters of 2024 (91 days each), one win a day, three in the last seven days of each.

    Mutants: weeks counted from the start of the history, sums instead of means over the days.
    """
    seen = np.ones(182)
    seen[84:91] = seen[175:] = 3.0
    found = closes_of({"demo": present_of_days(dt.date(2024, 1, 1), seen, np.ones(182))}, "won")
    assert found.seen == pytest.approx([7.0] * 12 + [21.0])
    assert found.expected == pytest.approx([7.0] * 13)
    assert list(found.quarters) == ["Q1 2024", "Q2 2024"]
    assert found.quarters["Q2 2024"] == pytest.approx(found.seen)
    assert found.outside >= 1 / 13


def test_stages_add_up_from_the_end():
    """The younger stage was seen 60 days less. Mutant: days added up from the beginning."""
    begin = dt.date(2024, 1, 1)
    old = present_of_days(begin, np.ones(91), np.ones(91))
    young = present_of_days(begin + dt.timedelta(days=60), np.ones(31), np.ones(31))
    found = closes_of({"old": old, "young": young}, "won")
    assert found.seen[:8] == pytest.approx([7.0] * 8)
    assert found.seen[9:] == pytest.approx([14.0] * 4)


def test_days_before_anything_was_watched_do_not_count():
    """38 days, of which the last 28 were watched. Mutant: days of nobody at risk counted as seen."""
    watched = np.r_[np.zeros(10), np.ones(28)]
    found = closes_of({"demo": present_of_days(dt.date(2024, 1, 1), watched, watched)}, "won")
    assert found.seen[1] == pytest.approx(7.0)
    assert np.isnan(found.seen[[0, *range(6, 13)]]).all()
    assert found.seen[5] == pytest.approx(7.0)
    assert np.isnan(found.quarters["Q1 2024"][5])  # three days of a week


def test_the_band_holds_nine_of_ten():
    """Poisson counts with the means expected: 2,600 weeks. Mutant: the band of a single day."""
    rng = np.random.default_rng(1)
    told = np.full(364, 5.0)
    parts = [present_of_days(dt.date(2024, 1, 1), rng.poisson(told) * 1.0, told) for _ in range(200)]
    outside = np.mean([closes_of({"demo": part}, "won").outside for part in parts])
    assert outside == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 2600) + 0.01)


def test_nothing_expected():
    assert closes_of({}, "won") is None
