"""Triggers and frictions come back from histories of known origin; noise is not told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from funnelsim.fitting.covariates.hazard_ratios import Driver, Drivers, _judged, estimate_drivers
from funnelsim.fitting.covariates.read import covariates_of
from funnelsim.fitting.dwell.censoring import observe
from funnelsim.history.files.events import History
from tests.unit.fitting.made_up_visits import one_stage

DEALS, UNTIL = 3000, 200.0
SOURCES = np.array(["web", "referral", "fair"])


def competing(seed: int, won: dict[str, float], lost: dict[str, float]) -> History:
    """Exponential hazards of winning and losing, a day, by source; a good part is open at the end."""
    rng = np.random.default_rng(seed)
    source = SOURCES[rng.integers(0, 3, DEALS)]
    entered = rng.uniform(0, UNTIL, DEALS)
    to_won = rng.exponential(1 / np.array([won[s] for s in source]))
    to_lost = rng.exponential(1 / np.array([lost[s] for s in source]))
    return one_stage(
        entered,
        entered + np.minimum(to_won, to_lost),
        np.where(to_won < to_lost, "won", "lost"),
        until=UNTIL,
        deal_columns={"source": source.tolist()},
    )


def drivers(history: History) -> Drivers:
    return estimate_drivers(history, observe(history), covariates_of(history))


def the(found: Drivers, kind: str) -> Driver:
    (driver,) = [one for one in found.found if one.kind == kind]
    return driver


EVEN = {"web": 0.02, "referral": 0.02, "fair": 0.02}


def test_a_source_that_wins_twice_as_often_is_a_trigger_and_its_losses_are_not_blamed() -> None:
    """Catches moves counted per deal: who wins sooner is lost 0.8 times as often, it seems."""
    found = drivers(competing(1, EVEN | {"referral": 0.04}, EVEN))
    trigger, friction = the(found, "trigger"), the(found, "friction")
    by_name = {level.level: level for level in trigger.levels}
    share = np.array([level.expected for level in trigger.levels])
    truth = {"web": 1.0, "referral": 2.0, "fair": 1.0}
    middle = share @ np.array([truth[level.level] for level in trigger.levels]) / share.sum()
    for name, ratio in truth.items():
        level = by_name[name]
        error = np.log(level.high / level.low) / (2 * 1.6449)
        assert abs(np.log(level.ratio) - np.log(ratio / middle)) < 3 * error
        assert error < 0.06
    assert by_name["referral"].clear
    assert trigger.q_value < 1e-6
    assert not any(level.clear for level in friction.levels)
    assert friction.p_value > 0.01


def test_a_source_that_is_lost_more_often_is_a_friction() -> None:
    found = drivers(competing(2, EVEN, EVEN | {"fair": 0.05}))
    fair = next(level for level in the(found, "friction").levels if level.level == "fair")
    assert fair.clear
    assert fair.low > 1.3


def test_fast_wins_are_told_with_what_fast_means() -> None:
    history = competing(3, EVEN | {"referral": 0.06}, EVEN)
    found = drivers(history)
    fast = the(found, "fast")
    wins = history.visits.filter(history.visits["exit"] == "won")
    days = (wins["left"] - wins["entered"]).dt.total_microseconds().to_numpy() / 86_400e6
    assert found.fast_days == pytest.approx(np.quantile(days, 0.25))
    referral = next(level for level in fast.levels if level.level == "referral")
    assert referral.clear
    # Won within T against losing at 0.02 a day: shares 1 - exp(-(w + 0.02) T), times w / (w + 0.02).
    t = found.fast_days
    shares = [w / (w + 0.02) * (1 - np.exp(-(w + 0.02) * t)) for w in (0.06, 0.02)]
    assert referral.ratio == pytest.approx(shares[0] / np.mean([shares[0], shares[1], shares[1]]), rel=0.08)
    assert found.fast_share == pytest.approx(np.mean([shares[0], shares[1], shares[1]]), rel=0.1)


def test_where_sources_carry_nothing_nothing_is_told() -> None:
    found = drivers(competing(4, EVEN, EVEN))
    assert found.found
    assert not any(level.clear for driver in found.found for level in driver.levels)
    assert all(level.low < 1.1 and level.high > 1 / 1.1 for driver in found.found for level in driver.levels)


def test_unknown_is_never_told_as_a_reason() -> None:
    history = competing(1, EVEN | {"referral": 0.04}, EVEN)
    unknown = history.deals["source"].replace("referral", "unknown")
    deals = history.deals.with_columns(source=unknown)
    found = drivers(History(visits=history.visits, deals=deals, meta=history.meta))
    level = next(level for level in the(found, "trigger").levels if level.level == "unknown")
    assert level.ratio > 1.3
    assert not level.clear


def test_tests_that_could_not_be_made_do_not_count() -> None:
    """0.01 is the smallest of two p-values, not of three. Mutant: NaN is handed to scipy, which fails."""
    one = the(drivers(competing(4, EVEN, EVEN)), "trigger")
    found = list(_judged([replace(one, p_value=p) for p in (0.01, np.nan, 0.04)]))
    assert [driver.q_value for driver in found] == pytest.approx([0.02, np.nan, 0.04], nan_ok=True)
    assert list(_judged([])) == []
