"""Holidays: leads that do not come, and buyers' clocks that stand still."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from funnelsim.core.errors import ModelError
from funnelsim.engines.run import simulate
from funnelsim.results.run import Window
from tests.oracles import tolerance

# 12 January 2026 is a Monday; the run begins a week before.
TEXT = """
[calendars.public]
holidays = [2026-01-12, 2026-01-17]
[clocks.buyers]
holiday = { calendar = "public", factor = 0 }
[sources.inbound]
enters = "demo"
rate = "7 per day"
weekday = [2, 1, 1, 1, 1, 0.5, 0.5]
holiday = { calendar = "public", factor = 0.3 }
[stages.demo.exits]
won  = { p = 0.5, after = "constant(3d)", clock = "buyers" }
lost = { p = 0.5, after = "constant(3d)" }
"""


def days(n: int) -> tuple[Window, ...]:
    return tuple(Window(label=str(d), start_day=float(d), end_day=d + 1.0) for d in range(n))


@pytest.mark.parametrize(("engine", "futures"), [("reference", 300), ("fast", 20_000)])
def test_leads_of_a_holiday_are_lost_and_others_stay(funnel_of, engine, futures):
    """7 x 2 x 0.3 on Monday the 12th, 7 x 0.5 x 0.3 on Saturday the 17th, 7 x weekday on all others: Poisson.

    Mutants: the factor on all Mondays, `rate` kept as the average by moving leads to other days, the factor
    in place of the weekday's.
    """
    run = simulate(funnel_of(TEXT), days=14, replications=futures, windows=days(14), seed=1, engine=engine)
    counts = run.tallies["leads_created"]
    weekday = np.array([2, 1, 1, 1, 1, 0.5, 0.5])
    expected = 7 * np.tile(weekday, 2) * np.where(np.isin(np.arange(14), [7, 12]), 0.3, 1.0)
    assert (np.abs(counts.mean(axis=0) - expected) < 4.5 * np.sqrt(expected / futures)).all()
    tolerance.check_counts(counts[:, 7], stats.poisson(4.2))
    tolerance.check_counts(counts[:, 12], stats.poisson(1.05))


@pytest.mark.parametrize("engine", ["reference", "fast"])
def test_a_clock_stands_still_on_holidays(funnel_of, engine):
    """Two days of 2026 without time leave 363 of 365: three days on the clock last 3 x 363 / 365 beside them.

    A stay that begins on a holiday runs from its end on. Mutants: time lost for good (no division by the
    mean), holidays that count for exits without the clock.
    """
    run = simulate(funnel_of(TEXT), days=30, replications=20, seed=1, visits=True, engine=engine)
    stays = run.visits.filter(pl.col("left").is_not_null(), pl.col("exit") == "won")
    passed = 3 * 363 / 365
    assert stays.height > 500
    for entered, left in stays.select("entered", "left").iter_rows():
        expected, begin = entered + passed, entered
        for holiday in (7.0, 12.0):
            if holiday <= begin < holiday + 1:
                expected += holiday + 1 - begin
            elif begin < holiday < expected:
                expected += 1
        assert left == pytest.approx(expected, abs=3e-4)
    plain = run.visits.filter(pl.col("left").is_not_null(), pl.col("exit") == "lost")
    assert (plain["left"] - plain["entered"]).to_list() == pytest.approx([3.0] * plain.height)


def test_factors_of_no_use_are_refused(funnel_of):
    """All at once: an unknown calendar, one without holidays, one that is closed on them anyway."""
    text = TEXT.replace('"public", factor = 0 }', '"pubic", factor = 0 }')
    text = text.replace("rate = ", 'hours = "public"\nrate = ')
    text += '\n[calendars.open]\n[clocks.other]\nholiday = { calendar = "open", factor = 2 }\n'
    with pytest.raises(ModelError) as error:
        funnel_of(text)
    message = str(error.value)
    assert 'clocks.buyers.holiday.calendar: unknown calendar "pubic"' in message
    assert 'clocks.other.holiday.calendar: "open" has no holidays' in message
    assert 'sources.inbound.holiday.calendar: no leads arrive on the holidays of "public" anyway' in message
