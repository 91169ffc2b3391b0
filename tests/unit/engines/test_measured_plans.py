"""Plans that are only measured: their weeks and their one table stand for those of plans that run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from funnelsim.distributions import parse_distribution
from funnelsim.engines.planning.one_table import OneTable
from funnelsim.engines.planning.shocks import normal_table
from funnelsim.engines.planning.weeks import MIN_SHAPE_STEP, RARE_WORD, gamma_tables, rare_tables

WORD = np.array([RARE_WORD], np.uint32)
BEYOND = (2**32 - RARE_WORD - 0.5) / 2**32


@pytest.mark.parametrize("shape", [0.002, 0.05, 0.7, 1.0, 1.3, 8.0, 150.0, 4e3, 9.9e3, 1.01e4, 1e6, 1e9])
def test_an_extreme_week_is_the_quantile_of_a_gamma_distribution(shape: float) -> None:
    index = round(math.log(shape) / MIN_SHAPE_STEP)
    exact = math.exp(index * MIN_SHAPE_STEP)
    expected = special.gammainccinv(exact, BEYOND) / exact
    # The fraction converges to the last digits; the formula for large shapes is an approximation.
    close = 1e-8 if exact < 1e4 else 2e-6
    assert rare_tables([index])[0].quantile(WORD)[0] == pytest.approx(expected, rel=close)


def test_an_extreme_week_is_that_of_the_table_of_a_run() -> None:
    for index in (-200, -10, 0, 143, 300):
        run, measured = gamma_tables([index])[0], rare_tables([index])[0]
        assert measured.quantile(WORD)[0] == pytest.approx(run.quantile(WORD)[0], rel=1e-3)


def test_the_one_table_is_about_normal() -> None:
    one = OneTable().get(parse_distribution("3d", kind="duration"))
    words = np.linspace(0, 2**32 - 1, 1001).astype(np.uint32)
    assert np.abs(one.quantile(words) - normal_table().quantile(words)).max() < 5e-3
    assert one.quantile(WORD)[0] == pytest.approx(normal_table().quantile(WORD)[0], rel=1e-5)
