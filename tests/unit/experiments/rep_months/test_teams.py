"""Plans of hires: the cheapest, the latest start and the spreadsheet, against the exact answer."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy import stats

from funnelsim.experiments.rep_months.search import fewest, latest
from funnelsim.experiments.rep_months.spreadsheet import spreadsheet
from funnelsim.experiments.rep_months.teams import Hires, Teams

from .known_team import AS_OF, known_team, seats_of

MARCH, MONTH = dt.date(2026, 3, 1), 30.4375


def _exact(hires: int, on: dt.date, quota: int, reps: int = 4) -> float:
    """Probability that a Poisson number of wins reaches the quota: 3 a month, ramp of 0.25, 0.5, 0.75."""
    months = reps * 365.25 / MONTH
    served = (365.25 - (on - AS_OF).days) / MONTH
    ramped = sum(share * min(1.0, max(0.0, served - m)) for m, share in enumerate((0.25, 0.5, 0.75)))
    months += hires * (ramped + max(0.0, served - 3))
    return float(stats.poisson.sf(quota - 1, 3 * months))


@pytest.fixture(scope="module")
def teams() -> Teams:
    seats = seats_of(known_team(ramp=(0.25, 0.5, 0.75)), replications=20_000)
    return Teams(seats, quota=190.0)


@pytest.mark.parametrize("hires", [0, 1, 2, 3, 5])
def test_the_probability_of_a_plan_is_exact(teams: Teams, hires: int) -> None:
    found = teams.of(Hires(hires, MARCH if hires else None))
    expected = _exact(hires, MARCH, 190)
    assert abs(found.probability - expected) <= 4 * np.sqrt(expected * (1 - expected) / 20_000) + 1e-9


def test_the_cheapest_plan_is_the_exact_one(teams: Teams) -> None:
    """Both neighbours differ by over 5 standard errors. Catches a search that stops one hire too early."""
    exact = next(n for n in range(20) if _exact(n, MARCH, 190) >= 0.8)
    for n in (exact - 1, exact):
        p = _exact(n, MARCH, 190)
        assert abs(p - 0.8) > 5 * np.sqrt(p * (1 - p) / 20_000)
    assert fewest(teams, MARCH, 0.8, 20) == exact
    assert fewest(teams, MARCH, 0.8, exact - 1) is None


def test_the_latest_start_is_the_exact_one(teams: Teams) -> None:
    starts = [dt.date(2026, month, 1) for month in range(3, 13)]
    exact = max(on for on in starts if _exact(4, on, 190) >= 0.8)
    assert latest(teams, 4, starts, 0.8) == exact
    assert latest(teams, 1, starts, 0.8) is None


def test_one_more_hire_never_lowers_a_future(teams: Teams) -> None:
    one, two = (teams.of(Hires(n, MARCH)).credit for n in (1, 2))
    assert (two >= one).all()
    assert (two > one).any()


def test_what_is_booked_counts() -> None:
    seats = seats_of(known_team(), replications=100)
    assert Teams(seats, quota=1e9, booked=1e9).of(Hires()).probability == 1.0
    assert Teams(seats, quota=1e9).of(Hires()).probability == 0.0


def test_the_spreadsheet_multiplies_ramped_months(teams: Teams) -> None:
    """48 months of 3 wins are 144; 46 are missing to 190, and a hire of March brings 3 * 8.56."""
    seats = teams.seats
    known = seats.productivity
    object.__setattr__(known, "wins", np.full((4, 13), 3.0))
    object.__setattr__(known, "exposure", np.diag(np.ones(13))[[12] * 4] * 13.0)
    found = spreadsheet(teams, MARCH, confidence=0.8, most=20)
    assert found.rep_months == pytest.approx(48.0)
    assert found.per_month == pytest.approx(3.0)
    assert found.result == pytest.approx(144.0)
    assert found.hires == Hires(2, MARCH)
    total = found.result + sum(amount for _, amount in found.differences)
    assert total == pytest.approx(np.quantile(teams.of(Hires()).credit, 0.2))


def test_draws_of_today_survive_a_plan(teams: Teams) -> None:
    assert (teams.of(Hires(2, MARCH)).credit - teams.hired(MARCH, 1).bookings >= teams.today.bookings).all()
