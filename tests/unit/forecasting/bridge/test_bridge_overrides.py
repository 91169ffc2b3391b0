"""Overrides by people are no events of the deals: a step of their own, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.validate import read_as
from funnelsim.forecasting.bridge.bridge import bridge
from funnelsim.report.words import bridge_words

from .made_up_forecasts import booked_deal, forecast_of, open_deal, override
from .test_bridge import amounts, between, check_sums
from .test_bridge_groups import grouped, of


def test_an_excluded_deal_has_not_slipped() -> None:
    """Nothing happened to any deal. Mutants: `units` the overridden value, the new effect not added."""
    before = forecast_of(open_deal("excluded", 40.0), open_deal("sure", 10.0))
    after = forecast_of(
        open_deal("excluded", 0.0, p=0.0),
        open_deal("sure", 90.0),
        overrides=[override("excluded", 40.0, 0.0), override("sure", 10.0, 90.0)],
        as_of="2026-02-08",
    )
    found = between(before, after)
    assert amounts(found) == {"overrides": -40.0 + 80.0}
    assert [(deal.deal, deal.difference) for deal in found.step("overrides").deals] == [
        ("sure", 80.0),
        ("excluded", -40.0),
    ]
    check_sums(found)
    assert amounts(between(after, before.model_copy(update={"as_of": after.as_of}))) == {"overrides": -40.0}


def test_what_happened_to_overridden_deals_is_by_the_model() -> None:
    """Old effect 20 each. Won: 40 by the model, 60 overridden, 95 booked: +55 and -20. Gone: -10 and -20.

    Kept: 30 to 22 by the model, the override adds 20, then 25: -8 and +5. New: 9, overridden to 50: +41.
    Mutant: the override of the earlier forecast left in `units`, which makes won +35.
    """
    before = forecast_of(
        open_deal("won", 60.0),
        open_deal("gone", 30.0),
        open_deal("kept", 50.0),
        overrides=[
            override("won", 40.0, 60.0),
            override("gone", 10.0, 30.0),
            override("kept", 30.0, 50.0),
        ],
        new=41.0,
    )
    after = forecast_of(
        open_deal("kept", 47.0),
        open_deal("new", 50.0),
        booked=(booked_deal("won", 95.0),),
        overrides=[override("kept", 22.0, 47.0), override("new", 9.0, 50.0)],
        new=41.5,
        as_of="2026-02-08",
    )
    found = between(before, after)
    assert amounts(found) == {
        "won": 55.0,
        "lost": -10.0,
        "slipped": -8.0,
        "new": 9.0,
        "overrides": -20.0 - 20.0 + 5.0 + 41.0,
        "still_to_come": 0.5,
    }
    check_sums(found)
    (note,) = [row.note for row in bridge_words.step_rows(found) if row.name == "won"]
    assert note == "1 deal was worth 40 in the forecast without overrides, closed at 95"


def test_an_amount_that_changed_is_counted_at_the_chance_of_the_model() -> None:
    """100 at 20 %, then 200 at 20 %; said: 90 %. +20 by the amount, +140 by the override."""
    before = forecast_of(open_deal("a", 20.0, p=0.2))
    after = forecast_of(
        open_deal("a", 180.0, amount=200.0, p=0.9),
        overrides=[override("a", 40.0, 180.0, (0.2, 0.9))],
        as_of="2026-02-08",
    )
    assert amounts(between(before, after)) == {"amount_up": 20.0, "overrides": 140.0}


def test_groups_have_the_step_and_their_sums() -> None:
    """Deal b goes from Ana to Ben, with an override of 5 before and 7 after. Mutant: reassigned at 30."""
    before = grouped(of("Ana", open_deal("b", 35.0)), new={"Ana": 5.0, "Ben": 6.0}, as_of="2026-02-01")
    after = grouped(of("Ben", open_deal("b", 37.0)), new={"Ana": 5.0, "Ben": 6.0}, as_of="2026-02-08")
    ends = [
        read_as(type(one), one.as_json() | {"overrides": [override("b", 30.0, with_)]}, "made up")
        for one, with_ in ((before, 35.0), (after, 37.0))
    ]
    found = {group.name: group for group in between(*ends, by="owner").groups}
    assert found["Ana"].steps == {"reassigned": -35.0}
    assert found["Ben"].steps == {"overrides": 2.0, "reassigned": 35.0}


@pytest.mark.parametrize("simulated", [0.9, 0.8])
def test_in_deals_won_the_step_is_what_overrides_add_to_the_mean(simulated: float) -> None:
    """Stated 90 %, won in 80 % of the futures: the rest of the step belongs to no deal, not to new leads."""
    nothing = {"mean": 0.0, "p05": 0.0, "p95": 0.0}

    def end(as_of: str, chance: float, wins: float, **more: Any) -> Any:
        period = {"bookings": nothing, "wins": {"mean": wins, "p50": 2.0}, **more.pop("period", {})}
        return forecast_of(open_deal("a", 0.0, amount=None, p=chance), as_of=as_of, period=period, **more)

    after = end(
        "2026-02-08",
        0.9,
        2.0 + simulated,
        overrides=[override("a", 0.0, 0.0, (0.3, 0.9))],
        period={"without_overrides": {"bookings": nothing, "wins": {"mean": 2.3, "p50": 2.0}}},
    )
    found: BridgeDocument = bridge(("old", end("2026-02-01", 0.3, 2.3)), ("new", after))
    assert amounts(found) == {"overrides": pytest.approx(simulated - 0.3)}


def test_a_new_deal_that_is_won_already_is_told_apart() -> None:
    after = forecast_of(open_deal("n", 9.0), booked=(booked_deal("w", 4.0),), as_of="2026-02-08")
    rows = {row.name: row.note for row in bridge_words.step_rows(between(forecast_of(), after))}
    assert rows["new"] == "2 deals, 1 of them won (4.00): Deal n, Deal w"
