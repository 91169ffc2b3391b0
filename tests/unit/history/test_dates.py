"""One date format per column, found over all its values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.core.errors import HistoryError
from funnelsim.history.values.date_errors import AmbiguousDates
from funnelsim.history.values.date_formats import DATE_FORMATS, format_problem
from funnelsim.history.values.dates import DateColumn, read_dates

WRITTEN = {
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyy/mm/dd": "%Y/%m/%d",
    "yyyy.mm.dd": "%Y.%m.%d",
    "yyyymmdd": "%Y%m%d",
    "dd/mm/yyyy": "%d/%m/%Y",
    "mm/dd/yyyy": "%m/%d/%Y",
    "dd.mm.yyyy": "%d.%m.%Y",
    "dd-mm-yyyy": "%d-%m-%Y",
    "mm-dd-yyyy": "%m-%d-%Y",
    "dd/mm/yy": "%d/%m/%y",
    "mm/dd/yy": "%m/%d/%y",
    "dd.mm.yy": "%d.%m.%y",
    "yy/mm/dd": "%y/%m/%d",
    "dd mon yyyy": "%d %b %Y",
    "dd-mon-yy": "%d-%b-%y",
    "mon dd, yyyy": "%B %d, %Y",
    "weekday, dd mon yyyy": "%a, %d %b %Y",
}


def read(*values: object, **options: object) -> DateColumn:
    return read_dates(
        pl.Series("when", values), file="deals.csv", at=lambda place: f"row {place + 2}", **options
    )  # type: ignore[arg-type]


def test_every_known_format_is_tried_below() -> None:
    assert set(WRITTEN) == set(DATE_FORMATS)


@pytest.mark.parametrize("name", WRITTEN)
def test_each_format_is_found_and_read_back(name: str) -> None:
    """13 and 25 can only be days, so that each order of day and month is told apart."""
    days = [dt.datetime(2025, 3, 13), dt.datetime(2024, 12, 25), dt.datetime(2023, 5, 4)]
    column = read(*(f"{one:{WRITTEN[name]}}" for one in days))
    assert column.values.to_list() == days
    assert column.format == name
    assert column.whole_days


@given(st.lists(st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2090, 1, 1)), min_size=1, max_size=20))
def test_stamps_to_the_microsecond_survive(stamps: list[dt.datetime]) -> None:
    assert read(*(stamp.isoformat(sep=" ") for stamp in stamps)).values.to_list() == stamps


def test_a_time_may_stand_behind_some_dates_only() -> None:
    column = read("2025-03-13", "2025-03-13 14:05", "2025-03-13T14:05:09.25")
    assert column.values.to_list() == [
        dt.datetime(2025, 3, 13),
        dt.datetime(2025, 3, 13, 14, 5),
        dt.datetime(2025, 3, 13, 14, 5, 9, 250_000),
    ]
    assert not column.whole_days


@pytest.mark.parametrize(
    ("clock", "hour"), [("12:10 AM", 0), ("1:10 am", 1), ("12:10 PM", 12), ("11:10 p.m.", 23)]
)
def test_twelve_hour_clocks(clock: str, hour: int) -> None:
    assert read(f"03/25/2025 {clock}").values[0] == dt.datetime(2025, 3, 25, hour, 10)


def test_stamps_with_an_offset_become_local_time() -> None:
    """The same instant twice, in winter (+1) and in summer (+2)."""
    column = read("2025-01-10T10:00:00Z", "2025-07-10T06:00:00-04:00", zone="Europe/Berlin")
    assert column.values.to_list() == [dt.datetime(2025, 1, 10, 11), dt.datetime(2025, 7, 10, 12)]
    assert column.aware


def test_stamps_with_and_without_offset_do_not_mix() -> None:
    with pytest.raises(
        HistoryError, match=r"column when: mixes times with an offset \(row 2 .* and without \(row 3"
    ):
        read("2025-01-10T10:00:00Z", "2025-01-10T10:00:00")


def test_placeholders_are_missing_and_counted() -> None:
    column = read(
        "1970-01-01", "2025-01-01", "2099-12-31", "9999-12-31", "", None, "1900-01-00", missing=["1900-01-00"]
    )
    assert column.values.drop_nulls().to_list() == [dt.datetime(2025, 1, 1)]
    assert int(column.impossible.sum()) == 3
    assert column.missing == 3


def test_an_order_that_cannot_be_told_is_an_error_unless_another_column_tells() -> None:
    """Catches the mutant that silently takes the first format that fits."""
    with pytest.raises(AmbiguousDates, match="fit both dd/mm/yyyy and mm/dd/yyyy"):
        read("03/04/2025", "05/06/2025")
    column = read("03/04/2025", "05/06/2025", hints=["yyyy-mm-dd", "mm/dd/yyyy"])
    assert column.values[0] == dt.datetime(2025, 3, 4)
    assert column.ambiguous
    assert read("03/04/2025", given="dd/mm/yyyy").values[0] == dt.datetime(2025, 4, 3)


def test_days_that_are_their_months_are_not_ambiguous() -> None:
    assert read("03/03/2025", "05/05/2025").values[1] == dt.datetime(2025, 5, 5)


def test_mixed_orders_name_the_rows_of_both() -> None:
    with pytest.raises(
        HistoryError, match=r'row 2 "13/02/2025" can only be dd/mm/yyyy, row 3 "02/25/2025" only mm'
    ):
        read("13/02/2025", "02/25/2025", "01/01/2025")


def test_unreadable_values_are_listed_with_rows_and_number() -> None:
    values = ["2025-01-01"] * 5 + ["soon", "later", "never", "n/a", "n/a"]
    with pytest.raises(
        HistoryError, match=r'is yyyy-mm-dd.*row 7 "soon", row 8 "later", row 9 "never" and 2 more'
    ):
        read(*values)


def test_a_date_that_does_not_exist_is_not_rolled_over() -> None:
    with pytest.raises(HistoryError, match="2025-02-30"):
        read("2025-02-28", "2025-02-30")


def test_seconds_and_milliseconds_since_1970() -> None:
    when = dt.datetime(2025, 3, 13, 12, 30, 15)
    seconds = int(when.replace(tzinfo=dt.timezone.utc).timestamp())  # noqa: UP017
    for value in (seconds, seconds * 1000, str(seconds), str(seconds * 1000)):
        assert read(value).values[0] == when


def test_typed_columns_are_taken_as_they_are() -> None:
    assert read(dt.date(2025, 3, 13)).values[0] == dt.datetime(2025, 3, 13)
    aware = pl.Series([dt.datetime(2025, 7, 1, 10)]).dt.replace_time_zone("UTC").alias("when")
    column = read_dates(aware, file="f", at=str, zone="Europe/Berlin")
    assert column.values[0] == dt.datetime(2025, 7, 1, 12)


@pytest.mark.parametrize("written", ["dd/mm/yyyy", "%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S"])
def test_a_given_format_may_be_in_words_or_percent_signs(written: str) -> None:
    assert format_problem(written) == ""


def test_an_unknown_format_is_explained() -> None:
    assert 'did you mean "dd/mm/yyyy"' in format_problem("DD/MM/YYYYY")
    assert "choose from yyyy-mm-dd" in format_problem("%H:%M")


def test_a_given_format_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(HistoryError, match=r'is mm/dd/yyyy, but this is not: row 2 "13/02/2025"'):
        read("13/02/2025", given="mm/dd/yyyy")


def test_days_as_excel_counts_them_are_recognised() -> None:
    """Catches the advice to call them missing; a number that is no such day keeps it."""
    with pytest.raises(HistoryError, match="Excel day numbers"):
        read("42795", "42805")
    with pytest.raises(HistoryError, match="list them in a mapping"):
        read("42795", "7")


@pytest.mark.parametrize("per_second", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64, pl.Float64])
def test_whole_numbers_are_read_in_the_unit_that_gives_years_of_today(per_second: int, dtype: Any) -> None:
    """3 Jan 2025, noon. Catches the mutant that takes all large numbers for milliseconds."""
    column = pl.Series("when", [1_735_905_600 * per_second, None, 0], dtype=dtype)
    found = read_dates(column, file="x.parquet", at=lambda place: f"row {place}")
    assert found.values.to_list() == [dt.datetime(2025, 1, 3, 12), None, None]
    assert (found.missing, found.impossible.to_list()) == (1, [False, False, True])


def test_fractions_of_a_second_are_kept() -> None:
    found = read_dates(pl.Series("when", [1_735_905_600.5]), file="x.parquet", at=str)
    assert found.values.to_list() == [dt.datetime(2025, 1, 3, 12, 0, 0, 500_000)]


def test_numbers_as_text_are_read_in_micro_and_nanoseconds() -> None:
    for zeros in (6, 9):
        column = pl.Series("when", ["1735905600" + "0" * zeros])
        found = read_dates(column, file="x.csv", at=str)
        assert found.values.to_list() == [dt.datetime(2025, 1, 3, 12)]


def test_numbers_such_as_20250131_are_days() -> None:
    found = read_dates(pl.Series("when", [20250131, 20241201]), file="x.parquet", at=str)
    assert found.values.to_list() == [dt.datetime(2025, 1, 31), dt.datetime(2024, 12, 1)]
    assert found.format == "yyyymmdd"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1_735_905_600, 1_735_905_600_000], "mixes dates of several units"),
        ([45_000, 45_100], "holds numbers that are not dates: row 0 45000, row 1 45100.*Excel day numbers"),
        ([7, 12], "holds numbers that are not dates"),
        ([20250131, 20251331], "is yyyymmdd, but this is not: row 1 20251331"),
        ([20250131.5, 20250131.0], "is yyyymmdd, but this is not: row 0 20250131.5"),
        ([dt.timedelta(days=3)], "holds spans of time, not dates"),
        ([dt.time(12)], "holds times of day without a date, not dates"),
        ([True, False], "holds true and false, not dates"),
        ([[1, 2]], "holds lists, not dates"),
    ],
)
def test_what_is_no_date_in_a_typed_file_is_one_clear_error(values: list[Any], message: str) -> None:
    with pytest.raises(HistoryError, match=f"(?s)column when: {message}"):
        read_dates(pl.Series("when", values), file="x.parquet", at=lambda place: f"row {place}")


def test_two_digits_of_the_year_are_those_that_change_least() -> None:
    """Catches dates from 2001 to 2031 in an export of two years."""
    column = read("24/03/12", "24/04/02", "25/01/30", "24/11/26")
    assert (column.format, column.values.min()) == ("yy/mm/dd", dt.datetime(2024, 3, 12))
    assert read("24/03/24", "12/04/24", "30/01/25").format == "dd/mm/yy"
    with pytest.raises(AmbiguousDates):
        read("24/03/23")
