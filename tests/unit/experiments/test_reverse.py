"""The reverse funnel as a function: what it refuses, what it counts, what it writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.read import typed
from funnelsim.documents.reverse import CurvePoint, ReverseDocument
from funnelsim.experiments.compare import compare
from funnelsim.experiments.reverse.plan import _interval
from funnelsim.experiments.reverse.reverse import reverse_funnel
from funnelsim.experiments.variants import Variants
from funnelsim.model.changes.changes import Change, Scenario, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run

from ..made_up_history import day, history_of, won
from ..made_up_runs import funnel_with

QUICK: dict[str, Any] = {"replications": 60, "seed": 3}
NO_QUOTA = {"period": "quarter"}
WORK = {"rep": {"headcount": 3, "annual_cost": 1000.0}}


def reverse(**options: Any) -> ReverseDocument:
    funnel = options.pop("funnel", None) or funnel_with({})
    return reverse_funnel(funnel, **(QUICK | options)).record()


def sources(**more: object) -> dict[str, Any]:
    inbound = {"enters": {"demo": 1.0}, "rate": "1 per day", "amount": "constant(100)", "name": "Website"}
    return {"inbound": inbound | more}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"only": ["outbound"]}, 'no source "outbound"; choose from inbound; did you mean "inbound"'),
        ({"hold_segments": ["smb"]}, 'no segment "smb"; choose from the model has no segments'),
        ({"quota": -5.0}, "above 0"),
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"period": "2025Q1"}, "is over"),
        ({"start": "2026-07-01"}, "found 2026-07-01"),
        ({"start": "soon"}, "soon"),
        ({"period": "2026-03"}, "no quota for 2026-03"),
        ({"funnel": funnel_with(sources=sources(rate=0.0))}, "has a rate of 0"),
        ({"funnel": funnel_with(sources=sources(amount=None), goal=NO_QUOTA)}, "no amounts in the model"),
        ({"funnel": funnel_with(goal=NO_QUOTA)}, "no quota for 2026Q1"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FunnelSimError) as error:
        reverse(**options)
    assert said in str(error.value)


def test_a_source_may_be_given_by_its_name() -> None:
    funnel = funnel_with(sources=sources())
    assert reverse(funnel=funnel, only=["website"]).scaled == ("inbound",)


def test_the_document_is_one_that_screens_and_pages_read() -> None:
    found = reverse_funnel(funnel_with({}), **QUICK)
    document = found.document()
    again = typed(document)
    assert isinstance(again, ReverseDocument)
    assert again.as_json() == document
    assert document["needed"].keys() >= {"leads", "multiplier", "entered"}
    assert {"achieved_probability", "confidence", "binding_role", "naive"} <= document.keys()
    table = found.table()
    leads = table.filter(pl.col("measure") == "leads")["value"].sum()
    assert leads == pytest.approx(sum(document["needed"]["leads"].values()))


def test_the_same_seed_gives_the_same_answer_with_any_number_of_threads() -> None:
    assert reverse(workers=1) == reverse(workers=3)


def test_of_few_futures_each_multiplier_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 150 futures the part that the search begins with is all of them."""
    tried: list[tuple[Change, ...]] = []
    own = Variants.run

    def run(variants: Variants, changes: Sequence[Change], **options: Any) -> Run:
        tried.append(tuple(changes))
        return own(variants, changes, **options)

    monkeypatch.setattr(Variants, "run", run)
    reverse()
    assert len(tried) > 5
    assert len(tried) == len(set(tried))


def test_what_is_booked_lowers_what_is_needed() -> None:
    funnel = funnel_with({})
    without, booked = (reverse(funnel=funnel, history=h) for h in (None, history_of(won(day(1, 20), 500.0))))
    assert without.needed is not None
    assert booked.needed is not None
    assert booked.needed.multiplier < without.needed.multiplier
    (step,) = [step for step in booked.naive.steps if step.kind == "booked"]
    assert booked.naive.leads is not None
    assert step.leads == pytest.approx(-booked.naive.leads / 2)


