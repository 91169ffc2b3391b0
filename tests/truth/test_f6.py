"""F6-NC, the standard workload, against its exact answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from funnelsim.engines.run import simulate
from funnelsim.results.run import Window
from tests.oracles import cdfs, compound_poisson, f6, freeflow, tolerance


def test_wins_are_exact(f6_run, f6_exact):
    """Catches: `mean` read as the median, an exit drawn with p 1 % off, dwells cut at a quantile."""
    tolerance.check_mean(f6_run.tallies["deals_won"][:, 0], f6_exact.wins, resolution=0.003)


def test_mean_cycle_of_the_wins_is_exact(f6_run, f6_exact):
    """Catches: a cycle that begins at the second stage, a dwell drawn twice, wins after the quarter."""
    tallies = f6_run.tallies
    tolerance.check_ratio(
        tallies["cycle_days_sum"][:, 0], tallies["deals_won"][:, 0], f6_exact.cycle_days, resolution=0.0015
    )


def test_bookings_are_exact(f6_run, f6_exact):
    """Catches: an amount whose mean is off by 1 %, amounts tied to the luck of the exits."""
    bookings = f6_run.tallies["bookings"][:, 0].sum(axis=-1)
    tolerance.check_mean(bookings, f6_exact.bookings, resolution=0.005)


@pytest.mark.parametrize("stage", f6.STAGES)
def test_entries_of_each_stage_are_exact(f6_run, f6_exact, stage):
    """Catches: entries counted by their end, a neighbour's dwells, leads of the last day left out."""
    entered = f6_run.tallies["entered"][:, 0, f6_run.stages.index(stage)]
    tolerance.check_mean(entered, f6_exact.entered[stage], resolution=0.003)


def test_losses_are_exact(f6_run, f6_exact):
    tolerance.check_mean(f6_run.tallies["deals_lost"][:, 0], f6_exact.entered["lost"], resolution=0.001)


def test_days_in_each_stage_are_exact(f6_run):
    """Integral of (entered - left) over the quarter. Catches: stays still open at the end left out."""
    step = 1 / 16
    times = (np.arange(0, f6.DAYS, 0.25)) + 0.125
    masses = freeflow.entry_masses(f6.ways(), f6.STAGES[0], step=step, count=int(f6.DAYS / step) + 1)
    onwards = (*f6.STAGES[1:], "won")
    for stage, on, p_on in zip(f6.STAGES, onwards, f6.P_ON, strict=True):
        entered = freeflow.expected_by(times, masses[stage], f6.arrivals, step=step)
        left = freeflow.expected_by(times, masses[on], f6.arrivals, step=step) / p_on
        found = f6_run.tallies["wip_days"][:, 0, f6_run.stages.index(stage)]
        tolerance.check_mean(found, 0.25 * (entered - left).sum(), resolution=0.004)


@pytest.mark.parametrize("place", range(len(f6.STAGES)))
def test_stays_that_ended_are_exact(f6_run, place):
    """Stays ended in the quarter, those that went on, and their days: short stays are over-represented.

    Catches: stays counted by their entry, the mean of the dwells (biased by what is still open at the end).
    """
    step, stage = 1 / 16, f6.STAGES[place]
    on = (*f6.STAGES[1:], "won")[place]
    count = int(f6.DAYS / step) + 1
    masses = freeflow.entry_masses(f6.ways(), f6.STAGES[0], step=step, count=count)
    forward = freeflow.expected_by(f6.DAYS, masses[on], f6.arrivals, step=step)[0]
    dwells = freeflow.lag_masses(f6.ways()[stage][0].cdf, step=step, count=count) * np.arange(count) * step
    days_by_lag = np.convolve(masses[stage], dwells)[:count]
    days = freeflow.expected_by(f6.DAYS, days_by_lag, f6.arrivals, step=step)[0]
    tallies = {name: f6_run.tallies[name][:, 0, place] for name in ("ended", "forward", "dwell_days_sum")}
    tolerance.check_mean(tallies["forward"], forward, resolution=0.003)
    tolerance.check_mean(tallies["ended"], forward / f6.P_ON[place], resolution=0.003)
    tolerance.check_ratio(
        tallies["dwell_days_sum"], tallies["ended"], days * f6.P_ON[place] / forward, resolution=0.003
    )


