"""What base and scenarios cost, by hand."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from funnelsim.experiments.compare import compare
from funnelsim.experiments.comparison import Comparison
from funnelsim.model.changes.changes import Scenario, SetValue
from tests.unit.made_up_runs import funnel_with

YEAR = 365.25
OFFICE = {"office": {"hours": "Mon-Fri 09:00-17:00"}}


def compared(*scenarios: Scenario, draws: pl.DataFrame | None = None, **options: object) -> Comparison:
    given: dict[str, object] = {"days": 50.0, "replications": 60, "seed": 5}
    settings = {key: options.pop(key) for key in list(options) if key in (*given, "warmup_days", "period")}
    return compare(funnel_with(draws=draws, **options), scenarios, **(given | settings))  # type: ignore[arg-type]


def worked(**role: object) -> dict[str, object]:
    """A model whose offers take an hour of a role at 36,525 a year: 100 a day."""
    return {
        "roles": {"ae": {"headcount": 2, "annual_cost": 36_525.0, "calendar": "office", **role}},
        "calendars": OFFICE,
        "stages": {
            "demo": {"after": "constant(5d)", "exits": {"offer": {"to": "offer", "p": 1.0}}},
            "offer": {
                "after": "exponential(mean=10d)",
                "work": {"role": "ae", "effort": "1h"},
                "exits": {"won": {"to": "won", "p": 0.5}, "lost": {"to": "lost", "p": 0.5}},
            },
        },
    }


def change(path: str, by: str, start: dt.date | None = None) -> Scenario:
    return Scenario(name=f"{path} {by}", changes=(SetValue(path=path, by=by, start=start),))


def test_people_cost_their_days_on_the_roster() -> None:
    """From 10 February to 1 April, 50 days: two reps, one more from 2 March, one leaves on 22 March.

    100 a day: 2 x 50 + 30 - 10 = 120 days.
    """
    model = worked(
        hires=[{"on": dt.date(2026, 3, 2), "count": 1}], departures=[{"on": dt.date(2026, 3, 22), "count": 1}]
    )
    more = change("roles.ae.headcount", "+2")
    later = change("roles.ae.headcount", "+2", dt.date(2026, 3, 12))
    found = compared(more, later, **model)
    assert found.values(found.base, "cost").tolist() == pytest.approx([12_000.0] * 60)
    gains = [one.differences["cost"] for one in found.scenarios]
    assert [gain.mean for gain in gains] == pytest.approx([2 * 50 * 100, 2 * 20 * 100])
    for one in found.scenarios:
        assert one.differences["profit"].mean == pytest.approx(
            one.differences["bookings"].mean - one.differences["cost"].mean
        )


def test_a_period_counts_its_own_days() -> None:
    """The second quarter has 91 days, whatever comes before."""
    found = compared(change("roles.ae.headcount", "+1"), days=None, period="2026Q2", **worked())
    assert found.values(found.base, "cost")[0] == pytest.approx(2 * 91 * 100)
    assert found.scenarios[0].differences["cost"].mean == pytest.approx(91 * 100)


def test_reps_who_have_left_cost_nothing() -> None:
    """A seat that is not filled again is held for M (1 - exp(-T / M)) days on average; the tolerance is four
    standard errors, and working days stand for days."""
    model = worked(attrition={"rate": "300% per year"}, headcount=5)
    found = compared(Scenario(name="nothing"), replications=1500, **model)
    cost = found.values(found.base, "cost")
    mean = YEAR / 3
    expected = 5 * mean * (1 - math.exp(-50 / mean)) * 100
    error = cost.std(ddof=1) / math.sqrt(cost.size)
    assert 5 * 50 * 100 - expected > 20 * error  # far from the planned roster
    assert abs(cost.mean() - expected) < 4 * error + 0.002 * expected
    assert found.scenarios[0].differences["cost"].mean == 0.0


def sources(**more: object) -> dict[str, object]:
    inbound = {"enters": {"demo": 1.0}, "rate": "1 per day", "amount": "constant(100)", "cost_per_lead": 7.0}
    outbound = {"enters": {"demo": 1.0}, "rate": "2 per day", "amount": "constant(50)", "cost_per_lead": 3.0}
    return {"sources": {"inbound": inbound | more, "outbound": outbound}}


def test_leads_cost_their_source_s_price() -> None:
    """1 a day at 7 and 2 a day at 3 over 50 days; a campaign of 40 leads lies in them, one of 30 does not."""
    campaigns = {
        "expo": {"on": dt.date(2026, 3, 1), "leads": 40, "over": "3d"},
        "fair": {"on": dt.date(2026, 6, 1), "leads": 30, "over": "3d"},
    }
    twice = change("sources.inbound.rate", "x2")
    late = change("sources.outbound.rate", "x2", dt.date(2026, 3, 22))
    found = compared(twice, late, **sources(campaigns=campaigns))
    expected = 50 * 7 + 50 * 2 * 3 + 40 * 7
    assert found.values(found.base, "cost").tolist() == pytest.approx([expected] * 60, rel=1e-9)
    gains = [one.differences["cost"].mean for one in found.scenarios]
    assert gains == pytest.approx([50 * 7, 10 * 2 * 3], rel=1e-9)


def test_leads_are_those_of_the_replication_s_draw() -> None:
    draws = pl.DataFrame({"sources.inbound.rate": [0.5, 2.0, 1.0]})
    found = compared(Scenario(name="nothing"), draws=draws, **sources())
    expected = 50 * np.array([0.5, 2.0, 1.0]) * 7 + 300
    assert found.values(found.base, "cost")[:6].tolist() == pytest.approx([*expected, *expected], rel=1e-9)
    assert found.scenarios[0].differences["cost"].mean == 0.0


@pytest.mark.parametrize("seed", [5, 6, 7, 8])
@pytest.mark.parametrize("brought", [0.4, 0.0001])
def test_leads_that_others_bring_cost_the_price_of_their_source(brought: float, seed: int) -> None:
    """All leads created cost 7: on average their number times the price.

    Catches: the cost of next to no referrals cut at 0, where fewer leads came than were expected.
    """
    model = sources()
    model["sources"]["outbound"]["cost_per_lead"] = 7.0  # type: ignore[index]
    model["stages"] = {
        "demo": {
            "after": "constant(5d)",
            "exits": {"offer": {"to": "offer", "p": 1.0}},
            "spawns": {"source": "outbound", "leads": brought, "after": "2d"},
        },
        "offer": {
            "after": "exponential(mean=10d)",
            "exits": {"won": {"to": "won", "p": 0.5}, "lost": {"to": "lost", "p": 0.5}},
        },
    }
    found = compared(Scenario(name="nothing"), seed=seed, **model)
    created = found.values(found.base, "leads_created").mean()
    assert (created > 3 * 50 * 1.2) == (brought == 0.4)
    assert found.values(found.base, "cost").mean() == pytest.approx(7 * created)


def test_without_prices_there_is_no_cost() -> None:
    found = compared(change("sources.inbound.rate", "x2"))
    document = found.document()
    assert "cost" not in document["base"]
    assert document.keys().isdisjoint({"cost", "prices"})
