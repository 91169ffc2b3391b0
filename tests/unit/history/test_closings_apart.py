"""Closings that two tables date differently: times of a connector, of a bulk load, and late records."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import (
    assert_consistent,
    check_names,
    checks,
    deal,
    events,
    mapping,
    stays,
    write,
)

#: Deal, creation, closing; the warehouse copied all of them a year later.
DEALS = (
    "A,2024-01-02 10:00,2024-02-01,Closed Won,100",
    "B,2024-01-05 10:00,2024-02-20,Closed Lost,200",
    "C,2024-03-05 10:00,2024-03-01,Closed Won,400",
    "D,2024-02-01 10:00,2024-12-01,Proposal,50",
)
COPIES = (
    "A,Closed Won,2025-01-10 08:00",
    "B,Closed Lost,2025-01-10 08:00",
    "C,Closed Won,2025-01-11 08:00",
    "D,Proposal,2025-01-10 08:00",
)


def read(folder: Path, column: str, rules: str = "", copies: tuple[str, ...] = COPIES) -> History:
    files = [
        write(folder, "opportunity.csv", "id,created_date,close_date,stage_name,amount", *DEALS),
        write(folder, "history.csv", f"opportunity_id,stage_name,{column}", *copies),
    ]
    return import_history(files, "salesforce", mapping(folder, rules) if rules else None)


def test_times_of_a_connector_close_no_deal(tmp_path: Path) -> None:
    """The deals table has the closings; the deal recorded after it closed keeps its amount."""
    history = read(tmp_path, "_fivetran_start")
    assert history.meta.audit["deals"] == {"all": 4, "won": 2, "lost": 1, "open": 1}
    assert [f"{deal(history, key)['closed']:%Y-%m-%d}" for key in "ABC"] == [
        "2024-02-01",
        "2024-02-20",
        "2024-03-01",
    ]
    assert history.meta.audit["amounts"]["won_sum"] == 500
    assert stays(history, "C") == [("proposal", 1, "03-01", "03-01", "won")]
    found = checks(history)
    assert found["table_dates_closings"]["mapping"] == ['outcome_from = "events"']
    assert "3 of 3 closings differ" in found["table_dates_closings"]["text"]
    assert (
        "1 deal is created after the closing date (1 won, 400), such as C"
        in (found["created_after_closing"]["text"])
    )
    assert next(iter(found)) == "table_dates_closings"
    assert_consistent(history)


def test_a_mapping_settles_who_dates_the_closings(tmp_path: Path) -> None:
    history = read(tmp_path, "_fivetran_start", 'outcome_from = "events"\n')
    assert f"{deal(history, 'A')['closed']:%Y-%m-%d}" == "2025-01-10"
    assert "copied_stage_times" in check_names(history)
    assert not check_names(history) & {"table_dates_closings", "closings_differ", "most_closings_differ"}
    history = read(tmp_path, "_fivetran_start", 'outcome_from = "deals"\n')
    assert history.meta.audit["amounts"]["won_sum"] == 500
    assert not check_names(history) & {"table_dates_closings", "copied_stage_times"}


def test_other_times_of_changes_decide_and_the_difference_is_the_first_warning(tmp_path: Path) -> None:
    history = read(tmp_path, "created_date")
    assert f"{deal(history, 'A')['closed']:%Y-%m-%d}" == "2025-01-10"
    found = checks(history)
    assert found["most_closings_differ"]["mapping"] == ['outcome_from = "deals"']
    assert (
        "A: 10 Jan 2025 in the events, 1 Feb 2024 in the deals table"
        in (found["most_closings_differ"]["text"])
    )
    assert next(iter(found)) == "most_closings_differ"


def test_a_bulk_load_closes_no_deal(tmp_path: Path) -> None:
    """Twelve deals closed over a year, and all rows of the history were written on one day."""
    days = [f"2024-{month:02d}-10" for month in range(1, 13)]
    files = [
        write(
            tmp_path,
            "opportunity.csv",
            "id,created_date,close_date,stage_name,amount",
            *(f"D{place},2023-11-01,{day},Closed Won,10" for place, day in enumerate(days)),
        ),
        write(
            tmp_path,
            "history.csv",
            "opportunity_id,stage_name,created_date",
            *(f"D{place},Demo,2023-11-05" for place in range(12)),
            *(f"D{place},Closed Won,2025-03-01" for place in range(12)),
        ),
    ]
    history = import_history(files, "salesforce")
    assert "bulk load" in checks(history)["table_dates_closings"]["text"]
    assert history.deals.sort("closed")["closed"].dt.to_string("%Y-%m-%d").to_list() == days
    assert stays(history, "D0") == [("demo", 1, "11-05", "01-10", "won")]


def test_a_connector_that_was_there_from_the_beginning_is_believed(tmp_path: Path) -> None:
    copies = (
        "A,Proposal,2024-01-02 10:05",
        "A,Closed Won,2024-02-01 09:00",
        "B,Proposal,2024-01-05 10:05",
        "B,Closed Lost,2024-02-20 09:00",
        "D,Proposal,2024-02-01 10:05",
    )
    history = read(tmp_path, "_fivetran_start", copies=copies)
    assert stays(history, "A") == [("proposal", 1, "01-02", "02-01", "won")]
    assert not check_names(history) & {"table_dates_closings", "copied_stage_times", "closings_differ"}


@pytest.mark.parametrize("column", ["_fivetran_start", "_airbyte_extracted_at", "dbt_valid_from"])
def test_stage_times_of_a_connector_alone_are_reported(tmp_path: Path, column: str) -> None:
    rows = ("A,Demo,2025-01-10 08:00", "A,Closed Won,2025-01-20 08:00")
    rules = mapping(tmp_path, f'[events]\nentered = "{column}"\n')
    history = events(tmp_path, *rows, header=f"deal,stage,{column}", mapping=rules)
    assert column in checks(history)["copied_stage_times"]["text"]


def test_most_deals_created_after_they_closed_are_left_out(tmp_path: Path) -> None:
    """Creation and closing are then not what their names say."""
    rows = ("A,2024-03-01,2024-02-01,Closed Won,1", "B,2024-04-01,2024-02-20,Closed Won,2")
    files = [
        write(tmp_path, "opportunity.csv", "id,created_date,close_date,stage_name,amount", *rows, DEALS[3]),
        write(tmp_path, "history.csv", "opportunity_id,stage_name,created_date", "D,Proposal,2024-02-02"),
    ]
    history = import_history(files, "salesforce")
    assert history.meta.audit["deals"] == {"all": 1, "open": 1}
    assert "closed_left_out" in check_names(history)
