"""False discoveries are as seldom as promised."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.discoveries import FALSE_DISCOVERIES, q_values
from funnelsim.fitting.riskset import risk_sets
from tests.unit.fitting.test_riskset import watched


def test_q_values_are_those_of_scipy() -> None:
    p = np.random.default_rng(1).uniform(size=40) ** 3
    assert q_values(p) == pytest.approx(stats.false_discovery_control(p))


def test_tests_that_could_not_be_made_do_not_count() -> None:
    assert q_values(np.array([0.01, np.nan, 0.04])) == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    assert len(q_values(np.array([]))) == 0


def test_where_nothing_is_to_be_found_one_history_in_twenty_finds_something() -> None:
    """Over 200 histories with six covariates each; under no effect any discovery is false.

    Catches p-values believed one by one: 26 % of the histories would tell of something.
    """
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(200):
        days, ends = rng.exponential(20.0, 300), rng.uniform(5.0, 60.0, 300)
        seen = watched(np.minimum(days, ends), days <= ends)
        levels = rng.integers(2, 12, 6)
        p = np.array([risk_sets(seen, rng.integers(0, k, 300), k).log_rank() for k in levels])
        wrong += np.nanmin(q_values(p)) <= FALSE_DISCOVERIES
    assert wrong / 200 <= FALSE_DISCOVERIES + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert wrong >= 3  # the tests are not so timid that they find nothing at all
