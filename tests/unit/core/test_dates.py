"""Dates as people write them: what can be two days is asked about."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.core.calendar.dates import as_date, as_instant, parse_date


@pytest.mark.parametrize(
    "text",
    [
        "2017-09-30",
        "2017/9/30",
        "20170930",
        "30/09/2017",
        "09/30/2017",
        "30-09-2017",
        "30.09.2017",
        "30 Sep 2017",
        "30 September 2017",
        "30-Sept-2017",
        "Sep 30, 2017",
        "september 30th, 2017",
        " 30  sep  2017 ",
    ],
)
def test_one_day_in_many_spellings(text: str) -> None:
    assert parse_date(text) == dt.date(2017, 9, 30)


def test_day_and_month_that_could_be_swapped_are_asked_about() -> None:
    with pytest.raises(ValueError, match="may be 5 March or 3 May 2017; write 2017-03-05 or 2017-05-03"):
        parse_date("05/03/2017")


def test_points_put_the_day_first_and_the_same_number_twice_is_clear() -> None:
    assert parse_date("05.03.2017") == dt.date(2017, 3, 5)
    assert parse_date("05/05/2017") == dt.date(2017, 5, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30/09/17", "year of two digits"),
        ("31/02/2017", "day is out of range"),
        ("5 Marhc 2017", 'did you mean "march"'),
        ("soon", "is not a date"),
    ],
)
def test_what_is_no_date_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_date(text)


def test_dates_datetimes_and_text_are_one_date() -> None:
    day = dt.date(2017, 9, 30)
    assert as_date(day) == as_date(dt.datetime(2017, 9, 30)) == as_date("2017-09-30") == day
    assert as_date("2017-09-30T00:00") == day
    for wrong in (dt.datetime(2017, 9, 30, 12), 20170930, None):
        with pytest.raises(ValueError, match="expected a date"):
            as_date(wrong)


def test_a_date_is_an_instant_at_either_end() -> None:
    assert as_instant("2017-09-30") == dt.datetime(2017, 9, 30)
    assert as_instant(dt.date(2017, 9, 30), end_of_day=True) == dt.datetime(2017, 10, 1)
    assert as_instant("2017-09-30 12:30", end_of_day=True) == dt.datetime(2017, 9, 30, 12, 30)
    with pytest.raises(ValueError, match="time zone"):
        as_instant("2017-09-30T12:00+02:00")
