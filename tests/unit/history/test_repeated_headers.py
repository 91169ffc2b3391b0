"""Headers among the rows: files put one below the other, reports with a header on every page."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from funnelsim.history.readers.source import read_source
from tests.unit.history.exports import assert_consistent, deals, events, mapping, stays, table, write
from tests.unit.history.test_workbooks import HEADER, ROWS, workbook


def test_a_header_among_events_is_neither_a_deal_nor_a_refusal(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "A,Lead,2025-01-05",
        "deal,stage,entered",
        "A,Demo,2025-02-01",
        "\ufeffdeal, stage ,entered",
        "B,Lead,2025-02-03",
    )
    assert stays(history, "A") == [("lead", 1, "01-05", "02-01", "demo"), ("demo", 1, "02-01", None, None)]
    assert history.deals["deal"].to_list() == ["A", "B"]
    assert table(history, "events")["set_aside"] == {"repeated header": 2}
    assert table(history, "events")["examples"] == {"repeated header": ["row 3", "row 5"]}
    assert_consistent(history)


def test_amounts_and_dates_are_read_around_a_repeated_header(tmp_path: Path) -> None:
    header = "deal,created,closed,outcome,amount,name"
    history = deals(
        tmp_path,
        header,
        "A,2025-01-01,2025-02-01,won,10.50,Name",
        "deal,created,closed,outcome,amount,",
        "B,2025-01-02,2025-02-02,lost,20.00,x",
    )
    assert history.deals["amount"].to_list() == [10.5, 20.0]
    assert table(history, "deals")["set_aside"] == {"repeated header": 1}
    assert_consistent(history)


def test_a_row_that_is_like_the_header_in_part_is_a_row(tmp_path: Path) -> None:
    history = events(tmp_path, "deal,Lead,2025-01-05", "deal,stage,2025-02-01")
    assert stays(history, "deal")[0] == ("lead", 1, "01-05", "02-01", "stage")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_second_header_in_another_order_is_refused(tmp_path: Path, suffix: str) -> None:
    """Labels and owners would change places in all rows below it."""
    rows = [
        ["deal", "stage", "owner", "entered"],
        ["A", "Lead", "Eve", "2025-01-05"],
        ["deal", "owner", "stage", "entered"],
        ["B", "Luc", "Lead", "2025-02-03"],
    ]
    path = write(tmp_path, "events.csv", *map(",".join, rows))
    if suffix == "xlsx":
        path = workbook(tmp_path, {"Events": rows})
    with pytest.raises(HistoryError, match="row 3: is a second header with the columns in another order"):
        import_history([path], "events")


def test_a_sheet_with_a_header_on_every_page_keeps_its_types(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Deals": [HEADER, *ROWS[:2], HEADER, *ROWS[2:]]})
    (read,) = read_source(path)
    assert read.frame.schema["Amount"] == pl.Float64
    assert read.headers == (4,)
    history = import_history([path], "deals")
    assert history.deals["deal"].to_list() == ["1001", "1002", "1003"]
    assert table(history, "deals")["set_aside"] == {"repeated header": 1}
    assert_consistent(history)


def test_pipedrive_and_hubspot_logs_count_repeated_headers(tmp_path: Path) -> None:
    log = write(
        tmp_path,
        "log.csv",
        "Item ID,Field key,Old value,New value,Log time",
        "1,stage_id,Lead,Demo,2025-01-05 10:00:00",
        "Item ID,Field key,Old value,New value,Log time",
        "1,stage_id,Demo,Offer,2025-01-09 10:00:00",
    )
    history = import_history([log], "pipedrive")
    assert table(history, "events")["set_aside"]["repeated header"] == 1
    assert_consistent(history)


def test_a_parquet_file_of_text_may_repeat_its_header(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    rows = {"deal": ["A", "deal", "A"], "stage": ["Lead", "stage", "Demo"]}
    entered = ["2025-01-05", "entered", "2025-02-01"]
    pl.DataFrame({**rows, "entered": entered}).write_parquet(path)
    history = import_history([path], "events")
    assert history.deals["deal"].to_list() == ["A"]
    assert_consistent(history)


@pytest.mark.parametrize("rules", ["", 'missing = ["Created", "Close Date", "Amount (k)"]'])
def test_a_second_header_with_other_columns_is_refused_whatever_the_mapping_says(
    tmp_path: Path, rules: str
) -> None:
    """Catches amounts in thousands below it that are read as they stand."""
    lines = (
        "1,2025-01-01,2025-02-01,Closed Won,65100",
        "Deal ID,Created,Close Date,Stage,Amount (k)",
        "2,2025-01-02,2025-02-02,Closed Won,83.0",
    )
    with pytest.raises(HistoryError, match=r'row 3: is a second header with other columns \("Amount \(k\)"'):
        deals(
            tmp_path, "Deal ID,Created,Close Date,Stage,Amount", *lines,
            mapping=mapping(tmp_path, rules) if rules else None,
        )  # fmt: skip


def test_a_second_header_in_a_workbook_is_named_and_no_damage(tmp_path: Path) -> None:
    other = [*HEADER[:-1], "Amount (k)"]
    with pytest.raises(HistoryError, match=r"xlsx: row 5: is a second header with other columns"):
        read_source(workbook(tmp_path, {"Deals": [HEADER, *ROWS, other, *ROWS]}))
    moved = [HEADER[1], HEADER[0], *HEADER[2:]]
    with pytest.raises(HistoryError, match=r"xlsx: row 5: is a second header with the columns in another"):
        read_source(workbook(tmp_path, {"Deals": [HEADER, *ROWS, moved, *ROWS]}))


def test_a_deal_with_the_words_of_headers_is_a_deal(tmp_path: Path) -> None:
    history = deals(
        tmp_path,
        "name,created,closed,outcome,source,owner",
        "name,2025-01-01,2025-02-01,won,source,owner",
        "B,2025-01-02,2025-02-02,lost,source,owner",
    )
    assert history.deals.height == 2
