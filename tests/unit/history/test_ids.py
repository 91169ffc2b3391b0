"""Ids of deals: one spelling in all tables, and refused where a spreadsheet has damaged them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.columns.ids import id_text, salesforce_long
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, deals, events, stays, table, write

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def read(tmp_path: Path, ours: list[str], theirs: list[str], preset: str = "events") -> History:
    """Two deals, in Lead from 1 Jan and won on 1 Feb, of 10 and 20; ids of the events, ids of the deals."""
    rows = [f"{key},Lead,2025-01-01" for key in ours] + [f"{key},Closed Won,2025-02-01" for key in ours]
    names = {"events": ("deal", "deal"), "salesforce": ("OpportunityId", "Id")}[preset]
    entered = "entered" if preset == "events" else "CreatedDate"
    stage = "stage" if preset == "events" else "StageName"
    files = [
        write(tmp_path, "events.csv", f"{names[0]},{stage},{entered}", *rows),
        write(
            tmp_path,
            "deals.csv",
            f"{names[1]},CreatedDate,CloseDate,Amount",
            *(f"{key},2025-01-01,2025-02-01,{10 * place}" for place, key in enumerate(theirs, start=1)),
        ),
    ]
    return import_history(files, preset)


@pytest.mark.parametrize(
    ("ours", "theirs", "kept"),
    [
        (["1000.0", "1001.0"], ["1000", "1001"], ["1000", "1001"]),
        (["1000", "1001"], ["1000.00", "1001.00"], ["1000", "1001"]),
        (['"1000,0"', '"1001,0"'], ["1000", "1001"], ["1000", "1001"]),
        (["1000.0", "A-7"], ["1000", "A-7"], ["1000", "A-7"]),
        (['"1.000"', '"2.000"'], ["1000", "2000"], ["1000", "2000"]),
        ([f"{{{GUID.upper()}}}", "A-7"], [GUID, "A-7"], [GUID, "A-7"]),
        (["'00123", "'00124"], ["00123", "00124"], ["00123", "00124"]),
        (["123", "124"], ["00123", "00124"], ["00123", "00124"]),
        (['"=""00123"""', '"=""00124"""'], ["00123", "00124"], ["00123", "00124"]),
        (["AB-1", "AB-2"], ["ab-1", "ab-2"], ["ab-1", "ab-2"]),
        (["\u00a0A1 ", "A2\u200b"], ["A1", "A2"], ["A1", "A2"]),
        (['"9,123,456,001"', '"9,123,456,002"'], ["9123456001", "9123456002"], ["9123456001", "9123456002"]),
    ],
)
def test_spellings_of_one_id_meet(
    tmp_path: Path, ours: list[str], theirs: list[str], kept: list[str]
) -> None:
    history = read(tmp_path, ours, theirs)
    assert history.deals.sort("deal").select("deal", "amount").rows() == [(kept[0], 10.0), (kept[1], 20.0)]
    assert "deals_without_row" not in history.meta.audit["counts"]
    assert "ids_do_not_meet" not in check_names(history)
    assert_consistent(history)


def test_ids_that_were_made_equal_are_named(tmp_path: Path) -> None:
    history = read(tmp_path, ["123", "124"], ["00123", "00124"])
    text = next(item["text"] for item in history.meta.audit["checks"] if item["check"] == "ids_made_equal")
    assert text == (
        '2 ids have lost leading zeros in one table: "123" in events.csv is matched with "00123" in deals.csv'
    )


def test_zeros_that_tell_two_deals_apart_are_kept(tmp_path: Path) -> None:
    history = read(tmp_path, ["12", "13"], ["12", "0012"])
    assert history.deals.select("deal", "amount").rows() == [("12", 10.0), ("13", None)]


@pytest.mark.parametrize("preset", ["events", "salesforce"])
def test_15_and_18_characters_of_salesforce_are_one_deal_in_one_column_too(
    tmp_path: Path, preset: str
) -> None:
    """006A...Abc and 006A...abc are two deals: ids of 15 characters differ by capitals."""
    ours = ["0068d000002OrZqAAK", "0068d000002OrZq", "0068d000002Orzq"]
    history = read(tmp_path, ours, ["0068d000002OrZqAAK", "0068d000002OrzqAAC"], preset)
    assert history.deals.sort("amount").select("deal", "amount").rows() == [
        ("0068d000002OrZq", 10.0),
        ("0068d000002Orzq", 20.0),
    ]