def test_wins_follow_the_poisson_distribution(f6_run, f6_exact):
    """Thinning and random displacement keep a Poisson process Poisson (Kingman 1993, sections 5.1, 5.2).

    Catches: draws shared by leads or replications, luck that varies from one replication to the next.
    """
    wins = f6_run.tallies["deals_won"][:, 0]
    tolerance.check_variance(wins, f6_exact.wins, resolution=0.05)
    tolerance.check_counts(wins, stats.poisson(f6_exact.wins))


def test_leads_follow_the_poisson_distribution(f6_run):
    """Catches: a fixed number of leads, gaps that are not exponential."""
    leads = f6_run.tallies["leads_created"][:, 0]
    tolerance.check_variance(leads, f6.LEADS_PER_DAY * f6.DAYS, resolution=0.05)
    tolerance.check_counts(leads, stats.poisson(f6.LEADS_PER_DAY * f6.DAYS))


def test_the_poisson_test_sees_one_percent(f6_run, f6_exact):
    wins = f6_run.tallies["deals_won"][:, 0]
    assert tolerance.counts_p_value(wins, stats.poisson(1.01 * f6_exact.wins)) < tolerance.SMALLEST_P_VALUE


def test_wins_and_losses_are_independent(f6_run):
    """Splitting a Poisson process. Catches: a fixed number of leads, which gives a correlation of -0.49."""
    won, lost = f6_run.tallies["deals_won"][:, 0], f6_run.tallies["deals_lost"][:, 0]
    assert abs(np.corrcoef(won, lost)[0, 1]) < 4 / np.sqrt(len(won))


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_quantiles_of_bookings_are_compound_poisson(f6_run, f6_exact, level):
    """Catches: amounts shared by the wins of a replication, a normal distribution for the skewed one."""
    step = 500.0
    amounts = compound_poisson.lattice(
        cdfs.lognormal(f6.MEAN_AMOUNT, f6.SIGMA_AMOUNT), step=step, count=1 << 14
    )
    masses = compound_poisson.by_transform(f6_exact.wins, amounts)
    quantile = compound_poisson.quantiles(masses, level, step=step)
    bookings = f6_run.tallies["bookings"][:, 0].sum(axis=-1)
    tolerance.check_share(int((bookings <= quantile).sum()), len(bookings), level, resolution=0.015)


def test_half_quarters_are_exact_and_add_up(f6_funnel):
    """Catches: a window that takes what another has, events on the wrong side of a border."""
    half = f6.DAYS / 2
    windows = (
        Window(label="all", start_day=0.0, end_day=f6.DAYS),
        Window(label="first", start_day=0.0, end_day=half),
        Window(label="second", start_day=half, end_day=f6.DAYS),
    )
    run = simulate(f6_funnel, days=f6.DAYS, windows=windows, replications=4_000, seed=3)
    wins = run.tallies["deals_won"]
    step = 1 / 32
    masses = freeflow.entry_masses(f6.ways(), f6.STAGES[0], step=step, count=int(f6.DAYS / step) + 1)
    expected = freeflow.expected_by(half, masses["won"], f6.arrivals, step=step)[0]
    tolerance.check_mean(wins[:, 1], expected, resolution=0.015)
    for name in ("leads_created", "deals_won", "deals_lost"):
        assert np.array_equal(run.tallies[name][:, 0], run.tallies[name][:, 1:].sum(axis=1)), name
    assert np.allclose(run.tallies["wip_days"][:, 0], run.tallies["wip_days"][:, 1:].sum(axis=1))
