"""The steps of a bridge, counted by hand, recounted from histories, and always summing to the cent."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import random
from typing import Any

import polars as pl
import pytest

from funnelsim.documents.bridge import KINDS, BridgeDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.record import DocumentError
from funnelsim.fitting.funnel import Fit, fit_funnel
from funnelsim.forecasting.bridge.bridge import NO_OLD_MODEL, bridge
from funnelsim.forecasting.bridge.refit import OldModel
from funnelsim.forecasting.bridge.table import bridge_table
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.overrides.override import Override
from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel, funnel_of
from tests.recovery.known_funnel import known_history

from ...made_up_history import day, history_of, lost, won
from .made_up_forecasts import booked_deal, forecast_of, open_deal


def between(before: ForecastDocument, after: ForecastDocument, **more: Any) -> BridgeDocument:
    return bridge(("old", before), ("new", after), **more)


def amounts(document: BridgeDocument) -> dict[str, float]:
    return {step.kind: step.amount for step in document.steps if step.amount}


def cents(amount: float) -> int:
    return round(amount * 100)


def check_sums(document: BridgeDocument) -> None:
    """In whole cents: from + steps = to, and each step is its deals, but for leads still to come."""
    total = cents(document.from_.mean) + sum(cents(step.amount) for step in document.steps)
    assert total == cents(document.to.mean)
    for step in document.steps:
        if step.kind not in ("still_to_come", "model"):
            assert cents(step.amount) == sum(cents(deal.difference) for deal in step.deals)
    by_deal: dict[str, int] = {}
    ends: dict[str, tuple[int, int]] = {}
    for step in document.steps:
        for deal in step.deals:
            by_deal[deal.deal] = by_deal.get(deal.deal, 0) + cents(deal.difference)
            if step.kind != "model" and document.model_change != "separated":
                ends[deal.deal] = (cents(deal.from_), cents(deal.to))
    assert all(by_deal[key] == to - from_ for key, (from_, to) in ends.items())


def test_each_kind_of_change_counted_by_hand() -> None:
    """One deal of each kind. Mutants: two kinds exchanged, a lost deal left out, amount at the old chance."""
    before = forecast_of(
        open_deal("won", 40.0),
        open_deal("lost", 10.0),
        open_deal("slipped", 30.0),
        open_deal("pulled in", 20.0),
        open_deal("up", 50.0),  # 100 at 50 %
        open_deal("down", 50.0),
        open_deal("moved", 12.0),
        open_deal("same", 5.0),
        booked=(booked_deal("before", 70.0), booked_deal("corrected", 80.0)),
        new=50.0,
    )
    after = forecast_of(
        open_deal("slipped", 22.0),
        open_deal("pulled in", 26.0),
        open_deal("up", 60.0, amount=120.0),  # 120 at 50 %: all of it by its amount
        open_deal("down", 32.0, amount=80.0),  # 80 at 40 %: -8 by its amount at 40 %, -10 by its chance
        open_deal("moved", 33.0, stage="offer"),
        open_deal("same", 5.0),
        open_deal("new", 9.0),
        booked=(
            booked_deal("before", 70.0),
            booked_deal("corrected", 81.0),
            booked_deal("won", 95.0),
            booked_deal("new and won", 4.0),
        ),
        new=41.5,
        as_of="2026-02-08",
    )
    found = between(before, after)
    assert amounts(found) == {
        "won": 55.0,
        "lost": -10.0,
        "slipped": -8.0 - 10.0,
        "pulled_in": 6.0,
        "new": 9.0 + 4.0,
        "amount_up": 10.0 + 1.0,
        "amount_down": -8.0,
        "moved": 21.0,
        "still_to_come": -8.5,
    }
    assert [step.kind for step in found.steps] == list(KINDS)
    check_sums(found)
    assert (found.from_.mean, found.to.mean, found.change) == (417.0, 478.5, 61.5)
    assert found.simulation_error == pytest.approx(math.hypot(3.0, 3.0))
    (of_won,) = found.step("won").deals
    assert (of_won.from_, of_won.to, of_won.was, of_won.now) == (40.0, 95.0, "demo", "won")
    assert [deal.deal for deal in found.step("slipped").deals] == ["down", "slipped"]  # the largest first


def test_listed_amounts_of_the_pipeline_add_up() -> None:
    """Opening 300, +120 new, -100 won, -100 lost, +25 for one amount: 245. Unlisted amounts count 0."""
    before = forecast_of(
        open_deal("a", 10.0), open_deal("b", 10.0), open_deal("c", 10.0), open_deal("d", 1.0, amount=None)
    )
    after = forecast_of(
        open_deal("c", 10.0, amount=125.0),
        open_deal("e", 2.0, amount=120.0),
        open_deal("d", 1.0, amount=None),
        booked=(booked_deal("a", 90.0),),
        as_of="2026-02-08",
    )
    found = between(before, after).pipeline
    assert found is not None
    assert (found.from_, found.from_deals, found.to, found.to_deals) == (300.0, 4, 245.0, 3)
    assert {step.kind: (step.amount, step.deals) for step in found.steps} == {
        "new": (120.0, 1),
        "won": (-100.0, 1),
        "lost": (-100.0, 1),
        "amount_up": (25.0, 1),
        "amount_down": (0.0, 0),
    }
    assert found.from_ + sum(step.amount for step in found.steps) == found.to


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # No amount in the CRM: expected at 80 (0.5 x 160); now listed at 100.
        (
            open_deal("a", 80.0, amount=None, p=0.5),
            open_deal("a", 50.0, amount=100.0),
            {"amount_down": -30.0},
        ),
        (
            open_deal("a", 80.0, amount=None, p=0.5),
            open_deal("a", 90.0, amount=None, p=0.5),
            {"pulled_in": 10.0},
        ),
        # Stage and amount at once: 100 at 20 %, then 300 at 50 %: +100 by the amount, the rest by the stage.
        (
            open_deal("a", 20.0),
            open_deal("a", 150.0, amount=300.0, stage="offer"),
            {"amount_up": 100.0, "moved": 30.0},
        ),
        # Not likely at all any more: nothing is left for its amount.
        (open_deal("a", 20.0), open_deal("a", 0.0, amount=300.0), {"slipped": -20.0}),
        (
            open_deal("a", 0.0, p=0.0),
            open_deal("a", 30.0, amount=300.0),
            {"amount_up": 20.0, "pulled_in": 10.0},
        ),
        (open_deal("a", 0.0, amount=None, p=0.0), open_deal("a", 30.0, amount=300.0), {"pulled_in": 30.0}),
        (open_deal("a", 20.0), open_deal("a", 20.0, stage="offer"), {}),
    ],
)
def test_amount_and_chance_are_told_apart(
    old: dict[str, Any], new: dict[str, Any], expected: dict[str, float]
) -> None:
    """The amount at the chance of today, the chance at the amount of before. Mutants: the other way round."""
    found = between(forecast_of(old), forecast_of(new, as_of="2026-02-08"))
    assert amounts(found) == expected
    check_sums(found)


def test_a_history_tells_lost_deals_from_those_won_elsewhere_or_deleted() -> None:
    deals = [open_deal(f"deal-{k}", 10.0 + k) for k in range(3)]
    history = history_of(lost(day(2, 5)), won(day(2, 6)), as_of=day(2, 9))  # deal-2 is not in it
    before, after = forecast_of(*deals), forecast_of(as_of="2026-02-08")
    assert amounts(between(before, after)) == {"lost": -33.0}
    found = between(before, after, history=history)
    assert amounts(found) == {"won": -11.0, "lost": -22.0}
    assert {deal.deal: deal.now for deal in found.step("lost").deals} == {
        "deal-0": "lost",
        "deal-2": "not in the CRM",
    }


def test_a_deal_that_is_open_again_has_moved_back() -> None:
    before = forecast_of(booked=(booked_deal("a", 90.0),))
    found = between(before, forecast_of(open_deal("a", 30.0), as_of="2026-02-08"))
    assert amounts(found) == {"moved": -60.0}
    assert found.step("moved").deals[0].was == "won"


def test_a_client_that_is_still_in_the_pipeline_counts_once() -> None:
    """Booked, and open in a stage after the win, where its chance is not asked any more."""
    client = {
        "lead": "a",
        "stage": "onboarding",
        "amount": 90.0,
        "p_in_period": None,
        "expected_in_period": None,
    }
    after = forecast_of(booked=(booked_deal("a", 90.0),), deals=[client], as_of="2026-02-08")
    found = between(forecast_of(open_deal("a", 30.0)), after)
    assert amounts(found) == {"won": 60.0}
    check_sums(found)
    assert found.pipeline is not None
    assert found.pipeline.to == 0.0


def test_nothing_changed() -> None:
    one = forecast_of(open_deal("a", 10.0), booked=(booked_deal("b", 5.0),))
    found = between(one, one)
    assert amounts(found) == {}
    assert found.change == 0.0
    check_sums(found)


def test_without_amounts_the_deals_won_are_bridged() -> None:
    """A chance of 30 % is 0.3 deals; a win counts 1. Mutant: bookings, all of which are 0."""
    nothing = {"mean": 0.0, "p05": 0.0, "p95": 0.0}

    def of(
        deals: list[dict[str, Any]], won_deals: tuple[dict[str, Any], ...], wins: float, as_of: str
    ) -> ForecastDocument:
        return forecast_of(
            *deals,
            booked=won_deals,
            as_of=as_of,
            period={"bookings": nothing, "wins": {"mean": wins, "p50": wins}},
        )

    before = of([open_deal("a", 0.0, p=0.3), open_deal("b", 0.0, p=0.6)], (), 2.0, "2026-02-01")
    after = of([open_deal("a", 0.0, p=0.4)], (booked_deal("b", 0.0),), 2.25, "2026-02-08")
    found = between(before, after)
    assert found.metric == "deals_won"
    assert amounts(found) == {"won": 0.4, "pulled_in": 0.1, "still_to_come": -0.25}
    assert found.pipeline is None


def drawn_forecast(rng: random.Random, as_of: str) -> ForecastDocument:
    """Of a dozen deals some are open, some booked, a few both; amounts of any size, in no round numbers."""

    def money() -> float:
        return rng.choice([0.0, rng.uniform(0, 1), rng.uniform(0, 1e7)])

    def an_open_deal(key: int) -> dict[str, Any]:
        listed, p = rng.choice([None, money()]), rng.choice([0.0, 1e-9, rng.random(), 1.0])
        worth = money() if listed is None else listed * rng.uniform(0.5, 1.2)
        return open_deal(f"d{key}", p * worth, stage=rng.choice(["demo", "offer"]), amount=listed, p=p)

    deals = [an_open_deal(key) for key in rng.sample(range(12), rng.randrange(11))]
    booked = tuple(booked_deal(f"d{key}", money()) for key in rng.sample(range(12), rng.randrange(6)))
    return forecast_of(*deals, booked=booked, new=money(), as_of=as_of)


def test_it_adds_up_to_the_cent_whatever_happened() -> None:
    """Deals appear, vanish, are won, change stage and amount. Mutant: each difference rounded by itself."""
    rng = random.Random(11)
    for _ in range(300):
        found = between(*(drawn_forecast(rng, as_of) for as_of in ("2026-02-01", "2026-02-08")))
        check_sums(found)
        table = bridge_table(found)
        shown = table.filter(pl.col("deal").is_null(), pl.col("step") != "to")["amount"]
        assert sum(cents(amount) for amount in shown) == cents(found.to.mean)


NEXT = {"period": "2026Q2", "start": "2026-04-01", "end": "2026-06-30"}
NO_MONEY = {"bookings": {"mean": 0.0}, "wins": {"mean": 2.0}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "Globex"}, 'company: old has "Acme", new has "Globex"'),
        ({"currency": "EUR"}, 'currency: old has "USD", new has "EUR"'),
        ({"amount_is": "TCV"}, 'kind of amount: old has "ACV", new has "TCV"'),
        ({"period": NEXT}, "period: old is of 2026Q1, new of 2026Q2"),
        ({"period": NO_MONEY}, 'unit: old has "bookings", new has "deals won"'),
        ({"as_of": "2026-01-25"}, "as_of: new is as of 2026-01-25, before old"),
        ({"deals": []}, "new: was made without its open deals; forecast again with --store or --deals"),
        ({"period": {"counts": {"booked_deals": 3}}}, "new: does not list the deals that are booked"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(changed: dict[str, Any], said: str) -> None:
    """Mutant: any of the checks left out."""
    after = forecast_of(open_deal("a", 1.0), **{"as_of": "2026-02-08", **changed})
    with pytest.raises(DocumentError) as caught:
        between(forecast_of(open_deal("a", 1.0)), after)
    assert said in str(caught.value)


def test_all_reasons_come_at_once() -> None:
    with pytest.raises(DocumentError, match="bridge: 3 problems"):
        between(forecast_of(), forecast_of(name="Globex", currency="EUR", as_of="2025-12-01"))


# With real forecasts: two weeks of one history.

WEEK = dt.timedelta(days=7)


@pytest.fixture(scope="module")
def history() -> History:
    made = known_history(3, deals=300)
    number = pl.int_range(pl.len())
    listed = pl.when(number % 4 != 0).then(1000.0 + number)
    return dataclasses.replace(made, deals=made.deals.with_columns(listed_amount=listed))


@pytest.fixture(scope="module")
def older(history: History) -> History:
    """A week before, when two deals in three had another amount in the CRM."""
    then = cut(history, history.meta.as_of - WEEK)
    number = pl.int_range(pl.len())
    factor = pl.when(number % 3 == 0).then(1.5).when(number % 3 == 1).then(0.5).otherwise(1.0)
    listed = pl.col("listed_amount") * factor
    return dataclasses.replace(then, deals=then.deals.with_columns(listed_amount=listed))


@pytest.fixture(scope="module")
def fits(older: History, history: History) -> tuple[Fit, Fit]:
    return fit_funnel(older, draws=3), fit_funnel(history, draws=3)


def funnel(fit: Fit) -> Funnel:
    return funnel_of(fit.model.model_copy(update={"fit": "f1"}), draws=fit.draws, pipeline=fit.pipeline)


def made(fit: Fit, history: History, **more: Any) -> ForecastDocument:
    found = forecast(funnel(fit), history=history, replications=200, deals=True, period="2024Q1", **more)
    return found.record()


@pytest.fixture(scope="module")
def forecasts(
    fits: tuple[Fit, Fit], older: History, history: History
) -> tuple[ForecastDocument, ForecastDocument, ForecastDocument]:
    """Last week's; today's with the model of last week; today's with a new fit."""
    return made(fits[0], older), made(fits[0], history), made(fits[1], history)