@pytest.mark.parametrize(
    ("multipliers", "error", "ends"),
    [
        ((0.5, 1.0, 1.5), 0.1, (1 - 0.1645, 1 + 0.1645)),
        ((0.95, 1.0, 1.5), 0.1, (None, 1 + 0.1645)),
        ((0.5, 1.0, 1.1), 0.1, (1 - 0.1645, None)),
        ((0.9, 1.0, 1.1), 0.1, (None, None)),
        ((0.0, 1.0, 1.9), 0.7, (0.0, None)),  # there are no fewer leads than none
    ],
)
def test_an_end_beyond_the_multipliers_tried_is_unknown(
    multipliers: tuple[float, ...], error: float, ends: tuple[float | None, float | None]
) -> None:
    """The probability is half the multiplier, so an error of 0.05 in it is one of 0.1 in the multiplier."""
    curve = [CurvePoint(multiplier=m, probability=m / 2, mc_error=error / 2, mean=m) for m in multipliers]
    found = _interval(curve, 1.0)
    assert (found.low, found.high) == tuple(
        None if end is None else pytest.approx(end, abs=1e-4) for end in ends
    )


def test_a_probability_near_one_bounds_the_multiplier_from_below_only() -> None:
    """29 of 30 futures: the error reaches beyond a probability of 1."""
    needed = reverse(replications=30, confidence=29 / 30).needed
    assert needed is not None
    assert needed.interval.low is not None
    assert needed.interval.low < needed.multiplier
    assert needed.interval.high is None


def test_touches_costs_and_tasks_are_counted_where_the_model_has_them() -> None:
    stages = {
        "demo": {
            "after": "constant(5d)",
            "touches": 3,
            "work": {"role": "rep", "effort": "1h"},
            "exits": {"offer": {"to": "offer", "p": 1.0}},
        },
        "offer": {"after": "constant(5d)", "exits": {"won": {"to": "won", "p": 1.0}}},
    }
    found = reverse(funnel=funnel_with(stages=stages, roles=WORK, sources=sources(cost_per_lead=50.0)))
    needed = found.needed
    assert needed is not None
    assert needed.touches["demo"] == pytest.approx(3 * needed.entered["demo"])
    assert needed.tasks["demo"] == pytest.approx(needed.entered["demo"], rel=0.05)
    assert needed.budget == pytest.approx(50 * needed.all_leads)
    assert 0 < (needed.utilisation["rep"] or 0) < 1
    assert found.binding_role is None


def test_where_no_multiplier_reaches_the_quota_in_any_future_the_best_is_the_highest_mean() -> None:
    """One rep closes about 50 deals in the quarter; all futures miss 200 at any multiplier.

    Fails if ties keep the first point: the best was 1 x, where the rep who is said to be full is idle.
    """
    work = {"role": "rep", "effort": "40h"}
    stages = {"demo": {"after": "5d", "work": work, "exits": {"won": {"p": 1.0}}}}
    funnel = funnel_with(
        stages=stages, sources=sources(rate="0.3 per day"), roles={"rep": {"headcount": 1}}, goal=NO_QUOTA
    )
    found = reverse(funnel=funnel, quota=20_000.0)
    assert not found.reached
    assert {point.probability for point in found.curve} == {0.0}
    assert found.best.mean == max(point.mean for point in found.curve)
    assert found.capacity is not None
    assert found.binding_role == "rep"
    assert found.capacity.utilisation["rep"] > 0.9


def test_reps_who_are_full_at_todays_pace_are_told_with_few_futures() -> None:
    """More leads only make it worse, so that the best is 1 x, a run that was kept and not searched for.

    Fails (KeyError) if a kept run has no busy shares.
    """
    stages = {
        "demo": {
            "after": "5d",
            "work": {"role": "rep", "effort": "40h"},
            "patience": "10d",
            "abandons_to": "lost",
            "exits": {"won": {"p": 1.0, "wait_half_life": "1d"}, "lost": {"p": 0.0}},
        }
    }
    funnel = funnel_with(
        stages=stages, sources=sources(rate="2 per day"), roles={"rep": {"headcount": 1}}, goal=NO_QUOTA
    )
    found = reverse(funnel=funnel, quota=10_000.0)
    assert found.best.multiplier == 1.0
    assert found.binding_role == "rep"


