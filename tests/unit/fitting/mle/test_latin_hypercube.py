"""Parameter draws that hold every part of a distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.mle import latin_hypercube as latin_hypercube


def test_one_number_lies_in_each_equal_part() -> None:
    """Mutants: parts drawn with repetition, numbers beyond their part."""
    numbers = latin_hypercube.uniform(200, np.random.default_rng(1))
    assert sorted(np.floor(numbers * 200).astype(int)) == list(range(200))


def test_parts_come_in_random_order_and_numbers_lie_evenly_in_them() -> None:
    """Two sets are not tied (standard error 0.0071). Mutant: parts in their order."""
    rng = np.random.default_rng(2)
    one, other = latin_hypercube.uniform(20_000, rng), latin_hypercube.uniform(20_000, rng)
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(20_000)
    assert stats.kstest(one * 20_000 % 1.0, "uniform").pvalue > 0.001


def test_a_hundred_normals_have_the_mean_and_spread_of_the_distribution() -> None:
    """At random the mean would be off by 0.1 and the sd by 0.07 at one standard error."""
    numbers = latin_hypercube.normal(100, np.random.default_rng(3))
    assert numbers.mean() == pytest.approx(0.0, abs=0.02)
    assert numbers.std() == pytest.approx(1.0, abs=0.03)


class Extreme(np.random.Generator):
    """Draws the least or the largest of all numbers each time."""

    def __init__(self, number: float) -> None:
        super().__init__(np.random.PCG64(1))
        self._number = number

    def random(self, size: int) -> np.ndarray:  # type: ignore[override]
        return np.full(size, self._number)


@pytest.mark.parametrize("number", [0.0, np.nextafter(1.0, 0.0)], ids=["least", "largest"])
@pytest.mark.parametrize("draws", [1, 2, 200])
def test_the_ends_have_finite_normal_scores(number: float, draws: int) -> None:
    """199 and the largest number below 1 are 200. Mutant: no upper end."""
    assert np.all(np.isfinite(latin_hypercube.normal(draws, Extreme(number))))


@pytest.mark.parametrize("draws", [1, 2])
def test_one_or_two_draws_follow_the_whole_distribution(draws: int) -> None:
    rng = np.random.default_rng(5)
    scores = np.concatenate([latin_hypercube.normal(draws, rng) for _ in range(4_000 // draws)])
    assert stats.kstest(scores, "norm").pvalue > 0.001
