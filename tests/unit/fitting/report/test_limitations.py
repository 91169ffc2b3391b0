"""Limitations of the data, in sentences that read well for one deal and for many."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from funnelsim.documents.fit_stages import FitStage
from funnelsim.fitting.dwell.competing.cure_fraction import CureFraction
from funnelsim.fitting.report.limitations import warnings_of
from funnelsim.history.files.events import HistoryMeta

AS_OF = dt.datetime(2024, 6, 1)


def meta(noun: str = "deal") -> HistoryMeta:
    return HistoryMeta(name="made up", as_of=AS_OF, observed_from=None, stages={"demo": "Demo"}, noun=noun)


def demo(*, still_open: int, older: int) -> FitStage:
    return FitStage(
        stage="demo",
        name="Demo",
        visits=90,
        open=still_open,
        seen_late=0,
        left_out=0,
        exits=(),
        median_days=4.0,
        mean_days=5.0,
        longest_follow_up_days=60.0,
        mass_beyond=0.0,
        oldest_open_beyond=older,
        largest_gap=0.0,
        never=CureFraction(reason="not needed", share=0.0, at_most=math.nan, gain=0.0, older=0),
    )


@pytest.mark.parametrize(
    ("older", "still_open", "told"),
    [
        (
            1,
            31,
            "1 of 31 open deals in Demo has been there longer than 99 % of those that left, and is probably "
            "dead: ",
        ),
        (2, 31, "2 of 31 open deals in Demo have been there longer "),
        (1, 1, "1 of 1 open deal in Demo has been there longer "),
    ],
)
def test_one_old_deal_is_and_two_are(older: int, still_open: int, told: str) -> None:
    """Mutant: ``are`` for any number."""
    [warning] = warnings_of([demo(still_open=still_open, older=older)], meta(), AS_OF)
    assert warning.startswith(told)


def test_old_opportunities_are_called_so() -> None:
    [warning] = warnings_of([demo(still_open=1_204, older=1_100)], meta("opportunity"), AS_OF)
    assert warning.startswith("1,100 of 1,204 open opportunities in Demo have been there longer ")


@pytest.mark.parametrize(
    ("gap", "told"), [(1, "30 May 2024, 1 day before"), (150, "2 Jan 2024, 150 days before")]
)
def test_a_gap_in_new_leads_is_reported_with_the_last_day(gap: int, told: str) -> None:
    """The last day is the day before the first without leads: mutant, that day itself."""
    [warning] = warnings_of([], meta(), AS_OF - dt.timedelta(days=gap))
    assert warning.startswith(f"no new deal was recorded after {told} the end. ")
