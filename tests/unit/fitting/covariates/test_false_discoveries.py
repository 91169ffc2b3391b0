"""Q-values of many tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.fitting.covariates.false_discoveries import q_values


@pytest.mark.parametrize("tests", [0, 1, 2, 17, 400])
def test_q_values_are_those_of_scipy_to_the_last_bit(tests: int) -> None:
    p = np.random.default_rng([3, tests]).random(tests) ** 3
    p[: tests // 4] = p[tests // 2 : tests // 2 + tests // 4]  # ties
    np.testing.assert_array_equal(q_values(p), stats.false_discovery_control(p))
