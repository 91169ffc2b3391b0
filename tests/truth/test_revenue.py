"""Bookings become revenue evenly over a while."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.engines.run import simulate
from funnelsim.results.run import PARTS, Window
from tests.oracles import tolerance

DEAL = """
[goal]
books_at = "signed"
recognise = { from = "live", over = "%s" }
[sources.inbound]
enters = "demo"
rate = "%s"
amount = "constant(1200)"
[stages.demo.exits]
signed = { p = 1.0, after = "constant(10d)" }
[stages.signed.exits]
live = { p = 1.0, after = "constant(20d)" }
lost = { p = 0.0, after = "constant(20d)" }
[stages.live]
credit = { bookings = 0.0, quota = 0.0 }
[stages.live.exits]
renewed = { p = 1.0, after = "constant(50d)" }
[stages.renewed]
credit = { bookings = 0.5, quota = 0.0 }
amount = "x1.1"
[stages.renewed.exits]
never = { p = 1.0 }
"""
SPANS = [(0, 180), (0, 60), (60, 120), (120, 180)]
WINDOWS = tuple(Window(label=f"{a}-{b}", start_day=float(a), end_day=float(b)) for a, b in SPANS)


def revenue(funnel, **options):
    """Of each window, by part."""
    run = simulate(funnel, days=180, windows=WINDOWS, replications=1, **options)
    return {part: run.tallies["revenue"][0, :, place] for place, part in enumerate(PARTS)}


def test_one_deal_by_hand(funnel_of):
    """1,200 booked on day 10 and live on day 30: 12 a day on days 30 to 130; a renewal of 660 booked on
    day 80: 6.6 a day on days 80 to 180.

    Catches: revenue from the booking on, a renewal that waits or begins at going live, the renewal in the
    deal's part, a share of the last window by its whole length.
    """
    funnel = funnel_of(DEAL % ("100d", "0"), pipeline=[{"stage": "demo", "age_days": 0.0, "amount": 1200.0}])
    found = revenue(funnel)
    np.testing.assert_allclose(found["pipeline"], [1200, 360, 720, 120], rtol=1e-12)
    np.testing.assert_allclose(found["expansion"], [660, 0, 264, 396], rtol=1e-12)
    np.testing.assert_array_equal(found["new"], 0)


def test_over_nothing_all_is_recognised_at_once(funnel_of):
    """On day 30, when the deal goes live. Catches: at the booking, a division by 0."""
    funnel = funnel_of(DEAL % ("0d", "0"), pipeline=[{"stage": "demo", "age_days": 0.0, "amount": 1200.0}])
    found = revenue(funnel)
    np.testing.assert_array_equal(found["pipeline"], [1200, 1200, 0, 0])
    np.testing.assert_array_equal(found["expansion"], [660, 0, 660, 0])


@pytest.mark.parametrize(("stage", "visits"), [("live", ["live"]), ("signed", ["live", "signed"])])
def test_a_deal_that_was_live_before_the_start_books_into_revenue_at_once(funnel_of, stage, visits):
    """Its first booking is not known here; the renewal is recognised from its own day on.

    Catches: past visits ignored, so that the renewal would wait for another entry.
    """
    text = DEAL.replace("live = { p = 1.0,", "renewed = { p = 1.0,") if stage == "signed" else DEAL
    funnel = funnel_of(
        text % ("100d", "0"),
        pipeline=[{"stage": stage, "age_days": 5.0, "amount": 1200.0, "visits": visits, "won_before": True}],
    )
    begins = 15.0 if stage == "signed" else 45.0
    found = revenue(funnel)["expansion"]
    expected = [6.6 * max(min(begins + 100, b) - max(begins, a), 0) for a, b in SPANS]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_what_is_lost_before_the_place_is_never_revenue(funnel_of):
    """Two of five deals signed are lost before they go live. Catches: bookings recognised all the same."""
    text = DEAL.replace("live = { p = 1.0", "live = { p = 0.6").replace(
        "lost = { p = 0.0", "lost = { p = 0.4"
    )
    window = Window(label="all", start_day=0.0, end_day=400.0)
    run = simulate(funnel_of(text % ("1d", "1 per day")), days=400, windows=[window], replications=2_000)
    first = run.tallies["revenue"][:, 0, PARTS.index("new")]
    tolerance.check_mean(first, 0.6 * 1200 * (400 - 30.5), resolution=0.01)


def test_all_that_goes_live_is_recognised_in_the_end(funnel_of):
    """In every replication, part by part, bookings of deals long live equal revenue.

    Catches: a bin left out or taken twice where a recognition crosses several.
    """
    spans = [(0, 600), *((a, a + 7) for a in range(0, 595, 7))]
    windows = [Window(label=str(n), start_day=float(a), end_day=float(b)) for n, (a, b) in enumerate(spans)]
    campaign = 'rate = 0\ncampaigns = { fair = { on = 2026-01-10, leads = 40, over = "60d" } }'
    text = DEAL.replace('rate = "%s"', campaign) % "200d"
    run = simulate(funnel_of(text), days=600, windows=windows, replications=50)
    bookings, revenues = run.tallies["bookings"], run.tallies["revenue"]
    np.testing.assert_allclose(revenues[:, 0], bookings[:, 0], rtol=1e-9)
    assert (revenues[:, 0].sum(axis=1) > 0).all()
    np.testing.assert_allclose(revenues[:, 1:].sum(axis=1), revenues[:, 0], rtol=1e-9)


def test_without_recognition_revenue_is_bookings(funnel_of):
    text = DEAL.replace('recognise = { from = "live", over = "%s" }\n', "") % "1 per day"
    run = simulate(funnel_of(text), days=90, replications=20)
    np.testing.assert_array_equal(run.tallies["revenue"], run.tallies["bookings"])
    assert run.tallies["revenue"].sum() > 0
