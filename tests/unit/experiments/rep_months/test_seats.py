"""One seat in many futures, against closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from funnelsim.experiments.rep_months.draws import gamma_quantile, poisson_quantile
from funnelsim.experiments.rep_months.seats import Seat, months_between
from tests.oracles.tolerance import check_counts, check_mean, check_variance

from .known_team import AS_OF, known_team, seats_of

HIRE = Seat(name="hire/1", start_day=0.0)


def test_counts_are_poisson_quantiles() -> None:
    u = np.random.default_rng(1).random(4000)
    for mean in (0.0, 0.01, 0.7, 5.0, 60.0, 299.0, 900.0):
        expected = stats.poisson.ppf(u, mean) if mean else np.zeros(4000)
        assert (poisson_quantile(u, np.full(4000, mean)) == expected).all()
    assert poisson_quantile(np.array([1 - 1e-16]), np.array([4.0]))[0] > 30


def test_a_gamma_without_spread_is_its_mean() -> None:
    assert gamma_quantile(np.array([0.1, 0.9]), 3.0, 0.0).tolist() == [3.0, 3.0]
    u = (np.arange(20_000) + 0.5) / 20_000
    drawn = gamma_quantile(u, 3.0, 1.5)
    assert (drawn.mean(), drawn.std()) == pytest.approx((3.0, 1.5), rel=2e-3)


def test_a_ramped_rep_wins_poisson_many() -> None:
    """12 months of 3 wins: Poisson(36)."""
    result = seats_of(known_team()).run(Seat(name="Rep 0", rep=0))
    check_counts(result.wins, stats.poisson(36.0))
    assert result.ramped_months == pytest.approx(12.0)


def test_reps_who_differ_win_negative_binomially() -> None:
    """Gamma(2) productivity: variance 36 + 36^2 / 2. Catches draws of a new productivity each month."""
    result = seats_of(known_team(shape=2.0), replications=20_000).run(HIRE)
    check_mean(result.wins, 36.0, resolution=0.03)
    check_variance(result.wins, 36.0 + 36.0**2 / 2, resolution=0.15)


def test_the_ramp_takes_its_months() -> None:
    """A hire at the start of the year loses 1.5 months to the ramp."""
    result = seats_of(known_team(ramp=(0.25, 0.5, 0.75))).run(HIRE)
    assert result.ramped_months == pytest.approx(10.5)
    check_counts(result.wins, stats.poisson(31.5))


def test_a_rep_with_half_a_ramp_behind_wins_what_is_left_of_it() -> None:
    seat = Seat(name="Rep 0", rep=0, start_day=-1.5 * 30.4375)
    result = seats_of(known_team(ramp=(0.25, 0.5, 0.75)), days=30.4375).run(seat)
    assert result.ramped_months == pytest.approx(0.5 * 0.5 + 0.5 * 0.75)


def test_who_leaves_is_gone() -> None:
    """Without a successor, a rep is there (1 - e^-a) / a of the year. Catches a life in months."""
    result = seats_of(known_team(attrition=0.8), backfill_days=None, replications=20_000).run(HIRE)
    check_mean(result.rep_months, 12 * (1 - math.exp(-0.8)) / 0.8, resolution=0.02)


def test_a_seat_that_is_filled_at_once_is_never_empty_but_ramps_again() -> None:
    """Followed after no time, at rate a: each of a departures loses the ramp of its successor.

    Ramp months lost by successors: a * integral of min(lost, ...) over what is left of the year."""
    known = known_team(attrition=0.8, ramp=(0.0,))
    result = seats_of(known, backfill_days=0.0, replications=20_000).run(Seat(name="Rep 0", rep=0))
    check_mean(result.rep_months, 12.0, resolution=1e-6)
    # In equilibrium after a month: the present rep is younger than a month with 1 - e^(-a/12).
    month, rate = 1 / 12, 0.8
    young = 1 - math.exp(-rate * month)
    first = month - (1 - math.exp(-rate * month)) / rate  # the first month: some have not been followed yet
    check_mean(result.ramped_months, 12 * (1 - first - (1 - month) * young), resolution=0.01)


def test_a_known_end_is_kept_and_nobody_follows() -> None:
    result = seats_of(known_team(attrition=3.0), backfill_days=0.0).run(
        Seat(name="Rep 0", rep=0, end_day=91.3125)
    )
    assert result.rep_months == pytest.approx(3.0)


def test_half_a_rep_wins_half() -> None:
    result = seats_of(known_team()).run(Seat(name="Rep 0", rep=0, share=0.5))
    check_counts(result.wins, stats.poisson(18.0))
    assert result.rep_months == pytest.approx(6.0)


def test_amounts_make_a_compound_poisson_sum() -> None:
    """Mean n m, variance n E[x^2]. Catches one amount for all deals of a month."""
    amounts = np.array([1.0, 2.0, 9.0])
    result = seats_of(known_team(amounts=amounts), replications=20_000).run(HIRE)
    check_mean(result.bookings, 36 * 4.0, resolution=0.02)
    check_variance(result.bookings, 36 * float((amounts**2).mean()), resolution=0.06)


def test_very_many_amounts_have_the_same_two_moments() -> None:
    amounts = np.array([1.0, 2.0, 9.0])
    known = known_team(amounts=amounts, per_month=4000.0)
    result = seats_of(known, replications=20_000).run(HIRE)
    check_mean(result.bookings, 48_000 * 4.0, resolution=0.002)
    check_variance(result.bookings, 48_000 * float((amounts**2).mean()), resolution=0.06)


def test_months_that_are_good_for_all_are_shared() -> None:
    """Two reps of one month covary by mean^2 * variance. Catches a factor drawn for each rep."""
    seats = seats_of(known_team(month_variance=0.25), days=31.0, replications=20_000)
    one, two = (seats.run(Seat(name=f"Rep {k}", rep=k)).wins for k in (0, 1))
    mean = 3.0 * 31 / 30.4375
    products = (one - one.mean()) * (two - two.mean())
    check_mean(products, mean**2 * 0.25, resolution=0.15)


def test_an_earlier_start_wins_no_less_in_any_future() -> None:
    seats = seats_of(known_team(ramp=(0.25, 0.5), shape=4.0, amounts=np.array([1.0, 5.0])))
    starts = [seats.run(Seat(name="hire/1", start_day=day)).bookings for day in (0.0, 17.0, 59.0, 200.0)]
    for earlier, later in itertools.pairwise(starts):
        assert (earlier >= later).all()
        assert (earlier > later).any()


def test_draws_do_not_depend_on_what_else_is_simulated() -> None:
    """The same seat in a longer period wins the same in the months of the shorter one."""
    known = known_team(attrition=0.5, shape=3.0)
    short = seats_of(known, days=90.0).run(HIRE)
    both = seats_of(known, days=180.0)
    late = seats_of(known, days=180.0, start_day=90.0).run(HIRE)
    assert np.allclose(both.run(HIRE).wins, short.wins + late.wins)


def test_a_month_is_cut_to_the_period() -> None:
    found = months_between(AS_OF, -10.0, 45.0)
    assert [(month.start_day, month.end_day) for month in found] == [(-10.0, 0.0), (0.0, 31.0), (31.0, 45.0)]
    assert [month.number % 12 for month in found] == [0, 1, 2]
