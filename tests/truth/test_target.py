"""The chance to reach the target of a goal against its closed form."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from scipy import stats

from funnelsim.engines.run import simulate
from funnelsim.metrics.document import run_document
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Model

START, BY = dt.date(2026, 1, 1), dt.date(2026, 3, 1)
DAYS = 60  # from START through BY
RATE = 1.0


def _funnel(**target: Any) -> Funnel:
    exits = {"won": {"p": 0.5, "after": "0d"}, "lost": {"p": 0.5, "after": "0d"}}
    return funnel_of(
        Model.model_validate(
            {
                "start": START,
                "goal": {"target": {"by": BY, **target}},
                "sources": {"inbound": {"enters": "demo", "rate": RATE}},
                "stages": {"demo": {"exits": exits}},
            }
        )
    )


def _told(funnel: Funnel, days: int) -> dict[str, Any]:
    return run_document(simulate(funnel, days=days, replications=20_000), funnel)


@pytest.mark.parametrize(("bound", "wins"), [("at_least", 33), ("at_most", 27)])
def test_chance_that_poisson_wins_reach_a_number(bound: str, wins: int) -> None:
    """Wins through the last day are Poisson. Mutants: the day itself left out; the bound itself left out."""
    distribution = stats.poisson(RATE * DAYS / 2)
    expected = distribution.sf(wins - 1) if bound == "at_least" else distribution.cdf(wins)
    told = _told(_funnel(metric="deals_won", **{bound: wins}), 90)
    target = told["target"]
    assert abs(target["probability"] - expected) < 4 * target["mc_error"]
    assert target["mc_error"] == pytest.approx((expected * (1 - expected) / 20_000) ** 0.5, rel=0.05)
    assert [period["period"] for period in told["periods"]] == ["2026Q1"]


def test_no_chance_is_told_of_a_run_that_ends_before() -> None:
    told = _told(_funnel(metric="deals_won", at_least=1), DAYS - 1)
    assert "target" not in told
    assert any("goal.target is for 2026-03-01" in warning for warning in told["warnings"])


def test_what_is_never_defined_has_no_chance() -> None:
    """Nobody is a client at the start. Catches: undefined counted as missed."""
    told = _told(_funnel(metric="retention", at_least=0.5), DAYS)["target"]
    assert told["probability"] is None
    assert told["values"]["n"] == 0
