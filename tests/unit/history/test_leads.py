"""Leads of Salesforce that are out of the ordinary, and fields as they stood when another one changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.readers.table import ROW
from funnelsim.history.schemas.changes import as_they_stood
from tests.unit.history.exports import assert_consistent, check_names, checks, deal, mapping, stays, write

OPPORTUNITY = (
    "Id,CreatedDate,CloseDate,StageName,IsClosed,IsWon,Amount,LeadSource,OwnerId,AccountId",
    "006A,2025-02-01T09:00:00Z,2025-03-01,Closed Won,true,true,100,,005K,001A",
    "006B,2025-02-02T09:00:00Z,2025-09-01,Demo,false,false,50,,005K,001A",
)
HISTORY = (
    "OpportunityId,CreatedDate,StageName,SortOrder",
    "006A,2025-02-01T09:00:00Z,Demo,1",
    "006A,2025-03-01T09:00:00Z,Closed Won,9",
    "006B,2025-02-02T09:00:00Z,Demo,1",
)
LEAD = "Id,CreatedDate,Status,IsConverted,ConvertedDate,ConvertedOpportunityId,Company,IsDeleted," + (
    "LastModifiedDate"
)


def read(tmp_path: Path, *leads: str, changes: tuple[str, ...] = (), rules: str = "") -> History:
    write(tmp_path, "Opportunity.csv", *OPPORTUNITY)
    write(tmp_path, "OpportunityHistory.csv", *HISTORY)
    write(tmp_path, "Lead.csv", LEAD, *leads)
    files = [tmp_path / f"{name}.csv" for name in ("Lead", "OpportunityHistory", "Opportunity")]
    if changes:
        header = "LeadId,CreatedDate,Field,OldValue,NewValue"
        files.append(write(tmp_path, "LeadHistory.csv", header, *changes))
    return import_history(files, mapping=mapping(tmp_path, rules) if rules else None)


def test_only_a_lead_that_came_before_its_deal_comes_before_it(tmp_path: Path) -> None:
    """Catches mutants that begin a deal with a later lead, or count a lead of an unknown deal as lost."""
    history = read(
        tmp_path,
        "00QA,2025-01-10T09:00:00Z,Closed - Converted,true,2025-02-01,006A,Acme,false,2025-02-01T09:00:00Z",
        "00Q2,2025-01-20T09:00:00Z,Closed - Converted,true,2025-02-01,006A,Acme,false,2025-02-01T09:00:00Z",
        "00QB,2025-02-10T09:00:00Z,Closed - Converted,true,2025-02-11,006B,Acme,false,2025-02-11T09:00:00Z",
        "00QC,2025-01-11T09:00:00Z,Closed - Converted,true,2025-02-01,006Z,Acme,false,2025-02-01T09:00:00Z",
        "00QD,2025-01-12T09:00:00Z,Working,false,,,Acme,true,2025-01-12T09:00:00Z",
    )
    assert stays(history, "006A") == [
        ("lead", 1, "01-10", "02-01", "demo"),
        ("demo", 1, "02-01", "03-01", "won"),
    ]
    assert stays(history, "006B") == [("demo", 1, "02-02", None, None)]
    assert history.deals.height == 2, "a deleted lead and one of a deal that was not exported do not count"
    assert "superseded_rows" not in check_names(history)
    assert_consistent(history)


def test_leads_without_a_deal_end_where_their_status_or_conversion_says(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "00QE,2025-01-10T09:00:00Z,Unqualified,false,,,Globex,false,2025-01-25T09:00:00Z",
        "00QF,2025-01-10T09:00:00Z,Closed - Converted,true,2025-01-20,,Globex,false,2025-01-20T09:00:00Z",
        "00QG,2025-01-10T09:00:00Z,Nurturing,false,,,Globex,false,2025-01-20T09:00:00Z",
        "00QH,2025-01-10T09:00:00Z,Closed - Converted,true,2025-01-10,,Globex,false,2025-01-20T09:00:00Z",
    )
    assert stays(history, "00QE") == [("lead", 1, "01-10", "01-25", "lost")]
    assert stays(history, "00QF") == [("lead", 1, "01-10", "01-20", "lost")]
    assert stays(history, "00QG") == [("lead", 1, "01-10", None, None)]
    assert deal(history, "00QH")["outcome"] == "lost", "converted on the day on which it came"
    assert deal(history, "00QE")["account"] == "Globex"
    assert checks(history)["leads_lost_undated"]["count"] == 1
    assert "3 lost deals and 1 open deal" in checks(history)["leads_before_deals"]["text"]


def test_the_status_of_a_conversion_is_no_stage(tmp_path: Path) -> None:
    """Written in the moment in which the deal is created. Catches the mutant that keeps it."""
    changes = (
        "00QA,2025-01-20T09:00:00Z,Status,New,Working",
        "00QA,2025-02-01T08:59:59Z,Status,Working,Closed - Converted",
        "00QA,2025-01-21T09:00:00Z,Owner,K,L",
    )
    converted = (
        "00QA,2025-01-10T09:00:00Z,Closed - Converted,true,2025-02-01,006A,Acme,false,2025-02-01T09:00:00Z"
    )
    history = read(tmp_path, converted, changes=changes)
    assert [*history.meta.stages.values()] == ["Lead: New", "Lead: Working", "Demo"]
    assert stays(history, "006A")[0] == ("lead_new", 1, "01-10", "01-20", "lead_working")
    without = read(tmp_path, converted, changes=changes, rules="leads = false\n")
    assert [*without.meta.stages] == ["demo"]
    assert "leads_before_deals" not in check_names(without)


def test_fields_are_as_they_stood_when_another_one_changed() -> None:
    """Catches mutants that lose a field when the other one changes, or look into the future."""
    day = [dt.datetime(2025, 1, number) for number in range(1, 10)]
    every = {"key": "a", "by": "k", "of": 0}
    stages = pl.DataFrame(
        [
            {**every, "at": day[1], "when": "2", "stage": "Demo", ROW: 1},
            {**every, "at": day[5], "when": "6", "stage": "Won", ROW: 2},
        ]
    )
    changed = ((0, "amount", "10"), (2, "close", "X"), (3, "amount", "20"), (8, "close", "Y"))
    changes = pl.DataFrame(
        [
            {**every, "at": day[place], "when": str(place + 1), "field": field, "value": value, ROW: place}
            for place, field, value in changed
        ]
    )
    rows = as_they_stood(stages, changes, {"amount": "amount", "close": "close"}).sort("at")
    assert rows.select("when", "stage", "amount", "close").rows() == [
        ("2", "Demo", "10", None),
        ("3", "Demo", "10", "X"),
        ("4", "Demo", "20", "X"),
        ("6", "Won", "20", "X"),
        ("9", "Won", "20", "Y"),
    ]
