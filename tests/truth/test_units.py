"""The unit of sums of money against what a funnel credits.

Sums are exact as long as they stay below 2**53 units, and as fine as that allows: what is foreseen lies
between 2**49 and 2**50 units.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.scope import Span
from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Model
from funnelsim.results.run import Window

DAYS = 100


def _funnel(stages: dict[str, Any]) -> Funnel:
    return funnel_of(
        Model.model_validate(
            {
                "start": dt.date(2026, 1, 1),
                "sources": {"inbound": {"enters": "client", "rate": 1.0, "amount": 1}},
                "stages": stages,
                "goal": {"books_at": "client"},
            }
        )
    )


def _foreseen(funnel: Funnel) -> float:
    window = Window(label="all", start_day=0.0, end_day=float(DAYS))
    span = Span(warmup_days=0, end_day=float(DAYS), windows=(window,))
    return 2.0**50 * PlanBuilder(funnel, span).build().plan.money_unit


@pytest.mark.parametrize(("again", "entries"), [(0.0, 1), (0.8, 5), (0.95, 20)])
def test_each_return_of_a_lead_is_credited(again: float, entries: int) -> None:
    """Of a lead that stays with chance p, 1 / (1 - p) entries. Mutant: each stage counts once."""
    exits = {"renewed": {"to": "client", "p": again, "after": "1d"}, "lost": {"p": 1 - again, "after": "1d"}}
    leads_and_a_giant = DAYS + 1
    foreseen = _foreseen(_funnel({"client": {"exits": exits}}))
    assert leads_and_a_giant * entries <= foreseen < 2 * leads_and_a_giant * entries


@pytest.mark.parametrize("factor", [1.0, 1.2])
def test_growth_without_end_counts_as_a_span_has_time_for(factor: float) -> None:
    """Clients who hardly ever leave, each time for more. Mutants: each stage counts once; time left out."""
    after = "exponential(mean=5d)"
    exits = {
        "renewed": {"to": "client", "p": 0.999, "after": after},
        "lost": {"p": 0.001, "after": after},
    }
    funnel = _funnel({"client": {"exits": exits, "amount": f"x{factor}"}})
    run = simulate(funnel, days=DAYS, replications=20)
    credited = run.tallies["bookings"].max()
    assert credited < 8 * _foreseen(funnel) < 2**13 * credited
