"""Whole schemas of three CRMs give the deals that they were made from, deal by deal."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.made_up_crm import hubspot, pipedrive, salesforce
from tests.made_up_crm.truth import AS_OF, STAGES, TrueDeal, true_deals, true_leads
from tests.unit.history.exports import assert_consistent, check_names, checks

NUMBER = 2_000
KEYS: dict[str, Callable[[int], str]] = {
    "salesforce": lambda number: salesforce.deal_key(number),
    "warehouse": lambda number: salesforce.deal_key(number),
    "hubspot": lambda number: str(hubspot.deal_key(number)),
    "epochs": lambda number: str(hubspot.deal_key(number)),
    "pipedrive": lambda number: str(pipedrive.deal_key(number)),
}


def write(crm: str, folder: Path, number: int = NUMBER) -> Path:
    """The files of one CRM in a folder; some tables are Parquet."""
    if crm == "salesforce":
        salesforce.write_salesforce(folder, number=number, parquet=["OpportunityHistory"])
    elif crm == "warehouse":
        salesforce.write_salesforce(folder, number=number, warehouse=True, parquet=["user", "opportunity"])
    elif crm == "hubspot":
        hubspot.write_hubspot(folder, number=number, parquet=["deal_property_history", "owner"])
    elif crm == "epochs":
        tables = [
            *("deal", "deal_property_history", "deal_pipeline_stage", "merged_deal"),
            *("owner", "company"),
        ]
        tables.append("deal_company")
        hubspot.write_hubspot(folder, number=number, epochs=True, only=tables)
    else:
        pipedrive.write_pipedrive(folder, number=number, parquet=["dealflow"])
    return folder


@pytest.fixture(scope="module", params=[*KEYS])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, History]:
    folder = write(request.param, tmp_path_factory.mktemp(request.param))
    return request.param, import_history([folder], as_of="2025-12-31")


def true_deal(deal: TrueDeal) -> dict[str, Any]:
    """The row of one deal in a history that knows everything."""
    return {
        "created": deal.created,
        "outcome": deal.outcome,
        "closed": deal.closed,
        "amount": deal.value_at(AS_OF) if deal.outcome else None,
        "listed_amount": deal.amounts[0][1],
        "source": deal.source,
        "owner": deal.owner,
        "account": deal.account,
        "name": deal.name,
    }


def test_every_deal_is_the_deal_that_the_crm_was_told(imported: tuple[str, History]) -> None:
    """Catches mutants that count merged or deleted deals, or that leave an id where a name is known."""
    crm, history = imported
    found = {row["deal"]: row for row in history.deals.iter_rows(named=True)}
    assert len(found) == NUMBER
    for deal in true_deals(NUMBER):
        row = found[KEYS[crm](deal.number)]
        assert {name: row[name] for name in true_deal(deal)} == true_deal(deal), deal.number
    assert_consistent(history)


def test_every_visit_is_the_visit_that_took_place(imported: tuple[str, History]) -> None:
    """Catches mutants that drop a deal's re-opening, or the stage in which it was created."""
    crm, history = imported
    names = history.meta.stages
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in history.visits.sort("deal", "entered").iter_rows(named=True):
        exit_ = names.get(row["exit"], row["exit"])
        found.setdefault(row["deal"], []).append((names[row["stage"]], row["entered"], row["left"], exit_))
    for deal in true_deals(NUMBER):
        assert found[KEYS[crm](deal.number)] == deal.visits(), deal.number
    assert [*names.values()] == [*STAGES]


def test_plans_are_dated(imported: tuple[str, History]) -> None:
    """The expected close of each deal as it stood when its first stage began, and the last one."""
    crm, history = imported
    dated = history.plans.drop_nulls(["at", "planned_close"]).sort("deal", "at", maintain_order=True)
    of_deal = {key[0]: rows for key, rows in dated.partition_by("deal", as_dict=True).items()}
    for deal in true_deals(NUMBER):
        rows = of_deal[KEYS[crm](deal.number)]
        assert rows["planned_close"][0].date() == deal.plans[0][1]
        if deal.outcome is None:
            assert rows["planned_close"][-1].date() == deal.plan_at(AS_OF)


