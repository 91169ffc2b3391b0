"""Spreads that past forecasts call for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from funnelsim.forecasting.recalibrate import FEWEST, spread_factor
from funnelsim.forecasting.scores import LEVELS


@pytest.mark.parametrize(("score", "factor"), [(0.0, 0.5**0.5), (2.0, 2.5**0.5)])
def test_a_spread_is_shrunk_as_if_twelve_past_forecasts_had_been_right(score: float, factor: float) -> None:
    """Twelve truths of normal score z: the root of (12 z^2 + 12) / 24. Mutant: not shrunk (0 and 2)."""
    past = [(np.asarray(ndtri(LEVELS)), score)] * FEWEST
    assert spread_factor(past) == pytest.approx(factor, rel=0.005)
    assert spread_factor(past[1:]) is None
