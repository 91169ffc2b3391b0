"""Money: credits at each entry, amounts that compound, segments, parameter draws."""

from __future__ import annotations

import pytest

from funnelsim.engines.run import simulate
from tests.oracles import cdfs, freeflow, markov, tolerance
from tests.oracles.freeflow import Way

RENEWING = """
[goal]
books_at = "signed"
[sources.inbound]
enters = "signed"
rate = "5 per day"
amount = "gamma(mean=1000, sd=300)"
[stages.signed.exits]
client = { p = 1.0, after = "constant(30d)" }
[stages.client]
amount = "x1.05"
[stages.client.exits]
billed = { p = 1.0, after = "constant(0d)" }
[stages.billed]
credit = { bookings = 0.5, quota = 0.25 }
[stages.billed.exits]
client = { p = 0.8, after = "%s" }
churned = { p = 0.2, after = "%s" }
"""


def test_renewals_compound_with_constant_dwells(funnel_of):
    """A lead of amount a books a at once, then .5 a 1.05^k with chance .8^(k-1) at day 30 + 60 (k - 1).

    Catches: the factor applied once, or to every lead; credit only at the first entry.
    """
    text = RENEWING % ("constant(60d)", "constant(60d)")
    run = simulate(funnel_of(text), days=200, replications=400, seed=1)
    spans = [200.0, *(200.0 - 30 - 60 * k for k in range(3))]
    shares = [1.0, *(0.5 * 1.05 ** (k + 1) * 0.8**k for k in range(3))]
    expected = 5 * 1000 * sum(span * share for span, share in zip(spans, shares, strict=True))
    tolerance.check_mean(run.tallies["bookings"][:, 0].sum(axis=-1), expected, resolution=0.01)
    # quota = .25 of the same; the signature's own credit counts for both (books_at = credits_at)
    quota = (
        5
        * 1000
        * sum(
            span * share * half for span, share, half in zip(spans, shares, [1.0, 0.5, 0.5, 0.5], strict=True)
        )
    )
    tolerance.check_mean(run.tallies["quota_credit"][:, 0].sum(axis=-1), quota, resolution=0.01)


def test_renewals_compound_with_random_dwells(funnel_of):
    """The same by the renewal equation of amount-weighted entries. Catches: growth by time, not by entry."""
    text = RENEWING % ("gamma(mean=40d, sd=20d)", "exponential(mean=50d)")
    run = simulate(funnel_of(text), days=200, replications=400, seed=2)
    ways = {
        "signed": (Way("client", 1.0, cdfs.constant(30.0)),),
        "client": (Way("billed", 1.0, cdfs.constant(0.0)),),
        "billed": (Way("client", 0.8, cdfs.gamma(4.0, 10.0)), Way("churned", 0.2, cdfs.exponential(50.0))),
    }

    def bookings(step):
        masses = freeflow.entry_masses(
            ways, "signed", step=step, count=int(200 / step) + 1, factor={"client": 1.05}
        )
        weight = masses["signed"] + 0.5 * masses["billed"]
        return 1000 * freeflow.expected_by(200.0, weight, lambda t: 5.0 * t, step=step)[0]

    tolerance.check_mean(
        run.tallies["bookings"][:, 0].sum(axis=-1), freeflow.extrapolated(bookings, 0.25), resolution=0.01
    )
    step = 0.125
    churned = freeflow.entry_masses(ways, "signed", step=step, count=int(200 / step) + 1)["churned"]
    expected = freeflow.expected_by(200.0, churned, lambda t: 5.0 * t, step=step)[0]
    tolerance.check_mean(run.tallies["churned"][:, 0], expected, resolution=0.02)


def test_a_whole_life_of_renewals_is_the_geometric_sum(funnel_of):
    """Minutes between renewals: each lead's life is over at once. Catches: a loop cut after some rounds."""
    text = RENEWING.replace("30d", "1min") % ("constant(1min)", "constant(1min)")
    run = simulate(funnel_of(text), days=40, replications=400, seed=3)
    steps = {
        "signed": {"client": 1.0},
        "client": {"billed": 1.0},
        "billed": {"client": 0.8, "churned": 0.2},
    }
    value = markov.expected_credit(
        steps, "signed", factor={"client": 1.05}, credit={"signed": 1.0, "billed": 0.5}
    )
    assert value == pytest.approx(1 + 0.5 * 1.05 / (1 - 0.8 * 1.05))
    tolerance.check_mean(run.tallies["bookings"][:, 0].sum(axis=-1), 40 * 5 * 1000 * value, resolution=0.02)
    assert (run.tallies["bookings"][:, 0, 2] > 0).all(), "renewals are expansion"


