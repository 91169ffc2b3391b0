"""The shipped scenarios: each file runs, each change fits the map, the map says what it promises to say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from funnelsim.engines.run import simulate
from funnelsim.model.changes.changes import Scenario
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.model.flows.workload import offered_load
from funnelsim.model.lint.model import lint
from funnelsim.model.scenarios.read import expand, read_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MODELS = sorted(SCENARIOS.glob("*.toml"))
CHANGES = sorted((SCENARIOS / "changes").glob("*.toml"))
STAGES = {
    "brand_awareness": "Brand awareness",
    "brand_engagement": "Brand engagement",
    "mql": "Marketing-qualified lead",
    "sales_interaction": "Sales interaction",
    "sql": "Sales-qualified lead",
    "discovery": "Discovery",
    "demo": "Demo / solution presentation",
    "proposal": "Proposal",
    "verbal_agreement": "Verbal agreement",
    "contract_signed": "Contract signed",
    "implementation": "Implementation",
    "go_live": "Go-live",
    "new_client": "New client",
    "existing_client": "Existing client",
}
TEXTS = ("name", "department", "phase", "entry", "activities", "buyer_needs")
PHASES = ("awareness", "consideration", "decision", "advocacy")


@pytest.fixture(scope="module")
def sales_map() -> Funnel:
    return read_funnel(SCENARIOS / "sales_process_map.toml")


def name_of(path: Path) -> str:
    return path.stem


def test_there_are_scenarios_and_changes() -> None:
    assert {"f6", "sales_process_map"} <= {path.stem for path in MODELS}
    assert len(CHANGES) >= 3


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_every_scenario_runs(path: Path) -> None:
    run = simulate(read_funnel(path), days=30, replications=3)
    assert (run.tallies["leads_created"][:, 0] > 0).all()


@pytest.mark.parametrize("path", CHANGES, ids=name_of)
def test_every_change_runs_beside_the_map(path: Path, sales_map: Funnel) -> None:
    """On the same luck and with a difference: a change that acts on nothing shows nothing."""
    scenario = read_scenario(path, sales_map.model)
    assert scenario.name
    assert scenario.description
    base = simulate(sales_map, days=120, warmup_days=120, replications=3)
    for one in expand(scenario):
        run = simulate(sales_map, days=120, warmup_days=120, replications=3, changes=one.changes)
        assert not np.array_equal(run.tallies["entered"], base.tallies["entered"]), one.name


def test_removing_the_security_review_asks_for_both_ends(sales_map: Funnel) -> None:
    low, high = _both_ends(sales_map)
    place = list(sales_map.model.stages).index("security_review")
    signed = list(sales_map.model.stages).index("contract_signed")
    runs = [
        simulate(sales_map, days=365, warmup_days=200, replications=10, changes=one.changes)
        for one in (low, high)
    ]
    assert [run.tallies["entered"][:, 0, place].sum() for run in runs] == [0, 0]
    assert runs[1].tallies["entered"][:, 0, signed].sum() > runs[0].tallies["entered"][:, 0, signed].sum()


def _both_ends(sales_map: Funnel) -> tuple[Scenario, ...]:
    return expand(read_scenario(SCENARIOS / "changes" / "no_security_review.toml", sales_map.model))


def test_the_map_has_the_fourteen_stages_in_order(sales_map: Funnel) -> None:
    stages = sales_map.model.stages
    assert [key for key in stages if key in STAGES] == list(STAGES)
    assert {key: stages[key].name for key in STAGES} == STAGES


def test_the_map_has_sub_stages(sales_map: Funnel) -> None:
    stages = sales_map.model.stages
    by_parent: dict[str, list[str]] = {}
    for key, stage in stages.items():
        if stage.parent:
            by_parent.setdefault(stage.parent, []).append(key)
    assert by_parent == {
        "sales_interaction": ["cold_call", "email_outreach", "social_selling", "events"],
        "proposal": ["security_review"],
        "implementation": ["kickoff", "configuration", "training"],
    }


def test_every_stage_of_the_map_says_what_happens_there(sales_map: Funnel) -> None:
    """Emptying one text of one stage fails here."""
    stages = sales_map.model.stages
    empty = [
        f"{key}.{text}" for key, stage in stages.items() for text in TEXTS if not getattr(stage, text).strip()
    ]
    assert empty == []
    assert [key for key, stage in stages.items() if not 3 <= len(stage.checklist) <= 5] == []
    assert [key for key, stage in stages.items() if not all(item.strip() for item in stage.checklist)] == []
    assert {stage.phase for stage in stages.values()} == set(PHASES)
    order = [PHASES.index(stages[key].phase) for key in STAGES]
    assert order == sorted(order)


def test_every_role_of_the_map_is_busy_but_not_swamped(sales_map: Funnel) -> None:
    """At the rates of the start, once the base of clients is full."""
    loads = {found.role: found.load for found in offered_load(sales_map.model)}
    assert set(loads) == {"sdr", "ae", "solution_engineer", "implementation", "csm"}
    assert {role: load for role, load in loads.items() if not 0.6 <= load <= 0.85} == {}
    assert list(lint(sales_map.model)) == []


def test_renewals_compound_and_upsells_add_a_quarter(sales_map: Funnel) -> None:
    """Amounts of one client stand in the ratio 1.05 per renewal and 1.25 per upsell."""
    run = simulate(sales_map, days=1800, replications=2, visits=True)
    assert run.visits is not None
    clients = (
        run.visits.filter(pl.col("stage").is_in(["contract_signed", "upsell", "existing_client"]))
        .sort("replication", "lead", "entered")
        .with_columns(before=pl.col("amount").shift(1).over("replication", "lead"))
        .drop_nulls("before")
        .with_columns(ratio=pl.col("amount") / pl.col("before"))
    )
    for stage, factor in (("existing_client", 1.05), ("upsell", 1.25)):
        ratios = clients.filter(pl.col("stage") == stage)["ratio"].to_numpy()
        assert len(ratios) > 20
        np.testing.assert_allclose(ratios, factor, rtol=1e-12)
    renewals = clients.filter(pl.col("stage") == "existing_client")
    third = renewals.filter(pl.col("visit") == 3).select("replication", "lead", third="amount")
    first = renewals.filter(pl.col("visit") == 1).select("replication", "lead", first="amount")
    grown = first.join(third, on=["replication", "lead"]).with_columns(
        ratio=pl.col("third") / pl.col("first")
    )
    assert grown.height > 20
    assert grown["ratio"].to_numpy().min() == pytest.approx(
        1.05**2, rel=1e-12
    )  # one without an upsell between


def test_bookings_and_quota_are_what_the_clients_amounts_say(sales_map: Funnel) -> None:
    """Signature books; go-live, renewals and the added quarter of an upsell count towards quota."""
    run = simulate(sales_map, days=1200, replications=2, visits=True)
    assert run.visits is not None
    amounts = dict(run.visits.group_by("stage").agg(pl.col("amount").sum()).iter_rows())
    later = amounts["existing_client"] + 0.2 * amounts["upsell"]
    bookings = run.tallies["bookings"][:, 0].sum()
    quota = run.tallies["quota_credit"][:, 0].sum()
    assert bookings == pytest.approx(amounts["contract_signed"] + later, rel=1e-9)
    assert quota == pytest.approx(amounts["go_live"] + later, rel=1e-9)
