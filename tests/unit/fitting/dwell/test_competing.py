"""Exits of a stage: closed forms, open visits, late entry, distributions chosen and split, those who never
leave.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from funnelsim.fitting.dwell.censoring import StageSample, observe
from funnelsim.fitting.dwell.competing import StageFit, fit_stage
from funnelsim.fitting.dwell.competing.candidate import aicc
from funnelsim.fitting.dwell.competing.stage_fit import component_keys
from funnelsim.fitting.report.build import _targets
from tests.unit.fitting.made_up_visits import instant, one_stage
from tests.unit.fitting.stated_families import fit_stated

SEEDS = range(3)


def sample_of(history) -> StageSample:  # type: ignore[no-untyped-def]
    return observe(history)["demo"]


def two_exits(seed: int, n: int = 800, until: float = 60.0):  # type: ignore[no-untyped-def]
    """Won after an exponential of 8 days with 0.3, lost after one of 8 days with 0.7."""
    rng = np.random.default_rng(seed)
    entered = rng.uniform(0, until, n)
    days = rng.exponential(8.0, n)
    return one_stage(entered, entered + days, np.where(rng.random(n) < 0.3, "won", "lost"), until=until)


def one_distribution(fit: StageFit, key: str):  # type: ignore[no-untyped-def]
    place = [c.key for c in fit.components].index(key)
    return float(fit.p[place]), fit.distribution(place)


def test_one_exponential_exit_is_events_over_exposure() -> None:
    """Open visits count as exposure and not as ends: with them left out the mean would be a third shorter."""
    sample = sample_of(two_exits(1, until=25.0))
    merged = dataclasses.replace(
        sample,
        exits={"gone": sample.events},
        bins=tuple(dataclasses.replace(b, exit="gone" if b.exit else "") for b in sample.bins),
    )
    fit = fit_stated(merged, {"gone": ("exponential",)}, prior_worth=0.0)
    distribution = fit.distribution(0)
    assert distribution is not None
    assert distribution.mean() == pytest.approx(sample.dwell.sum() / sample.events, rel=1e-5)
    assert distribution.mean() > 1.2 * sample.dwell[sample.ended].mean()


def test_exponential_risks_that_compete_have_hazards_events_over_exposure() -> None:
    """With one hazard for all, p_k times the hazard is that of exit k (Kalbfleisch and Prentice, 8.2)."""
    sample = sample_of(two_exits(2, n=3000))
    fit = fit_stated(sample, {"won": ("exponential",), "lost": ("exponential",)}, prior_worth=0.0)
    hazards = []
    for key in ("won", "lost"):
        p, distribution = one_distribution(fit, key)
        hazards.append(p / distribution.mean())
    seen = [sample.exits[key] / sample.dwell.sum() for key in ("won", "lost")]
    np.testing.assert_allclose(hazards, seen, rtol=0.06)


def test_without_open_visits_probabilities_are_shares_and_lognormals_have_their_closed_form() -> None:
    rng = np.random.default_rng(3)
    days = rng.lognormal(2.0, 0.6, 300)
    exits = np.where(rng.random(300) < 0.25, "won", "lost")
    sample = sample_of(one_stage(np.zeros(300), days, exits, until=1e4))
    fit = fit_stated(sample, {"won": ("lognormal",), "lost": ("lognormal",)}, prior_worth=0.0)
    for key in ("won", "lost"):
        p, distribution = one_distribution(fit, key)
        logs = np.log(days[exits == key])
        assert p == pytest.approx(np.mean(exits == key), rel=1e-6)
        assert distribution.given["median"] == pytest.approx(np.exp(logs.mean()), rel=1e-6)
        assert distribution.given["sigma"] == pytest.approx(logs.std(), rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_open_visits_are_open_and_never_lost(seed: int) -> None:
    """A fit that takes them for lost, or leaves them out, misses the 0.3 by many standard errors."""
    rng = np.random.default_rng(seed)
    n = 3000
    entered = rng.uniform(0, 40, n)
    won = rng.random(n) < 0.3
    days = np.where(won, rng.lognormal(3.0, 0.5, n), rng.exponential(6.0, n))
    history = one_stage(entered, entered + days, np.where(won, "won", "lost"), until=40.0)
    sample = sample_of(history)
    fit = fit_stage(sample)
    assert fit is not None
    p = sum(fit.p[k] for k, c in enumerate(fit.components) if c.to == "won")
    left_out = sample.exits["won"] / sample.events
    assert abs(p - 0.3) < 0.05
    assert abs(left_out - 0.3) > 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_visits_seen_late_count_from_then_on(seed: int) -> None:
    """Half the visits began before observation: only those that lasted until then are in the data.

    Without the division by the chance of lasting so long the mean comes out a third too long.
    """
    rng = np.random.default_rng(seed)
    n = 4000
    entered = rng.uniform(-100, 100, n)
    left = entered + rng.gamma(2.0, 10.0, n)
    seen = left >= 0
    history = one_stage(
        entered[seen], left[seen], np.full(seen.sum(), "won"), until=100.0, observed_from=instant(0.0)
    )
    sample = sample_of(history)
    fit = fit_stated(sample, {"won": ("gamma",)})
    naive = fit_stated(
        dataclasses.replace(sample, bins=tuple(b for b in sample.bins if b.kind != "left_truncated")),
        {"won": ("gamma",)},
    )
    assert sample.left_truncated > 200
    error = 20 / np.sqrt(2 * sample.events) * 4
    assert one_distribution(fit, "won")[1].mean() == pytest.approx(20.0, abs=error)
    assert one_distribution(naive, "won")[1].mean() > 20.0 + error


@pytest.mark.parametrize("coefficients", [1, 2, 5])
def test_aicc_is_the_deviance_of_new_data(coefficients: int) -> None:
    """In a regression with c coefficients and a variance AICc has no bias (Hurvich and Tsai 1989, section 2).

    Of n normal values the deviance is n log(s2) + n. New ones at the same places lie true_s2 (n + c) / n from
    the fit, and true_s2 / s2 has mean n / (n - c - 2): n (n + c) / (n - c - 2) in place of the last n.
    Mutants: half the penalty, or half of either of its two parts.
    """
    for n in (12, 40, 1000):
        excess = n * (n + coefficients) / (n - coefficients - 2) - n
        assert aicc(-7.0, coefficients + 1, n) == pytest.approx(14.0 + excess)


@pytest.mark.parametrize("family", ["exponential", "weibull", "gamma", "lognormal", "loglogistic"])
def test_the_family_that_made_the_data_is_chosen(family: str) -> None:
    rng = np.random.default_rng(8)
    n = 4000
    draws = {
        "exponential": rng.exponential(10.0, n),
        "weibull": 12 * rng.weibull(2.5, n),
        "gamma": rng.gamma(3.0, 4.0, n),
        "lognormal": rng.lognormal(2.0, 0.8, n),
        "loglogistic": 9 * np.exp(rng.logistic(0, 1 / 2.5, n)),
    }
    entered = rng.uniform(0, 90, n)
    sample = sample_of(one_stage(entered, entered + draws[family], np.full(n, "won"), until=100.0))
    fit = fit_stage(sample)
    assert fit is not None
    if family == "exponential":  # a Weibull and a gamma may be one, or as good as one
        assert fit.criteria["won"]["exponential"] < 6.0
        assert fit.criteria["won"]["lognormal"] > 100.0
    else:
        assert [c.family for c in fit.components] == [family]
        assert min(aicc for name, aicc in fit.criteria["won"].items() if name != family) > 4.0


def quick_or_late(seed: int, n: int):  # type: ignore[no-untyped-def]
    """A third close within days, two thirds after a quarter: nothing in between."""
    rng = np.random.default_rng(seed)
    quick = rng.random(n) < 1 / 3
    days = np.where(quick, rng.gamma(3.0, 1.5, n), 90 * rng.weibull(5.0, n))
    entered = rng.uniform(0, 360, n)
    return one_stage(entered, entered + days, np.full(n, "won"), until=400.0)


def test_an_exit_that_no_distribution_follows_is_split() -> None:
    fit = fit_stage(sample_of(quick_or_late(5, 2000)))
    assert fit is not None
    assert [fit.components[k].key for k in fit.listed] == ["won", "won_late"]
    early, late = (one_distribution(fit, key) for key in ("won", "won_late"))
    assert early[0] == pytest.approx(1 / 3, abs=0.045)
    assert early[1].mean() == pytest.approx(4.5, rel=0.1)
    assert late[1].mean() == pytest.approx(90 * 0.918, rel=0.03)


def test_the_range_of_exits_to_one_place_is_that_of_their_sum() -> None:
    """One gains what the other loses: 0.9 in all draws. Mutant: the ends of both added up."""
    fit = fit_stage(sample_of(quick_or_late(5, 2000)))
    assert fit is not None
    early = np.linspace(0.1, 0.5, 101)
    draws = {"stages.demo.exits.won.p": early, "stages.demo.exits.won_late.p": 0.9 - early}
    (found,) = _targets("demo", fit, pl.DataFrame(draws))
    assert found.to == "won"
    assert found.p == pytest.approx(sum(fit.p[k] for k in fit.listed))
    assert (found.p_low, found.p_high) == pytest.approx((0.9, 0.9))

    # Probabilities that add up to 1 may come out as a little more.
    draws = {"stages.demo.exits.won.p": [0.7000000000000002] * 3, "stages.demo.exits.won_late.p": [0.3] * 3}
    (found,) = _targets("demo", fit, pl.DataFrame(draws))
    assert found.p_high == 1.0


def test_an_exit_of_one_distribution_is_not_split() -> None:
    rng = np.random.default_rng(6)
    days = rng.lognormal(2.5, 0.9, 3000)
    fit = fit_stage(sample_of(one_stage(np.zeros(3000), days, np.full(3000, "won"), until=1e4)))
    assert fit is not None
    assert len(fit.components) == 1


def with_dead_deals(seed: int, share: float, until: float = 400.0):  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    n = 1500
    entered = rng.uniform(0, until, n)
    days = np.where(rng.random(n) < share, 1e6, rng.lognormal(2.5, 0.7, n))
    return one_stage(entered, entered + days, np.full(n, "won"), until=until)


def test_those_who_never_leave_are_seen_where_follow_up_is_long() -> None:
    fit = fit_stage(sample_of(with_dead_deals(1, 0.15)))
    assert fit is not None
    assert fit.never.reason == "seen"
    assert fit.p[-1] == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / 1500))
    assert fit.never.share <= fit.never.at_most < 0.2


def test_ten_visits_of_six_means_are_enough_to_see_that_some_never_leave() -> None:
    """A hundred exponential visits at their quantiles, and ten still open where one in 400 would be.

    AICc falls by 8.7, odds of exp(8.7 / 2) = 77 to 1, though the other distribution may be of any family.
    Mutant: a gain of 30 asked for, odds of three million.
    """
    gone = -10 * np.log1p(-(np.arange(100) + 0.5) / 100)
    days = np.append(gone, np.full(10, 1e6))
    fit = fit_stage(sample_of(one_stage(np.zeros(110), days, np.full(110, "won"), until=60.0)))
    assert fit is not None
    assert 7.0 < fit.never.gain < 11.0
    assert fit.never.reason == "seen"
    assert fit.never.share == pytest.approx(10 / 110, rel=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_taken_to_stay_for_ever_where_all_leave(seed: int) -> None:
    fit = fit_stage(sample_of(with_dead_deals(seed, 0.0)))
    assert fit is not None
    assert not fit.layout.never
    assert fit.never.share == 0.0


def test_short_follow_up_cannot_tell_dead_from_slow() -> None:
    """Visits are watched for 15 days where half of the stays last longer than 12."""
    rng = np.random.default_rng(2)
    entered = rng.uniform(0, 15, 800)
    days = np.where(rng.random(800) < 0.2, 1e6, rng.lognormal(2.5, 0.7, 800))
    fit = fit_stage(sample_of(one_stage(entered, entered + days, np.full(800, "won"), until=15.0)))
    assert fit is not None
    assert not fit.layout.never
    assert fit.never.reason != "seen"


def test_where_losses_are_never_recorded_most_stay_for_ever() -> None:
    fit = fit_stage(sample_of(with_dead_deals(3, 0.85)), losses_recorded=False)
    assert fit is not None
    assert fit.never.reason == "losses not recorded"
    assert fit.p[-1] == pytest.approx(0.85, abs=0.04)


def test_a_rare_exit_leans_on_the_others_and_an_impossible_tail_on_the_prior() -> None:
    rng = np.random.default_rng(4)
    exits = np.array(["lost"] * 297 + ["won"] * 3)
    days = np.concatenate([rng.exponential(20.0, 297), [1.0, 1.1, 0.9]])
    fit = fit_stage(sample_of(one_stage(np.zeros(300), days, exits, until=1e4)))
    assert fit is not None
    mean = one_distribution(fit, "won")[1].mean()
    assert 5.0 < mean < 20.0
    assert "won" not in fit.criteria


def test_nobody_has_left_yet() -> None:
    assert fit_stage(sample_of(one_stage([0, 1], [1e4, 1e4], ["won", "won"], until=50.0))) is None


def test_moves_at_once_take_no_time_and_do_not_bend_the_distribution() -> None:
    """A third of the deals are clicked through. As stays of a second they make sigma 4 instead of 0.5."""
    rng = np.random.default_rng(9)
    n = 600
    sudden = rng.random(n) < 1 / 3
    days = np.where(sudden, 2 / 86_400, rng.lognormal(2.0, 0.5, n))
    fit = fit_stage(sample_of(one_stage(np.zeros(n), days, np.full(n, "won"), until=1e4)))
    assert fit is not None
    assert [c.key for c in fit.components] == ["won", "won_at_once"]
    p, distribution = one_distribution(fit, "won")
    assert p == pytest.approx(1 - sudden.mean(), abs=0.005)
    assert distribution.given["sigma"] == pytest.approx(0.5, abs=0.08)


def test_a_few_moves_at_once_count_for_the_chance_alone() -> None:
    rng = np.random.default_rng(10)
    days = np.append(rng.lognormal(2.0, 0.5, 400), [1e-6] * 3)
    fit = fit_stage(sample_of(one_stage(np.zeros(403), days, np.full(403, "won"), until=1e4)))
    assert fit is not None
    assert [c.key for c in fit.components] == ["won"]
    assert one_distribution(fit, "won")[1].given["sigma"] == pytest.approx(0.5, abs=0.08)


def test_a_split_exit_takes_no_name_that_an_outcome_or_a_stage_has() -> None:
    """`lost` is two-humped and `lost_late` an outcome. Mutant: two exits of one name, one share is lost."""
    rng = np.random.default_rng(7)
    n = 900
    days = np.concatenate([*(rng.lognormal(mu, 0.2, n // 3) for mu in (0, 4)), np.full(n // 3, 20.0)])
    entered = rng.uniform(0, 200, n)
    exits = np.array(["lost"] * (2 * n // 3) + ["lost_late"] * (n // 3))
    history = one_stage(entered, entered + days, exits, until=900.0)
    fit = fit_stage(observe(history)["demo"])
    assert fit is not None
    keys = [fit.components[k].key for k in fit.listed]
    assert keys == ["lost_late", "lost", "lost_late_2"]
    assert [fit.components[k].to for k in fit.listed] == ["lost_late", "lost", "lost"]
    assert one_distribution(fit, "lost_late")[0] == pytest.approx(1 / 3, abs=0.01)


def test_names_behind_an_exit_avoid_all_places() -> None:
    assert component_keys("won", {"won", "lost"}) == ("won", "won_late", "won_later", "won_at_once")
    taken = {"won", "won_late", "won_late_2", "won_at_once"}
    assert component_keys("won", taken) == ("won", "won_late_3", "won_later", "won_at_once_2")