def test_creations_in_a_history_of_fields_have_the_ids_of_its_changes(tmp_path: Path) -> None:
    """The row of the creation has an id of 18 characters, that of the change one of 15."""
    for long, short in (("0068d000002OrZqAAK", "0068d000002OrZq"), ("{" + GUID.upper() + "}", GUID)):
        history = import_history(
            [
                write(
                    tmp_path,
                    "history.csv",
                    "OpportunityId,Field,OldValue,NewValue,CreatedDate",
                    f"{long},created,,,2025-01-01",
                    f"{short},StageName,Lead,Demo,2025-02-01",
                )
            ],
            "salesforce",
        )
        assert stays(history, short) == [
            ("lead", 1, "01-01", "02-01", "demo"),
            ("demo", 1, "02-01", None, None),
        ]
        assert_consistent(history)


def test_guids_with_and_without_braces_are_one_deal_in_one_column_too(tmp_path: Path) -> None:
    history = events(tmp_path, f"{GUID},Lead,2025-01-01", f"{{{GUID.upper()}}},Demo,2025-02-01")
    assert history.deals["deal"].to_list() == [GUID]


def test_an_id_of_18_characters_that_begins_like_one_of_15_is_that_one(tmp_path: Path) -> None:
    """The check sum is that of other capitals, as where somebody typed it."""
    history = read(
        tmp_path, ["0065g00000AbCdE", "0065g00000AbCdF"], ["0065g00000AbCdEXXX", "0065g00000AbCdFXXX"]
    )
    assert history.deals["amount"].to_list() == [10.0, 20.0]


def test_only_ids_with_the_check_sum_are_those_of_salesforce() -> None:
    ids = pl.Series(
        ["0068d000002OrZqAAK", "0068d000002OrZqAAC", "0068d000002OrZq", None, "006000000000001AAA"]
    )
    assert salesforce_long(ids).to_list() == [True, False, False, False, True]


def test_ids_of_two_tables_that_do_not_meet_are_named_with_examples(tmp_path: Path) -> None:
    history = read(tmp_path, ["E-1", "E-2", "E-3"], ["701", "702", "703"])
    first = history.meta.audit["checks"][0]
    assert first["check"] == "ids_do_not_meet"
    assert first["text"].startswith(
        "only 0 of 3 deals of events.csv are in deals.csv (3 deals): column deal of the first has "
        '"E-1", "E-2", "E-3", column deal of the second "701", "702", "703".'
    )


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (["1.23457E+11", "1.23457E+11"], '"1.23457E+11"'),
        (["1,23457E+11", "2E+11"], '"1,23457E+11"'),
        (["123456789012345000", "223456789012345000"], '"123456789012345000"'),
    ],
)
def test_ids_that_a_spreadsheet_has_rounded_are_refused(tmp_path: Path, bad: list[str], message: str) -> None:
    with pytest.raises(HistoryError, match=r"a spreadsheet has rounded these ids: row 2") as error:
        events(tmp_path, *(f'"{key}",Lead,2025-01-0{place}' for place, key in enumerate(bad, start=1)))
    assert message in str(error.value)
    with pytest.raises(HistoryError, match="column deal"):
        deals(tmp_path, "deal,created,closed,outcome", *(f'"{key}",2025-01-01,2025-02-01,won' for key in bad))


def test_what_programs_write_for_no_id_is_no_deal(tmp_path: Path) -> None:
    history = events(tmp_path, "A,Lead,2025-01-01", "NULL,Lead,2025-01-02", "nan,Lead,2025-01-02")
    assert history.deals["deal"].to_list() == ["A"]
    assert table(history, "events")["set_aside"] == {"no deal id": 2}


def test_long_ids_of_which_one_ends_in_zeros_are_read(tmp_path: Path) -> None:
    history = events(tmp_path, "123456789012345000,Lead,2025-01-01", "123456789012345678,Lead,2025-01-01")
    assert history.deals.height == 2


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pl.Series([1.0, None, 20.0]), ["1", None, "20"]),
        (pl.Series(["1.0", "A1"]), ["1.0", "A1"]),
        (pl.Series(["1.10", "1.00"]), ["1.10", "1.00"]),
        (pl.Series(["1000,0", "7,0", "8"]), ["1000", "7", "8"]),
        (pl.Series(["1000,000", "7,000"]), ["1000", "7"]),
        (pl.Series(["1,000", "7,000"]), ["1,000", "7,000"]),
        (pl.Series(["O'Neill", "'7"]), ["O'Neill", "7"]),
    ],
)
def test_whole_numbers_lose_their_decimals_and_nothing_else_does(column: pl.Series, texts: list[str]) -> None:
    assert id_text(column).to_list() == texts
