"""When tasks are done, what waiting costs, how long seats are held: known by hand or in closed form."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from funnelsim.engines.run import simulate
from funnelsim.results.run import Run
from tests.oracles import queues, tolerance

from .staffed import staffed

FRIDAY_TASK = """
start = 2026-01-09  # a Friday
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
holidays = [%s]
[roles.ae]
headcount = %d
calendar = "office"
%s
[sources.web]
enters = "demo"
rate = 0
[stages.demo.exits]
proposal = { p = 1.0, after = "constant(15h)" }
[stages.proposal]
work = { role = "ae", effort = "constant(20h)" }
[stages.proposal.exits]
won = { p = 1.0, after = "constant(0d)" }
"""
ENGINES = pytest.mark.parametrize("engine", ["reference", "fast"])


@ENGINES
@pytest.mark.parametrize(
    ("holidays", "headcount", "more", "day", "hour"),
    [
        ("", 1, "", 5, 11),  # Friday 2 h, Monday 8, Tuesday 8, Wednesday 2
        ("2026-01-12", 1, "", 6, 11),
        ("2026-01-11", 1, "", 5, 11),  # a Sunday
        ("", 0, "ramp = [0.5]\nhires = [{ on = 2026-01-09 }]", 7 + 0, 15),  # 40 hours at half speed
    ],
)
def test_a_task_is_done_in_working_time(engine, holidays, headcount, more, day, hour):
    """20 hours from Friday 15:00 end on Wednesday 11:00.

    Mutants: holidays not closed, 24-hour days, a ramp of dwell instead of work, months from the start.
    """
    funnel = staffed(
        FRIDAY_TASK % (holidays, headcount, more),
        waiting=[{"stage": "demo", "age_days": 0.0, "state": "dwelling", "source": "web"}],
    )
    row = simulate(funnel, days=30, replications=1, visits=True, engine=engine).visits.row(-1, named=True)
    assert row["stage"] == "proposal"
    assert row["started"] == pytest.approx(15 / 24, abs=1e-12)
    assert row["finished"] == pytest.approx(day + hour / 24, abs=1e-9)


def test_a_day_of_work_ends_at_closing_time():
    """Eight hours from 9:00 end at 17:00. Mutant: done when the office opens again, by a last bit of time."""
    text = """
[calendars.office]
hours = ["Mon-Fri 09:00-17:00"]
[roles.ae]
headcount = 1
calendar = "office"
[sources.web]
enters = "demo"
rate = 0
[stages.demo]
work = { role = "ae", effort = "constant(8h)" }
[stages.demo.exits]
won = { p = 1.0, after = "constant(0d)" }
"""
    leads = [{"stage": "demo", "age_days": float(n)} for n in range(250)]
    run = simulate(staffed(text, waiting=leads), days=360, replications=1, visits=True)
    finished = np.sort(run.visits["finished"].to_numpy())
    weekdays = np.array([day for day in range(360) if day % 7 < 5])[:250]
    np.testing.assert_allclose(finished, weekdays + 17 / 24, atol=2e-9)


def test_waiting_halves_the_chance_of_an_exit():
    """Four days of waiting, a half-life of two: a quarter of p is left, the rest is lost.

    Mutants: 2^(w/h) of the odds, wait counted to the finish, half-life of the dwell, e^(-w/h).
    """
    text = """
[roles.ae]
headcount = 0
hires = [{ on = 2026-01-08, count = 1 }]
[sources.web]
enters = "demo"
rate = 0
[stages.demo]
work = { role = "ae", effort = "constant(0h)" }
[stages.demo.exits]
nurture = { to = "churned", p = 0.1, after = "exponential(mean=1d)" }
won     = { p = 0.6, after = "constant(0d)", wait_half_life = "2d" }
lost    = { p = 0.3, after = "constant(0d)" }
"""
    leads = [{"stage": "demo", "age_days": 1.0} for _ in range(400)]
    run = simulate(staffed(text, waiting=leads), days=60, replications=100, visits=True, seed=7)
    visits = run.visits
    assert (visits["started"] == 3.0).all()
    exits = dict(visits["exit"].value_counts().iter_rows())
    tolerance.check_share(exits["won"], visits.height, 0.15, resolution=0.01)
    tolerance.check_share(exits["lost"], visits.height, 0.75, resolution=0.01)
    tolerance.check_share(exits["nurture"], visits.height, 0.1, resolution=0.01)


def rostered(turnover: str, *, days: float, replications: int) -> np.ndarray:
    text = f"""