def test_an_entry_books_the_amount_as_changed_by_it(funnel_of):
    """`x2` and `credit` on one stage. Catches: credit taken before the change of the amount."""
    run = simulate(
        funnel_of(
            """
[sources.inbound]
enters = "signed"
rate = "5 per day"
amount = "constant(100)"
[stages.signed]
amount = "x2"
credit = { bookings = 1.0 }
[stages.signed.exits]
won = { p = 1.0, after = "constant(400d)" }
"""
        ),
        days=20,
        replications=50,
        seed=3,
    )
    created = run.tallies["leads_created"][:, 0]
    assert run.tallies["bookings"][:, 0].sum(axis=-1) == pytest.approx(200 * created)


def test_segments_are_a_mixture(funnel_of):
    """Each segment has its own p, dwell and amount. Catches: the override of one used for all."""
    run = simulate(
        funnel_of(
            """
[sources.inbound]
enters = "demo"
rate = "20 per day"
amount = "gamma(mean=1000, sd=500)"
segments = { smb = 0.7, enterprise = 0.3 }
[segments.smb]
[segments.enterprise]
amount = "gamma(mean=5000, sd=1000)"
stages.demo.exits.won.p = 0.5
stages.demo.exits.lost.after = "exponential(mean=15d)"
[stages.demo.exits]
won  = { p = 0.2, after = "exponential(mean=4d)" }
lost = { p = 0.6, after = "exponential(mean=9d)" }
no_decision = { p = 0.2, after = "exponential(mean=2d)" }
""".replace("[sources", 'outcomes = ["no_decision"]\n[sources', 1)
        ),
        days=30,
        replications=2_000,
        seed=4,
    )

    def by(ways, share, place):
        masses = freeflow.entry_masses(ways, "demo", step=1 / 32, count=30 * 32 + 1)[place]
        return freeflow.expected_by(30.0, masses, lambda t: 20.0 * share * t, step=1 / 32)[0]

    smb = {
        "demo": (
            Way("won", 0.2, cdfs.exponential(4.0)),
            Way("lost", 0.6, cdfs.exponential(9.0)),
            Way("no_decision", 0.2, cdfs.exponential(2.0)),
        )
    }
    # p = 0.5 is held; the other two share the rest 3 : 1.
    enterprise = {
        "demo": (
            Way("won", 0.5, cdfs.exponential(4.0)),
            Way("lost", 0.375, cdfs.exponential(15.0)),
            Way("no_decision", 0.125, cdfs.exponential(2.0)),
        )
    }
    wins = by(smb, 0.7, "won"), by(enterprise, 0.3, "won")
    tolerance.check_mean(run.tallies["deals_won"][:, 0], sum(wins), resolution=0.01)
    tolerance.check_mean(
        run.tallies["bookings"][:, 0].sum(axis=-1), 1000 * wins[0] + 5000 * wins[1], resolution=0.012
    )
    unwon = sum(by(w, s, o) for w, s in ((smb, 0.7), (enterprise, 0.3)) for o in ("lost", "no_decision"))
    tolerance.check_mean(run.tallies["deals_lost"][:, 0], unwon, resolution=0.006)


def test_replications_cycle_through_the_parameter_draws(funnel_of):
    """Replication r uses row r mod n. Catches: the file's value for all, rows taken in another order."""
    run = simulate(
        funnel_of(
            """
[sources.inbound]
enters = "demo"
rate = "20 per day"
[stages.demo.exits]
won  = { p = 0.2, after = "constant(1d)" }
lost = { p = 0.8, after = "constant(1d)" }
""",
            draws={
                "stages.demo.exits.won.p": [0.3, 0.5, 0.7],
                "sources.inbound.rate": [10.0, 20.0, 40.0],
            },
        ),
        days=31,
        replications=1_500,
        seed=5,
    )
    assert run.draw_rows == 3
    wins = run.tallies["deals_won"][:, 0]
    for row, expected in enumerate((0.3 * 10 * 30, 0.5 * 20 * 30, 0.7 * 40 * 30)):
        tolerance.check_mean(wins[row::3], expected, resolution=0.02)
