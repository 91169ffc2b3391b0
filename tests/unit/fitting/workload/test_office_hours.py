"""Office hours: found in what is seen of people at work, and the open time that passes in them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from funnelsim.core.calendar.workhours import hours_text, parse_hours
from funnelsim.fitting.workload.office_hours import OpenTime, days_off, find_hours, work_instants

MONDAY = dt.date(2024, 1, 1)


def seen_within(texts: list[str], *, weeks: int = 26, an_hour: float = 2.0, seed: int = 1) -> pl.Series:
    """Instants that come at random in these hours, so many an hour on average."""
    rng = np.random.default_rng(seed)
    found = []
    for week in range(weeks):
        for span in parse_hours(texts):
            begin = dt.datetime.combine(MONDAY, dt.time(0)) + dt.timedelta(days=7 * week + span.weekday)
            number = rng.poisson(an_hour * (span.closes - span.opens) / 60)
            minutes = rng.uniform(span.opens, span.closes, number)
            found += [begin + dt.timedelta(minutes=float(minute)) for minute in minutes]
    return pl.Series("at", found, dtype=pl.Datetime("us"))


@pytest.mark.parametrize(
    "texts",
    [
        ["Mon-Fri 07:00-15:00"],
        ["Mon-Thu 09:00-12:30", "Mon-Thu 13:30-18:00"],
        ["Tue-Sat 10:00-19:00", "Sun 11:00-15:30"],
        ["Mon-Sun 22:00-06:00"],
    ],
)
def test_hours_come_back(texts: list[str]) -> None:
    """Catches the mutants that count weekdays from Sunday, and that give all weekdays the same hours."""
    for seed in range(5):
        found = find_hours(seen_within(texts, seed=seed))
        assert found == parse_hours(texts)


def test_quiet_offices_stay_open_where_weekday_and_time_of_day_say_so() -> None:
    """One sighting in two hours for eight weeks: many a half hour is never seen. Catches the mutants that ask
    each alone, and that cut an edge wherever its first minutes are empty."""
    texts = ["Mon-Fri 08:00-16:00"]
    found = [find_hours(seen_within(texts, weeks=8, an_hour=0.5, seed=seed)) for seed in range(10)]
    assert sum(hours == parse_hours(texts) for hours in found) >= 9


def test_overtime_now_and_then_opens_no_hour() -> None:
    late = [dt.datetime(2024, 1, 3, 20, 10), dt.datetime(2024, 2, 7, 20, 20), dt.datetime(2024, 2, 10, 11)]
    at = pl.concat([seen_within(["Mon-Fri 09:00-17:00"]), pl.Series("at", late, dtype=pl.Datetime("us"))])
    assert find_hours(at) == parse_hours(["Mon-Fri 09:00-17:00"])


def test_hours_that_begin_or_end_within_a_half_hour_come_back() -> None:
    """Catches the mutants that leave edges at half hours, and that cut them at the first sighting."""
    texts = ["Mon-Fri 08:10-16:45"]
    for seed in range(5):
        assert find_hours(seen_within(texts, seed=seed)) == parse_hours(texts)


def test_leads_that_come_at_every_half_hour_come_no_later_than_the_last_of_them() -> None:
    """From nine to five, the last at five sharp: on average at one, not a quarter of an hour later. Catches
    the mutant that keeps the half hour after five."""
    days = [
        dt.datetime(2024, 1, 1) + dt.timedelta(days=7 * week + day) for week in range(4) for day in range(5)
    ]
    at = [day + dt.timedelta(minutes=m) for day in days for m in range(9 * 60, 17 * 60 + 1, 30)]
    assert find_hours(pl.Series("at", at, dtype=pl.Datetime("us"))) == parse_hours(["Mon-Fri 09:00-17:00"])


def test_open_hours_hold_nine_in_ten_of_what_is_seen() -> None:
    """Two busy hours, then eight with a sighting now and then, which together are a quarter of all half hours
    in which anybody is seen. Catches the mutant without support: it closes the office at eleven."""
    busy = seen_within(["Mon-Fri 09:00-11:00"], an_hour=20)
    at = pl.concat([busy, seen_within(["Mon-Fri 11:00-19:00"], an_hour=0.16)])
    found = find_hours(at)
    assert found is not None
    halves = at.dt.truncate("30m").unique()
    held = [
        any(
            (s.weekday, True) == (half.weekday(), s.opens <= 60 * half.hour + half.minute < s.closes)
            for s in found
        )
        for half in halves
    ]
    assert sum(held) >= 0.9 * len(held)
    assert set(found) != set(parse_hours(["Mon-Fri 09:00-11:00"]))


def test_who_is_always_there_or_hardly_seen_has_no_hours() -> None:
    assert find_hours(seen_within(["Mon-Sun 00:00-24:00"])) is None
    assert find_hours(seen_within(["Mon-Fri 09:00-17:00"]).head(39)) is None


def test_a_task_left_on_a_desk_after_hours_shows_nobody_at_work() -> None:
    """Catches the mutant that counts every start: the office then seems open until half past five."""
    begin, end = dt.datetime(2024, 1, 1, 17, 10), dt.datetime(2024, 1, 2, 9, 30)
    rows = [(begin + dt.timedelta(days=d), end + dt.timedelta(days=d)) for d in range(80)]
    work = pl.DataFrame(
        rows, schema={"started": pl.Datetime("us"), "finished": pl.Datetime("us")}, orient="row"
    )
    assert set(work_instants(work).dt.hour()) == {9}


def test_a_finish_belongs_to_the_half_hour_that_ends_with_it() -> None:
    work = pl.DataFrame({"started": [dt.datetime(2024, 1, 1, 9)], "finished": [dt.datetime(2024, 1, 1, 17)]})
    assert work_instants(work).dt.truncate("30m").dt.strftime("%H:%M").to_list() == ["16:30", "09:00"]


def test_a_task_of_twenty_hours_begun_on_friday_at_three_ends_on_wednesday_at_eleven() -> None:
    office = OpenTime(parse_hours(["Mon-Fri 09:00-17:00"]), MONDAY, 14)
    begin, end = np.array([4 + 15 / 24]), np.array([9 + 11 / 24])
    np.testing.assert_allclose(office.between(begin, end), 20 / 24, rtol=1e-12)


def test_work_while_all_is_closed_counts_by_the_clock() -> None:
    office = OpenTime(parse_hours(["Mon-Fri 09:00-17:00"]), MONDAY, 14)
    np.testing.assert_allclose(office.between(np.array([5.5]), np.array([5.75])), 0.25)
    np.testing.assert_allclose(OpenTime(None, MONDAY, 14).between(np.array([0.0]), np.array([5.5])), 5.5)


@pytest.mark.parametrize(
    "texts",
    [("Mon-Fri 09:00-17:00",), ("Mon-Wed,Fri 08:00-12:00", "Mon-Wed 13:00-17:30"), ("Sat 00:00-24:00",)],
)
def test_hours_are_written_as_a_person_writes_them(texts: tuple[str, ...]) -> None:
    assert hours_text(parse_hours(texts)) == texts


def test_holidays_without_work_are_days_off() -> None:
    """All that are named, also those ahead, if hardly anything is done on three of them or more.

    Mutants: a holiday on a Sunday counted as one without work, those seen only.
    """
    spans = parse_hours(["Mon-Fri 09:00-17:00"])
    holidays = [MONDAY + dt.timedelta(days=n) for n in (7, 30, 65, 6, 500)]
    at = seen_within(["Mon-Fri 09:00-17:00"])
    idle = at.filter(~at.dt.date().is_in(holidays))
    assert days_off(idle, spans, holidays) == tuple(sorted(holidays))
    assert days_off(at, spans, holidays) == ()
    assert days_off(idle, spans, holidays[:2] + holidays[3:]) == ()
    assert days_off(idle, None, holidays) == ()


def test_a_task_left_over_a_holiday_waits_for_the_day_after() -> None:
    office = OpenTime(parse_hours(["Mon-Fri 09:00-17:00"]), MONDAY, 14, [MONDAY + dt.timedelta(days=1)])
    begin, end = np.array([16 / 24]), np.array([2 + 10 / 24])
    np.testing.assert_allclose(office.between(begin, end), 2 / 24, rtol=1e-12)
