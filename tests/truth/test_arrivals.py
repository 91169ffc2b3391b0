"""Leads of a source by weekday, month and growth; their weekly counts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy import stats

from funnelsim.engines.run import simulate
from funnelsim.results.run import Window
from tests.oracles import seasons, tolerance

START = dt.date(2026, 1, 5)  # a Monday
WEEKDAY = (1, 1, 1, 1, 1, 0.2, 0.1)
MONTH = (1, 3, 1.1, 1, 1, 0.9, 0.8, 0.7, 1.1, 1.1, 1.1, 0.9)

TEXT = """
[sources.inbound]
enters = "mql"
rate = "12 per day"
%s
[stages.mql.exits]
lost = { p = 1.0, after = "constant(1d)" }
"""


def windows(days: int, length: int) -> tuple[Window, ...]:
    spans = [(0, days), *((first, first + length) for first in range(0, days - length + 1, length))]
    return tuple(Window(label=f"{a}-{b}", start_day=float(a), end_day=float(b)) for a, b in spans)


@pytest.fixture
def seasonal(funnel_of):
    patterns = f'weekday = {list(WEEKDAY)}\nmonth = {list(MONTH)}\ngrowth = "4% per month"'
    return funnel_of(TEXT % patterns)


def test_expected_leads_of_each_day_are_as_by_hand(seasonal):
    """Catches: a week that begins on Sunday, a month pattern divided by its plain mean (1 % off here, as
    February is short and strong), growth in monthly steps, `rate` read as the average of the year.
    """
    days = 364
    run = simulate(seasonal, days=days, windows=windows(days, 1), replications=1_000, seed=1)
    found = run.tallies["leads_created"]
    expected = seasons.expected_leads(START, days, rate=12.0, weekday=WEEKDAY, month=MONTH, growth=0.04)
    tolerance.check_mean(found[:, 0], expected.sum(), resolution=0.0025)
    z = (found[:, 1:].mean(axis=0) - expected) / np.sqrt(expected / len(found))
    assert np.abs(z).max() < 4.5  # the largest of 364
    # All days together: chi-square sees a small error that no single day shows.
    assert stats.chi2(days).sf((z**2).sum()) > tolerance.SMALLEST_P_VALUE


def test_growth_goes_on_from_the_start(funnel_of):
    """With a warm-up, rate is still the average at `start`: before it there were fewer leads."""
    funnel = funnel_of(TEXT % 'growth = "10% per month"')
    run = simulate(funnel, days=30, warmup_days=60, replications=2_000, seed=2)
    expected = seasons.expected_leads(START, 30, rate=12.0, growth=0.10).sum()
    tolerance.check_mean(run.tallies["leads_created"][:, 0], expected, resolution=0.006)


@pytest.mark.parametrize("dispersion", [1.0, 1.8, 4.0])
def test_weekly_counts_have_the_dispersion_asked_for(funnel_of, dispersion):
    """Counts of whole weeks are negative binomial with variance D times the mean.

    Catches: D on the wrong side of the gamma, one factor for all weeks of a source.
    """
    weeks = 8
    funnel = funnel_of(TEXT % f"dispersion = {dispersion}\nweekday = {list(WEEKDAY)}")
    run = simulate(funnel, days=7 * weeks, windows=windows(7 * weeks, 7), replications=5_000, seed=3)
    counts = run.tallies["leads_created"][:, 1:]
    tolerance.check_mean(counts.ravel(), 84.0, resolution=0.005)
    tolerance.check_variance(counts.ravel(), dispersion * 84.0, resolution=0.04)
    tolerance.check_counts(counts.ravel(), seasons.weekly_count_distribution(84.0, dispersion))
    between = np.corrcoef(counts.T)[np.triu_indices(weeks, 1)]
    assert np.abs(between).max() < 4.5 / np.sqrt(len(counts))


def test_weeks_run_from_monday_wherever_the_model_starts(funnel_of):
    """A start on a Wednesday. Catches: weeks of seven days from the start, which would give D = 2.8."""
    funnel = funnel_of(TEXT % "dispersion = 4", start="2026-01-07")
    spans = [(0, 5), *((5 + 7 * i, 12 + 7 * i) for i in range(6))]
    weeks = tuple(Window(label=str(a), start_day=float(a), end_day=float(b)) for a, b in spans)
    run = simulate(funnel, days=47, windows=weeks, replications=5_000, seed=6)
    counts = run.tallies["leads_created"]
    tolerance.check_mean(counts[:, 0], 60.0, resolution=0.02)
    tolerance.check_counts(counts[:, 1:].ravel(), seasons.weekly_count_distribution(84.0, 4.0))


def test_days_within_a_dispersed_week_move_together(funnel_of):
    """Var of the first half of a week: m h + h^2 m (D - 1). Catches: a gamma factor for each day."""
    funnel = funnel_of(TEXT % "dispersion = 4")
    spans = (Window(label="all", start_day=0.0, end_day=14.0), Window(label="h", start_day=7.0, end_day=9.0))
    run = simulate(funnel, days=14, windows=spans, replications=10_000, seed=4)
    share = 2 / 7
    expected = 84 * share + share**2 * 84 * 3
    tolerance.check_variance(run.tallies["leads_created"][:, 1], expected, resolution=0.07)


def test_two_sources_are_independent(funnel_of):
    """Catches: the source left out of the key, which gives both the same gaps."""
    one = '[sources.%s]\nenters = "%s"\nrate = "12 per day"\ndispersion = 2\n'
    stage = '[stages.%s.exits]\nlost = { p = 1.0, after = "constant(1d)" }\n'
    text = one % ("a", "x") + one % ("b", "y") + stage % "x" + stage % "y"
    run = simulate(funnel_of(text), days=28, replications=5_000, seed=5)
    x, y = run.tallies["entered"][:, 0, 0], run.tallies["entered"][:, 0, 1]
    assert abs(np.corrcoef(x, y)[0, 1]) < 4 / np.sqrt(len(x))
    tolerance.check_variance(x + y, 2 * 2 * 12 * 28, resolution=0.09)


def test_a_source_that_hardly_ever_brings_a_lead_may_be_uneven(funnel_of):
    """A lead in a thousand years, in very uneven weeks. Mutant: shapes without a least one."""
    funnel = funnel_of(TEXT.replace("12 per day", "0.001 per year") % "dispersion = 20")
    run = simulate(funnel, days=70, replications=200)
    assert run.tallies["leads_created"].sum() <= 2
