"""How unsure the level of the moves ahead is where some weeks see more of them than others."""

from __future__ import annotations

import datetime as dt

import numpy as np

from funnelsim.fitting.trend.current_level import _level
from funnelsim.fitting.trend.dispersion import Dispersion
from funnelsim.fitting.trend.structural import Level
from tests.oracles.tolerance import check_mean, check_variance

DAYS, A_DAY, HORIZON = 728, 10.0, 45.0


def test_uneven_weeks_add_their_variance_to_that_of_counting() -> None:
    """Weeks whose counts have three times the variance of chance: (3 - 1) / 900 of 900 moves ahead.

    Twice the horizon lies ahead, 90 days. Mutants: dispersion in place of what it exceeds 1 by (0.0033), the
    moves up to the horizon alone (0.0044).
    """
    dates = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(DAYS)]
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        week = rng.gamma(7 * A_DAY / 2, 2 / (7 * A_DAY), DAYS // 7)
        seen = rng.poisson(A_DAY * np.repeat(week, 7)).astype(float)
        level = _level(seen, np.full(DAYS, A_DAY), dates, None, HORIZON)
        assert level.uneven is not None
        found.append((level.uneven.ratio - 1) / level.ahead)
    check_mean(found, 2 / (A_DAY * 2 * HORIZON), resolution=0.18)


def test_the_exits_ahead_are_those_of_the_last_four_weeks_carried_on() -> None:
    """One exit a day for two years, then three a day for four weeks: 3 * 90 exits within twice 45 days.

    Mutants: the mean of 40 weeks (108), of all days (97), or of one day, a Sunday without exits here.
    """
    dates = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(DAYS)]
    seen = np.repeat([1.0, 3.0], [DAYS - 28, 28])
    seen[-28:] = np.tile([3.5] * 6 + [0.0], 4)
    assert _level(seen, np.full(DAYS, seen.mean()), dates, None, HORIZON).ahead == 3.0 * 2 * HORIZON


def test_few_moves_ahead_make_a_factor_uneven_by_its_own_variance() -> None:
    """One move ahead of dispersion 3: its variance is 2. Mutant: 2 as that of the log (6.4 then)."""
    level = Level(mean=0.0, sd=0.0, drifts=1.0, uneven=Dispersion(ratio=3.0, freedom=1e9), ahead=1.0)
    factor = np.exp(level.draw(200_000, np.random.default_rng(2)))
    check_mean(factor, 1.0, resolution=0.02)
    check_mean((factor - 1.0) ** 2, 2.0, resolution=0.3)


def test_levels_are_drawn_with_both_spreads_and_unevenness_keeps_the_mean() -> None:
    """Logs have the variance of both; the factor of unevenness has mean 1. Mutant: no correction (4.6 %)."""
    surely = Dispersion(ratio=1 + 100 * np.expm1(0.3**2), freedom=1e9)
    level = Level(mean=0.1, sd=0.2, drifts=1.0, uneven=surely, ahead=100.0)
    drawn = level.draw(100_000, np.random.default_rng(1))
    check_variance(drawn, 0.2**2 + 0.3**2, resolution=0.02)
    check_mean(np.exp(drawn), np.exp(0.1 + 0.2**2 / 2), resolution=0.006)
