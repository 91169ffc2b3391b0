"""The course of a rate, held to one normal distribution computed by hand and to known processes."""

import datetime as dt
import math

import numpy as np
import pytest
from scipy import integrate

from funnelsim.fitting.trend import structural as course
from funnelsim.fitting.trend.semimonths import DAYS, days_from, semimonths_of
from funnelsim.fitting.trend.structural import (
    STEADY,
    _Level,
    _levels,
    _prior,
    trend_of_counts,
    trend_of_values,
)

FIRST = dt.date(2022, 1, 1)
MONTHS = np.arange(12)


def days_of(count):
    return days_from(FIRST, count)


def month_of(dates):
    return np.array([day.month - 1 for day in dates])


def test_half_months_end_with_the_15th_and_with_the_month():
    """February 2024 in two parts. Mutant: the 15th counted to the second half."""
    dates = days_from(dt.date(2024, 2, 1), 32)
    halves = semimonths_of(dates, dt.date(2024, 3, 1))
    assert list(halves.days) == [15, 14, 3]
    assert list(halves.month) == [1, 1, 2]
    assert halves.ahead == pytest.approx([-29 + 7.5, -14 + 7.0, 1.5])
    assert list(halves.sums(np.ones(32))) == [15, 14, 3]


def test_beliefs_sum_to_one():
    assert math.fsum(level.belief for level in _levels()) == pytest.approx(1.0)
    dates = days_of(500)
    halves = semimonths_of(dates, dates[-1])
    prior = _prior(halves, np.full(len(halves.days), True), dates[-1], 45.0)
    assert len(prior.belief) == 3 * 3 * len(_levels())
    assert prior.belief.sum() == pytest.approx(1.0)


def position(early, late, decay):
    """Covariance of the integral of a velocity with covariance exp(-decay |u - v|), by quadrature."""

    def at(v):
        below = integrate.quad(lambda u: math.exp(-decay * (v - u)), 0, min(v, late))[0]
        return below + integrate.quad(lambda u: math.exp(-decay * (u - v)), v, late)[0]

    return integrate.quad(at, 0, early)[0]


@pytest.mark.parametrize(("early", "late"), [(3.0, 3.0), (20.0, 300.0)])
def test_a_slope_that_dies_away(early, late):
    """Mutants: the sign of the bend; the half-life for the decay."""
    level = _Level(1.0, slope=0.2, half_life=90.0)
    found = level.covariance(np.array([late]), np.array([early]), 0.0)[0, 0]
    expected = 1 + (0.2 / 91.25) ** 2 * position(early, late, math.log(2) / 90)
    assert found == pytest.approx(expected, rel=1e-6)


def covariances_by_hand(halves, ahead):
    """Of each belief: its weight, whether it is steady, and covariances of now, of ahead and between them."""

    def covariance(level, quarter, year, one, i, other, j):
        if level.step:
            begun = halves.ahead[0]
            of_level = 1.0 + level.step**2 / 91.25 * (min(one.ahead[i], other.ahead[j]) - begun)
        elif level.slope:
            days = np.array([one.ahead[i]]), np.array([other.ahead[j]])
            of_level = level.covariance(*days, halves.ahead[0])[0, 0]
        elif level.sd:
            of_level = level.sd**2 * 2 ** (-abs(one.ahead[i] - other.ahead[j]) / level.half_life)
        else:
            of_level = 0.0
        same = one.month[i] % 3 == other.month[j] % 3
        of_year = math.exp(-2 * (math.sin(math.pi * (one.of_year[i] - other.of_year[j])) / 0.4) ** 2)
        centre = 0.01 if quarter or year else 0.0
        return of_level + quarter**2 * same + year**2 * of_year + centre

    n, m = len(halves.days), len(ahead.days)
    found = []
    season = {s: math.exp(-s / 0.3) for s in (0.12, 0.35)}
    quarters = [
        (0.0, 0.5),
        *((s, 0.5 * season[s] / sum(season.values())) for s in season),
    ]
    yearly = {s: math.exp(-s / 0.3) for s in (0.2, 0.45)}
    years = [(0.0, 0.5), *((s, 0.5 * yearly[s] / sum(yearly.values())) for s in yearly)]
    for level in _levels():
        for quarter, b in quarters:
            for year, c in years:
                args = (level, quarter, year)
                now = [[covariance(*args, halves, i, halves, j) for j in range(n)] for i in range(n)]
                then = [[covariance(*args, halves, i, ahead, j) for j in range(m)] for i in range(n)]
                alone = [[covariance(*args, ahead, i, ahead, j) for j in range(m)] for i in range(m)]
                steady = not (level.sd or level.step or level.slope)
                found.append((level.belief * b * c, steady, *map(np.array, (now, then, alone))))
    return found


