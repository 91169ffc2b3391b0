"""Flags and versions of rows: closed, won, deleted, and which row of a deal is the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, deals, events, mapping, stays, table, write
from tests.unit.history.test_outcome_labels import check, counts


def test_isclosed_and_iswon_decide_label_by_label(tmp_path: Path) -> None:
    """Beside a label that everybody knows. Mutant: flags are looked at only if no label is known."""
    entries = write(
        tmp_path, "h.csv", "OpportunityId,StageName,CreatedDate",
        "0061,Proposal,2025-01-03", "0061,Closed Won,2025-01-13",
        "0062,Proposal,2025-01-04", "0062,Parking,2025-01-24",
        "0063,Proposal,2025-01-05", "0063,Signed,2025-01-25",
        "0064,Proposal,2025-01-05",
    )  # fmt: skip
    rows = write(
        tmp_path, "o.csv", "Id,StageName,CreatedDate,CloseDate,Amount,IsClosed,IsWon",
        "0061,Closed Won,2025-01-03,2025-01-13,100,true,true",
        "0062,Parking,2025-01-04,2025-01-24,200,true,false",
        "0063,Signed,2025-01-05,2025-01-25,300,true,true",
        "0064,Proposal,2025-01-05,2025-03-25,400,false,false",
    )  # fmt: skip
    history = import_history([entries, rows], "salesforce")
    assert counts(history) == {"won": 2, "lost": 1, "open": 1}
    assert history.meta.audit["amounts"]["won_sum"] == 400
    assert history.meta.stages == {"proposal": "Proposal"}


def test_flags_of_hubspot_explain_stages_that_are_numbers(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,createdate,dealstage,closedate,hs_is_closed,hs_is_closed_won,archived",
        "1,2025-01-03,1234567,2025-02-13,true,true,false",
        "2,2025-01-05,1234568,2025-02-20,true,false,false",
        "3,2025-01-07,1234569,2025-06-30,false,false,false",
        "4,2025-01-08,1234569,2025-06-30,false,false,true",
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}
    assert check(history, "deleted_rows")["mapping"] == ["[where]", '"archived" = { not = [] }']


def test_flags_close_deals_whose_stage_is_where_they_stood(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,stage,created,closed,is_closed,is_won",
        "1,Negotiation,2025-01-03,2025-02-13,true,true",
        "2,Negotiation,2025-01-04,2025-02-14,true,false",
        "3,Negotiation,2025-01-05,,false,false",
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 1}
    assert "open_label_closed_flag" in check_names(history)


@pytest.mark.parametrize(
    ("column", "marks"),
    [
        ("IsDeleted", ("FALSE", "TRUE")),
        ("_fivetran_deleted", ("false", "true")),
        ("is_deleted", ("0", "1")),
        ("Archived", ("Nein", "Ja")),
        ("_sdc_deleted_at", ("", "2025-02-10T00:00:00Z")),
        ("deleted_at", ("", "2025-02-10")),
        ("_ab_cdc_deleted_at", ("", "2025-02-10")),
    ],
)
def test_deleted_rows_are_skipped_counted_and_named_in_every_preset(
    tmp_path: Path, column: str, marks: tuple[str, str]
) -> None:
    kept, gone = marks
    header = f"id,created,closed,outcome,{column}"
    rows = (
        f"1,2025-01-03,2025-02-01,won,{kept}",
        f"2,2025-01-04,2025-02-02,won,{gone}",
        f"3,2025-01-05,,open,{kept}",
    )
    history = deals(tmp_path, header, *rows)
    assert counts(history) == {"won": 1, "open": 1}
    assert table(history, "deals")["set_aside"] == {"deleted in the CRM": 1}
    lines = check(history, "deleted_rows")["mapping"]
    every = deals(tmp_path, header, *rows, mapping=mapping(tmp_path, "\n".join(lines)))
    assert counts(every) == {"won": 2, "open": 1}
    transitions = events(
        tmp_path,
        f"1,Lead,2025-01-03,{kept}",
        f"1,Won,2025-01-09,{gone}",
        header=f"deal,stage,entered,{column}",
    )
    assert stays(transitions, "1") == [("lead", 1, "01-03", None, None)]


def test_a_status_of_deleted_is_skipped_unless_the_mapping_explains_it(tmp_path: Path) -> None:
    rows = ("1,2025-01-03,2025-02-01,won", "2,2025-01-04,2025-02-02,deleted", "3,2025-01-05,,open")
    history = deals(tmp_path, "id,created,closed,status", *rows)
    assert counts(history) == {"won": 1, "open": 1}
    lines = check(history, "deleted_rows")["mapping"]
    assert counts(
        deals(tmp_path, "id,created,closed,status", *rows, mapping=mapping(tmp_path, "\n".join(lines)))
    ) == {"won": 1, "lost": 1, "open": 1}


def test_a_column_called_deleted_that_holds_no_flags_deletes_nothing(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,closed,outcome,deleted",
        "1,2025-01-03,2025-02-01,won,2 files",
        "2,2025-01-04,,open,",
    )
    assert counts(history) == {"won": 1, "open": 1}


@pytest.mark.parametrize(
    ("column", "versions"),
    [
        ("_fivetran_synced", ("2025-02-01 00:00:00", "2025-02-14 00:00:00")),
        ("_airbyte_extracted_at", ("1738368000000", "1739491200000")),
        ("_sdc_sequence", ("9", "10")),
        ("SystemModstamp", ("2025-02-01T00:00:00Z", "2025-02-14T00:00:00Z")),
        ("Last Modified", ("2025-02-01", "2025-02-14")),
    ],
)
def test_of_appended_rows_the_newest_counts(tmp_path: Path, column: str, versions: tuple[str, str]) -> None:
    """Whatever their order. Mutants: the last row counts; texts are compared ("9" after "10")."""
    old, new = versions
    history = deals(
        tmp_path,
        f"id,created,closed,outcome,amount,{column}",
        f"1,2025-01-03,2025-02-13,won,1200,{new}",
        f"1,2025-01-03,,open,1000,{old}",
        f"2,2025-01-05,,open,500,{old}",
        f"2,2025-01-05,2025-02-13,lost,500,{new}",
    )
    assert counts(history) == {"won": 1, "lost": 1, "open": 0}
    assert history.meta.audit["amounts"]["won_sum"] == 1200
    assert table(history, "deals")["set_aside"] == {"an older version": 2}
    assert column in check(history, "superseded_rows")["text"]


def test_a_deal_deleted_by_its_newest_row_is_deleted(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,closed,outcome,_fivetran_deleted,_fivetran_synced",
        "1,2025-01-03,2025-02-01,won,false,2025-02-01",
        "2,2025-01-04,,open,false,2025-02-01",
        "2,2025-01-04,,open,true,2025-02-10",
    )
    assert counts(history) == {"won": 1, "open": 0}


def test_rows_without_a_version_contradict_each_other_as_before(tmp_path: Path) -> None:
    fine = [f"{number},2025-01-05,2025-02-01,won" for number in range(100, 130)]
    clash = ("1,2025-01-05,2025-02-01,won", "1,2025-01-05,2025-02-01,lost")
    history = deals(tmp_path, "id,created,closed,outcome", *fine, *clash)
    assert table(history, "deals")["set_aside"] == {"same id, different content": 2}


def test_rows_created_at_different_times_are_not_versions(tmp_path: Path) -> None:
    rows = [f"{n % 3},2025-01-{n + 1:02d},2025-02-01,won,2025-02-{n + 1:02d}" for n in range(9)]
    with pytest.raises(HistoryError, match="does not identify deals"):
        deals(tmp_path, "id,created,closed,outcome,updated_at", *rows)


def test_times_of_the_row_are_no_stages(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "id,created,closed,outcome,_sdc_batched_at",
        "1,2025-01-03,2025-02-01,won,2025-02-20",
        "2,2025-01-03,,open,2025-02-20",
    )
    assert list(history.meta.stages) == ["open"]


def test_closed_and_not_lost_is_won_and_told(tmp_path: Path) -> None:
    """Catches an export with boxes for closed and lost in which nothing closes."""
    rows = ("1,2025-01-02,2025-02-01,Proposal,Yes,No", "2,2025-01-03,2025-03-01,Proposal,Yes,Yes")
    header = "Deal ID,Created,Close Date,Stage,Closed,Lost"
    history = deals(tmp_path, header, *rows, "3,2025-03-05,,Proposal,No,No")
    found = history.meta.audit["deals"]
    assert (found["won"], found["lost"], found["open"]) == (1, 1, 1)
    assert "won_unless_lost" in check_names(history)


def test_archived_with_a_reason_for_the_loss_is_lost_as_in_odoo(tmp_path: Path) -> None:
    rows = ("1,2025-01-02,2025-02-01,Won,TRUE,", "2,2025-01-03,2025-03-01,Proposal,FALSE,Too expensive")
    header = "ID,Created on,Closed Date,Stage,Active,Lost Reason"
    history = deals(tmp_path, header, *rows, "3,2025-02-05,,Proposal,TRUE,")
    found = history.meta.audit["deals"]
    assert (found["won"], found["lost"], found["open"]) == (1, 1, 1)
    assert "archived_as_lost" in check_names(history)
    assert "inactive_rows" not in check_names(history)
