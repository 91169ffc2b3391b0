"""The baseline that believes the CRM: planned closes and their probabilities as they stood at the origin."""

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.core.calendar.time import period_containing
from funnelsim.forecasting.baselines import BASELINES
from funnelsim.forecasting.snapshot import Snapshot, snapshot_at
from funnelsim.history.files.events import PLAN_SCHEMA
from tests.oracles.poisson_binomial import number_won
from tests.recovery.known_funnel import known_history

ORIGIN = dt.date(2024, 4, 1)
APRIL = period_containing(ORIGIN, "month")


def plan(deals, planned, odds, at=dt.datetime(2024, 3, 1)):
    columns = {"deal": deals, "at": at, "planned_close": planned, "probability": odds}
    return pl.DataFrame(columns).with_columns(
        pl.lit(None, pl.String).alias("forecast_category")
    ).cast(PLAN_SCHEMA)  # fmt: skip


@pytest.fixture(scope="module")
def history():
    return known_history(5, deals=700, days=160.0)


@pytest.fixture(scope="module")
def open_deals(history):
    known = snapshot_at(history, ORIGIN)
    return known.deals.filter(pl.col("outcome").is_null())["deal"].to_list()


def told(history, plans, metric="deals_won"):
    planned = dataclasses.replace(history, plans=plans)
    return BASELINES["crm_probability"](Snapshot(snapshot_at(planned, ORIGIN), metric), APRIL, "month")


def test_wins_are_a_poisson_binomial_and_new_deals(history, open_deals):
    """Against the exact convolution. Mutant: deals planned for May are counted too."""
    odds = np.tile([0.1, 0.5, 0.9], 10)
    april = plan(open_deals[:30], dt.datetime(2024, 4, 15), odds)
    may = plan(open_deals[30:60], dt.datetime(2024, 5, 2), 0.9)
    found = told(history, pl.concat([april, may]))
    nothing = told(history, plan(open_deals[:30], dt.datetime(2024, 4, 15), 0.0))
    chance = number_won(odds)
    mean = float(chance @ np.arange(len(chance)))
    assert mean == pytest.approx(odds.sum())
    # The 99 quantiles leave out half a percent at both ends; 2,000 futures know the mean to 0.1.
    assert found.mean() - nothing.mean() == pytest.approx(mean, abs=0.5)


def test_the_last_plan_before_the_origin_counts(history, open_deals):
    """Mutant: a plan made on the day of the origin, or the first one, is taken."""
    deals = open_deals[:30]
    early = plan(deals, dt.datetime(2024, 4, 15), 0.9, dt.datetime(2024, 2, 1))
    moved = plan(deals, dt.datetime(2024, 6, 15), 0.9, dt.datetime(2024, 3, 1))
    late = plan(deals, dt.datetime(2024, 4, 15), 1.0, dt.datetime(2024, 4, 1))
    found = told(history, pl.concat([early, moved, late]))
    nothing = told(history, plan(deals, dt.datetime(2024, 6, 15), 0.9))
    assert np.array_equal(found, nothing)


def test_without_probabilities_it_says_nothing(history, open_deals):
    assert told(history, history.plans) is None
    assert told(history, plan(open_deals[:30], dt.datetime(2024, 4, 15), None)) is None
    assert told(history, plan(open_deals[:30], dt.datetime(2024, 4, 15), 0.5), "bookings") is not None