def by_hand(y, noise, covariances, days_ahead, before):
    """Mean and spread of the level ahead, the share of drift, and the course behind."""
    n = len(y)
    weight = days_ahead / days_ahead.sum()
    told = []
    for prior, still, now, then, alone in covariances:
        for begun in (0, *range(2, n - 1)):
            share = before[:begun].sum()
            offset = (np.arange(n) < begun) - share
            course_alone = now + 1.0 * np.outer(offset, offset)
            moved = course_alone + np.diag(noise)
            inverse = np.linalg.inv(moved)
            density = -0.5 * (n * math.log(2 * math.pi) + np.linalg.slogdet(moved)[1] + y @ inverse @ y)
            with_ahead = then @ weight - 1.0 * share * offset
            mean = with_ahead @ inverse @ y
            variance = weight @ alone @ weight + share**2 - with_ahead @ inverse @ with_ahead
            break_ = 0.1 / (n - 3) if begun else 0.9
            belief = prior * break_ * math.exp(density - n)
            told.append((belief, mean, variance, still and not begun, course_alone @ inverse @ y))
    belief, mean, variance, steady, behind = (np.array(column) for column in zip(*told, strict=True))
    share = belief / belief.sum()
    middle = share @ mean
    spread = math.sqrt(share @ (variance + (mean - middle) ** 2))
    return (middle, spread, share[~steady].sum()), share @ behind


def test_agrees_with_the_joint_normal_distribution(monkeypatch):
    """Fifteen months with both seasons and a drift; every covariance again by loops and the density
    of the normal distribution written out.

    Counts are taken for normal around the course as Newton's method does. Mutants: the noise left out; a
    season's variance as its spread; the mean of the first day ahead only; one round of Newton's method; what
    a break explains left out of the past.
    """
    monkeypatch.setattr(course, "_NEGLIGIBLE", 0.0)
    dates = days_of(455)
    present = dates[-1] + dt.timedelta(days=1)
    rng = np.random.default_rng(3)
    rate = 2.0 * np.exp(0.3 * np.sin(np.arange(455) / 70) + 0.3 * (month_of(dates) % 3 == 2))
    counts, even = rng.poisson(rate).astype(float), np.full(455, 2.0)
    found = trend_of_counts(counts, even, dates, horizon_days=20.0).level
    halves, ahead = semimonths_of(dates, present), semimonths_of(days_from(present, 40), present)
    seen, told = halves.sums(counts), halves.sums(even)
    behind = np.log((seen + told) / 2 / told)
    covariances = covariances_by_hand(halves, ahead)
    for _ in range(3):
        mean = told * np.exp(behind)
        level, behind = by_hand(
            behind + seen / mean - 1, 1 / mean, covariances, ahead.days, told / told.sum()
        )
    assert (found.mean, found.sd, found.drifts) == pytest.approx(level, abs=1e-6)


def test_a_steady_process_is_left_nearly_alone():
    """Over 200 steady histories the level's error is small, and hardly a season is seen."""
    rng = np.random.default_rng(11)
    dates = days_of(52 * 7)
    courses = [
        trend_of_counts(rng.poisson(2.0, 52 * 7).astype(float), np.full(52 * 7, 2.0), dates)
        for _ in range(200)
    ]
    assert np.std([course.level.mean for course in courses]) < 0.05
    assert np.mean([course.level.sd for course in courses]) < 0.08
    assert np.mean([course.level.drifts for course in courses]) < 0.8  # 0.93 a priori
    assert np.mean([np.abs(course.season).max() > 0.05 for course in courses]) < 0.1


