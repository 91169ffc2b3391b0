"""Tied moves: sums in closed form against one move after the other, and days instead of instants."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.fitting.covariates.association_tests import _hazard_trend
from funnelsim.fitting.covariates.efron_ties import efron
from funnelsim.fitting.covariates.risk_sets import RiskSets, Spells, risk_sets
from funnelsim.fitting.covariates.shrinkage import _mode, _partial_likelihood, shrunk_effects

from .test_risk_sets import leukaemia, watched


def test_sums_are_those_of_one_move_after_the_other() -> None:
    """From one of a million to all of forty. Mutant: `two_uu` from `two` instead of `two_u`."""
    at_risk, moving, moves = np.array(
        [[1e6, 0.7, 1], [1e5, 90.0, 100], [500.0, 350.0, 600], [40.0, 40.0, 40], [3.2, 1.1, 2]]
    ).T
    sums = efron(at_risk, moving, moves)
    for t, (a, m, d) in enumerate(zip(at_risk, moving, moves, strict=True)):
        u = np.arange(d) / d
        left = a - u * m
        by_one = [np.log(left), 1 / left, u / left, 1 / left**2, u / left**2, (u / left) ** 2]
        # What rounds off is as nothing against a sum of 1 / L_j, or of its square, with j/d up to 1.
        scale = np.array([1, m, m, m**2, m**2, m**2])
        assert [s[t] for s in sums] * scale == pytest.approx(
            np.array([b.sum() for b in by_one]) * scale, abs=1e-8
        )


def test_gradient_and_curvature_are_those_of_the_value() -> None:
    """Central differences. Mutant: `moving.T @ (two_uu * moving)` left out of the pairs."""
    moves = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 4.0], [1.0, 0.0, 0.0]])
    sets = RiskSets(at_risk=np.array([[9.0, 8.0, 7.0], [5.0, 6.0, 6.0], [3.0, 2.0, 1.0]]), events=moves)
    at, step = np.array([0.3, -0.2, 0.5]), 1e-5

    def posterior(log_ratio: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        return _partial_likelihood(sets, log_ratio).posterior(0.7)

    _, gradient, information = posterior(at)
    for k, exit in enumerate(np.eye(3) * step):
        above, below = posterior(at + exit), posterior(at - exit)
        assert (above[0] - below[0]) / (2 * step) == pytest.approx(gradient[k], rel=1e-7)
        assert (below[1] - above[1]) / (2 * step) == pytest.approx(information[k], rel=1e-6)


def by_day(rng: np.random.Generator, mean: float, pace: np.ndarray) -> Spells:
    """Stays between instants of which only the day is kept, a few of them still open."""
    begun = rng.uniform(0, 60, len(pace))
    days = np.floor(begun + rng.exponential(mean / pace)) - np.floor(begun)
    ends = np.ceil(rng.uniform(2 * mean, 6 * mean, len(pace)))
    return watched(np.minimum(days, ends), days <= ends)


@pytest.mark.parametrize(("mean", "lost"), [(2.0, 0.05), (5.0, 0.02)])
def test_effects_hold_where_histories_know_the_day_only(mean: float, lost: float) -> None:
    """A true ratio of 2, over 12 histories, within 3 errors and what the approximation loses.

    Mutant: one risk set for all moves of a day (Breslow): 1.63 and 1.82.
    """
    rng = np.random.default_rng(5)
    level = np.repeat([0, 1], 1000)
    found = []
    for _ in range(12):
        mean_of = shrunk_effects(risk_sets(by_day(rng, mean, 1.0 + level), level, 2)).mean
        found.append(mean_of[1] - mean_of[0])
    assert np.mean(found) == pytest.approx(np.log(2), abs=lost + 3 * np.std(found) / np.sqrt(12))


def test_a_trend_over_two_ranks_is_the_effect_of_two_levels() -> None:
    """Leukaemia trial; ranks of two equal groups lie half apart. Mutant: no `gone` in `expected` (1.263)."""
    seen, group = leukaemia()
    trend = _hazard_trend(seen, 0.25 + 0.5 * group)
    sets = risk_sets(seen, group, 2)
    mode = _mode(sets, _partial_likelihood(sets, np.zeros(2)), 1000.0)
    top, information = mode.log_ratio, mode.posterior(1000.0)[2]
    assert trend is not None
    assert trend.slope / 2 == pytest.approx(top[1] - top[0], abs=1e-4)
    pulled = np.linalg.inv(information)
    assert trend.variance / 4 == pytest.approx(pulled[0, 0] + pulled[1, 1] - 2 * pulled[0, 1], rel=1e-3)
