"""Exits recorded late are noticed, and quiet beginnings are not mistaken for it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.history.cleaning.truncation import closed_share, recorded_from, zombies

START, AS_OF = dt.datetime(2025, 1, 1), dt.datetime(2026, 1, 1)


def simulated(
    mean_days: float, *, least_days: float = 0.0, recorded_after: float = 0.0, seed: int = 1
) -> pl.DataFrame:
    """Deals begun evenly over a year that close after an exponential time; those closed before
    `recorded_after` are not in the file at all."""
    random = np.random.default_rng(seed)
    begun = np.sort(random.uniform(0, 365, 3000))
    closed = begun + least_days + random.exponential(mean_days, len(begun))
    there = closed >= recorded_after
    begun, closed = begun[there], closed[there]
    at = [START + dt.timedelta(days=float(day)) for day in begun]
    end = [START + dt.timedelta(days=float(day)) if day < 365 else None for day in closed]
    return pl.DataFrame({"deal": [str(place) for place in range(len(at))], "begun": at, "closed": end})


@pytest.mark.parametrize("seed", range(5))
def test_closings_recorded_from_june_on_are_found(seed: int) -> None:
    found, evidence = recorded_from(simulated(30, recorded_after=151, seed=seed), AS_OF)
    assert found is not None
    assert abs((found - dt.datetime(2025, 6, 1)).days) <= 1
    assert evidence.closings_expected > 100


@pytest.mark.parametrize("seed", range(5))
def test_a_complete_history_is_left_alone(seed: int) -> None:
    assert recorded_from(simulated(30, seed=seed), AS_OF)[0] is None


def test_a_long_shortest_cycle_is_no_truncation() -> None:
    """No deal closes in its first 100 days. Catches the mutant that only looks at how long nothing closed."""
    history = simulated(60, least_days=100)
    first_closing = history["closed"].drop_nulls().min()
    assert (first_closing - START).days >= 100  # type: ignore[operator]
    found, evidence = recorded_from(history, AS_OF)
    assert found is None
    assert evidence.begun_before > 500
    assert evidence.closings_expected < 5


def test_too_few_closings_say_nothing() -> None:
    assert recorded_from(simulated(30, recorded_after=151).head(20), AS_OF)[0] is None


def test_the_closed_share_is_the_kaplan_meier_estimate() -> None:
    """Six-mercaptopurine arm of Freireich et al. (1963), as in Klein and Moeschberger, table 4.1A.

    Survival after 6, 7, 10, 13, 16, 22 and 23 weeks.
    """
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    times, share = closed_share(np.array(weeks, float), np.array(relapsed, bool))
    survival = dict(zip(times, 1 - share, strict=True))
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {week: round(float(survival[week]), 3) for week in published} == published


def test_zombies_are_open_deals_older_than_any_cycle() -> None:
    day = dt.timedelta(days=1)
    deals = pl.DataFrame(
        {
            "deal": ["a", "b", "c", "d"],
            "begun": [START, START, AS_OF - 42 * day, AS_OF - 39 * day],
            "closed": [START + 10 * day, START + 40 * day, None, None],
        }
    )
    found = zombies(deals, AS_OF)
    assert (found.open, found.older_than_any, found.examples) == (2, 1, ("c", "d"))
    assert found.longest_cycle_days == 40.0