def recounted(
    before: ForecastDocument, after: ForecastDocument, older: History, history: History
) -> dict[str, float]:
    """A second way: what happened comes from the two histories, not from the lists of the forecasts."""
    then = {row["deal"]: row for row in older.deals.to_dicts()}
    stages = [
        dict(one.visits.filter(pl.col("left").is_null()).select("deal", "stage").iter_rows())
        for one in (older, history)
    ]
    old, new = (
        {d.lead: d.expected_in_period or 0.0 for d in one.deals}
        | {d.deal: d.bookings for d in one.booked_deals}
        for one in (before, after)
    )
    chances = {d.lead: d for d in after.deals}, {d.lead: d for d in before.deals}
    found: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    for row in history.deals.to_dicts():
        key, listed = row["deal"], row["listed_amount"]
        difference = new.get(key, 0.0) - old.get(key, 0.0)
        if key not in then:
            found["new"] += difference
        elif then[key]["outcome"] is not None:
            assert difference == 0.0
        elif row["outcome"] is not None:
            found["won" if row["outcome"] == "won" else "lost"] += difference
        else:
            was = then[key]["listed_amount"]
            by_amount = 0.0
            if was != listed:
                by_amount = new[key] / listed * (listed - was)
                found["amount_up" if by_amount > 0 else "amount_down"] += by_amount
            rest = difference - by_amount
            kind = "moved" if stages[0][key] != stages[1][key] else "pulled_in" if rest > 0 else "slipped"
            found[kind] += rest
    assert chances[0].keys() == stages[1].keys()
    totals = [
        (one.periods[0].parts_bookings.new.mean or 0.0)
        + (one.periods[0].parts_bookings.expansion.mean or 0.0)  # type: ignore[union-attr]
        for one in (before, after)
    ]
    found["still_to_come"] = totals[1] - totals[0]
    return found


