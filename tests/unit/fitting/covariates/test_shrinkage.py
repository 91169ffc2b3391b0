"""Effects of levels: a published regression, small levels that borrow, and intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.fitting.covariates.risk_sets import RiskSets, risk_sets
from funnelsim.fitting.covariates.shrinkage import _mode, _partial_likelihood, shrunk_effects

from .test_risk_sets import leukaemia, watched


def test_without_shrinkage_the_leukaemia_trial_gives_the_published_regression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cox's coefficient is 1.572 with Efron's ties, standard error 0.412 (R, survival::coxph).

    Catches Breslow's ties (1.509), and a prior left on: 1.12 at a spread of 0.5. Where times of ties count
    for less, it is 1.553.
    """
    sets = risk_sets(*leukaemia(), 2)
    mode = _mode(sets, _partial_likelihood(sets, np.zeros(2)), 1000.0)
    assert np.diff(mode.log_ratio) == pytest.approx(1.572, abs=0.041)
    monkeypatch.setitem(sets.__dict__, "untied", np.ones(len(sets.events)))
    mode = _mode(sets, _partial_likelihood(sets, np.zeros(2)), 1000.0)
    top, information = mode.log_ratio, mode.posterior(1000.0)[2]
    assert top[1] - top[0] == pytest.approx(1.572, abs=5e-4)
    within = np.linalg.inv(information) @ np.array([-1.0, 1.0]) @ np.array([-1.0, 1.0])
    assert np.sqrt(within) == pytest.approx(0.412, abs=1e-3)


def drawn(rng: np.random.Generator, sizes: np.ndarray, log_ratio: np.ndarray) -> tuple[RiskSets, np.ndarray]:
    """Exponential stays, about a third of them censored; and the true ratios to all."""
    level = np.repeat(np.arange(len(sizes)), sizes)
    days = rng.exponential(20.0 * np.exp(-log_ratio[level]))
    ends = rng.uniform(5.0, 60.0, len(level))
    sets = risk_sets(watched(np.minimum(days, ends), days <= ends), level, len(sizes))
    share = sets.expected / sets.expected.sum()
    return sets, log_ratio - np.log(share @ np.exp(log_ratio))


def test_a_level_with_twelve_deals_lies_between_its_own_and_all() -> None:
    """Catches effects without a prior: the small level would be told as it was seen, far off."""
    sizes = np.array([600, 500, 400, 300, 12])
    sets, _ = drawn(np.random.default_rng(2), sizes, np.array([0.0, 0.1, -0.1, 0.0, 1.0]))
    effects = shrunk_effects(sets)
    own = np.log(sets.seen / sets.expected)
    assert 0 < effects.mean[4] < 0.75 * own[4]
    assert effects.mean[:4] == pytest.approx(own[:4], abs=0.1)
    assert np.sqrt(effects.covariance[4, 4]) > 2 * np.sqrt(effects.covariance[0, 0])


def test_two_levels_with_different_odds_come_back() -> None:
    sets, truth = drawn(np.random.default_rng(4), np.array([1500, 1500]), np.array([0.0, np.log(1.8)]))
    effects = shrunk_effects(sets)
    error = np.sqrt(np.diag(effects.covariance))
    assert np.all(np.abs(effects.mean - truth) < 3 * error)
    assert np.all(error < 0.03)
    assert effects.mean[1] - effects.mean[0] == pytest.approx(np.log(1.8), abs=0.13)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_ninety_per_cent_intervals_cover(spread: float) -> None:
    """Over 100 histories of 8 levels with 12 to 300 deals.

    Catches intervals of a fixed spread between levels (0.05: they cover 25 % where levels differ by 0.3) and
    a variance that is not turned towards all levels together.
    """
    rng = np.random.default_rng(11)
    sizes = np.array([300, 200, 150, 100, 60, 40, 20, 12])
    inside = np.zeros((100, 8))
    for r in range(100):
        log_ratio = spread * rng.standard_normal(8)
        sets, truth = drawn(rng, sizes, log_ratio)
        low, high = shrunk_effects(sets).interval()
        inside[r] = (np.log(low) <= truth) & (truth <= np.log(high))
    covered = inside.mean()
    assert covered >= 0.84
    assert spread == 0.0 or covered <= 0.95  # where levels are alike, shrinkage covers more


def test_more_is_borrowed_where_levels_are_alike() -> None:
    rng = np.random.default_rng(12)
    sizes = np.full(10, 120)
    alike = shrunk_effects(drawn(rng, sizes, np.zeros(10))[0])
    differ = shrunk_effects(drawn(rng, sizes, np.linspace(-0.8, 0.8, 10))[0])
    assert alike.spread < 0.2 < differ.spread
