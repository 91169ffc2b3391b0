"""The band of luck around a share, compared with the binomial distribution summed by hand."""

import math

import numpy as np
import pytest

from funnelsim.forecasting.consistency import consistency_band


def below(n: int, p: float, k: int) -> float:
    """P(X < k) of a binomial."""
    return sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k))


@pytest.mark.parametrize("n", [1, 7, 16, 40])
@pytest.mark.parametrize("p", [0.04, 0.5, 0.8, 0.9])
def test_each_tail_has_five_per_cent_at_most_and_the_band_is_no_wider_than_needed(n, p):
    """Mutant: the whole 10 % in each tail."""
    low, high = (int(end) for end in consistency_band(n, p))
    assert below(n, p, low) <= 0.05 < below(n, p, low + 1)
    assert 1 - below(n, p, high + 1) <= 0.05 < 1 - below(n, p, high)


def test_seven_origins_tell_little_of_an_80_percent_range():
    assert consistency_band(7, 0.8).tolist() == [4, 7]
    assert consistency_band(5, np.array([0.0, 1.0])).tolist() == [[0, 5], [0, 5]]
