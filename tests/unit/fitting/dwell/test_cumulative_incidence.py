"""Aalen-Johansen by hand, its spread against repetitions, and distributions that do and do not fit."""

import numpy as np
import pytest

from funnelsim.fitting.dwell import cumulative_incidence as module
from funnelsim.fitting.dwell.censoring import observe
from funnelsim.fitting.dwell.cumulative_incidence import aalen_johansen, cumulative_incidences
from tests.unit.fitting.made_up_visits import one_stage
from tests.unit.fitting.stated_families import fit_stated


def test_incidence_by_hand(monkeypatch):
    """Won at 1, lost at 2, open at 3, won at 4: of four 1/4, then the half still there wins: 3/4.

    Mutant: open visits counted as watched forever.
    """
    monkeypatch.setattr(module, "FEWEST_AT_RISK", 1)
    history = one_stage([0, 0, 7, 0], [1, 2, 99, 4], ["won", "lost", "won", "won"], until=10.0)
    sample = observe(history)["demo"]
    days, seen, _ = aalen_johansen(sample, list(sample.exits).index("won"))
    assert days == pytest.approx([1, 2, 4])
    assert seen == pytest.approx([0.25, 0.25, 0.75])


def made_up(seed, n=400):
    rng = np.random.default_rng(seed)
    entered = rng.uniform(0, 100, n)
    won = rng.random(n) < 0.4
    days = np.where(won, rng.gamma(2.0, 8.0, n), rng.exponential(25.0, n))
    return observe(one_stage(entered, entered + days, np.where(won, "won", "lost"), until=110.0))["demo"]


def test_spread_is_that_of_repetitions():
    """At 20 days over 300 histories. Mutants: the cross term left out; Greenwood of the survival alone."""
    at = []
    for seed in range(300):
        days, seen, deviation = aalen_johansen(sample := made_up(seed), list(sample.exits).index("won"))
        place = np.searchsorted(days, 20.0) - 1
        at.append((seen[place], deviation[place]))
    seen, deviation = np.array(at).T
    assert deviation.mean() == pytest.approx(seen.std(ddof=1), rel=4 / np.sqrt(2 * 300))


@pytest.mark.parametrize(("family", "fits"), [("gamma", True), ("exponential", False)])
def test_a_distribution_that_does_not_fit_leaves_the_band(family, fits):
    fit = fit_stated(made_up(1, 4000), {"won": (family,), "lost": ("exponential",)})
    won = next(one for one in cumulative_incidences(fit, by_day=False) if one.target == "won")
    assert (won.outside < 0.3) is fits
    assert (won.gap < 0.02) is fits
    assert np.all((won.low <= won.seen) & (won.seen <= won.high))
    assert len(won.days) <= 60
