"""Differences between runs that shared their luck."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.core.errors import FunnelSimError
from funnelsim.experiments.paired import PairingError, check_pairing, paired_difference
from funnelsim.results.run import Window

from ..made_up_runs import run_of


def test_five_pairs_by_hand() -> None:
    """Differences 1, 2, 3, 4, -5: mean 1, sd sqrt(50/4), t with 4 degrees of freedom.

    Catches a normal quantile, 5 degrees of freedom, and an interval from unpaired variances.
    """
    base = np.array([10.0, 200.0, -30.0, 4.0, 50.0])
    found = paired_difference(base, base + np.array([1, 2, 3, 4, -5]), level=0.9)
    margin = stats.t.ppf(0.95, 4) * math.sqrt(50 / 4) / math.sqrt(5)
    assert (found.mean, found.low, found.high) == pytest.approx((1.0, 1.0 - margin, 1.0 + margin))
    assert (found.p05, found.p95) == pytest.approx((-3.8, 3.8))
    assert found.probability_better == 0.8
    assert found.n == 5


def test_what_changes_nothing_differs_by_exactly_nothing() -> None:
    values = np.random.default_rng(1).lognormal(10, 2, 1000)
    found = paired_difference(values, values.copy())
    assert (found.mean, found.low, found.high, found.p05, found.p95) == (0.0,) * 5
    assert found.probability_better == 0.5


def test_better_means_in_the_good_direction_and_ties_count_half() -> None:
    """Two of four fell, one rose, one stayed."""
    base = np.array([5.0, 5.0, 5.0, 5.0])
    variant = np.array([4.0, 3.0, 6.0, 5.0])
    assert paired_difference(base, variant, more_is_better=False).probability_better == 0.625
    assert paired_difference(base, variant, more_is_better=True).probability_better == 0.375


def test_a_pair_counts_only_where_both_are_defined() -> None:
    base = np.array([1.0, math.nan, 3.0, 4.0])
    variant = np.array([2.0, 9.0, math.nan, 6.0])
    found = paired_difference(base, variant)
    assert (found.mean, found.n) == (1.5, 2)


def test_nothing_in_common_is_undefined_and_one_pair_has_no_interval() -> None:
    nothing = paired_difference(np.array([math.nan, 1.0]), np.array([1.0, math.nan]))
    assert math.isnan(nothing.mean)
    assert nothing.n == 0
    single = paired_difference(np.array([1.0]), np.array([3.0]))
    assert single.mean == 2.0
    assert math.isnan(single.low)


def test_with_parameter_draws_the_interval_covers_what_a_new_fit_would_change() -> None:
    """The truth is one more draw of the same kind: the 90 % interval holds it nine times in ten.

    Over 1,200 repetitions with 8 draws of 10 replications. Catches an interval for the mean over draws, which
    narrows with their number and covers about half.
    """
    rng = np.random.default_rng(8)
    draws = np.arange(80) % 8
    repetitions = 1200
    covered = 0
    for _ in range(repetitions):
        effect = 2.0 + rng.normal(0, 1.0, 8)[draws] + rng.normal(0, 1.0, 80)
        base = rng.normal(0, 50.0, 80)
        found = paired_difference(base, base + effect, draws, level=0.9)
        covered += found.low <= 2.0 + rng.normal(0, 1.0) <= found.high
    assert abs(covered / repetitions - 0.9) < 4 * math.sqrt(0.9 * 0.1 / repetitions)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"seed": 2}, r"seed \(1 and 2\)"),
        ({"replications": range(1, 5)}, "replications"),
        ({"draw_rows": 3}, "parameter draws"),
        ({"stages": ("demo", "close")}, "stages"),
        ({"windows": (Window(label="all", start_day=0.0, end_day=11.0),)}, "spans"),
        ({"seed": 2, "draw_rows": 3}, "seed.*parameter draws"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(other: dict[str, object], said: str) -> None:
    with pytest.raises(PairingError, match=said):
        check_pairing(run_of(), run_of(**other))  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(FunnelSimError, match="between 0 and 1"):
        paired_difference(np.zeros(3), np.zeros(3), level=level)


@pytest.mark.parametrize("between", [0.0, 0.1, 1.0])
def test_intervals_hold_differences_that_hardly_vary_between_draws(between: float) -> None:
    """400 intervals of 90 %; `between` is the variance of the draws' expected values by that of their means'
    chance. Mutants: the variance between draws cut at 0 (76 % at 0.1), or left out."""
    random = np.random.default_rng(5)
    draws, runs = np.tile(np.arange(100), 10), 400
    sd, held = math.sqrt(between / 10), 0
    for _ in range(runs):
        step = random.standard_normal(1000) + sd * random.standard_normal(100)[draws]
        truth = sd * random.standard_normal()
        found = paired_difference(np.zeros(1000), step, draws)
        held += found.low <= truth <= found.high
    allowed = 4 * math.sqrt(0.9 * 0.1 / runs)
    assert held / runs > 0.88 - allowed
