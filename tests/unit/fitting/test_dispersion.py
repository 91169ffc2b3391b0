"""Dispersion of weekly counts, held to negative binomial weeks of a known one."""

import numpy as np
import pytest

from funnelsim.fitting.dispersion import weekly_dispersion


def weeks_of(totals, rng):
    """Daily counts whose weeks have these totals."""
    return rng.multinomial(totals, np.full(7, 1 / 7)).astype(float).ravel()


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_dispersion_is_found(dispersion):
    """Mean over 300 histories of a year within 4 standard errors (and the 1 at least of even ones)."""
    rng = np.random.default_rng(21)
    found = []
    for _ in range(300):
        mean = np.full(52, 30.0)
        if dispersion > 1:
            mean = rng.gamma(mean / (dispersion - 1), dispersion - 1)
        found.append(weekly_dispersion(weeks_of(rng.poisson(mean), rng), np.full(364, 1.0)))
    error = np.std(found) / np.sqrt(300)
    assert np.mean(found) == pytest.approx(dispersion, abs=4 * error + (0.1 if dispersion == 1 else 0))


def test_drift_and_season_are_no_dispersion():
    """Ten times as many after a year, and twice as many in some weeks as expected of them.

    Mutant: weeks held against the mean of a quarter.
    """
    rng = np.random.default_rng(22)
    season = np.where(np.arange(52) % 4 == 3, 2.0, 1.0)
    mean = 20 * np.exp(np.linspace(0, np.log(10), 52)) * season
    counts = weeks_of(rng.poisson(mean), rng)
    assert weekly_dispersion(counts, np.repeat(season, 7)) < 1.6


def test_before_weeks_tell_they_count_as_a_little_uneven():
    assert weekly_dispersion(np.ones(13), np.ones(13)) == 1.5
    assert 1.0 <= weekly_dispersion(np.ones(70), np.ones(70)) < 1.1
