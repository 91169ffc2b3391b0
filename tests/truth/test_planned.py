"""Open leads with a planned close: they leave by the distribution of the time from the plan."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import read_funnel
from funnelsim.model.files.write import model_to_toml
from tests.oracles import tolerance

#: On the plan with 0.6 of those 20 days ahead; 0.3 are lost on one of three days before, 0.1 a week late.
TEXT = """
[sources.inbound]
enters = "booked"
rate = 0
[stages.booked.exits]
won = { p = 1, after = "constant(100d)" }
[stages.booked.planned]
before = "20d"
until = "7d"
[stages.booked.planned.exits]
won  = { p = 0.7, after = "empirical(6*20.5d, 1*27.5d)" }
lost = { p = 0.3, after = "empirical(1*5.5d, 1*10.5d, 1*19.5d)" }
"""
AHEAD = (30, 20, 12, 0, -3, -8, None)


@pytest.fixture
def run(funnel_of):
    funnel = funnel_of(
        TEXT, pipeline=[{"stage": "booked", "age_days": 3.0, "source": "inbound"} for _ in AHEAD]
    )
    start = funnel.model.start
    planned = [None if days is None else start + dt.timedelta(days=days) for days in AHEAD]
    pipeline = funnel.pipeline.with_columns(pl.Series("planned_close", planned, dtype=pl.Date))
    return dataclasses.replace(funnel, pipeline=pipeline)


def test_odds_and_days_are_those_of_the_plan(run):
    """Closed form. Mutants: the dwell counts from the entry; odds are not conditional; age for all."""
    found = simulate(run, days=200, replications=20_000, seed=3, pipeline_wins=True).pipeline_wins
    n = len(found)
    # 30 and 20 days ahead: all of the distribution is to come; 12 days ahead a third of the losses are over.
    for lead, on_plan, late in ((0, 0.6, 0.1), (1, 0.6, 0.1), (2, 0.6 / 0.9, 0.1 / 0.9)):
        day = AHEAD[lead]
        for offset, chance in ((0.5, on_plan), (7.5, late)):
            hits = int(np.isclose(found[:, lead], day + offset, atol=2e-3).sum())
            tolerance.check_share(hits, n, chance, resolution=0.02)
    # On the day itself the losses are over; three days after the plan only the late ones are left.
    tolerance.check_share(int(np.isclose(found[:, 3], 0.5, atol=2e-3).sum()), n, 6 / 7, resolution=0.02)
    assert np.allclose(found[:, 4], -3 + 7.5, atol=2e-3)
    # Beyond `until`, and without a plan, the stage's own exits hold.
    assert np.allclose(found[:, 5:], 97.0)


def test_both_engines_agree_to_the_last_bit(run):
    """Mutant: the reference takes the entry as the start of the dwell."""
    wins = [
        simulate(run, days=200, replications=200, seed=5, engine=engine, pipeline_wins=True).pipeline_wins
        for engine in ("reference", "fast")
    ]
    assert np.array_equal(wins[0], wins[1], equal_nan=True)


def test_a_planned_section_survives_writing(funnel_of, tmp_path):
    model = funnel_of(TEXT).model
    path = tmp_path / "written.toml"
    path.write_text(model_to_toml(model))
    assert read_funnel(path).model == model