def test_a_recount_from_the_histories_gives_the_same_bars(
    forecasts: tuple[ForecastDocument, ForecastDocument, ForecastDocument], older: History, history: History
) -> None:
    """Every bar, to a cent for each of its deals. Mutant: a kind that takes the deals of another."""
    before, after, _ = forecasts
    found = between(before, after)
    check_sums(found)
    expected = recounted(before, after, older, history)
    assert sum(1 for amount in expected.values() if abs(amount) > 1) >= 8
    for step in found.steps:
        assert step.amount == pytest.approx(
            expected[step.kind], abs=0.01 * (len(before.deals) + len(after.deals))
        )
    assert found.model_change == "none"
    assert found.step("model").amount == 0.0


def test_what_a_new_fit_changed_is_told_apart(
    forecasts: tuple[ForecastDocument, ForecastDocument, ForecastDocument], fits: tuple[Fit, Fit]
) -> None:
    """The middle forecast was made another way: with --history. Mutant: the new model in the middle."""
    before, middle, after = forecasts
    old = OldModel(model=funnel(fits[0]), pipeline=fits[1].pipeline)
    found = between(before, after, old_model=lambda: old)
    assert found.model_change == "separated"
    check_sums(found)
    means = [one.periods[0].bookings.mean or 0.0 for one in (middle, after)]
    assert abs(means[1] - means[0]) > 1
    assert found.step("model").amount == pytest.approx(means[1] - means[0], abs=0.02)
    without = between(before, middle)
    for kind in KINDS[:-1]:
        assert found.step(kind).amount == pytest.approx(without.step(kind).amount, abs=0.02), kind


