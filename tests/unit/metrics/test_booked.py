"""What a history has booked, credit by credit."""

from __future__ import annotations

import datetime as dt

import pytest

from funnelsim.core.calendar.time import parse_period
from funnelsim.history.files.folder import write_history
from funnelsim.metrics.booked import Booked, booked, recognised
from funnelsim.metrics.past import load_past

from ..made_up_history import day, history_of, lost, still_open, won
from ..made_up_runs import funnel_with, model_of

Q1 = parse_period("2026Q1")


def test_wins_in_the_span_count_at_full_value() -> None:
    """A win at the first instant counts, one at the last does not. Catches (start, end] and lost deals."""
    history = history_of(
        won(day(1, 1), 10.0),
        won(day(2, 9), 20.0),
        won(day(2, 10), 40.0),
        won(day(12, 31, 2025), 80.0),
        lost(day(2, 1)),
    )
    known = booked(history, model_of(), day(1, 1), day(2, 10))
    assert known == Booked(bookings=30.0, quota_credit=30.0, deals=2)


def test_signature_and_go_live_count_at_their_own_time() -> None:
    """Catches quota credit taken at the booking: one deal signed in the span, the other only went live."""
    model = model_of(goal={"books_at": "offer", "credits_at": "won", "quota": 1.0})
    history = history_of(won(day(2, 15), 10.0), won(day(1, 5), 20.0), as_of=day(3, 1))
    known = booked(history, model, day(1, 1), day(2, 10))
    # The first entered the offer on 5 February, the second on 26 December and won on 5 January.
    assert known == Booked(bookings=10.0, quota_credit=20.0, deals=1)


def test_a_stage_with_a_credit_of_its_own_counts_its_share() -> None:
    model = model_of(
        stages={
            "demo": {"after": "constant(5d)", "exits": {"offer": {"to": "offer", "p": 1.0}}},
            "offer": {
                "after": "constant(5d)",
                "credit": {"bookings": 0.25, "quota": 0.5},
                "exits": {"won": {"to": "won", "p": 1.0}},
            },
        }
    )
    known = booked(history_of(won(day(1, 30), 100.0)), model, day(1, 1), day(2, 10))
    assert (known.bookings, known.quota_credit, known.deals) == (125.0, 150.0, 1)


def test_a_deal_signed_but_not_closed_counts_as_listed_and_one_without_amount_is_told() -> None:
    model = model_of(goal={"books_at": "offer"})
    history = history_of(
        still_open("offer", day(2, 1), listed_amount=70.0),
        still_open("offer", day(2, 2)),
        still_open("demo", day(2, 3)),
    )
    assert booked(history, model, day(1, 1), day(2, 10)) == Booked(
        bookings=70.0, quota_credit=70.0, deals=2, without_amount=1
    )


def test_a_period_not_begun_has_booked_nothing_and_needs_no_history() -> None:
    assert load_past(funnel_with()).booked_in(parse_period("2026Q2")) == (Booked(), [])


def test_without_a_history_the_booked_part_is_unknown_and_says_so() -> None:
    known, warnings = load_past(funnel_with()).booked_in(Q1)
    assert known is None
    assert warnings == [
        "the model stores no history: what was booked 1 Jan 2026 to 9 Feb 2026 is unknown and counts "
        "as 0; give --history"
    ]


def test_a_history_that_has_gone_is_a_warning_not_the_end(tmp_path) -> None:  # type: ignore[no-untyped-def]
    known, warnings = load_past(funnel_with(history=str(tmp_path / "gone"))).booked_in(Q1)
    assert known is None
    assert "gone: there is no such history folder" in warnings[0]


