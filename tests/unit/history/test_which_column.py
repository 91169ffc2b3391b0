"""Which of several columns is read as the id of a deal, and which as the time of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, stays, table, write

CHANGES = (
    "0061,,Prospecting,2025-01-03,2025-01-03,100",
    "0061,Prospecting,Proposal,2025-01-20,2025-01-03,100",
    "0061,Proposal,Closed Won,2025-02-20,2025-01-03,120",
    "0062,,Prospecting,2025-01-05,2025-01-05,200",
    "0062,Prospecting,Closed Lost,2025-02-25,2025-01-05,200",
)


def read(tmp_path: Path, preset: str, *tables: tuple[str, ...]) -> History:
    files = [write(tmp_path, f"table{place}.csv", *lines) for place, lines in enumerate(tables)]
    return import_history(files, preset)


def columns(history: History) -> dict[str, str]:
    return {note["read_as"]: note["column"] for note in history.meta.audit["columns"]}


@pytest.mark.parametrize("preset", ["events", "salesforce"])
@pytest.mark.parametrize(
    "changed", ["Last Modified", "Edit Date", "SystemModstamp", "Changed at", "last_modified_date"]
)
def test_a_date_that_never_changes_within_a_deal_is_not_the_time_of_its_moves(
    tmp_path: Path, preset: str, changed: str
) -> None:
    header = f"Opportunity ID,From Stage,To Stage,{changed},Created Date,Amount"
    history = read(tmp_path, preset, (header, *CHANGES))
    assert stays(history, "0061") == [
        ("prospecting", 1, "01-03", "01-20", "proposal"),
        ("proposal", 1, "01-20", "02-20", "won"),
    ]
    assert stays(history, "0062") == [("prospecting", 1, "01-05", "02-25", "lost")]
    assert history.meta.audit["amounts"]["won_sum"] == 120.0


def test_where_only_the_creation_is_known_nobody_knows_when_stages_were_entered(tmp_path: Path) -> None:
    rows = [",".join((*row.split(",")[:3], row.split(",")[4])) for row in CHANGES]
    with pytest.raises(
        HistoryError, match="column Created Date: has the same value in all rows of a deal"
    ) as error:
        read(tmp_path, "events", ("Opportunity ID,From Stage,To Stage,Created Date", *rows))
    assert '[events] entered = "..."' in str(error.value)


@pytest.mark.parametrize("preset", ["events", "salesforce"])
def test_a_history_without_any_time_is_refused(tmp_path: Path, preset: str) -> None:
    with pytest.raises(HistoryError, match="no column says when it is entered"):
        read(
            tmp_path,
            preset,
            ("OpportunityId,StageName,Amount", "0061,Prospecting,100"),
            ("Id,StageName,CreatedDate,CloseDate,Amount", "0061,Prospecting,2025-01-03,,100"),
        )


OPPORTUNITIES = (
    "Id,Name,CreatedDate,CloseDate,StageName,Amount",
    "0061,Acme,2025-01-02,2025-02-20,Closed Won,100",
    "0062,Globex,2025-01-05,2025-02-25,Closed Lost,200",
)


def test_of_a_history_of_all_fields_the_changes_of_the_stage_count(tmp_path: Path) -> None:
    """The first change says which stage the deal was created in. A row of Amount is no stage called 100."""
    history = read(
        tmp_path,
        "salesforce",
        (
            "OpportunityId,Field,OldValue,NewValue,CreatedDate",
            "0061,created,,,2025-01-02T10:00:00.000Z",
            "0061,StageName,Qualification,Proposal,2025-01-20T10:00:00.000Z",
            "0061,Amount,50,100,2025-01-21T10:00:00.000Z",
            "0061,StageName,Proposal,Closed Won,2025-02-20T10:00:00.000Z",
            "0062,StageName,Prospecting,Closed Lost,2025-02-25T10:00:00.000Z",
        ),
        OPPORTUNITIES,
    )
    assert stays(history, "0061") == [
        ("qualification", 1, "01-02", "01-20", "proposal"),
        ("proposal", 1, "01-20", "02-20", "won"),
    ]
    assert stays(history, "0062") == [("prospecting", 1, "01-05", "02-25", "lost")]
    assert table(history, "events")["set_aside"] == {"change of another field": 2}


def test_the_report_of_the_field_history_alone_tells_creations_too(tmp_path: Path) -> None:
    history = read(
        tmp_path,
        "events",
        (
            "Opportunity ID,Field / Event,Old Value,New Value,Edit Date",
            "0061,Created,,,02/01/2025",
            "0061,Stage,Qualification,Proposal,20/01/2025",
            "0061,Close Date,01/05/2025,20/02/2025,21/01/2025",
            "0061,Stage,Proposal,Closed Won,20/02/2025",
        ),
    )
    assert stays(history, "0061") == [
        ("qualification", 1, "01-02", "01-20", "proposal"),
        ("proposal", 1, "01-20", "02-20", "won"),
    ]


def test_a_deal_that_never_changed_is_where_it_began(tmp_path: Path) -> None:
    """0063 has a row of its creation only: open in the stage that it shows, named where none is shown."""
    changes = (
        "OpportunityId,Field,OldValue,NewValue,CreatedDate",
        "0061,created,,,2025-01-02",
        "0061,StageName,Prospecting,Closed Won,2025-02-20",
        "0063,created,,,2025-01-09",
    )
    alone = read(tmp_path, "salesforce", changes)
    assert "never_changed" in check_names(alone)
    history = read(tmp_path, "salesforce", changes, (*OPPORTUNITIES[:2], "0063,Initech,2025-01-09,,Demo,40"))
    assert stays(history, "0063") == [("demo", 1, "01-09", None, None)]
    assert "never_changed" not in check_names(history)


def test_a_history_of_fields_without_the_stage_is_refused(tmp_path: Path) -> None:
    rows = ("Opportunity ID,Field / Event,Old Value,New Value,Edit Date", "0061,Amount,1,2,2025-01-01")
    with pytest.raises(HistoryError, match="no row is about the stage; it has Amount"):
        read(tmp_path, "events", rows)


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Opportunity,Opportunity ID,Stage,Entered", "Acme renewal,0061", "Acme renewal,0062"),
        ("Deal,Record ID,Stage,Entered", "Acme,71", "Acme,72"),
        ("Lead,lead_id,Stage,Entered", "Kim,81", "Kim,82"),
    ],
)
def test_an_id_beats_a_name(tmp_path: Path, header: str, first: str, second: str) -> None:
    rows = [
        f"{key},{stage},2025-01-0{day}"
        for key in (first, second)
        for day, stage in ((1, "A"), (5, "B"), (9, "Won"))
    ]
    history = read(tmp_path, "events", (header, *rows))
    assert sorted(history.deals["deal"]) == [first.split(",")[1], second.split(",")[1]]
    assert "names_for_ids" not in check_names(history)


def test_the_number_of_a_row_is_not_that_of_a_deal(tmp_path: Path) -> None:
    rows = [f"{row},D{row // 3},{'ABC'[row % 3]},2025-01-{row + 1:02d}" for row in range(12)]
    history = read(tmp_path, "events", ("id,deal,stage,entered", *rows))
    assert sorted(history.deals["deal"]) == ["D0", "D1", "D2", "D3"]


def test_the_column_that_meets_the_other_table_is_the_id(tmp_path: Path) -> None:
    """The events know deals by their numbers, and leads by ids of their own."""
    history = read(
        tmp_path,
        "events",
        ("lead_id,deal,stage,entered", "9,D1,A,2025-01-01", "9,D1,Won,2025-02-01", "8,D2,A,2025-01-03"),
        ("id,deal,created,amount", "1,D1,2025-01-01,100", "2,D2,2025-01-03,50"),
    )
    assert history.deals.select("deal", "amount").rows() == [("D1", 100.0), ("D2", None)]
    assert columns(history)["deal"] == "deal"


def test_names_that_stand_for_ids_are_named_at_the_top(tmp_path: Path) -> None:
    rows = ("Acme renewal,,Demo,2025-01-01", "Acme renewal,Demo,Closed Won,2025-01-20")
    history = read(tmp_path, "salesforce", ("Opportunity Name,From Stage,To Stage,Last Modified", *rows))
    assert history.deals.height == 1
    assert history.meta.audit["checks"][0]["check"] == "names_for_ids"