def test_all_five_exports_give_one_history(tmp_path: Path) -> None:
    """Every column of visits and deals but the id is the same, whichever CRM wrote it down."""
    histories = {}
    for crm, key in KEYS.items():
        history = import_history([write(crm, tmp_path / crm, 120)], as_of="2025-12-31")
        numbers = {key(deal.number): deal.number for deal in true_deals(120)}
        number = pl.col("deal").replace_strict(numbers, return_dtype=pl.Int32)
        histories[crm] = (
            history.deals.with_columns(number).sort("deal"),
            history.visits.with_columns(number).sort("deal", "entered"),
        )
    first = histories.pop("salesforce")
    for crm, (deals, visits) in histories.items():
        assert deals.equals(first[0]), crm
        assert visits.equals(first[1]), crm


def test_leads_come_before_their_deals(tmp_path: Path) -> None:
    """Catches mutants that count a converted lead twice, or an open lead as lost."""
    salesforce.write_salesforce(tmp_path / "crm", leads=True)
    history = import_history([tmp_path / "crm"], as_of="2025-12-31")
    names = history.meta.stages
    assert [*names.values()] == ["Lead: New", "Lead: Working", "Lead: Qualified", *STAGES]
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in history.visits.sort("deal", "entered").iter_rows(named=True):
        found.setdefault(row["deal"], []).append(
            (names[row["stage"]], row["entered"], names.get(row["exit"], row["exit"]))
        )
    for deal in true_deals():
        after = [(step.at, f"Lead: {step.stage}") for step in deal.leads] + [(deal.created, STAGES[0])]
        leads = [(name, at, exit_) for (at, name), (_, exit_) in itertools.pairwise(after)]
        assert found[salesforce.deal_key(deal.number)][: len(leads)] == leads, deal.number
        visits = [(stage, entered, exit_) for stage, entered, _, exit_ in deal.visits()]
        assert found[salesforce.deal_key(deal.number)][len(leads) :] == visits, deal.number
    outcomes = dict(history.deals.select("deal", "outcome").iter_rows())
    for number, steps in enumerate(true_leads()):
        expected = "lost" if steps[-1].stage == "lost" else None
        assert outcomes[salesforce.key("00Q", 100_000 + number)] == expected
    assert history.deals.height == NUMBER + len(true_leads())
    assert "superseded_rows" not in check_names(history), "no lead is a second row of its deal"
    text = checks(history)["leads_before_deals"]["text"]
    assert "1,184 deals begin as a lead" in text
    assert "261 lost deals and 139 open deals" in text
    assert checks(history)["leads_before_deals"]["mapping"] == ["leads = false"]
    assert_consistent(history)


def test_without_a_history_leads_have_one_stage(tmp_path: Path) -> None:
    salesforce.write_salesforce(tmp_path / "crm", leads=True)
    (tmp_path / "crm" / "LeadHistory.csv").unlink()
    history = import_history([tmp_path / "crm"], as_of="2025-12-31")
    assert [*history.meta.stages.values()] == ["Lead", *STAGES]
    assert history.deals.filter(outcome="won").height == sum(deal.outcome == "won" for deal in true_deals())
    assert "leads_lost_undated" in check_names(history)


def test_the_history_of_fields_stands_in_for_the_history_of_stages(tmp_path: Path) -> None:
    """Ids of 15 characters there, of 18 in Opportunity. All deals have the same visits."""
    salesforce.write_salesforce(
        tmp_path / "crm", only=["Opportunity", "OpportunityFieldHistory", "User", "Account"]
    )
    history = import_history([tmp_path / "crm"], as_of="2025-12-31")
    names = history.meta.stages
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in history.visits.sort("deal", "entered").iter_rows(named=True):
        found.setdefault(row["deal"], []).append(
            (names[row["stage"]], row["entered"], row["left"], names.get(row["exit"], row["exit"]))
        )
    for deal in true_deals():
        assert found[salesforce.deal_key(deal.number)[:15]] == deal.visits(), deal.number