def test_ranges_hold_where_the_beliefs_do():
    """Courses drawn from the beliefs themselves, 80 % ranges against what came (Cook et al. 2006).

    Mutants: the spread of the level halved; seasons left out of the covariance with what is ahead.
    """
    rng = np.random.default_rng(12)
    dates = days_of(450)
    present = dates[-1] + dt.timedelta(days=1)
    halves, ahead = semimonths_of(dates, present), semimonths_of(days_from(present, 45), present)
    whole = semimonths_of(dates + days_from(present, 45), present)
    prior = _prior(whole, np.full(len(whole.days), True), present, 22.5)
    weight = ahead.days / ahead.days.sum()
    held = []
    for which in rng.choice(len(prior.belief), 300, p=prior.belief):
        drawn = rng.multivariate_normal(np.zeros(len(whole.days)), prior.now[which])
        if rng.random() < 0.1:
            drawn[: rng.integers(2, len(halves.days) - 1)] += rng.normal()
        daily = 40.0 * np.exp(drawn[whole.index[: len(dates)]])
        counts, even = rng.poisson(daily).astype(float), np.full(len(dates), 40.0)
        level = trend_of_counts(counts, even, dates, horizon_days=22.5, of_all=False).level
        came = drawn[len(halves.days) - (whole.index[len(dates)] < len(halves.days)) :] @ weight
        held.append(abs(came - level.mean) <= 1.2816 * level.sd)
    assert np.mean(held) == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / 300))


def test_drift_is_followed():
    """An autoregressive level: the error is well below that of a level that is taken for steady."""
    rng = np.random.default_rng(12)
    blocks, ahead, rho, sd = 40, 3, 0.9, 0.3
    block = round(DAYS)
    dates = days_of(blocks * block)
    errors = []
    for _ in range(100):
        x = np.zeros(blocks + ahead)
        x[0] = rng.normal(0, sd)
        for t in range(1, len(x)):
            x[t] = rho * x[t - 1] + sd * math.sqrt(1 - rho**2) * rng.normal()
        counts = rng.poisson(np.repeat(np.exp(x[:blocks]), block) * 3.0).astype(float)
        level = trend_of_counts(counts, np.full(len(dates), 3.0), dates, horizon_days=1.5 * block).level
        came = x[blocks:].mean()
        errors.append(((came - level.mean) ** 2, came**2))
    followed, ignored = np.mean(errors, axis=0)
    assert followed < 0.6 * ignored


def test_a_break_in_the_mean_of_both_sides():
    """Twice as many since half a year, expected as the mean of all. Mutant: a break of the past only."""
    dates = days_of(400)
    rng = np.random.default_rng(23)
    rate = np.where(np.arange(400) < 200, 4.0, 8.0)
    errors = [
        trend_of_counts(rng.poisson(rate).astype(float), np.full(400, 6.0), dates).level.mean
        - math.log(8 / 6)
        for _ in range(12)
    ]
    assert np.mean(errors) == pytest.approx(0.0, abs=0.03)


def test_a_break_leaves_what_came_after_it_sure():
    """Half as many until three months ago, steady since. Mutant: no breaks."""
    dates = days_of(365)
    counts = np.random.default_rng(19).poisson(np.where(np.arange(365) < 270, 4.0, 8.0)).astype(float)
    level = trend_of_counts(counts, np.full(365, 5.0), dates).level
    assert level.mean == pytest.approx(math.log(8 / 5), abs=0.1)
    assert level.sd < 0.1
    assert level.drifts > 0.99


def test_a_random_walk_is_less_certain_further_ahead():
    """Mutant: variance does not grow with the horizon."""
    rng = np.random.default_rng(14)
    dates = days_of(730)
    walk = np.exp(np.repeat(np.cumsum(rng.normal(0, 0.25, 73)), 10))
    counts = rng.poisson(5 * walk).astype(float)
    near, far = (
        trend_of_counts(counts, np.full(730, 5.0), dates, horizon_days=days).level for days in (15, 180)
    )
    assert near.drifts > 0.99
    assert far.sd > 2 * near.sd


def test_quarter_ends_are_told_from_drift():
    """Two years that grow by half and close at quarter ends. Mutant: months counted from February."""
    dates = days_of(730)
    effect = np.array([-0.25, -0.1, 0.35])
    rate = 6 * np.exp(np.linspace(0, 0.4, 730) + effect[month_of(dates) % 3])
    counts = np.random.default_rng(15).poisson(rate).astype(float)
    found = trend_of_counts(counts, np.full(730, 6.0), dates)
    assert found.quarter - found.quarter.mean() == pytest.approx(effect, abs=0.07)
    assert np.abs(found.year).max() < 0.1
    assert found.level.mean == pytest.approx(0.4, abs=3 * found.level.sd)


