"""Parameter draws that hold every part of a law."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting import strata


def test_one_number_lies_in_each_equal_part() -> None:
    """Mutants: parts drawn with repetition, numbers beyond their part."""
    numbers = strata.even(200, np.random.default_rng(1))
    assert sorted(np.floor(numbers * 200).astype(int)) == list(range(200))


def test_parts_come_in_random_order_and_numbers_lie_evenly_in_them() -> None:
    """Two sets are not tied (standard error 0.0071). Mutant: parts in their order."""
    rng = np.random.default_rng(2)
    one, other = strata.even(20_000, rng), strata.even(20_000, rng)
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(20_000)
    assert stats.kstest(one * 20_000 % 1.0, "uniform").pvalue > 0.001


def test_a_hundred_normals_have_the_mean_and_spread_of_the_law() -> None:
    """At random the mean would be off by 0.1 and the sd by 0.07 at one standard error."""
    numbers = strata.normal(100, np.random.default_rng(3))
    assert numbers.mean() == pytest.approx(0.0, abs=0.02)
    assert numbers.std() == pytest.approx(1.0, abs=0.03)


def test_the_least_number_has_a_finite_normal_score() -> None:
    assert np.all(np.isfinite(strata.normal(1, np.random.default_rng(4))))
