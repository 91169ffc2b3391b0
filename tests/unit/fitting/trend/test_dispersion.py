"""Dispersion of weekly counts, held to negative binomial weeks of a known one."""

import numpy as np
import pytest

from funnelsim.fitting.trend.dispersion import Dispersion, dispersion_of_weeks
from funnelsim.fitting.trend.structural import Level
from tests.oracles.tolerance import check_mean


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
        found.append(dispersion_of_weeks(weeks_of(rng.poisson(mean), rng), np.full(364, 1.0)).ratio)
    error = np.std(found) / np.sqrt(300)
    assert np.mean(found) == pytest.approx(dispersion, abs=4 * error + (0.1 if dispersion == 1 else 0))


def test_drift_and_season_are_no_dispersion():
    """Ten times as many after a year, and twice as many in some weeks as expected of them.

    Mutant: weeks compared with the mean of a quarter.
    """
    rng = np.random.default_rng(22)
    season = np.where(np.arange(52) % 4 == 3, 2.0, 1.0)
    mean = 20 * np.exp(np.linspace(0, np.log(10), 52)) * season
    counts = weeks_of(rng.poisson(mean), rng)
    assert dispersion_of_weeks(counts, np.repeat(season, 7)).ratio < 1.6


def test_before_weeks_tell_they_count_as_a_little_uneven():
    assert dispersion_of_weeks(np.ones(13), np.ones(13)).ratio == 1.5
    assert 1.0 <= dispersion_of_weeks(np.ones(70), np.ones(70)).ratio < 1.1


def test_how_surely_it_is_known():
    """In steady weeks the estimate, before it leans on what is usual, has variance 2 D^2 / freedom.

    Of n pairs in a row the freedom is 2 n / 3 (von Neumann 1941). Mutant: n degrees of freedom, of which 300
    histories would show a variance half as large again.
    """
    rng = np.random.default_rng(23)
    counts = rng.negative_binomial(30 / 2, 1 / 3, (2000, 52))
    told = [dispersion_of_weeks(np.repeat(weeks / 7, 7), np.ones(364)) for weeks in counts]
    pairs = (told[0].freedom - 4) * 3 / 2
    assert pairs == pytest.approx(51)
    plain = np.array([(one.ratio * (pairs + 4) - 4 * 1.5) / pairs for one in told])
    # Counts of 30 with a variance of 90 are skewed: their squares vary by 6 / 15 + 1 / 90 more than normal
    # ones.
    kurtosis = 6 / 15 + 1 / 90
    expected = 9 * (2 / (2 / 3 * pairs) + kurtosis / 52)
    check_mean((plain - plain.mean()) ** 2, expected, resolution=0.2)


def test_levels_are_as_uneven_as_draws_of_the_dispersion_say():
    """Variance of the factor ahead: (E[D] - 1) / counts ahead, with E[D] = D freedom / (freedom - 2).

    Large counts, so that the log is the factor. Mutant: the estimate of D for every draw.
    """
    uneven = Dispersion(ratio=6.0, freedom=12.0)
    level = Level(0.0, 0.0, 0.0, uneven=uneven, ahead=10_000.0)
    drawn = level.draw(400_000, np.random.default_rng(24))
    # D is below 1 in no draw to speak of.
    check_mean(10_000.0 * drawn**2, 6.0 * 12 / 10 - 1, resolution=0.02)


def test_a_week_of_which_nearly_nothing_was_expected_says_nothing():
    """All is expected of one of two weeks: any count in the other would be odd beyond measure (0/0)."""
    expected = np.concatenate([np.full(7, 1e-20), np.ones(7)])
    assert dispersion_of_weeks(np.ones(14), expected).ratio == 1.5