def test_what_was_seen_in_one_quarter_is_believed_in_part():
    """The same pattern over one quarter and over eight; mutant: drift left out of what it may be."""

    def swing(days):
        dates = days_of(days)
        effect = np.array([-0.4, 0.0, 0.4])[month_of(dates) % 3]
        counts = np.random.default_rng(16).poisson(20 * np.exp(effect)).astype(float)
        return np.ptp(trend_of_counts(counts, np.full(days, 20.0), dates).quarter)

    assert swing(90) < 0.7 * 0.8
    assert swing(730) == pytest.approx(0.8, abs=0.08)


def test_a_year_comes_back():
    """Three years with a summer: the months' factors, and none of them taken for drift."""
    dates = days_of(3 * 365)
    effect = 0.4 * np.cos(2 * np.pi * (np.arange(1095) / 365.25 - 0.5))
    counts = np.random.default_rng(17).poisson(10 * np.exp(effect)).astype(float)
    found = trend_of_counts(counts, np.full(1095, 10.0), dates)
    planted = 0.4 * np.cos(2 * np.pi * ((MONTHS + 0.5) / 12 - 0.5))
    assert found.season - found.season.mean() == pytest.approx(planted, abs=0.07)


def test_a_known_season_is_not_counted_twice():
    """Expected counts that hold the season leave the level as it was. Mutant: season not put back."""
    dates = days_of(730)
    effect = np.tile([-0.3, -0.1, 0.4], 4)
    counts = np.random.default_rng(18).poisson(8 * np.exp(effect[month_of(dates)])).astype(float)
    plain = trend_of_counts(counts, np.full(730, 8.0), dates)
    held = trend_of_counts(counts, 8 * np.exp(effect[month_of(dates)]), dates, season=effect)
    assert held.season - held.season.mean() == pytest.approx(plain.season - plain.season.mean(), abs=0.03)
    first_months = effect[[0, 1, 2]]
    assert held.level.mean == pytest.approx(plain.level.mean - first_months.mean(), abs=0.06)


def test_too_little_says_nothing():
    found = trend_of_counts(np.zeros(20), np.zeros(20), days_of(20))
    assert (found.level.mean, found.level.sd) == (0.0, 0.0)
    assert not found.season.any()
    few = trend_of_values(np.arange(19.0), np.full(19, 2.0), dt.datetime(2024, 1, 1))
    assert few.level.sd == 0


def test_amounts_that_rise_are_followed_and_steady_ones_left_alone():
    """Prices 40 % higher in the last quarter. Mutant: half months counted from the oldest value."""
    rng = np.random.default_rng(13)
    as_of = dt.datetime(2024, 1, 1)
    ago = rng.uniform(0, 360, 1500)
    ratio = rng.lognormal(-0.125, 0.5, 1500)
    assert abs(trend_of_values(ago, ratio, as_of).level.mean) < 0.05
    raised = np.where(ago < 91, 1.4, 1.0) * ratio
    level = trend_of_values(ago, raised / raised.mean(), as_of).level
    true = math.log(1.4 / (1 + 0.4 * 91 / 360))
    assert level.mean == pytest.approx(true, abs=3 * level.sd)
    assert level.sd < 0.15
    assert level.drifts > 0.9


def test_values_that_are_all_alike_show_no_drift():
    """One list price: the covariance of a steady level without noise has no inverse."""
    as_of = dt.datetime(2024, 1, 1)
    assert trend_of_values(np.arange(40.0), np.ones(40), as_of).level == STEADY
    nearly = np.ones(40)
    nearly[3] += 1e-3
    assert abs(trend_of_values(np.arange(40.0), nearly, as_of).level.mean) < 1e-3


def test_what_lies_longer_ago_than_is_looked_at_shows_no_drift():
    """Nobody was expected for the last five years. Mutant: the last of no half months that are known."""
    old = np.concatenate([np.ones(200), np.zeros(5 * 366)])
    assert trend_of_counts(old, old, days_of(len(old))).level == STEADY
    ago = np.linspace(5 * 366, 5 * 366 + 200, 40)
    ratios = np.random.default_rng(1).lognormal(0, 0.5, 40)
    assert trend_of_values(ago, ratios, dt.datetime(2024, 1, 1)).level == STEADY
