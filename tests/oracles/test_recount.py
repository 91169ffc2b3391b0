"""The recount from visits: one life by hand, and generated funnels against the engine's own tallies."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from funnelsim.core.numeric.keys import crm_id
from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import SetValue
from funnelsim.results.run import PARTS, Window
from tests.oracles.recount import tallies_from_visits
from tests.twins.funnels import HORIZON_DAYS, Case, case

from ..unit.made_up_runs import STAGES, funnel_with

WINDOWS = (
    Window(label="all", start_day=0.0, end_day=60.0),
    Window(label="first", start_day=0.0, end_day=30.0),
    Window(label="second", start_day=30.0, end_day=60.0),
)


def visits_of(*rows: tuple[object, ...]) -> pl.DataFrame:
    """``lead stage entered left exit amount`` of replication 0."""
    return pl.DataFrame(
        [(0, *row) for row in rows],
        schema={
            "replication": pl.Int64,
            "lead": pl.UInt64,
            "stage": pl.String,
            "entered": pl.Float64,
            "left": pl.Float64,
            "exit": pl.String,
            "amount": pl.Float64,
        },
        orient="row",
    )


def test_one_win_by_hand() -> None:
    """Created on day 2, offered on day 20, won on day 30: the win falls into the second window."""
    found = tallies_from_visits(
        visits_of((7, "demo", 2.0, 20.0, "offer", 100.0), (7, "offer", 20.0, 30.0, "won", 100.0)),
        funnel_with(),
        WINDOWS,
        range(1),
        end_day=60.0,
    )
    demo, offer = (STAGES.index(stage) for stage in ("demo", "offer"))
    new = PARTS.index("new")
    assert found["leads_created"].tolist() == [[1, 1, 0]]
    assert found["deals_won"].tolist() == [[1, 0, 1]]
    assert found["cycle_days_sum"].tolist() == [[28, 0, 28]]
    assert found["bookings"][0, :, new].tolist() == [100, 0, 100]
    assert found["quota_credit"][0, :, new].tolist() == [100, 0, 100]
    assert found["entered"][0, :, offer].tolist() == [1, 1, 0]
    assert found["ended"][0, :, demo].tolist() == [1, 1, 0]
    assert found["dwell_days_sum"][0, :, demo].tolist() == [18, 18, 0]
    assert found["wip_days"][0, :, offer].tolist() == [10, 10, 0]
    assert found["forward"][0, 0].tolist() == [1, 1]
    assert found["deals_lost"].sum() == found["churned"].sum() == found["clients_at_start"].sum() == 0


def test_expansion_begins_with_the_second_booking_and_go_live_is_not_expansion() -> None:
    """A client signs (demo books), goes live (offer credits), renews (demo again), goes live again.

    Catches the quota credit of the first go-live counted as expansion, and a renewal counted as new.
    """
    funnel = funnel_with(
        goal={"books_at": "demo", "credits_at": "offer"},
        stages={
            "demo": {"after": "constant(5d)", "exits": {"offer": {"to": "offer", "p": 1.0}}},
            "offer": {
                "after": "constant(5d)",
                "exits": {"demo": {"to": "demo", "p": 0.5}, "churned": {"to": "churned", "p": 0.5}},
            },
        },
    )
    found = tallies_from_visits(
        visits_of(
            (7, "demo", 1.0, 10.0, "offer", 100.0),
            (7, "offer", 10.0, 20.0, "demo", 100.0),
            (7, "demo", 20.0, 40.0, "offer", 110.0),
            (7, "offer", 40.0, 50.0, "churned", 110.0),
        ),
        funnel,
        WINDOWS,
        range(1),
        end_day=60.0,
    )
    new, expansion = PARTS.index("new"), PARTS.index("expansion")
    assert (found["bookings"][0, 0, new], found["bookings"][0, 0, expansion]) == (100, 110)
    assert (found["quota_credit"][0, 0, new], found["quota_credit"][0, 0, expansion]) == (100, 110)
    assert found["deals_won"][0].tolist() == [1, 1, 0]
    assert found["clients_at_start"][0].tolist() == [0, 0, 1]
    assert found["clients_kept"][0].tolist() == [0, 0, 0]
    assert found["churned"][0].tolist() == [1, 0, 1]
    assert found["deals_lost"].sum() == 0


def test_an_open_lead_brings_its_age_and_its_part() -> None:
    """Catches a cycle or a dwell counted from the start of the run."""
    funnel = funnel_with({"lead": "A", "stage": "offer", "age_days": 3.0, "lead_age_days": 12.0})
    found = tallies_from_visits(
        visits_of((crm_id("A"), "offer", -3.0, 8.0, "won", 50.0)), funnel, WINDOWS, range(1), end_day=60.0
    )
    assert found["leads_created"].sum() == found["entered"].sum() == 0
    assert found["cycle_days_sum"][0, 0] == 20.0
    assert found["dwell_days_sum"][0, 0, STAGES.index("offer")] == 11.0
    assert found["wip_days"][0, 0, STAGES.index("offer")] == 8.0
    assert found["bookings"][0, 0].tolist() == [50.0 if part == "pipeline" else 0.0 for part in PARTS]


@settings(max_examples=15)
@given(case())
def test_the_engine_counts_as_the_recount_does(one: Case) -> None:
    """Two programs, one meaning. Catches any tally in the wrong window, part or stage of either."""
    changes = [change for change in one.changes if isinstance(change, SetValue)]
    run = simulate(
        one.funnel, days=HORIZON_DAYS, replications=range(3, 5), seed=3, changes=changes, visits=True
    )
    assert run.visits is not None
    again = tallies_from_visits(
        run.visits, one.funnel, run.windows, run.replications, end_day=float(HORIZON_DAYS)
    )
    assert again.keys() == run.tallies.keys()
    for name, counts in run.tallies.items():
        np.testing.assert_allclose(again[name], counts, rtol=1e-9, atol=1e-6, err_msg=name)


def test_a_lead_still_there_is_in_progress_to_the_end() -> None:
    found = tallies_from_visits(
        visits_of((7, "demo", 50.0, None, None, 1.0)), funnel_with(), WINDOWS, range(1), end_day=60.0
    )
    assert found["wip_days"][0, :, 0] == pytest.approx([10, 0, 10])
    assert found["ended"].sum() == 0