def test_a_remembered_history_is_read_and_cut_at_the_start(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Signed on 1 February as listed, closed on 20 February at more: on the 10th only the list was known.

    Catches what happened after the start leaking in.
    """
    later = {"stays": [("offer", day(2, 1))], "outcome": "won", "closed": day(2, 20)}
    history = history_of(later | {"amount": 90.0, "listed_amount": 70.0}, as_of=day(3, 1))
    write_history(history, tmp_path / "history")
    funnel = funnel_with(history=str(tmp_path / "history"), goal={"books_at": "offer"})
    known, warnings = load_past(funnel).booked_in(Q1)
    assert (known, warnings) == (Booked(bookings=70.0, quota_credit=70.0, deals=1), [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"as_of": dt.datetime(2026, 2, 7)},
            "the history ends on 6 Feb 2026, before the model starts on 10 Feb 2026",
        ),
        ({"observed_from": day(1, 20)}, "closings are recorded only from 20 Jan 2026 on"),
    ],
)
def test_gaps_in_the_past_are_told(given: dict[str, dt.datetime], said: str) -> None:
    history = history_of(won(day(2, 1)), won(day(2, 2), None), **given)  # type: ignore[arg-type]
    known, warnings = load_past(funnel_with(), history).booked_in(Q1)
    assert known is not None
    assert known.bookings == 100.0
    assert said in warnings[0]
    assert warnings[1] == "1 booking of 1 Jan 2026 to 9 Feb 2026 has no amount and counts as 0"


def test_where_nothing_has_an_amount_no_booking_is_missing_one() -> None:
    """A model without money says NO AMOUNTS once; a history with some amounts still tells of the others."""
    free = funnel_with(sources={"inbound": {"enters": "demo", "rate": "1 per day"}}, goal={})
    assert load_past(free, history_of(won(day(2, 1), None))).booked_in(Q1)[1] == []
    some = history_of(won(day(2, 1), None), won(day(2, 2), 5.0))
    assert len(load_past(free, some).booked_in(Q1)[1]) == 1


def test_revenue_of_the_past_is_recognised_day_by_day() -> None:
    """Booked at won, over 100 days: of 100 on 1 December, 31 days are past and 59 to 28 February are in.

    A second calculation, day by day, for every deal; a booking of 500 days ago brings nothing any more.
    """
    closes = [day(12, 1, 2025), day(1, 20), day(2, 1), day(9, 1, 2024)]
    history = history_of(*[won(close) for close in closes])
    model = model_of(goal={"quota": 1.0, "recognise": {"from": "won", "over": "100d"}})
    start, end = day(1, 1), day(3, 1)
    found = recognised(history, model, start, end)
    days = [start + dt.timedelta(days=n) for n in range((end - start).days)]
    expected = sum(
        1.0 for close in closes for one in days if close <= one < close + dt.timedelta(days=100)
    )  # an amount of 100 over 100 days: 1 a day
    assert found.revenue == pytest.approx(expected)
    assert found.revenue == pytest.approx(59 + 40 + 28)
    assert found.waiting == 0


def test_revenue_waits_for_the_place_from_which_it_is_recognised() -> None:
    """Booked at the demo, recognised from the offer: an open deal that is not there yet is told apart."""
    history = history_of(
        won(day(2, 1)), still_open("demo", day(1, 5), amount=70.0), still_open("offer", day(1, 5))
    )
    model = model_of(goal={"books_at": "demo", "recognise": {"from": "offer", "over": "0d"}})
    found = recognised(history, model, day(1, 1), day(3, 1))
    assert (found.revenue, found.waiting) == (100.0, 70.0)
    assert booked(history, model, day(1, 1), day(3, 1)).bookings == 170.0


def test_revenue_without_a_rule_is_what_is_booked() -> None:
    history = history_of(won(day(1, 20)), won(day(2, 1)), won(day(12, 1, 2025)))
    assert recognised(history, model_of(), day(1, 1), day(3, 1)).revenue == 200.0


def test_what_the_revenue_does_not_know_is_said() -> None:
    """Open deals that wait for recognition, and bookings before the first recorded closing."""
    goal = {"books_at": "demo", "recognise": {"from": "offer", "over": "100d"}}
    history = history_of(won(day(2, 1)), still_open("demo", day(1, 5), amount=70.0), observed_from=day(1, 1))
    _, warnings = load_past(funnel_with(goal=goal), history).revenue_in(Q1)
    assert any("bookings of 70 are not in the revenue" in text and "offer" in text for text in warnings)
    assert any("closings are recorded only from" in text and "revenue" in text for text in warnings)
    revenue, warnings = load_past(funnel_with(goal=goal)).revenue_in(parse_period("2026Q3"))
    assert revenue == 0.0
    assert "revenue from earlier bookings is unknown" in warnings[0]
