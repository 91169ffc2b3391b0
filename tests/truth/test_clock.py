"""The buyer's clock: leave times of constant dwells, against a walk through the calendar."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.engines.run import simulate
from tests.oracles import tempo

QUARTER = (0.4, 0.8, 1.8)
WORK_WEEK = (1.0, 1.0, 1.0, 1.0, 1.0, 0.1, 0.0)
START = dt.date(2026, 1, 5)

TEXT = """
[clocks.quarter_end]
over = "quarter"
month = [0.4, 0.8, 1.8]
%s
[sources.inbound]
enters = "demo"
rate = "2 per day"
[stages.demo]
clock = "quarter_end"
[stages.demo.exits]
proposal = { p = 0.5, after = "constant(12d)" }
lost     = { p = 0.5, after = "constant(12d)", clock = "quarter_end" }
[stages.proposal.exits]
won = { p = 1.0, after = "constant(10d)" }
"""


@pytest.mark.parametrize("engine", ["reference", "fast"])
@pytest.mark.parametrize("weekday", [None, WORK_WEEK])
def test_a_dwell_ends_when_the_clock_has_run_it(funnel_of, engine, weekday):
    """Every stay of 120 days, across both borders of a quarter.

    Catches: a factor not divided by its mean, divided by the plain mean of the months, a month counted from
    the start instead of the calendar, an inverse that stops at midnight, Sundays with a little tempo. The
    mean over dates and the product of the two patterns' means differ by 3e-5; either reading passes.
    """
    line = f"weekday = {list(weekday)}" if weekday else ""
    run = simulate(funnel_of(TEXT % line), days=120, replications=2, seed=1, visits=True, engine=engine)
    stays = run.visits.filter((pl.col("stage") == "demo") & pl.col("left").is_not_null())
    assert stays.height > 200
    for entered, left in stays.select("entered", "left").iter_rows():
        expected = tempo.leave_instant(
            START, entered, 12.0, month_of_quarter=QUARTER, weekday=weekday or (1.0,) * 7
        )
        # A tempo of at least 0.4 (0.04 on a Saturday): an error on the clock grows by up to 1 / tempo.
        slowest = 0.04 if weekday else 0.4
        assert left == pytest.approx(expected, abs=12.0 * 4e-5 / slowest)


def test_a_stay_by_hand(funnel_of):
    """Months of 0.4, 0.8, 1.8 have the day-weighted mean 0.99932: a stay of 12 days entered on 20 January.

    12 days to 31 January run 12 x 0.4 / 0.99932 = 4.8033 on the clock; the other 7.1967 take 7.1967 x
    0.99932 / 0.8 = 8.9898 days of February.
    """
    left = tempo.leave_instant(START, 15.0, 12.0, month_of_quarter=QUARTER)
    assert left == pytest.approx(27 + 8.9898, abs=2e-4)


def test_other_stages_keep_their_own_time(funnel_of):
    """Catches: a clock that reaches stages without one."""
    run = simulate(funnel_of(TEXT % ""), days=120, replications=5, seed=1, visits=True)
    stays = run.visits.filter((pl.col("stage") == "proposal") & pl.col("left").is_not_null())
    assert stays.height > 100
    assert (stays["left"] - stays["entered"]).to_list() == pytest.approx([10.0] * stays.height)


def test_ages_are_measured_on_the_clock(funnel_of):
    """A deal 20 calendar days old on 5 January has lived 16 days of December at 1.8 and 4 of January at 0.4.

    That is 30.4 / 0.99932 = 30.42 days on the clock, of a constant dwell of 31: 0.58 left, at 0.4 a day.
    Catches: an age taken as calendar days, which would leave 11 days.
    """
    text = TEXT.replace("12d", "31d") % ""
    pipeline = [{"stage": "demo", "age_days": 20.0, "source": "inbound", "amount": 1.0}]
    run = simulate(funnel_of(text, pipeline=pipeline), days=60, replications=8, seed=2, visits=True)
    mean = tempo.mean_factor(QUARTER, (1.0,) * 7)
    lived = (16 * 1.8 + 4 * 0.4) / mean
    old = run.visits.filter(pl.col("stage") == "demo").sort("entered").group_by("replication").first()
    assert old["left"].to_list() == pytest.approx([(31 - lived) * mean / 0.4] * 8, abs=0.01)


BATCHES = (5.0, *(1.0,) * 13, 3.0, *(0.8,) * 15, 6.0)
BATCH_TEXT = """
[clocks.batches]
day = %s
[sources.inbound]
enters = "demo"
rate = "1 per year"
[stages.demo.exits]
won = { p = 1.0, after = "exponential(mean=40d)", clock = "batches" }
"""


@pytest.mark.parametrize(("engine", "replications"), [("reference", 20), ("fast", 200)])
def test_exits_by_day_of_the_month(funnel_of, engine, replications):
    """400 deals open on 5 January leave on each of 90 days as the integral says: chi-square of 90 days.

    Catches: factors by the number of the day in short months, a month counted from the start, factors not
    divided by their mean over the years.
    """
    pipeline = [{"stage": "demo", "age_days": 0.0, "source": "inbound", "amount": 1.0}] * 400
    funnel = funnel_of(BATCH_TEXT % list(BATCHES), pipeline=pipeline)
    run = simulate(funnel, days=90, replications=replications, seed=3, visits=True, engine=engine)
    left = run.visits.filter((pl.col("entered") <= 0) & pl.col("left").is_not_null())["left"].to_numpy()
    seen = np.bincount(np.floor(left).astype(int), minlength=90)
    expected = 400 * replications * tempo.leaving_by_day(START, 90, 40.0, BATCHES)
    # Chi-square of 90 days, mean 90 and standard deviation 13.4.
    assert np.sum((seen - expected) ** 2 / expected) < 90 + 4 * 13.4
    assert abs(seen.sum() - expected.sum()) < 4 * np.sqrt(expected.sum())
