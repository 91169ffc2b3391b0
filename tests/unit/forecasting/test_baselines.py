"""Ranges of the statistical baselines."""

from __future__ import annotations

import numpy as np

from funnelsim.forecasting.past_errors import student_quantiles
from funnelsim.forecasting.scores import covers
from tests.oracles.tolerance import check_share


def test_a_range_from_six_past_spans_holds_the_next_as_often_as_it_says() -> None:
    """Normal values, 10,000 times. Mutants: no room for the error of the mean (78 %), a normal distribution
    (75 %).
    """
    rng = np.random.default_rng(1)
    values = rng.normal(100.0, 10.0, (10_000, 7))
    held = sum(
        covers(row[6], student_quantiles(float(row[:6].mean()), float(row[:6].std(ddof=1)), 6), "80")
        for row in values
    )
    check_share(held, len(values), 0.8, resolution=0.02)
