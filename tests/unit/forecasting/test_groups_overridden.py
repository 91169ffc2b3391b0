"""Groups and overrides together: the groups still add up, and an override moves its own group alone.

Mutants that these tests catch: an override in the first group, in no group, in both periods; wins that stay
where they were; the change added to leads still to come.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from funnelsim.forecasting.forecast import Forecast, forecast
from funnelsim.forecasting.overrides.override import Override
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import funnel_of

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import model_of, pipeline_of

#: The owners of the open leads, in the order of the pipeline.
OWNERS = ("Ana", "Ben", "Ben", None)
PERIODS = ("2026Q1", "2026Q2")


def past() -> History:
    made = history_of(won(day(1, 20), 100.0), lost(day(1, 10)), still_open("offer", day(2, 1)))
    owner = pl.Series("owner", ["Ana", "Ben", "Cem"], dtype=pl.String)
    return replace(made, deals=made.deals.with_columns(owner))


def forecast_with(*overrides: Override, engine: str = "auto") -> Forecast:
    leads = pipeline_of(*({"owner": owner, "amount": 50.0} for owner in OWNERS))
    return forecast(
        funnel_of(model_of(), pipeline=leads),
        history=past(),
        by="owner",
        period=PERIODS,
        overrides=overrides,
        replications=60,
        seed=3,
        engine=engine,
    )


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_an_override_moves_its_own_group_alone(engine: str) -> None:
    leads = pipeline_of(*({"owner": owner} for owner in OWNERS))["lead"].to_list()
    close = {period: dt.date(2026, month, 15) for period, month in zip(PERIODS, (3, 5), strict=True)}
    overrides = (
        Override(deal=leads[1], probability=1.0, close=close["2026Q1"], amount=7000.0),
        Override(deal=leads[2], probability=0.5, close=close["2026Q2"], amount=900.0),
        Override(deal=leads[3], exclude=True),
    )
    plain, found = forecast_with(engine=engine), forecast_with(*overrides, engine=engine)
    for w, (before, after) in enumerate(zip(plain.periods, found.periods, strict=True), start=1):
        groups = {group.name: group for group in after.groups}
        old = {group.name: group for group in before.groups}
        tallies = found.run.tallies
        for names, whole in (("parts", tallies["bookings"][:, w]), ("won", tallies["deals_won"][:, w])):
            parts = sum(getattr(group, names) for group in groups.values())
            np.testing.assert_allclose(parts, whole, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(
            sum(group.quota_credit for group in groups.values()), after.quota_credit, rtol=1e-12
        )
        np.testing.assert_array_equal(groups["Ana"].bookings, old["Ana"].bookings)
        for name in groups:
            np.testing.assert_array_equal(groups[name].parts[:, 1:], old[name].parts[:, 1:])
    first, second = ({group.name: group.parts[:, 0] for group in period.groups} for period in found.periods)
    np.testing.assert_array_equal(first["Ben"], 7000.0)  # of both deals of Ben, one is won in the first
    assert set(np.unique(second["Ben"])) == {0.0, 900.0}
    for period in (first, second):
        np.testing.assert_allclose(period.get("unknown", 0.0), 0.0, atol=1e-9)
