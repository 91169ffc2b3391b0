"""Who was at risk, by hand; the log-rank test against scipy and a published table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.covariates.hazard_ratios import FALSE_DISCOVERIES
from funnelsim.fitting.covariates.risk_sets import Spells, risk_sets

#: Weeks in remission of 21 + 21 leukaemia patients, and whether they relapsed.
MERCAPTOPURINE = (
    [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
    [True] * 9 + [False] * 12,
)
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [True] * 21)


def watched(until: np.ndarray, moved: np.ndarray, entry: np.ndarray | float = 0.0) -> Spells:
    number = len(until)
    return Spells(
        entry=np.broadcast_to(entry, number).astype(float),
        until=np.asarray(until, dtype=float),
        event=np.asarray(moved, dtype=bool),
        cluster=np.arange(number),
    )


def leukaemia() -> tuple[Spells, np.ndarray]:
    until = np.array(MERCAPTOPURINE[0] + PLACEBO[0], dtype=float)
    moved = np.array(MERCAPTOPURINE[1] + PLACEBO[1])
    return watched(until, moved), np.repeat([0, 1], 21)


def test_the_leukaemia_trial_gives_the_published_expected_numbers_and_p_value() -> None:
    """Freireich et al. 1963: 9 and 21 relapses where 19.25 and 10.75 are expected, chi-square 16.79.

    Kleinbaum and Klein, Survival Analysis, 3rd ed., section 2.4. Catches a variance without its correction
    for ties, (n - d) / (n - 1): 15.93.
    """
    sets = risk_sets(*leukaemia(), 2)
    assert sets.seen.tolist() == [9, 21]
    assert sets.expected == pytest.approx([19.25, 10.75], abs=0.005)
    assert stats.chi2.isf(sets.log_rank(), 1) == pytest.approx(16.79, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_the_test_is_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, ends = np.ceil(rng.exponential(20.0, 160)), np.ceil(rng.exponential(30.0, 160))
    level = rng.integers(0, 2, 160)
    until, moved = np.minimum(days, ends), days <= ends
    parts = [
        stats.CensoredData(uncensored=until[(level == k) & moved], right=until[(level == k) & ~moved])
        for k in (0, 1)
    ]
    found = risk_sets(watched(until, moved), level, 2).log_rank()
    assert found == pytest.approx(stats.logrank(*parts).pvalue, rel=1e-9)


def test_late_visits_are_at_risk_only_while_they_were_watched() -> None:
    """Catches entry left out: the late visit would be at risk at the first move."""
    sets = risk_sets(
        watched(np.array([2.0, 5.0, 8.0, 0.0]), np.array([1, 1, 0, 1]), np.array([0.0, 0.0, 3.0, 0.0])),
        np.array([0, 0, 1, 1]),
        2,
    )
    assert sets.at_risk.tolist() == [[2, 1], [2, 0], [1, 1]]
    assert sets.events.tolist() == [[0, 1], [1, 0], [1, 0]]


def test_what_is_expected_adds_up_to_what_was_seen_however_many_times_are_put_together() -> None:
    rng = np.random.default_rng(3)
    days, ends = rng.exponential(20.0, 4000), rng.exponential(30.0, 4000)
    sets = risk_sets(watched(np.minimum(days, ends), days <= ends), rng.integers(0, 3, 4000), 3)
    assert len(sets.events) <= 500
    assert sets.expected.sum() == pytest.approx(sets.seen.sum())
    assert sets.seen.sum() == np.sum(days <= ends)


def test_a_stage_that_all_leave_at_once_tells_nothing() -> None:
    sets = risk_sets(watched(np.zeros(50), np.ones(50)), np.arange(50) % 2, 2)
    assert np.isnan(sets.log_rank())
    assert not sets.untied.any()


def test_deals_seen_five_times_count_once() -> None:
    """Catches repeated visits taken for independent: the p-value would be that of five times the data."""
    rng = np.random.default_rng(8)
    days = rng.exponential(20.0, 200)
    level = (np.arange(200) >= 100).astype(int)
    once = risk_sets(watched(days, np.ones(200)), level, 2)
    repeated = Spells(
        entry=np.zeros(1000),
        until=np.repeat(days, 5),
        event=np.ones(1000, dtype=bool),
        cluster=np.repeat(np.arange(200), 5),
    )
    again = risk_sets(repeated, np.repeat(level, 5), 2)
    assert again.design_effect == pytest.approx(5.0)
    assert again.log_rank() == pytest.approx(once.log_rank(), abs=0.01)


def test_small_levels_are_tested_together() -> None:
    rng = np.random.default_rng(9)
    level = np.concatenate([np.repeat([0, 1], 200), np.arange(2, 22)])
    days = rng.exponential(20.0, len(level))
    sets = risk_sets(watched(days, np.ones(len(level))), level, 22)
    together = risk_sets(watched(days, np.ones(len(level))), np.minimum(level, 2), 3)
    assert sets.log_rank() == pytest.approx(together.log_rank())


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
        wrong += stats.false_discovery_control(p[np.isfinite(p)]).min() <= FALSE_DISCOVERIES
    assert wrong / 200 <= FALSE_DISCOVERIES + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert wrong >= 3  # the tests are not so timid that they find nothing at all
