"""Dates, chances, counts, durations and names as people read them."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from funnelsim.documents.shared import Summary
from funnelsim.report.words import quantities as q
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.measures import measure
from funnelsim.report.words.money import table_scale
from funnelsim.report.words.names import plain


def test_dates_are_words_whatever_the_locale() -> None:
    assert date_words(dt.date(2026, 2, 9)) == "9 February 2026"
    assert date_words(dt.date(2026, 2, 9), short=True) == "9 Feb 2026"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-01-01", "2026-03-31", "1 January to 31 March 2026"),
        ("2026-11-15", "2027-02-14", "15 November 2026 to 14 February 2027"),
        ("2026-02-01", "2026-02-28", "1 to 28 February 2026"),
        ("2026-02-01", "2026-02-01", "1 February 2026"),
    ],
)
def test_a_span_names_year_and_month_once(first: str, last: str, words: str) -> None:
    assert span_words(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == words


def test_no_chance_is_certain() -> None:
    """A simulation in which no future made the quota does not promise that none will."""
    assert [q.chance(p) for p in (0.0, 0.004, 0.24, 0.996, 1.0, None)] == [
        "under 1 %",
        "under 1 %",
        "24 %",
        "over 99 %",
        "over 99 %",
        "n/a",
    ]


def test_a_chance_stands_with_its_simulation_error_in_points() -> None:
    assert q.chance_with_error(0.24, 0.00427) == "24 % (+/- 0.4)"
    assert q.chance_with_error(0.24, None) == "24 %"
    assert q.chance_with_error(0.0, 0.0) == "under 1 % (+/- under 0.1)"


def test_a_difference_of_chances_is_in_points() -> None:
    assert [q.points(d) for d in (0.14, 0.048, -0.0949, 0.0, -1e-5)] == [
        "+14 pp",
        "+4.8 pp",
        "-9.5 pp",
        "0 pp",
        "0 pp",
    ]


def test_a_measured_share_may_be_nothing_or_everything() -> None:
    assert [q.share(s) for s in (0.0, 0.045, 0.62, 1.0)] == ["0 %", "4.5 %", "62 %", "100 %"]


def test_errors_that_differ_by_less_than_one_percent_differ_in_print() -> None:
    """Mutant: two digits, which print 0.165 and 0.174 as 17 % both."""
    assert [q.error_share(e) for e in (0.165, 0.174, None)] == ["16.5 %", "17.4 %", "n/a"]


def test_counts_keep_a_decimal_while_small() -> None:
    assert [q.count(c) for c in (0, 17, 12.43, 0.36, 1204.4)] == ["0", "17", "12.4", "0.36", "1,204"]


def test_durations_take_the_unit_that_suits() -> None:
    assert [q.days(d) for d in (0, 1e-5, 0.01, 0.25, 1, 11.23, 400.4)] == [
        "0 days",
        "under a minute",
        "14 minutes",
        "6.0 hours",
        "1 day",
        "11.2 days",
        "400 days",
    ]


def test_differences_of_durations_are_in_days_so_that_a_column_compares() -> None:
    differences = (-11.2, 2.0, 0.0, -0.49, 0.004, 120.4)
    assert [q.signed_days(d) for d in differences] == [
        "-11.2 days",
        "+2.0 days",
        "0 days",
        "-0.5 days",
        "0 days",
        "+120 days",
    ]


def test_one_deal_many_opportunities() -> None:
    assert [q.plural(1, "deal"), q.plural(2, "opportunity")] == ["1 deal", "2 opportunities"]


def test_names_lose_what_a_terminal_would_obey() -> None:
    """A name with an escape sequence would otherwise colour the screen, or worse."""
    assert plain("Acme\x1b[31m\n Ltd\t\u202e") == "Acme [31m Ltd"


def test_metrics_by_stage_take_the_name_of_the_stage() -> None:
    assert measure("conversion.demo", {"demo": "Demo day"}).label == "conversion of Demo day"
    assert measure("dwell_days.verbal_agreement").label == "time in verbal agreement"
    assert measure("something_new").label == "something new"


def test_the_busy_share_of_a_role_takes_the_name_of_the_role() -> None:
    """Also where a stage has the same key. Catches the key, and the stage's name."""
    found = measure("utilisation.ae", {"ae": "Handed to AE"}, {"ae": "Account executive"})
    assert found.label == "busy share of Account executive"


