"""Durations, rates, growth and periods as people write them."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.core.calendar.time import (
    KINDS,
    UNIT_DAYS,
    Period,
    days_since,
    format_duration,
    parse_duration_days,
    parse_growth,
    parse_period,
    parse_rate_per_day,
    period_containing,
    periods_between,
)

DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2200, 1, 1))
#: First days of a fiscal year; 29 to 31 do not exist in every month.
FISCAL = st.builds("{:02d}-{:02d}".format, st.integers(1, 12), st.integers(1, 28))


# --- durations, rates, growth -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("6d", 6.0),
        ("6", 6.0),
        (6, 6.0),
        (2.5, 2.5),
        ("2w", 14.0),
        ("12h", 0.5),
        ("86400s", 1.0),
        ("1months", 30.4375),
        ("12 months", 365.25),
        ("1 month", 30.4375),
        (" 1_000 d ", 1000.0),
        ("1e2d", 100.0),
        (".5d", 0.5),
        ("5.d", 5.0),
        ("0d", 0.0),
        (0, 0.0),
    ],
)
def test_durations_are_read_as_days(text, days):
    assert parse_duration_days(text) == days


def test_a_duration_is_the_same_float_in_every_unit():
    """Catches: minutes multiplied by a rounded 1/1440 (0.1 h and 6 min differ in the last bit then)."""
    assert parse_duration_days("90min") == parse_duration_days("1.5h") == parse_duration_days("0.0625d")
    for minutes in range(1, 2000):
        assert parse_duration_days(f"{minutes}min") == minutes / 1440
        assert parse_duration_days(f"{minutes}min") == parse_duration_days(f"{minutes * 60}s")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-2d", "must not be negative, found -2d"),
        (-2, "must not be negative, found -2"),
        ("6x", 'unknown unit "x" in "6x"; choose from s, min, h, d, w, months'),
        ("6 days", 'did you mean "d"?'),
        ("6D", 'did you mean "d"?'),
        ("3m", 'did you mean "min" or "months"?'),
        ("6 monts", 'did you mean "months"?'),
        ("6d 3h", 'expected a duration such as "6d"'),
        ("soon", 'expected a duration such as "6d"'),
        ("", 'expected a duration such as "6d"'),
        ("inf", 'expected a duration such as "6d"'),
        ("1e999d", "finite"),
        ("1e9999999999d", "expected a duration"),
        (float("nan"), "finite"),
        (10**400, "finite"),
        (True, "found True"),
        (None, "found None"),
        ([6], "found [6]"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_is_allowed(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_duration_days(text)


@given(st.floats(0, 1e6), st.sampled_from(sorted(UNIT_DAYS)))
def test_durations_are_read_to_the_last_bits(number, unit):
    assert parse_duration_days(f"{number!r}{unit}") == pytest.approx(
        number * float(UNIT_DAYS[unit]), rel=3e-16, abs=1e-320
    )


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("12 per day", 12.0),
        ("12/day", 12.0),
        ("14 per week", 2.0),
        ("30.4375 per month", 1.0),
        ("91.3125 per quarter", 1.0),
        ("1_461 per year", 4.0),
        ("12", 12.0),
        (12, 12.0),
        (0, 0.0),
    ],
)
def test_rates_are_read_as_leads_per_day(text, per_day):
    assert parse_rate_per_day(text) == per_day


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "12 per days",
            'unknown span "days" in "12 per days"; choose from day, week, month, quarter, year; did',
        ),
        ("12 leads per day", 'expected a rate such as "12 per day" or "40 per month"'),
        ("-1 per day", "must not be negative"),
        (-1, "must not be negative"),
        (float("inf"), "finite"),
        (False, "found False"),
    ],
)
def test_what_is_no_rate_is_refused(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_rate_per_day(text)


def test_growth_is_per_month_and_compounds():
    """Catches: a yearly growth divided by 12."""
    assert parse_growth("2% per month") == pytest.approx(0.02)
    assert parse_growth("-3 % per month") == pytest.approx(-0.03)
    assert parse_growth("0.02 / month") == 0.02
    assert parse_growth(0.02) == 0.02
    assert (1 + parse_growth("12% per year")) ** 12 == pytest.approx(1.12)
    assert (1 + parse_growth("5% per quarter")) ** 3 == pytest.approx(1.05)


@pytest.mark.parametrize(
    "text", ["2%", "2% per fortnight", "-100% per month", "fast", None, True, float("nan")]
)
def test_what_is_no_growth_is_refused(text):
    with pytest.raises(ValueError, match=r"growth|span"):
        parse_growth(text)


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "0 d"),
        (20 / 86400, "20 s"),
        (45 / 1440, "45 min"),
        (3.5 / 24, "3.5 h"),
        (1.5, "36.0 h"),
        (6.2, "6.2 d"),
        (99.94, "99.9 d"),
        (99.96, "100 d"),
        (1234.4, "1234 d"),
        (math.nan, "–"),
    ],
)
def test_durations_are_written_for_people(days, text):
    assert format_duration(days) == text


def test_days_since_counts_from_midnight():
    origin = dt.date(2026, 1, 1)
    assert days_since(origin, dt.date(2026, 1, 3)) == 2.0
    assert days_since(origin, dt.datetime(2026, 1, 1, 18)) == 0.75
    assert days_since(origin, dt.datetime(2025, 12, 31, 12)) == -0.5
    assert days_since(origin, dt.datetime(2026, 1, 1, 0, 0, 0, 1)) == pytest.approx(1 / 86400e6)


# --- periods ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("2026Q1", (2026, 1, 1), (2026, 4, 1)),
        ("2026Q4", (2026, 10, 1), (2027, 1, 1)),
        ("2026-03", (2026, 3, 1), (2026, 4, 1)),
        ("2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("2024-02", (2024, 2, 1), (2024, 3, 1)),
        ("2026W07", (2026, 2, 9), (2026, 2, 16)),
        ("2026W01", (2025, 12, 29), (2026, 1, 5)),
        ("2026W53", (2026, 12, 28), (2027, 1, 4)),
        ("FY2027", (2026, 2, 1), (2027, 2, 1)),
        ("FY2027Q1", (2026, 2, 1), (2026, 5, 1)),
        ("FY2027Q4", (2026, 11, 1), (2027, 2, 1)),
    ],
)
def test_periods_are_spans_of_real_dates(text, start, end):
    """Fiscal year from 1 February, named by its end. Catches: weeks from Sunday, FY2027 from Feb 2027."""
    found = parse_period(text, fiscal_year_starts="02-01")
    assert found == Period(text, dt.date(*start), dt.date(*end))
    assert found.last_day == dt.date(*end) - dt.timedelta(days=1)
    assert found.days == (dt.date(*end) - dt.date(*start)).days


def test_a_fiscal_year_may_be_named_by_its_start():
    found = parse_period("FY2027Q1", fiscal_year_starts="02-01", fiscal_year_named_by="start")
    assert found == Period("FY2027Q1", dt.date(2027, 2, 1), dt.date(2027, 5, 1))


@pytest.mark.parametrize("named_by", ["start", "end"])
def test_a_fiscal_year_from_january_is_the_calendar_year(named_by):
    """Catches: FY2026 = 2025 where the year ends on its own 31 December."""
    found = parse_period("FY2026", fiscal_year_named_by=named_by)
    assert (found.start, found.end) == (dt.date(2026, 1, 1), dt.date(2027, 1, 1))


@pytest.mark.parametrize("text", ["2026q1", " 2026Q1 ", "2026-Q1", "2026 Q1"])
def test_small_liberties_of_writing_are_allowed(text):
    assert parse_period(text).label == "2026Q1"
    assert parse_period("fy2026q1").label == "FY2026Q1"
    assert parse_period("2026-W07").label == "2026W07"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026Q5", 'unknown period "2026Q5": quarters are Q1 to Q4'),
        ("2026Q0", "quarters are Q1 to Q4"),
        ("2026-13", 'unknown period "2026-13": months are 01 to 12'),
        ("2026-00", "months are 01 to 12"),
        ("2025W53", "weeks of 2025 are W01 to W52"),
        ("2026W54", "weeks of 2026 are W01 to W53"),
        ("2026W00", "weeks of 2026 are W01 to W53"),
        ("FY2027-03", "a fiscal period is a year or a quarter"),
        ("FY2027W03", "a fiscal period is a year or a quarter"),
        ("FY27Q1", 'choose from 2026Q1, 2026-03, 2026W07, 2026, FY2027Q1, FY2027; did you mean "FY2027Q1"?'),
        ("2026-3", "choose from 2026Q1"),
        ("2026-03-10", "choose from 2026Q1"),
        ("next quarter", "choose from 2026Q1"),
        ("", "choose from 2026Q1"),
        ("0000", "years are 1900 to 2999"),
    ],
)
def test_what_is_no_period_is_refused_with_what_is_allowed(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_period(text)


@pytest.mark.parametrize("starts", ["02-30", "13-01", "00-01", "2-1", "02/01", "February", "02-00"])
def test_a_fiscal_year_starts_on_a_day_that_every_year_has(starts):
    with pytest.raises(ValueError, match="fiscal_year_starts must be a month and a day up to 28"):
        parse_period("FY2027", fiscal_year_starts=starts)
    with pytest.raises(ValueError, match="fiscal_year_starts"):
        period_containing(dt.date(2026, 1, 1), "quarter", fiscal_year_starts=starts)


def test_a_fiscal_year_is_named_by_its_start_or_end():
    with pytest.raises(ValueError, match='must be "end" or "start", found "middle"'):
        parse_period("FY2027", fiscal_year_named_by="middle")


def test_an_unknown_kind_of_period_is_refused():
    with pytest.raises(ValueError, match='"day"; choose from week, month, quarter, year'):
        period_containing(dt.date(2026, 1, 1), "day")


@given(DAYS, st.sampled_from(KINDS), FISCAL, st.sampled_from(["start", "end"]))
def test_a_period_holds_its_day_and_is_found_again_by_its_label(day, kind, starts, named_by):
    """Catches: a quarter named after the calendar year, the last day of a year given to the next."""
    fiscal = {"fiscal_year_starts": starts, "fiscal_year_named_by": named_by}
    found = period_containing(day, kind, **fiscal)
    assert found.start <= day < found.end
    assert parse_period(found.label, **fiscal) == found
    assert period_containing(found.start, kind, **fiscal) == found
    assert period_containing(found.last_day, kind, **fiscal) == found
    assert period_containing(found.end, kind, **fiscal) != found


@given(DAYS, st.integers(1, 2000), st.sampled_from(KINDS), FISCAL)
def test_periods_between_cover_the_span_without_gap_or_overlap(start, days, kind, starts):
    end = start + dt.timedelta(days=days)
    found = periods_between(start, end, kind, fiscal_year_starts=starts)
    assert found[0].start <= start < found[0].end
    assert found[-1].start < end <= found[-1].end
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert len({period.label for period in found}) == len(found)


def test_periods_between_touch_the_span():
    quarters = periods_between(dt.date(2026, 1, 1), dt.date(2026, 4, 1), "quarter")
    assert [q.label for q in quarters] == ["2026Q1"]
    assert periods_between(dt.date(2026, 1, 1), dt.date(2026, 1, 1), "quarter") == []
    months = periods_between(dt.datetime(2026, 1, 31, 9), dt.datetime(2026, 2, 1, 0, 0, 1), "month")
    assert [m.label for m in months] == ["2026-01", "2026-02"]
