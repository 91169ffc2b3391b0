"""Opportunity and OpportunityHistory, in Salesforce's own spelling and in a warehouse's."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, deal, mapping, stays, table, write

OPPORTUNITY = "Id,CreatedDate,CloseDate,StageName,IsClosed,IsWon,IsDeleted,Amount,LeadSource,OwnerId"
HISTORY = "OpportunityId,CreatedDate,StageName,SortOrder"


def read(tmp_path: Path, opportunities: list[str], entries: list[str], rules: str = "") -> History:
    files = [write(tmp_path, "Opportunity.csv", OPPORTUNITY, *opportunities)]
    if entries:
        files.append(write(tmp_path, "OpportunityHistory.csv", HISTORY, *entries))
    return import_history(files, "salesforce", mapping(tmp_path, rules))


def test_history_rows_give_the_stays(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        [
            "006A,2025-01-01,2025-02-01,Closed Won,true,true,false,100,Web,K",
            "006B,2025-01-02,2025-09-01,Demo,false,false,false,50,,K",
        ],
        [
            "006A,2025-01-01,Lead,1",
            "006A,2025-01-11,Demo,2",
            "006A,2025-02-01,Closed Won,9",
            "006B,2025-01-02,Demo,2",
        ],
    )
    assert stays(history, "006A") == [
        ("lead", 1, "01-01", "01-11", "demo"),
        ("demo", 1, "01-11", "02-01", "won"),
    ]
    assert stays(history, "006B") == [("demo", 1, "01-02", None, None)]
    assert list(history.meta.stages) == ["lead", "demo"]
    assert history.meta.audit["stage_order_from"] == "the CRM's sort order"
    assert_consistent(history)


@pytest.mark.parametrize("with_history", [True, False])
def test_labels_and_flags_that_disagree_are_reported_and_the_history_decides(
    tmp_path: Path, with_history: bool
) -> None:
    """StageName says Closed Won and IsClosed FALSE; the history knows no closing: the deal is open."""
    entries = ["006A,2025-01-01,Lead,1", "006B,2025-01-01,Lead,1", "006B,2025-01-09,Closed Lost,9"]
    history = read(
        tmp_path,
        [
            "006A,2025-01-01,2025-02-01,Closed Won,false,false,false,1,,K",
            "006B,2025-01-01,2025-01-09,Closed Lost,true,true,false,1,,K",
        ],
        entries if with_history else [],
    )
    flags = history.meta.audit["counts"]["flags"]
    assert flags["closed_label_open_flag"] == 1
    assert flags["lost_label_won_flag"] == 1
    assert {"closed_label_open_flag", "lost_label_won_flag"} <= check_names(history)
    assert deal(history, "006A")["outcome"] == (None if with_history else "won")
    assert deal(history, "006B")["outcome"] == "lost"


def test_deleted_opportunities_are_set_aside_unless_the_mapping_wants_them(tmp_path: Path) -> None:
    rows = [
        "006A,2025-01-01,2025-02-01,Closed Won,true,true,TRUE,1,,K",
        "006B,2025-01-01,,Lead,false,false,FALSE,1,,K",
    ]
    history = read(tmp_path, rows, ["006A,2025-01-01,Lead,1", "006B,2025-01-01,Lead,1"])
    assert table(history, "deals")["set_aside"] == {"deleted in the CRM": 1}
    assert table(history, "events")["set_aside"] == {"its deal is skipped": 1}
    both = read(tmp_path, rows, [], '[where]\nIsDeleted = ["true", "false"]\n')
    assert both.deals.height == 2


def test_labels_in_another_language_are_explained_by_the_flags(tmp_path: Path) -> None:
    rows = [
        "006A,2025-01-01,2025-02-01,Gewonnen,true,true,false,1,,K",
        "006B,2025-01-01,2025-02-01,Verloren,true,false,false,1,,K",
        "006C,2025-01-01,2025-02-01,Angebot,false,false,false,1,,K",
    ]
    entries = [
        "006A,2025-01-01,Angebot,1",
        "006A,2025-02-01,Gewonnen,9",
        "006B,2025-01-01,Angebot,1",
        "006B,2025-02-03,Verloren,9",
    ]
    history = read(tmp_path, rows, entries)
    assert history.meta.stages == {"angebot": "Angebot"}
    assert history.meta.audit["stages"][0]["exits"] == {"lost": 1, "won": 1}


def test_the_spelling_of_a_warehouse_is_known_too(tmp_path: Path) -> None:
    one = write(
        tmp_path, "opportunity.csv",
        "id,created_date,close_date,stage_name,is_closed,is_won,is_deleted,amount,_fivetran_active",
        "006A,2025-01-01 08:00:00,2025-02-01 00:00:00,Closed Won,true,true,false,100,true",
    )  # fmt: skip
    other = write(
        tmp_path, "opportunity_history.csv",
        "id,_fivetran_start,_fivetran_end,stage_name,created_date,amount",
        "006A,2025-01-01 08:00:00,2025-01-20 09:00:00.123,Lead,2025-01-01 08:00:00,80",
        "006A,2025-01-20 09:00:00.123,9999-12-31 23:59:59,Closed Won,2025-01-01 08:00:00,100",
    )  # fmt: skip
    history = import_history([one, other], "salesforce")
    assert stays(history, "006A") == [("lead", 1, "01-01", "01-20", "won")]
    assert (deal(history, "006A")["listed_amount"], deal(history, "006A")["amount"]) == (80.0, 100.0)
    assert_consistent(history)


def test_creation_enters_a_stage_where_the_mapping_says_so(tmp_path: Path) -> None:
    rows = [
        "006A,2025-01-01,2025-02-01,Closed Won,true,true,false,1,,K",
        "006B,2025-01-20,2025-02-01,Demo,false,false,false,1,,K",
    ]
    entries = ["006A,2025-02-01,Closed Won,9", "006B,2025-01-10,Demo,2"]
    without = read(tmp_path, rows, entries, 'closed_without_stage = "skip"\n')
    assert table(without, "deals")["set_aside"] == {"closed without a stage before": 1}
    history = read(tmp_path, rows, entries, 'created_enters = "lead"\n')
    assert stays(history, "006A") == [("lead", 1, "01-01", "02-01", "won")]
    assert stays(history, "006B") == [("demo", 1, "01-10", None, None)], (
        "created after its first stage: not told"
    )
    assert deal(history, "006B")["created"] == without.visits.filter(deal="006B")["entered"][0]
    assert_consistent(history)


def test_ids_of_a_report_and_of_the_api_are_the_same(tmp_path: Path) -> None:
    """15 characters in one file, 18 in the other. Catches the mutant that finds no common deal."""
    rows = ["006000000000001AAA,2025-01-01,2025-02-01,Closed Won,true,true,false,1,Web,K"]
    history = read(
        tmp_path, rows, ["006000000000001,2025-01-01,Lead,1", "006000000000001,2025-02-01,Closed Won,9"]
    )
    assert history.deals.select("deal", "source").rows() == [("006000000000001", "Web")]
    assert "deals_without_row" not in history.meta.audit["counts"]


def test_the_converted_amount_alone_is_the_amount(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "report.csv",
        "Opportunity ID,Created Date,Close Date,Stage,Amount (converted) Currency,Amount (converted)",
        "1,2025-01-02,2025-02-01,Closed Won,USD,10",
        "2,2025-01-03,2025-03-01,Closed Won,USD,20",
        "3,2025-01-04,2025-03-04,Closed Lost,USD,30",
    )
    history = import_history([file])
    assert (history.meta.audit["amounts"]["won_sum"], history.meta.currency) == (30, "USD")
