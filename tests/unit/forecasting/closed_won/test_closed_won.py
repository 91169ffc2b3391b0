"""Booked deals beside a CRM's closed-won report, counted by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from funnelsim.core.errors import FunnelSimError, InputError
from funnelsim.documents.judgement import ClosedWonTie
from funnelsim.forecasting.closed_won.listing import booked_list
from funnelsim.forecasting.closed_won.report import read_closed_won
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.result import Forecast
from funnelsim.history.files.events import History

from ...made_up_history import day, history_of, lost, still_open, won
from ...made_up_runs import funnel_with

HEADER = "Opportunity ID,Opportunity Name,Amount,Close Date\n"


def history() -> History:
    """Won in the quarter: deal-0 and deal-1. Before it: deal-2. Lost: deal-3. Open: deal-4."""
    before = won(dt.datetime(2025, 12, 31), 300.0)
    return history_of(
        won(day(1, 10), 100.0),
        won(day(1, 20), 200.0),
        before,
        lost(day(1, 5)),
        still_open("offer", day(2, 1)),
    )


def compared(tmp_path: Path, text: str, **options: object) -> Forecast:
    path = tmp_path / "report.csv"
    path.write_text(text, encoding="utf-8")
    return forecast(
        funnel_with({"lead": "deal-4"}), history=history(), replications=5, closed_won=path, **options
    )


def tie_of(tmp_path: Path, *rows: str, header: str = HEADER) -> ClosedWonTie:
    found = compared(tmp_path, header + "".join(f"{row}\n" for row in rows)).closed_won
    assert found is not None
    return found


def test_a_report_of_the_same_deals_ties(tmp_path: Path) -> None:
    """The first by id, the second by name. A deal of December is left out and counted.

    Mutants: the day of the start counted as booked; names not tried.
    """
    tie = tie_of(tmp_path, "deal-0,x,100,2026-01-10", "Deal 1,y,200.00,2026-01-21", "deal-2,z,300,2025-12-31")
    assert tie.differences == ()
    assert (tie.deals, tie.amount, tie.report_deals, tie.report_amount) == (2, 300.0, 2, 300.0)
    assert (tie.other_periods, tie.other_days) == (1, 1)
    assert (tie.start, tie.end) == (dt.date(2026, 1, 1), dt.date(2026, 2, 9))


def test_every_difference_has_its_reason_and_they_add_up(tmp_path: Path) -> None:
    """Mutants: a difference of the wrong sign; amounts compared for deals in both only."""
    tie = tie_of(
        tmp_path,
        "deal-0,x,150,2026-01-10",
        "deal-1,y,200,2025-12-31",
        "deal-2,z,300,2026-01-01",
        "deal-3,l,30,2026-01-05",
        "deal-4,o,40,2026-02-05",
        "elsewhere,e,50,2026-02-05",
    )
    reasons = {one.deal: (one.booked, one.report, one.difference, one.reason) for one in tie.differences}
    assert reasons == {
        "deal-0": (100.0, 150.0, 50.0, "another amount"),
        "deal-1": (200.0, None, -200.0, "the report has it in another period, 31 Dec 2025"),
        "deal-2": (
            *(None, 300.0, 300.0),
            "won in another period here, 31 Dec 2025: one day apart, so perhaps another time zone",
        ),
        "deal-3": (None, 30.0, 30.0, "lost on 5 Jan 2026 in the history"),
        "deal-4": (None, 40.0, 40.0, "still open in the history"),
        "elsewhere": (None, 50.0, 50.0, "not in the history: another pipeline, or imported before"),
    }
    assert sum(one.difference for one in tie.differences) == tie.report_amount - tie.amount
    gaps = [abs(one.difference) for one in tie.differences]
    assert gaps == sorted(gaps, reverse=True)


def test_currencies_repeated_rows_and_missing_amounts_are_named(tmp_path: Path) -> None:
    header = "Deal ID;Amount;Currency;Close date\n"
    tie = tie_of(
        tmp_path,
        "deal-0;90;EUR;10.01.2026",
        "deal-1;200;USD;20.01.2026",
        "deal-1;200;;20.01.2026",
        header=header,
    )
    assert {one.deal: one.reason for one in tie.differences} == {
        "deal-0": "the report has it in EUR",
        "deal-1": "2 rows of the report added up",
    }
    (gone,) = tie_of(tmp_path, "deal-0,x,,2026-01-10", "deal-1,y,200,2026-01-20").differences
    assert (gone.reason, gone.difference) == ("no amount in the report", -100.0)


def test_ids_of_fifteen_letters_are_those_of_eighteen(tmp_path: Path) -> None:
    long = "006q000000HddohAAB"
    known = history()
    rename = {"deal-0": long}
    known = dataclasses.replace(
        known,
        deals=known.deals.with_columns(deal=known.deals["deal"].replace(rename)),
        visits=known.visits.with_columns(deal=known.visits["deal"].replace(rename)),
    )
    path = tmp_path / "report.csv"
    path.write_text(f"{HEADER}{long[:15]},x,100,2026-01-10\ndeal-1,y,200,2026-01-20\n")
    found = forecast(funnel_with({"lead": "deal-4"}), history=known, replications=5, closed_won=path)
    assert found.closed_won is not None
    assert found.closed_won.differences == ()


def test_the_list_holds_both_sides(tmp_path: Path) -> None:
    found = compared(tmp_path, HEADER + "deal-0,x,150,2026-01-10\nelsewhere,e,50,2026-02-05\n")
    rows = booked_list(found.booked_deals, found.closed_won).to_dicts()
    assert [(row["deal"], row["bookings"], row["difference"]) for row in rows] == [
        ("deal-0", 100.0, 50.0),
        ("deal-1", 200.0, -200.0),
        ("elsewhere", None, 50.0),
    ]
    assert booked_list(None).columns == booked_list(found.booked_deals).columns
    assert booked_list(found.booked_deals)["bookings"].sum() == found.periods[0].booked.bookings
    assert found.record().booked_deals[0].closed == dt.date(2026, 1, 10)


def test_the_won_deals_of_an_export_of_all_are_compared(tmp_path: Path) -> None:
    """Open deals without a close date are no fault of a file with a stage; without a label that says won, all
    rows count. Mutants: rows of lost deals kept; rows left out where no label says won.
    """
    rows = "deal-0,Won,100,2026-01-10", "deal-1,closedwon,200,2026-01-20", "deal-3,Lost,30,2026-01-05"
    tie = tie_of(tmp_path, *rows, "deal-4,Offer,,", "x,,9,", header="id,deal_stage,amount,close_date\n")
    assert tie.differences == ()
    assert (tie.report_deals, tie.report_amount) == (2, 300.0)
    assert "the 2 of 5 rows" in tie.taken
    assert 'column "deal_stage" calls Won, closedwon are compared' in tie.taken
    assert all(f"{label} 1" in tie.taken for label in ("Lost", "Offer", "empty"))
    plain = tie_of(tmp_path, "deal-0,Signed,100,2026-01-10", header="id,deal_stage,amount,close_date\n")
    assert (plain.report_deals, plain.taken) == (1, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Deal ID,Close Date\nA,2026-01-01\n", "no column for the amount"),
        ("Amount,Region\n1,2\n", "2 problems"),
        (
            "Deal ID,Amount,Close Date\nA,1,\nB,1,2026-01-02\n",
            "1 closed-won deal has no close date, such as A",
        ),
        ("Deal ID,Amount,Close Date\nA,many,2026-01-02\n", "many"),
    ],
)
def test_reports_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "report.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_closed_won(path)


def test_a_period_that_has_not_begun_has_nothing_to_tie(tmp_path: Path) -> None:
    with pytest.raises(FunnelSimError, match="2026Q2 has not begun on 2026-02-10"):
        compared(tmp_path, HEADER + "deal-0,x,1,2026-04-10\n", period="2026Q2")
    path = tmp_path / "report.csv"
    with pytest.raises(FunnelSimError, match="give --history"):
        forecast(funnel_with({"lead": "a"}), replications=5, closed_won=path)
