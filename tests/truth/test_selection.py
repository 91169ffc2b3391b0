"""The selection procedures keep their promise where it is hardest to keep."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.experiments.selection import meets_requirement, select_best

DELTA, CONFIDENCE = 0.5, 0.9


def correlated(rng: np.random.Generator, means: np.ndarray, rho: float, rows: int) -> np.ndarray:
    """Normal observations with common random numbers: correlation rho between alternatives, sd 1 each."""
    common = rng.standard_normal(rows)
    own = rng.standard_normal((len(means), rows))
    return means[:, None] + np.sqrt(rho) * common + np.sqrt(1 - rho) * own


def share_of_right_selections(
    repetitions: int, *, k: int, rho: float, seed: int, delta: float = DELTA
) -> int:
    rng = np.random.default_rng(seed)
    right = 0
    for _ in range(repetitions):
        best = int(rng.integers(k))
        means = np.zeros(k)
        means[best] = DELTA
        data = correlated(rng, means, rho, 4000)
        found = select_best(lambda j, n, d=data: d[j], k, indifference=delta, confidence=CONFIDENCE, first=10)
        assert found.complete
        right += found.best == best
    return right


def refused(right: int, repetitions: int) -> bool:
    """Whether so few right selections are next to impossible if the promise is kept: binomial, p < 1e-5."""
    return bool(stats.binom.cdf(right, repetitions, CONFIDENCE) < 1e-5)


@pytest.mark.parametrize("rho", [0.0, 0.7])
def test_kn_selects_the_best_at_the_slippage_configuration(rho: float) -> None:
    """All others exactly the indifference below the best. Mutants: h^2 halved; S^2 of one alternative."""
    assert not refused(share_of_right_selections(150, k=5, rho=rho, seed=11), 150)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "rho"), [(2, 0.0), (5, 0.0), (5, 0.8), (10, 0.4)])
def test_kn_keeps_its_promise_over_500_repetitions(k: int, rho: float) -> None:
    assert not refused(share_of_right_selections(500, k=k, rho=rho, seed=12), 500)


def test_a_procedure_that_stops_too_early_would_be_refused() -> None:
    """The bound can fail: with an indifference three times too wide, KN stops early and is often wrong."""
    assert refused(share_of_right_selections(150, k=10, rho=0.0, seed=11, delta=3 * DELTA), 150)


def share_of_right_decisions(repetitions: int, mean: float, *, seed: int) -> int:
    rng = np.random.default_rng(seed)
    right = 0
    for _ in range(repetitions):
        data = mean + rng.standard_normal(4000)
        found = meets_requirement(lambda n, d=data: d, 0.0, indifference=0.2, confidence=CONFIDENCE, first=10)
        right += found.complete and found.meets == (mean > 0)
    return right


@pytest.mark.parametrize("mean", [0.2, -0.2])
def test_a_requirement_is_decided_right_at_the_edge_of_the_indifference(mean: float) -> None:
    assert not refused(share_of_right_decisions(300, mean, seed=13), 300)


def test_common_random_numbers_make_a_selection_shorter() -> None:
    rng = np.random.default_rng(3)
    taken = []
    for rho in (0.0, 0.9):
        runs = []
        for _ in range(40):
            data = correlated(rng, np.array([0.2, 0.0, 0.0]), rho, 4000)
            runs.append(sum(select_best(lambda j, n, d=data: d[j], 3, indifference=0.2).observations))
        taken.append(np.mean(runs))
    assert taken[1] < 0.5 * taken[0]


def test_the_largest_number_of_observations_ends_without_the_guarantee() -> None:
    rng = np.random.default_rng(4)
    data = correlated(rng, np.zeros(3), 0.0, 100)
    found = select_best(lambda j, n: data[j], 3, indifference=0.01, most=50)
    assert not found.complete
    assert max(found.observations) == 50
    decided = meets_requirement(lambda n: data[0], 0.0, indifference=0.01, most=50)
    assert not decided.complete
    assert decided.needed > 1000
