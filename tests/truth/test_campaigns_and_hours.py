"""Leads of campaigns, and leads that come in office hours."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy import stats

from funnelsim.core.errors import ModelError
from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import SetValue
from funnelsim.results.run import Window
from tests.oracles import tolerance

STAGE = '[stages.mql.exits]\nlost = { p = 1.0, after = "constant(1d)" }\n'
FAIR = """
[sources.inbound]
enters = "mql"
rate = "2 per day"
dispersion = 3
%s
"""
CAMPAIGN = "campaigns = { fair = { on = 2026-01-12, leads = 30, over = '5d' } }"
OFFICE = """
[calendars.office]
hours = ["Mon-Fri 09:00-12:00", "Mon-Thu 13:00-17:00"]
holidays = [2026-01-14]
[sources.inbound]
enters = "mql"
rate = "7 per day"
hours = "office"
weekday = [2, 1, 1, 1, 1, 5, 5]
"""


def days(n: int) -> tuple[Window, ...]:
    whole = Window(label="all", start_day=0.0, end_day=float(n))
    return (whole, *(Window(label=str(d), start_day=float(d), end_day=d + 1.0) for d in range(n)))


def entered(run):
    """Days on which leads came, of one replication after the other."""
    assert run.visits is not None
    return run.visits["entered"].to_numpy()


def test_a_campaign_brings_a_poisson_number_spread_evenly(funnel_of):
    """Catches: exactly 30 leads, all of them on the first day, a span that begins a day early or late,
    the source's dispersion (3) in its campaign.
    """
    funnel = funnel_of(FAIR.replace("2 per day", "0 per day") % CAMPAIGN + STAGE)
    run = simulate(funnel, days=20, replications=4_000, windows=days(20), seed=1, visits=True)
    counts = run.tallies["leads_created"]
    tolerance.check_counts(counts[:, 0], stats.poisson(30))
    assert stats.kstest((entered(run) - 7.0) / 5.0, "uniform").pvalue > tolerance.SMALLEST_P_VALUE
    between = np.corrcoef(counts[:, 8:13].T)[np.triu_indices(5, 1)]
    assert np.abs(between).max() < 4.5 / np.sqrt(len(counts))


def test_a_campaign_leaves_the_luck_of_all_others_in_place(funnel_of):
    """Catches: ordinals shared with the source, ids without the campaign's kind."""
    plain, more = funnel_of(FAIR % "" + STAGE), None
    before = simulate(plain, days=30, replications=20, visits=True).visits
    more = funnel_of(FAIR % CAMPAIGN + STAGE)
    after = simulate(more, days=30, replications=20, visits=True).visits
    assert before is not None
    assert after is not None
    own = after.filter(after["lead"] // 2**62 == 0)
    assert own.equals(before)
    others = after.filter(after["lead"] // 2**62 == 1)
    assert others.height == after.height - before.height > 0
    assert set(others["source"]) == {"inbound"}


def test_a_campaign_can_be_changed_from_a_day_on(funnel_of):
    """Half the span at twice the leads. Catches: a change of a campaign that holds for all its days."""
    funnel = funnel_of(FAIR.replace("2 per day", "0 per day") % CAMPAIGN.replace("5d", "4d") + STAGE)
    change = SetValue(path="sources.inbound.campaigns.fair.leads", by="x2", start=dt.date(2026, 1, 14))
    run = simulate(funnel, days=20, replications=4_000, windows=days(20), changes=[change])
    counts = run.tallies["leads_created"]
    tolerance.check_mean(counts[:, 8:10].sum(axis=1), 15.0, resolution=0.02)
    tolerance.check_mean(counts[:, 10:12].sum(axis=1), 30.0, resolution=0.02)


def test_leads_come_while_the_office_is_open_only(funnel_of):
    """Four weeks of 49 leads: a third on Mondays, none at weekends, and Wednesday the 14th is lost.

    Within a day they come evenly: 3 of 7 hours on a Monday lie before noon, all of a Friday's do.
    Catches: weekdays not divided by the mean over open days, a holiday made up for on other days, time
    measured over the whole day, the noon break open, Friday with Monday's hours.
    """
    run = simulate(
        funnel_of(OFFICE + STAGE), days=28, replications=1_000, windows=days(28), seed=2, visits=True
    )
    counts = run.tallies["leads_created"]
    day = np.arange(28)
    expected = np.array([98 / 6, 49 / 6, 49 / 6, 49 / 6, 49 / 6, 0, 0])[day % 7]
    expected[9] = 0.0
    found = counts[:, 1:].mean(axis=0)
    np.testing.assert_array_equal(found[expected == 0], 0)
    came = expected > 0
    z = (found[came] - expected[came]) / np.sqrt(expected[came] / len(counts))
    assert np.abs(z).max() < 4.5
    tolerance.check_counts(counts[:, 1], stats.poisson(98 / 6))
    at = entered(run)
    hour, weekday = (at % 1) * 24, (at // 1).astype(int) % 7
    morning = (hour >= 9) & (hour <= 12)
    afternoon = (hour >= 13) & (hour <= 17) & (weekday < 4)
    assert (morning | afternoon).all()
    monday = hour[weekday == 0]
    worked = np.where(monday < 12.5, monday - 9, monday - 10) / 7
    assert stats.kstest(worked, "uniform").pvalue > tolerance.SMALLEST_P_VALUE
    friday = (hour[weekday == 4] - 9) / 3
    assert stats.kstest(friday, "uniform").pvalue > tolerance.SMALLEST_P_VALUE


def test_a_run_that_ends_at_noon_has_the_leads_before_noon(funnel_of):
    """Same leads as in a longer run. Catches: the end held against instants before they are moved."""
    funnel = funnel_of(OFFICE + STAGE)
    short = simulate(funnel, days=10.5, replications=50, visits=True, seed=3)
    longer = simulate(funnel, days=12, replications=50, visits=True, seed=3)
    assert sorted(entered(short)) == sorted(x for x in entered(longer) if x < 10.5)


def test_hours_on_days_without_leads_are_refused(funnel_of):
    text = OFFICE.replace("[2, 1, 1, 1, 1, 5, 5]", "[0, 0, 0, 0, 0, 1, 1]")
    with pytest.raises(ModelError, match="closed on every weekday"):
        simulate(funnel_of(text + STAGE), days=7, replications=1)
