"""Order and lengths are those of instants, whatever local clocks show."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import assert_consistent, check_names, events, mapping, stays, write

BERLIN = 'time_zone = "Europe/Berlin"\n'


def hours(history: History, deal: str) -> list[tuple[str, float, str]]:
    rows = history.visits.filter(pl.col("deal") == deal).iter_rows(named=True)
    return [
        (row["stage"], round((row["left"] - row["entered"]).total_seconds() / 3600, 2), row["exit"])
        for row in rows
    ]


def test_moves_keep_their_order_when_clocks_go_back(tmp_path: Path) -> None:
    """02:30 in summer time is forty minutes before 02:10 in winter time."""
    history = events(
        tmp_path,
        "D1,Lead,2025-10-26T02:30:00+02:00",
        "D1,Demo,2025-10-26T02:10:00+01:00",
        "D1,Closed Won,2025-10-27T10:00:00+01:00",
        "D2,Lead,2025-10-20T02:30:00+02:00",
        "D2,Demo,2025-10-21T02:10:00+02:00",
        "D2,Closed Won,2025-10-27T11:00:00+01:00",
        mapping=mapping(tmp_path, BERLIN),
    )
    d1, d2 = hours(history, "D1"), hours(history, "D2")
    assert d1 == [("lead", 0.67, "demo"), ("demo", 31.83, "won")]
    assert d2 == [("lead", 23.67, "demo"), ("demo", 153.83, "won")]
    assert "backward" not in history.meta.audit["counts"]
    begun = history.visits.filter(pl.col("stage") == "lead").sort("deal")["entered"].to_list()
    assert begun == [dt.datetime(2025, 10, 26, 2, 30), dt.datetime(2025, 10, 20, 2, 30)], (
        "as the clock showed it"
    )


def test_visits_keep_their_length_when_clocks_go_forward(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "D1,Lead,2025-03-30T00:50:00Z",
        "D1,Demo,2025-03-30T01:10:00Z",
        "D1,Closed Won,2025-03-31T01:10:00Z",
        mapping=mapping(tmp_path, BERLIN),
    )
    assert hours(history, "D1") == [
        ("lead", 0.33, "demo"),
        ("demo", 24.0, "won"),
    ]


def test_two_tables_of_instants_share_the_offset_of_a_deal(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "events.csv", "deal,stage,entered", "A,Lead,2025-10-25T12:00:00Z"),
        write(
            tmp_path,
            "deals.csv",
            "deal,created,closed,outcome",
            "A,2025-10-25T12:00:00Z,2025-10-27T12:00:00Z,won",
        ),
    ]
    history = import_history(files, "events", mapping(tmp_path, BERLIN))
    assert hours(history, "A") == [("lead", 48.0, "won")]
    assert history.deals["closed"].to_list() == [dt.datetime(2025, 10, 27, 14)], (
        "summer time, as at the start"
    )


def test_local_midnights_stay_days_across_the_change_of_clocks(tmp_path: Path) -> None:
    """1 Mar and 1 Jul in Berlin, as instants; with one offset the second would be 30 June."""
    rows = ("A,Lead,2025-02-28T23:00:00Z", "A,Won,2025-06-30T22:00:00Z")
    history = events(tmp_path, *rows, mapping=mapping(tmp_path, BERLIN))
    assert stays(history, "A") == [("lead", 1, "03-01", "07-01", "won")]


def test_midnights_of_utc_are_days_in_every_time_zone(tmp_path: Path) -> None:
    """As programs write days. In New York each would fall on the day before."""
    rows = ("A,Lead,2025-01-31T00:00:00.000Z", "A,Won,2025-04-01T00:00:00.000Z")
    history = events(tmp_path, *rows, mapping=mapping(tmp_path, 'time_zone = "America/New_York"\n'))
    assert stays(history, "A") == [("lead", 1, "01-31", "04-01", "won")]


def salesforce(tmp_path: Path, rules: str = "") -> History:
    """Entered at 8 in the evening of 31 Jan in New York, which is 1 Feb in UTC; closed that day."""
    files = [
        write(tmp_path, "Opp.csv", "Id,CreatedDate,CloseDate,StageName,Amount",
              "006A,2025-02-01T01:00:00.000Z,2025-01-31,Closed Won,100",
              "006B,2025-01-05T15:00:00.000Z,2025-02-10,Closed Lost,70"),
        write(tmp_path, "History.csv", "OpportunityId,CreatedDate,StageName",
              "006A,2025-02-01T01:00:00.000Z,Lead", "006B,2025-01-05T15:00:00.000Z,Lead"),
    ]  # fmt: skip
    return import_history(files, "salesforce", mapping(tmp_path, rules))


def test_a_local_day_beside_an_instant_is_allowed_its_offset(tmp_path: Path) -> None:
    history = salesforce(tmp_path)
    assert history.meta.audit["deals"] == {"all": 2, "won": 1, "lost": 1, "open": 0}
    found: dict[str, Any] = history.meta.audit["checks"][0]
    assert (found["check"], found["count"]) == ("days_beside_instants", 1)
    named = salesforce(tmp_path, found["mapping"][0] + "\n")
    assert named.meta.audit["deals"] == {"all": 2, "won": 1, "lost": 1, "open": 0}
    assert hours(named, "006A") == [("lead", 0.0, "won")]
    assert "days_beside_instants" not in check_names(named)


def test_offsets_without_a_time_zone_are_named_at_the_top(tmp_path: Path) -> None:
    rows = ("A,Lead,2025-01-31T00:10:00+01:00", "A,Won,2025-04-01T00:10:00+02:00")
    history = events(tmp_path, *rows)
    found = history.meta.audit["checks"][0]
    assert found["check"] == "offsets_without_zone"
    assert found["mapping"] == ['time_zone = "Europe/Berlin"']
    local = events(tmp_path, *rows, mapping=mapping(tmp_path, found["mapping"][0] + "\n"))
    assert stays(local, "A") == [("lead", 1, "01-31", "04-01", "won")]
    assert "offsets_without_zone" not in check_names(local)


def test_a_type_that_names_its_time_zone_is_read_in_it(tmp_path: Path) -> None:
    """Midnights of Berlin are days there; in UTC each would be the day before."""
    days = pl.Series([dt.datetime(2025, 1, 3), dt.datetime(2025, 7, 1)])
    entered = days.dt.replace_time_zone("Europe/Berlin")
    frame = pl.DataFrame({"deal": ["A", "A"], "stage": ["Lead", "Won"], "entered": entered})
    frame.write_parquet(tmp_path / "events.parquet")
    history = import_history([tmp_path / "events.parquet"], "events")
    assert stays(history, "A") == [("lead", 1, "01-03", "07-01", "won")]


def test_seconds_since_1970_are_instants_too(tmp_path: Path) -> None:
    noon = int(dt.datetime(2025, 7, 1, 12, tzinfo=dt.UTC).timestamp())
    history = events(tmp_path, f"A,Lead,{noon}", f"A,Won,{noon + 90_000}", mapping=mapping(tmp_path, BERLIN))
    assert history.visits["entered"].to_list() == [dt.datetime(2025, 7, 1, 14)]


LOCAL = (
    "D1,Lead,2025-10-26 02:50:00",
    "D1,Demo,2025-10-26 02:10:00",
    "D1,Closed Won,2025-10-27 10:10:00",
    *(
        row
        for number in range(10, 30)
        for row in (f"D{number},Lead,2025-10-{number} 02:30:00", f"D{number},Demo,2025-10-{number} 09:10:00")
    ),
)


@pytest.mark.parametrize("newest_first", [False, True])
def test_local_times_of_the_repeated_hour_are_in_the_order_of_the_file(
    tmp_path: Path, newest_first: bool
) -> None:
    """02:50 in summer time is twenty minutes before 02:10 in winter time."""
    rows = LOCAL[::-1] if newest_first else LOCAL
    history = events(tmp_path, *rows, mapping=mapping(tmp_path, BERLIN))
    assert hours(history, "D1") == [("lead", 0.33, "demo"), ("demo", 32.0, "won")]
    assert "backward" not in history.meta.audit["counts"]
    assert "repeated_hour" in check_names(history)
    assert_consistent(history)


def test_rows_of_the_night_stay_before_the_repeated_hour(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "D1,New,2025-10-26 01:40:00",
        "D2,New,2025-10-26 02:05:00",
        "D1,Lead,2025-10-26 02:20:00",
        "D1,Demo,2025-10-26 02:10:00",
        "D1,Offer,2025-10-26 02:40:00",
        "D1,Won,2025-10-26 03:10:00",
        mapping=mapping(tmp_path, BERLIN),
    )
    assert hours(history, "D1") == [
        ("new", 0.67, "lead"),
        ("lead", 0.83, "demo"),
        ("demo", 0.5, "offer"),
        ("offer", 0.5, "won"),
    ]


def test_rows_in_no_order_of_time_are_named_where_clocks_go_back(tmp_path: Path) -> None:
    history = events(
        tmp_path,
        "D1,Offer,2025-11-03 10:00:00",
        "D1,Lead,2025-10-26 02:50:00",
        "D1,Demo,2025-10-26 02:10:00",
        "D2,Demo,2025-10-21 02:10:00",
        "D2,Offer,2025-10-22 02:10:00",
        "D2,Lead,2025-10-20 02:30:00",
        mapping=mapping(tmp_path, BERLIN),
    )
    text = next(item["text"] for item in history.meta.audit["checks"] if item["check"] == "repeated_hour")
    assert text.startswith(
        "1 deal has events out of order within the hour that the clocks repeat (such as D1)"
    )
    assert "not sorted by time" in text


@pytest.mark.parametrize("zone", ["", 'time_zone = "UTC"\n', 'time_zone = "Asia/Tokyo"\n'])
def test_no_hour_is_repeated_without_a_zone_that_changes_its_clocks(tmp_path: Path, zone: str) -> None:
    history = events(tmp_path, *LOCAL, mapping=mapping(tmp_path, zone))
    assert hours(history, "D1")[0] == ("demo", 0.67, "lead")
    assert "repeated_hour" not in check_names(history)