[roles.ae]
headcount = 5
{turnover}
[sources.web]
enters = "demo"
rate = "1 per day"
[stages.demo]
work = {{ role = "ae", effort = "constant(1h)" }}
[stages.demo.exits]
won = {{ p = 1.0, after = "constant(0d)" }}
"""
    run: Run = simulate(staffed(text), days=days, replications=replications, seed=2)
    return run.tallies["rostered_days"][:, 0, 0]


def test_seats_are_held_as_by_renewal_theory():
    """Exponential lives and constant gaps. Mutants: gaps skipped, one life for all, lives of the mean."""
    held = rostered(
        'attrition = { rate = "400% per year", backfill_after = "60d" }', days=365, replications=4_000
    )
    expected = queues.mean_days_held(365.0, 365.25 / 4, 60.0)
    tolerance.check_mean(held / 5, expected, resolution=0.01)


def test_seats_that_stay_empty_were_held_for_exponential_lives():
    """Mean and variance. Mutants: one life for all seats (variance five times), a year of 360 days."""
    held = rostered('attrition = { rate = "100% per year" }', days=730, replications=8_000)
    mean = 365.25
    cut = 730 / mean
    expected = mean * (1 - math.exp(-cut))
    square = 2 * mean**2 * (1 - math.exp(-cut) * (1 + cut))
    tolerance.check_mean(held / 5, expected, resolution=0.02)
    tolerance.check_variance(held, 5 * (square - expected**2), resolution=0.1)


@ENGINES
def test_an_owner_holds_so_many_leads(engine):
    """Two owners with a place each; the oldest first, three days a lead.

    Mutants: places not freed, highest seat first, most owned leads first.
    """
    text = """
[roles.ae]
headcount = 2
assignment = "owner"
open_deals_max = 1
[sources.web]
enters = "demo"
rate = 0
[stages.demo]
work = { role = "ae", effort = "constant(1h)" }
[stages.demo.exits]
won = { p = 1.0, after = "constant(71h)" }
"""
    leads = [{"stage": "demo", "age_days": 1.0} for _ in range(5)]
    run = simulate(staffed(text, waiting=leads), days=30, replications=1, visits=True, engine=engine)
    rows = run.visits.sort("started", "rep").select("started", "rep")
    assert rows["started"].round(9).to_list() == [0.0, 0.0, 3.0, 3.0, 6.0]
    assert rows["rep"].to_list() == ["ae 1", "ae 2", "ae 1", "ae 2", "ae 1"]


@ENGINES
def test_patience_that_ends_with_opening_time_is_rewarded(engine):
    """Reps start before patience runs out at the same instant (rule 5), and removal comes before both.

    Mutant: patience before the start.
    """
    text = """
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
[roles.ae]
headcount = 1
calendar = "office"
[sources.web]
enters = "demo"
rate = 0
[stages.demo]
work = { role = "ae", effort = "constant(1h)" }
patience = "constant(33h)"
abandons_to = "lost"
[stages.demo.exits]
won = { p = 1.0, after = "constant(0d)" }
"""
    leads = [{"stage": "demo", "age_days": 1.0} for _ in range(2)]
    run = simulate(staffed(text, waiting=leads), days=3, replications=1, visits=True, engine=engine)
    assert sorted(run.visits["exit"].to_list()) == ["abandoned", "won"]
    gave_up = run.visits.filter(pl.col("exit") == "abandoned")
    assert gave_up["left"].to_list() == [pytest.approx(9 / 24)]
    assert run.tallies["abandoned"][0, 0] == 1
