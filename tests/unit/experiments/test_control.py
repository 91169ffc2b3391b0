"""Means adjusted by a control variate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.experiments.control_variate import adjusted_mean


def test_it_is_the_intercept_of_a_regression():
    """Estimate and error against scipy's, on a control with its known mean taken off.

    Mutants: the coefficient's sign; S_xy / S_yy; R - 1 degrees of freedom; the term of the control's own mean
    left out of the error.
    """
    rng = np.random.default_rng(1)
    control = rng.exponential(2.0, 12)
    values = 3 * control + rng.normal(0, 2, 12)
    line = stats.linregress(control - 1.4, values)
    found = adjusted_mean(values, control, 1.4)
    assert found.mean == pytest.approx(line.intercept, rel=1e-12)
    assert found.error == pytest.approx(line.intercept_stderr, rel=1e-12)
    assert found.freedom == 10
    unbiased = 1 - (1 - line.rvalue**2) * 11 / 10
    assert found.variance_removed == pytest.approx(unbiased, rel=1e-12)


def held(known, *, size, slope=2.0, freedom=None, runs=20_000):
    """Share of 90 % intervals from jointly normal pairs that hold the mean, 10."""
    rng = np.random.default_rng(2)
    control = rng.normal(5, 1, (runs, size))
    values = 10 + slope * (control - 5) + rng.normal(0, 1, (runs, size))
    found = [adjusted_mean(v, c, known) for v, c in zip(values, control, strict=True)]
    wide = stats.t.ppf(0.95, freedom or found[0].freedom)
    return np.mean([abs(f.mean - 10) <= wide * f.error for f in found])


@pytest.mark.parametrize("slope", [2.0, -0.5])
def test_intervals_of_normal_pairs_hold_their_level(slope):
    """Exactly, with R - 2 degrees of freedom, also for R = 5 (Lavenberg and Welch 1981)."""
    assert held(5, size=5, slope=slope) == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 20_000))


def test_the_level_is_a_test_that_can_fail():
    """R - 1 degrees of freedom, and a known mean that is off."""
    assert held(5, size=5, freedom=4) < 0.9 - 4 * math.sqrt(0.09 / 20_000)
    assert held(5.2, size=5) < 0.9 - 4 * math.sqrt(0.09 / 20_000)


def test_a_control_that_does_not_vary_changes_nothing():
    values = np.array([1.0, 2.0, 6.0])
    found = adjusted_mean(values, np.ones(3), 1.0)
    assert (found.mean, found.variance_removed, found.freedom) == (3.0, 0.0, 2)
    assert found.error == pytest.approx(values.std(ddof=1) / math.sqrt(3))
