"""Several scenarios in one comparison: what the document holds beside each."""

from __future__ import annotations

import math

import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.read import typed
from funnelsim.experiments.compare import compare
from funnelsim.experiments.comparison import Comparison
from funnelsim.experiments.paired import level_of_each, paired_interval
from funnelsim.model.changes.changes import TOGETHER, Scenario, SetValue

from ...made_up_runs import funnel_with

MORE = SetValue(path="sources.inbound.rate", by="x2")
SURER = SetValue(path="stages.offer.exits.won.p", by="+10pp")
MORE_LEADS, SURER_CLOSE = (
    Scenario(name="more leads", changes=(MORE,)),
    Scenario(name="surer", changes=(SURER,)),
)
BOTH = Scenario(name=TOGETHER, changes=(MORE, SURER))


def compared(*scenarios: Scenario, **options: object) -> Comparison:
    given = {"days": 60.0, "replications": 200, "seed": 5} | options
    parts = {key: given.pop(key) for key in list(given) if key in ("sources", "goal")}
    return compare(funnel_with(**parts), scenarios, **given)  # type: ignore[arg-type]


def test_a_single_scenario_is_not_ranked() -> None:
    document = compared(MORE_LEADS).document()
    assert document.keys().isdisjoint({"ranking", "simultaneous"})
    assert "simultaneous" not in document["scenarios"][0]["metrics"]["bookings"]


def test_the_plain_interval_stays_and_the_one_for_all_is_beside_it() -> None:
    alone, several = compared(MORE_LEADS).document(), compared(MORE_LEADS, SURER_CLOSE, BOTH)
    document = several.document()
    change = document["scenarios"][0]["metrics"]["bookings"]
    assert change["difference"] == alone["scenarios"][0]["metrics"]["bookings"]["difference"]
    values = [several.values(run, "bookings") for run in (several.base, several.scenarios[0].run)]
    low, high = paired_interval(*values, level=level_of_each(0.9, 3))
    assert change["simultaneous"] == {"low": low, "high": high, "level": 0.9}
    assert low < change["difference"]["low"] < change["difference"]["high"] < high
    assert document["simultaneous"] == {"method": "bonferroni", "comparisons": 3, "level": 0.9}


def test_all_changes_together_do_not_take_part_in_the_ranking() -> None:
    """Else they would nearly always be the best, and no change would be named."""
    document = compared(MORE_LEADS, SURER_CLOSE, BOTH).document()
    typed(document)
    found = document["ranking"]["alternatives"]
    assert [one["name"] for one in found] == ["more leads", "surer", "base"]
    assert [one["scenario"] for one in found] == [0, 1, None]
    means = [one["mean"] for one in found]
    assert means == sorted(means, reverse=True)
    for key in ("share_best", "probability_best"):
        assert sum(one[key] for one in found) == pytest.approx(1.0)


def test_a_change_that_costs_more_than_it_brings_is_not_the_best() -> None:
    """A lead at 60 wins 50 on average."""
    dear = {
        "inbound": {
            "enters": {"demo": 1.0},
            "rate": "1 per day",
            "amount": "constant(100)",
            "cost_per_lead": 60.0,
        }
    }
    cheap = {"inbound": dear["inbound"] | {"cost_per_lead": 1.0}}
    for sources, best in ((dear, "surer"), (cheap, "more leads")):
        ranking = compared(MORE_LEADS, SURER_CLOSE, sources=sources).document()["ranking"]
        assert ranking["metric"] == "profit"
        assert ranking["alternatives"][0]["name"] == best
        assert ranking["selection"]["chosen"] == best


def test_without_amounts_wins_are_ranked() -> None:
    sources = {"inbound": {"enters": {"demo": 1.0}, "rate": "1 per day", "cost_per_lead": 5.0}}
    document = compared(MORE_LEADS, SURER_CLOSE, sources=sources, goal={}).document()
    assert document["ranking"]["metric"] == "deals_won"
    assert "profit" not in document["base"]
    assert document["base"]["cost"]["mean"] == pytest.approx(300.0, rel=1e-4)


def test_the_smallest_difference_that_matters_is_one_per_cent_unless_given() -> None:
    found = compared(MORE_LEADS, SURER_CLOSE)
    assert found.ranking is not None
    assert found.ranking.selection is not None
    base = found.values(found.base, "bookings").mean()
    assert found.ranking.selection.indifference == pytest.approx(0.01 * base)
    given = compared(MORE_LEADS, SURER_CLOSE, indifference=500.0).ranking
    assert given is not None
    assert given.selection is not None
    assert given.selection.indifference == 500.0
    for wrong in (0.0, -1.0, math.nan):
        with pytest.raises(FunnelSimError, match="above 0"):
            compared(MORE_LEADS, SURER_CLOSE, indifference=wrong)


def test_nothing_happens_and_nothing_is_selected() -> None:
    """A model without leads: all means are 0, and no difference could matter."""
    sources = {"inbound": {"enters": {"demo": 1.0}, "rate": "0 per day", "amount": "constant(100)"}}
    document = compared(MORE_LEADS, SURER_CLOSE, sources=sources).document()
    assert document["ranking"]["selection"] is None
    shares = [one["probability_best"] for one in document["ranking"]["alternatives"]]
    assert shares == pytest.approx([1 / 3] * 3)