def test_without_the_old_model_its_change_is_in_the_others_with_a_warning(
    forecasts: tuple[ForecastDocument, ForecastDocument, ForecastDocument],
) -> None:
    found = between(forecasts[0], forecasts[2])
    assert found.model_change == "unknown"
    assert found.warnings == (NO_OLD_MODEL,)
    assert found.step("model").amount == 0.0
    check_sums(found)


def test_an_old_model_without_a_stage_of_today_cannot_be_told_apart(
    forecasts: tuple[ForecastDocument, ForecastDocument, ForecastDocument], fits: tuple[Fit, Fit]
) -> None:
    pipeline = fits[1].pipeline
    assert pipeline is not None
    strange = OldModel(model=funnel(fits[0]), pipeline=pipeline.with_columns(stage=pl.lit("legal")))
    assert between(forecasts[0], forecasts[2], old_model=lambda: strange).model_change == "unknown"


def test_still_open_deals_have_their_names(
    forecasts: tuple[ForecastDocument, ForecastDocument, ForecastDocument],
) -> None:
    found = between(forecasts[0], forecasts[1])
    assert all(deal.name and deal.was for step in found.steps for deal in step.deals if step.kind != "new")


def test_an_override_is_not_what_a_new_fit_changed(
    forecasts: tuple[ForecastDocument, ForecastDocument, ForecastDocument],
    fits: tuple[Fit, Fit],
    history: History,
) -> None:
    """All other bars are those without the override. Mutant: the new forecast as a whole in the last bar."""
    before, _, after = forecasts
    old = OldModel(model=funnel(fits[0]), pipeline=fits[1].pipeline)
    deal = after.deals[0].lead
    overridden = made(
        fits[1], history, overrides=[Override(deal=deal, probability=1.0, close=after.periods[0].end)]
    )
    found, plain = (between(before, one, old_model=lambda: old) for one in (overridden, after))
    check_sums(found)
    difference = overridden.overrides[0].difference
    assert abs(difference) > 1
    assert found.step("overrides").amount == pytest.approx(difference, abs=0.02)
    for kind in set(KINDS) - {"overrides"}:
        assert found.step(kind).amount == pytest.approx(plain.step(kind).amount, abs=0.03), kind


def test_a_deal_won_in_another_period_leaves_the_pipeline_as_won() -> None:
    """With a history, both tables say the same. Mutant: it is lost in the pipeline."""
    before, after = forecast_of(open_deal("deal-0", 40.0)), forecast_of(as_of="2026-02-08")
    found = between(before, after, history=history_of(won(day(2, 6)), as_of=day(2, 9)))
    assert found.pipeline is not None
    assert {step.kind: step.deals for step in found.pipeline.steps if step.deals} == {"won": 1}
