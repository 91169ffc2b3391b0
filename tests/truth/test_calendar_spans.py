"""What a run says of a day does not depend on where the run ends, nor on the fiscal year of a goal."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.core.calendar.calendar_factors import day_grid, tempo_factors
from funnelsim.distributions import parse_distribution
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.scope import Span
from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Clock, Exit, Goal, Model, Source, Stage
from funnelsim.results.run import Window

START = dt.date(2026, 1, 14)  # a Wednesday
DWELL = parse_distribution("exponential(mean=20d)", "duration")


def funnel(**changes) -> Funnel:  # type: ignore[no-untyped-def]
    parts = {
        "name": "spans",
        "start": START,
        "sources": {"all": Source(enters={"demo": 1.0}, rate=3.0, dispersion=6.0)},
        "stages": {
            "demo": Stage(
                exits={
                    "won": Exit(to="won", p=0.5, after=DWELL, clock="beat"),
                    "lost": Exit(to="lost", p=0.5, after=DWELL),
                }
            )
        },
        "clocks": {"beat": Clock(over="quarter", month=(0.5, 1.0, 1.5), week=(1.0,) * 12 + (3.0,))},
    }
    return funnel_of(Model(**(parts | changes)))


@pytest.mark.parametrize("end", [40.0, 61.0])
def test_leads_of_a_day_do_not_depend_on_the_horizon(end):
    """A month that ends in mid-week, alone and as a part of a longer run.

    Mutant: the spread of a week from the days of it that are simulated.
    """
    month = Window(label="month", start_day=0.0, end_day=31.0)
    alone, longer = (
        simulate(funnel(), days=days, windows=(month,), replications=300, seed=4).tallies["leads_created"]
        for days in (31.0, end)
    )
    assert np.array_equal(alone, longer)


def test_clock_with_days_of_the_month_has_a_mean_of_one():
    """Over 28 years, with months beside. Mutant: days divided by the plain mean of 31 numbers only."""
    dates = day_grid(dt.date(2001, 1, 1), 0, 28 * 365 + 7)
    day = (4.0,) + (1.0,) * 29 + (8.0,)
    factors = tempo_factors(dates, over="quarter", month=(0.5, 1.0, 1.5), day=day)
    assert factors.mean() == pytest.approx(1.0, abs=1e-12)
    by_date = dict(zip(dates, factors, strict=True))
    ordinary = by_date[dt.date(2004, 2, 10)]
    last = [dt.date(2004, 2, 29), dt.date(2005, 2, 28), dt.date(2005, 11, 30), dt.date(2005, 8, 31)]
    assert [by_date[day] / ordinary for day in last] == pytest.approx([8.0] * 4)
    assert by_date[dt.date(2004, 2, 28)] == ordinary
    assert by_date[dt.date(2005, 5, 1)] == pytest.approx(4 * ordinary)


def test_clock_with_months_and_weeks_has_a_mean_of_one():
    """Over 28 years. Mutant: each pattern divided by its own mean only (1.05 here)."""
    dates = day_grid(dt.date(2001, 1, 1), 0, 28 * 365 + 7)
    factors = tempo_factors(dates, over="quarter", month=(0.5, 1.0, 1.5), week=(1.0,) * 12 + (3.0,))
    assert factors.mean() == pytest.approx(1.0, abs=1e-12)
    assert factors[89] / factors[0] == pytest.approx(1.5 / 0.5 * 3.0)


def test_clock_that_names_its_year_ignores_the_goals():
    """A fitted clock is one of calendar quarters. Mutant: the goal's fiscal year used for every clock."""
    fiscal = Goal(fiscal_year_starts="02-01")
    span = Span(warmup_days=0, end_day=60.0, windows=(Window(label="all", start_day=0.0, end_day=60.0),))

    def integral(clock: Clock, goal: Goal) -> np.ndarray:
        return PlanBuilder(funnel(clocks={"beat": clock}, goal=goal), span).build().plan.clocks.integral

    own = Clock(over="quarter", month=(0.5, 1.0, 1.5), fiscal_year_starts="01-01")
    goals = Clock(over="quarter", month=(0.5, 1.0, 1.5))
    assert np.array_equal(integral(own, fiscal), integral(own, Goal()))
    assert np.array_equal(integral(own, Goal()), integral(goals, Goal()))
    assert not np.array_equal(integral(goals, fiscal), integral(goals, Goal()))


def test_open_lead_that_passed_the_booking_stage_has_booked():
    """It has entered `signed` before: what it books later is expansion, and it wins no second time.

    Mutant: only deals that left by `won` count as booked.
    """
    stages = {
        "signed": Stage(exits={"live": Exit(to="live", p=1.0, after=DWELL)}),
        "live": Stage(
            exits={
                "signed": Exit(to="signed", p=0.9, after=DWELL),
                "churned": Exit(to="churned", p=0.1, after=DWELL),
            }
        ),
    }
    model = Model(
        name="renewals",
        start=START,
        goal=Goal(books_at="signed"),
        sources={"all": Source(enters={"signed": 1.0}, rate=1e-9)},
        stages=stages,
    )
    pipeline = pl.DataFrame(
        {
            "lead": ["a"],
            "name": ["a"],
            "owner": [None],
            "source": ["all"],
            "segment": [None],
            "stage": ["live"],
            "age_days": [3.0],
            "lead_age_days": [30.0],
            "amount": [100.0],
            "visits": [["signed", "live"]],
            "won_before": [False],
        },
        schema_overrides={"owner": pl.String, "segment": pl.String},
    )
    run = simulate(funnel_of(model, pipeline=pipeline), days=120, replications=50)
    assert run.tallies["deals_won"].sum() == 0
    by_part = run.tallies["bookings"][:, 0].sum(axis=0)
    assert by_part[2] > 0
    assert by_part[0] == by_part[1] == 0