def test_the_best_multiplier_and_the_one_at_which_reps_are_full_are_the_same() -> None:
    """Fewer leads than today bring more, which only the search for additional reps tries.

    Fails if the best is chosen after that search: it was 0.81 x, and the rep was said to be full at 1 x.
    """
    work = {"role": "rep", "effort": "40h"}
    exits = {"won": {"p": 1.0, "wait_half_life": "1d"}, "lost": {"p": 0.0}}
    stages = {"demo": {"after": "5d", "work": work, "patience": "10d", "abandons_to": "lost", "exits": exits}}
    funnel = funnel_with(
        stages=stages, sources=sources(rate="2 per day"), roles={"rep": {"headcount": 1}}, goal=NO_QUOTA
    )
    found = reverse(funnel=funnel, quota=5_000.0)
    assert found.capacity is not None
    assert found.capacity.remedies
    assert found.capacity.multiplier == found.best.multiplier
    assert found.best in found.curve


def test_the_best_where_the_quota_is_out_of_reach_comes_from_all_futures() -> None:
    """One rep with exponential work: a quarter of the futures reach 30 deals at 8 x, however many come.

    Against `compare` at that multiplier. Fails without the second look at the best of those of few futures.
    """
    stages = {
        "demo": {
            "after": "5d",
            "work": {"role": "rep", "effort": "exponential(mean=40h)"},
            "exits": {"won": {"p": 1.0}},
        }
    }
    funnel = funnel_with(
        stages=stages, sources=sources(rate="0.3 per day"), roles={"rep": {"headcount": 1}}, goal=NO_QUOTA
    )
    given = {"quota": 3000.0, "replications": 200, "seed": 3}
    best = reverse(funnel=funnel, **given).best
    assert best.multiplier > 1
    more = SetValue(path="sources.inbound.rate", by=f"x{best.multiplier:.15g}")
    (beside,) = compare(funnel, [Scenario(name="more", changes=(more,))], **given).scenarios
    assert beside.attainment is not None
    assert best.probability == beside.attainment.scenario


def test_the_spreadsheet_follows_leads_to_their_win_where_they_are_credited_before() -> None:
    """All leads go live after 5 days and are won 200 days later, 100 each.

    Fails if leads are followed as long as the credit takes: hardly any was won, and a win was worth more.
    """
    stages = {
        "demo": {"after": "constant(5d)", "exits": {"live": {"p": 1.0}}},
        "live": {"after": "constant(200d)", "exits": {"won": {"p": 1.0}}},
    }
    funnel = funnel_with(stages=stages, goal={"quota": 3000.0, "credits_at": "live"})
    naive = reverse(funnel=funnel).naive
    assert naive.win_rate == 1.0
    assert naive.deal_size == pytest.approx(100.0)


def test_why_more_leads_bring_nothing_is_said_as_it_is() -> None:
    """Not that leads close too late where none came."""
    slow = {"demo": {"after": "constant(900d)", "exits": {"won": {"p": 1.0}}}}
    none, late = (
        reverse(funnel=funnel_with(sources=sources(rate=rate), **more), quota=1000.0).warnings[-1]
        for rate, more in (("0.0001 per year", {}), ("1 per day", {"stages": slow}))
    )
    assert none == "the scaled sources bring no new lead in any of 60 futures, even at twice today's pace"
    assert late.startswith("no new lead of the scaled sources is won before the period ends in any of 60")