def test_metrics_are_written_in_their_own_unit() -> None:
    scale = table_scale([1_068_000], "USD")
    told = [
        measure(name).value(value, scale)
        for name, value in {
            "bookings": 1_068_000,
            "win_rate": 0.31,
            "cycle_days": 29.7,
            "deals_won": 31.0,
        }.items()
    ]
    assert told == ["1,068", "31 %", "29.7 days", "31"]
    assert measure("win_rate").difference(0.05, scale) == "+5.0 pp"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([5 / 1440, 0.2 / 1440, 0], ["5 minutes", "under a minute", "at once"]),
        ([1.9, 0.1, 1 / 24], ["45.6 hours", "2.4 hours", "1 hour"]),
        ([120.0, 0.5, 0.01], ["120 days", "0.5 days", "under 0.1 days"]),
        ([None, math.nan], ["n/a", "n/a"]),
        ([-3.0, 1.0], ["-3 days", "1 day"]),
        ([0.0, 0.0], ["at once", "at once"]),
    ],
)
def test_durations_that_stand_together_have_one_unit(days: list[float], words: list[str]) -> None:
    unit = q.time_unit(days)
    assert [unit.words(each) for each in days] == words


def test_no_time_at_all_is_no_number_of_days() -> None:
    """Catches ``0 days``, ``0 to 0 minutes``, and a wait that is ``at once``."""
    unit = q.time_unit([0.0])
    assert [unit.span(0.0, 0.0), unit.span(0.0, 3.0)] == ["at once", "0 to 3 days"]
    assert q.time_unit([0.0, 0.01], nothing="none").words(0.0) == "none"


def test_a_difference_of_times_is_in_the_unit_of_its_base() -> None:
    """A day more on a cycle of 15 hours is 24 hours more. Catches days for a process of hours."""
    cycle, scale = measure("cycle_days"), table_scale([], "")
    assert cycle.difference(1.0, scale, Summary(mean=15 / 24)) == "+24.0 hours"
    assert cycle.difference(-1.0, scale, Summary(mean=30)) == "-1.0 days"
    assert cycle.difference(0.0, scale, Summary(mean=0.01)) == "0 minutes"


def test_ranges_of_counts_are_whole_numbers() -> None:
    """Quantiles of a sample lie between counts. Catches ``57 to 80.1``."""
    assert q.count_span(57.0, 80.1) == "57 to 80"
    assert q.count_span(0.4, 1204.6) == "0 to 1,205"
    wins = Summary(p10=57.0, p50=68.0, p90=80.1, mean=68.2)
    assert measure("deals_won").row(wins, table_scale([]))[1] == "57 to 80"


def test_small_shares_of_a_row_can_be_told_apart() -> None:
    """Catches ``0.5 %, 0.4 % to 0.5 %``."""
    summary = Summary(p10=0.0041, p50=0.0047, p90=0.0052, mean=0.0047)
    assert measure("win_rate").row(summary, table_scale([])) == ("0.47 %", "0.41 % to 0.52 %", "0.47 %")
    assert q.shares([0.0, 0.004, None]) == ["0 %", "0.40 %", q.MISSING]
    assert q.shares([0.004, 0.012]) == ["0.4 %", "1.2 %"]


def test_metrics_are_named_by_what_the_model_calls_a_lead() -> None:
    """Catches "deals won" beside "Applications won" in one table."""
    assert measure("deals_won", noun="application").label == "applications won"
    assert measure("leads_created", noun="opportunity").label == "opportunities created"
    assert measure("bookings", noun="application").label == "bookings"
