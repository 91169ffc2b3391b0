"""Whose overrides helped, counted by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import pytest
from scipy import stats

from funnelsim.core.errors import FunnelSimError, InputError
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod
from funnelsim.documents.judgement import OverriddenDeal
from funnelsim.documents.override_scores import OverrideScoresDocument
from funnelsim.documents.shared import Summary
from funnelsim.forecasting.overrides.scores import score_overrides, scores_table
from funnelsim.history.files.events import History

from ...made_up_history import day, history_of, lost, still_open, won

AS_OF = dt.date(2026, 1, 31)


def said(deal: int, who: str, p: tuple[float, float], expected: tuple[float, float]) -> OverriddenDeal:
    return OverriddenDeal(
        deal=f"deal-{deal}",
        who=who,
        p_without=p[0],
        p_with=p[1],
        expected_without=expected[0],
        expected_with=expected[1],
        difference=expected[1] - expected[0],
    )


def forecast_of(*overrides: OverriddenDeal, as_of: dt.date = AS_OF, currency: str = "") -> ForecastDocument:
    february = ForecastPeriod(
        period="2026-02", start=dt.date(2026, 2, 1), end=dt.date(2026, 2, 28), bookings=Summary(mean=1.0)
    )
    return ForecastDocument(
        command="forecast", as_of=as_of, periods=(february,), overrides=overrides, currency=currency
    )


def later(*deals: dict[str, object]) -> History:
    return history_of(*deals, as_of=dt.datetime(2026, 3, 5))


def test_errors_are_those_of_chance_and_money() -> None:
    """Won in February at 100; lost; won in March, which is not February; open, and February is over.

    Mutants: a win after the period counted; gain of the wrong sign.
    """
    history = later(
        won(day(2, 28), 100.0), lost(day(2, 10)), won(day(3, 1), 70.0), still_open("offer", day(1, 5))
    )
    found = score_overrides(
        [
            forecast_of(
                said(0, "Ana", (0.5, 0.9), (50.0, 90.0)),
                said(1, "Ana", (0.5, 0.9), (50.0, 90.0)),
                said(2, "Ben", (0.5, 0.1), (35.0, 7.0)),
                said(3, "Ben", (0.5, 0.0), (35.0, 0.0)),
            )
        ],
        history,
    )
    ana, ben = found.people
    assert (ana.who, ana.deals, ana.verdict) == ("Ana", 2, "too few to tell")
    assert ana.brier_without == pytest.approx(0.25)
    assert ana.brier_with == pytest.approx((0.01 + 0.81) / 2)
    assert (ana.error_without, ana.error_with, ana.gain) == (50.0, 50.0, 0.0)
    assert ben.error_without == 35.0
    assert ben.error_with == 3.5
    assert [one.won for one in found.overrides] == [True, False, False, False]
    assert scores_table(found).height == 4


def test_open_deals_of_a_running_period_and_unknown_ones_are_left_out() -> None:
    history = history_of(still_open("offer", day(1, 5)), lost(day(2, 3)), as_of=dt.datetime(2026, 2, 20))
    say = ((0.5, 0.9), (50.0, 90.0))
    found = score_overrides(
        [forecast_of(said(0, "Ana", *say), said(1, "", *say), said(7, "Ana", *say))], history
    )
    assert (found.undecided, found.unknown) == (1, 1)
    people = {one.who: (one.overrides, one.deals, one.undecided) for one in found.people}
    assert people == {"Ana": (1, 0, 1), "nobody named": (1, 1, 0)}


def helped(n: int, gain: float, spread: float) -> OverrideScoresDocument:
    """So many lost deals, each expected at 100 by the model and nearer to 0 by Ana."""
    gains = [gain + spread * (-1) ** k for k in range(n)]
    overrides = [said(k, "Ana", (0.5, 0.2), (100.0, 100.0 - gains[k])) for k in range(n)]
    return score_overrides([forecast_of(*overrides)], later(*[lost(day(2, 10)) for _ in range(n)]))


def test_the_interval_is_a_students_t_over_deals() -> None:
    (ana,) = helped(6, 20.0, 10.0).people
    half = stats.t.ppf(0.95, 5) * 10.0 * math.sqrt(6 / 5) / math.sqrt(6)
    assert (ana.gain, ana.low, ana.high) == pytest.approx((20.0, 20.0 - half, 20.0 + half))
    assert ana.verdict == "helped"


@pytest.mark.parametrize(
    ("n", "gain", "spread", "verdict"),
    [(6, -20.0, 5.0, "hurt"), (6, 2.0, 30.0, "no clear effect"), (4, 50.0, 1.0, "too few to tell")],
)
def test_verdicts(n: int, gain: float, spread: float, verdict: str) -> None:
    assert helped(n, gain, spread).people[0].verdict == verdict


def test_a_deal_overridden_every_week_counts_once() -> None:
    """Mutant: five weekly copies of one override are five deals, enough for a verdict."""
    weekly = [
        forecast_of(said(0, "Ana", (0.5, 0.1), (50.0, 10.0)), as_of=AS_OF + dt.timedelta(days=7 * k))
        for k in range(4)
    ]
    (ana,) = score_overrides(weekly, later(lost(day(2, 27)))).people
    assert (ana.overrides, ana.deals, ana.verdict) == (4, 1, "too few to tell")
    assert ana.low is None


def test_what_cannot_be_compared_is_refused() -> None:
    say = said(0, "Ana", (0.5, 0.1), (50.0, 10.0))
    with pytest.raises(FunnelSimError, match="none of these forecasts has overrides"):
        score_overrides([forecast_of()], later(lost(day(2, 10))))
    with pytest.raises(InputError, match="the history ends on 9 Feb 2026, so nothing is known"):
        score_overrides(
            [forecast_of(say, as_of=dt.date(2026, 2, 9))], history_of(still_open("offer", day(1, 5)))
        )
    euros = later(lost(day(2, 10)))
    euros = dataclasses.replace(euros, meta=dataclasses.replace(euros.meta, currency="EUR"))
    with pytest.raises(InputError, match="is in USD, but the history is in EUR"):
        score_overrides([forecast_of(say, currency="USD")], euros)