def with_referrals(each: float) -> Funnel:
    stages = {
        "demo": {"after": "constant(2d)", "exits": {"offer": {"to": "offer", "p": 1.0}}},
        "offer": {
            "after": "constant(2d)",
            "spawns": {"source": "referral", "leads": each, "after": "constant(1d)"},
            "exits": {"won": {"to": "won", "p": 1.0}},
        },
    }
    both = sources() | {"referral": {"enters": {"demo": 1.0}, "rate": 0.0, "amount": "constant(100)"}}
    return funnel_with(stages=stages, sources=both)


def test_referrals_are_counted_with_their_source() -> None:
    found = reverse(funnel=with_referrals(0.5))
    assert found.scaled == ("inbound",)
    leads = found.today.leads
    assert 0.3 < leads["referral"] / leads["inbound"] < 0.9


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("each", [0.5, 0.0001])
def test_leads_by_source_add_up_to_those_of_the_futures(each: float, seed: int) -> None:
    """All leads enter demos, and each month has its own chance: of few referrals, none are made up."""
    found = reverse(funnel=with_referrals(each), seed=seed)
    for plan in (found.today, *found.months):
        assert plan.all_leads == pytest.approx(plan.entered["demo"], rel=1e-9)


def test_campaigns_stay_as_planned() -> None:
    campaign = {"fair": {"on": dt.date(2026, 2, 20), "leads": 30.0}}
    found = reverse(funnel=funnel_with(sources=sources(campaigns=campaign)), quota=4000.0)
    assert any("campaigns stay as planned" in warning for warning in found.warnings)
    assert found.needed is not None
    rated = found.today.all_leads - 30
    assert found.needed.all_leads == pytest.approx(30 + found.needed.multiplier * rated, rel=0.05)


def test_a_later_period_is_planned_from_the_start_on() -> None:
    found = reverse(funnel=funnel_with({}), period="2026Q2", quota=4000.0)
    assert [month.month for month in found.months] == [f"2026-0{m}" for m in range(2, 7)]
    assert [month.in_period for month in found.months] == [False, False, True, True, True]
    assert found.months[0].start == dt.date(2026, 2, 10)


def test_a_warm_up_fills_the_funnel_and_stays_as_it_was() -> None:
    funnel = funnel_with()
    empty, filled = (reverse(funnel=funnel, warmup_days=days, quota=2500.0) for days in (0.0, 60.0))
    assert empty.needed is not None
    assert filled.needed is not None
    assert filled.needed.multiplier < empty.needed.multiplier
    total = (filled.naive.leads or 0) + sum(step.leads for step in filled.naive.steps)
    assert total == pytest.approx(filled.needed.all_leads)
    assert any(step.kind == "pipeline" and step.leads < 0 for step in filled.naive.steps)


def test_parameter_draws_are_multiplied_too() -> None:
    draws = pl.DataFrame({"sources.inbound.rate": [0.5, 2.0, 1.0]})
    found = reverse(funnel=funnel_with({}, draws=draws), quota=2000.0)
    assert found.needed is not None
    assert found.needed.all_leads == pytest.approx(found.needed.multiplier * found.today.all_leads, rel=0.05)


def test_wins_are_counted_where_nothing_has_an_amount() -> None:
    found = reverse(funnel=funnel_with(sources=sources(amount=None), goal=NO_QUOTA), quota=20)
    assert found.counts == "deals_won"
    assert found.needed is not None
    assert found.naive.deal_size is None
    assert found.naive.leads == pytest.approx(40, rel=0.15)


@pytest.mark.parametrize(("budget", "futures"), [(1e9, 2000), (6e4, None), (1.0, 300)])
def test_a_large_funnel_has_fewer_futures(
    budget: float, futures: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """About 95 visits each: 60,000 visits are some 600 futures, in hundreds."""
    monkeypatch.setattr("funnelsim.experiments.reverse.reverse._MOST_VISITS", budget)
    found = reverse(replications=None).provenance.replications
    assert found is not None
    assert found == futures or (futures is None and 500 <= found <= 800 and found % 100 == 0)
