"""Rules of reps at work that random funnels seldom meet, in both engines: small funnels with known ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from funnelsim.core.numeric.keys import crm_id
from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import Change, RemoveStage
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

from .funnels import START

ENGINES = pytest.mark.parametrize("engine", ["reference", "fast"])


def visits(
    stages: dict[str, object],
    ages: list[float],
    lead_ages: list[float],
    engine: str,
    changes: Sequence[Change] = (),
) -> pl.DataFrame:
    """Visits of leads who wait in the first stage at the start; nobody works there, and one rep elsewhere."""
    n = len(ages)
    document = {
        "name": "by rule",
        "start": START,
        "roles": {"nobody": {"headcount": 0}, "rep": {"headcount": 1}},
        "sources": {"inbound": {"enters": "demo", "rate": 0.0}},
        "stages": stages,
    }
    pipeline = pl.DataFrame(
        {
            "lead": [f"open-{i}" for i in range(n)],
            "name": [f"Deal {i}" for i in range(n)],
            "owner": [None] * n,
            "source": ["inbound"] * n,
            "segment": [None] * n,
            "stage": ["demo"] * n,
            "age_days": ages,
            "lead_age_days": lead_ages,
            "amount": [1000.0] * n,
            "visits": [["demo"]] * n,
            "won_before": [False] * n,
            "state": ["waiting"] * n,
        },
        schema_overrides={"owner": pl.String, "segment": pl.String},
    )
    funnel = Funnel(model=Model.model_validate(document), pipeline=pipeline)
    found = simulate(
        funnel, days=20, replications=1, workers=1, engine=engine, visits=True, changes=changes
    ).visits
    assert found is not None
    return found


@ENGINES
def test_of_those_who_give_up_together_the_oldest_comes_first(engine: str) -> None:
    """Rule 5. Catches the order in which they began to wait, and its reverse."""
    stages = {
        "demo": {
            "work": {"role": "nobody", "effort": "1h"},
            "patience": "constant(1d)",
            "abandons_to": "call",
            "exits": {"call": {"p": 1.0, "after": "1d"}},
        },
        "call": {"work": {"role": "rep", "effort": "6h"}, "exits": {"won": {"p": 1.0, "after": "1d"}}},
    }
    created = [3.0, 9.0, 1.0, 5.0]
    calls = visits(stages, [0.0] * 4, created, engine).filter(pl.col("stage") == "call")
    assert calls["entered"].to_list() == [1.0] * 4
    oldest_first = sorted(range(4), key=lambda i: -created[i])
    expected = {crm_id(f"open-{i}"): 1.0 + 0.25 * turn for turn, i in enumerate(oldest_first)}
    assert dict(zip(calls["lead"], calls["started"], strict=True)) == expected


@ENGINES
def test_an_open_lead_has_waited_since_it_came(engine: str) -> None:
    """Rule 9: after forty half-lives nobody keeps the exit. Catches a wait that begins at the start."""
    stages = {
        "demo": {
            "work": {"role": "rep", "effort": "0h"},
            "exits": {
                "won": {"p": 1.0, "after": "1d", "wait_half_life": "1d"},
                "lost": {"p": 0.0, "after": "1d"},
            },
        }
    }
    assert set(visits(stages, [40.0] * 10, [40.0] * 10, engine)["exit"]) == {"lost"}
    assert set(visits(stages, [0.0] * 10, [0.0] * 10, engine)["exit"]) == {"won"}


@ENGINES
def test_a_stage_that_is_removed_serves_nobody_at_that_instant(engine: str) -> None:
    """Rule 5: stays end before reps start tasks. Catches a removal after reps have looked."""
    stages = {
        "demo": {"work": {"role": "rep", "effort": "12h"}, "exits": {"won": {"p": 1.0, "after": "30d"}}}
    }
    removal = RemoveStage(stage="demo", start=START + dt.timedelta(days=1))
    found = visits(stages, [0.0] * 3, [1.0, 2.0, 3.0], engine, changes=[removal])
    assert found["left"].to_list() == [1.0] * 3
    assert sorted(found["started"].drop_nulls().to_list()) == [0.0, 0.5]


@ENGINES
def test_what_waiting_costs_counts_from_the_odds_of_the_month(engine: str) -> None:
    """Rule 9 under shocks: who waits for next to no time keeps his exit, whatever the odds of the month.

    Catches a share of the exit told from the odds of the file, which takes the lead for one that waited where
    the odds of the month are lower.
    """
    exits = {
        "won": {"p": 0.5, "after": "1d", "wait_half_life": "100000d"},
        "lost": {"p": 0.5, "after": "1d"},
    }
    document = {
        "name": "odds",
        "start": START,
        "roles": {"rep": {"headcount": 1}},
        "sources": {"inbound": {"enters": "demo", "rate": "40 per day"}},
        "stages": {"demo": {"work": {"role": "rep", "effort": "10min"}, "exits": exits}},
        "shocks": {"odds": {"sd": 1.0, "rho": 0.0}},
    }
    waiting = Funnel(model=Model.model_validate(document))
    del exits["won"]["wait_half_life"]
    without = Funnel(model=Model.model_validate(document))
    won = [
        simulate(funnel, days=60, replications=3, workers=1, engine=engine).tallies["deals_won"]
        for funnel in (waiting, without)
    ]
    assert won[0].min() > 100
    np.testing.assert_array_equal(won[0], won[1])
