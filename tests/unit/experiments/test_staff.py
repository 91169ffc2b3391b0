"""Hiring plans: what they cost, how they are searched, and what is said of them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from funnelsim.core.calendar.month_starts import joining_days, next_month
from funnelsim.core.errors import FunnelSimError, InputError
from funnelsim.documents.read import typed
from funnelsim.documents.staff import StaffDocument
from funnelsim.engines.run import simulate
from funnelsim.experiments.compare import compare
from funnelsim.experiments.measured import measured
from funnelsim.experiments.staff import Staffing, staff
from funnelsim.experiments.staffing.bottom_up import bottom_up, closeness, hiring_of
from funnelsim.experiments.staffing.decision import Guarantee
from funnelsim.experiments.staffing.document import chance_of, staff_document
from funnelsim.experiments.staffing.effects import gain
from funnelsim.experiments.staffing.outcomes import Outcomes
from funnelsim.experiments.staffing.plans import TODAY, Hire
from funnelsim.experiments.staffing.search import Searched, _in_order_of_cost, _largest, _smallest
from funnelsim.experiments.staffing.targets import parse_service_level, response_percentile
from funnelsim.experiments.staffing.wanted import Wanted
from funnelsim.experiments.variants import Variants
from funnelsim.model.changes.changes import Scenario, SetValue
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Model

#: A day's work needs one rep and a half: the seller is the bottleneck, the caller never is.
SHOP: dict[str, Any] = {
    "name": "shop",
    "currency": "USD",
    "start": dt.date(2026, 1, 1),
    "goal": {"quota": 10_000, "period": "quarter"},
    "roles": {
        "caller": {"headcount": 2, "annual_cost": 36_525},
        "seller": {"headcount": 1, "ramp": [0.5, 0.75], "annual_cost": 73_050},
    },
    "sources": {"web": {"enters": "call", "rate": "4 per day", "amount": "constant(100)"}},
    "stages": {
        "call": {
            "work": {"role": "caller", "effort": "constant(1h)"},
            "exits": {"offer": {"p": 0.75, "after": "1d"}, "lost": {"p": 0.25, "after": "1d"}},
        },
        "offer": {
            "work": {"role": "seller", "effort": "exponential(mean=12h)"},
            "exits": {"won": {"p": 0.5, "after": "1d"}, "lost": {"p": 0.5, "after": "1d"}},
        },
    },
}


def funnel_from(document: dict[str, Any]) -> Funnel:
    return funnel_of(Model.model_validate(document))


def shop(**changed: Any) -> Funnel:
    return funnel_from(SHOP | changed)


def found(**options: Any) -> StaffDocument:
    given = {"period": "2026Q1", "replications": 200, "seed": 3} | options
    funnel = given.pop("funnel", None) or shop()
    if "days" in given:
        given.pop("period")
    return staff(funnel, **given).result


@pytest.fixture(scope="module")
def quarter() -> StaffDocument:
    return found()


def test_the_cheapest_plan_meets_the_quota_and_the_next_cheaper_does_not(quarter: StaffDocument) -> None:
    """The seller is the bottleneck. Catches hires of the caller, and a plan that is not simulated."""
    chosen, cheaper = quarter.plan(quarter.chosen), quarter.plan("next cheaper")
    assert chosen is not None
    assert cheaper is not None
    assert [hire.role for hire in chosen.hires] == ["seller"]
    assert quarter.binding_role == "seller"
    assert chosen.probability is not None
    assert cheaper.probability is not None
    assert chosen.probability >= 0.78
    assert cheaper.probability <= 0.82
    assert (chosen.cost or 0) > (cheaper.cost or 0)
    assert chosen.meets
    assert cheaper.meets is False


def test_the_plan_is_what_a_simulation_with_its_hires_gives(quarter: StaffDocument) -> None:
    """Catches hires that are not on the ramp, or another span."""
    chosen = quarter.plan("cheapest")
    assert chosen is not None
    hires = [{"on": hire.on, "count": hire.count} for hire in chosen.hires]
    change = SetValue(path="roles.seller.hires", to=hires)
    run = simulate(shop(), days=90, replications=200, seed=3, changes=(change,))
    credit = run.tallies["quota_credit"][:, 0].sum(axis=1)
    assert float((credit >= 10_000).mean()) == pytest.approx(chosen.probability, abs=1e-12)


def test_a_plan_costs_its_days(quarter: StaffDocument) -> None:
    """100 a day for a caller, 200 for a seller: two callers and a seller for 90 days, and the hires."""
    today, chosen = quarter.plan("today"), quarter.plan("cheapest")
    assert today is not None
    assert chosen is not None
    assert today.cost == pytest.approx(90 * (2 * 100 + 200))
    more = sum(h.count * 200 * (dt.date(2026, 4, 1) - h.on).days for h in chosen.hires)
    assert chosen.cost == pytest.approx(today.cost + more)
    assert chosen.yearly_cost == pytest.approx(73_050 * sum(h.count for h in chosen.hires))


def test_the_frontier_rises_with_the_cost(quarter: StaffDocument) -> None:
    costs = [point.cost or 0 for point in quarter.frontier]
    chances = [point.probability or 0 for point in quarter.frontier]
    assert costs == sorted(costs)
    assert chances == sorted(set(chances))
    assert len(costs) > 2


def test_a_document_is_read_as_it_was_written(quarter: StaffDocument) -> None:
    written = quarter.as_json()
    assert typed(written).as_json() == written
    assert written["command"] == "staff"
    assert {
        "mode",
        "target",
        "plans",
        "chosen",
        "frontier",
        "binding_role",
        "guarantee",
        "spreadsheet",
    } <= set(written)


def test_todays_team_may_be_enough() -> None:
    result = found(quota=100)
    assert result.chosen == "today"
    assert [plan.name for plan in result.plans if plan.meets] == ["today"]
    assert result.plans[0].hires == ()


def test_leads_may_be_the_limit() -> None:
    """Four leads a day, of which 3/8 are won for 100: 13,500 in 90 days. No team makes 20,000 of them."""
    result = found(quota=20_000)
    assert result.chosen is None
    assert result.unlimited_probability is not None
    assert result.unlimited_probability < 0.05
    assert result.plan("largest tried") is not None


def test_the_most_profitable_plan_stops_where_a_hire_costs_more_than_it_brings() -> None:
    """A second seller sells what waits; a third has nothing to do. Against the plans, one by one."""
    result = found(profit=True)
    chosen = result.plan(result.chosen)
    assert chosen is not None
    profits = {}
    for more in range(4):
        hires = [{"on": dt.date(2026, 1, 1), "count": more}] if more else []
        change = SetValue(path="roles.seller.hires", to=hires)
        run = simulate(shop(), days=90, replications=200, seed=3, changes=(change,))
        profits[more] = run.tallies["bookings"][:, 0].sum(axis=1).mean() - 90 * (400 + 200 * more)
    best = max(profits, key=lambda more: profits[more])
    indifference = result.guarantee.indifference["profit"]  # type: ignore[union-attr]
    assert chosen.profit is not None
    assert chosen.profit >= profits[best] - indifference
    assert result.binding_role == "seller"


def test_a_utilisation_target_is_met_by_a_standing_team() -> None:
    result = found(targets=["utilisation.seller<=80%"], days=100, warmup_days=100)
    chosen = result.plan(result.chosen)
    assert chosen is not None
    assert result.standing
    assert chosen.headcount == {"caller": 2, "seller": 2}
    assert chosen.levels["utilisation.seller<=80%"] == pytest.approx(0.75, abs=0.03)


def test_a_level_and_a_quota_must_both_hold() -> None:
    """For the quota alone sellers start late; for the level they start at once."""
    result = found(quota=10_000, targets=["utilisation.caller<=5%"])
    chosen = result.plan(result.chosen)
    assert chosen is not None
    assert chosen.headcount["caller"] > 2
    assert chosen.headcount["seller"] > 1
    assert chosen.utilisation["caller"] == pytest.approx(4 / 24 / chosen.headcount["caller"], rel=0.1)


def test_without_a_cost_plans_are_ranked_by_rep_months() -> None:
    roles = {
        key: {k: v for k, v in role.items() if k != "annual_cost"} for key, role in SHOP["roles"].items()
    }
    result = found(funnel=shop(roles=roles))
    assert result.cost_unit == "rep-months"
    today = result.plan("today")
    assert today is not None
    assert today.cost == pytest.approx(3 * 90 / 30.4375)
    assert any("no cost of people in [roles.caller], [roles.seller]" in text for text in result.warnings)
    with pytest.raises(FunnelSimError, match="annual_cost"):
        found(funnel=shop(roles=roles), profit=True)


def test_the_spreadsheet_is_rep_months_times_productivity() -> None:
    """With a quota of 3,000 a quarter, a seller month brings 1,000: ten are needed, and three are there."""
    roles = SHOP["roles"] | {"seller": SHOP["roles"]["seller"] | {"quota": 3_000, "ramp": []}}
    sheet = found(funnel=shop(roles=roles)).spreadsheet
    assert sheet is not None
    assert sheet.productivity == pytest.approx(1_000)
    assert sheet.headcount["seller"] == math.ceil(10_000 / (1_000 * 90 / 30.4375))
    assert sheet.rep_months == pytest.approx(sheet.headcount["seller"] * 90 / 30.4375)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"targets": ["wait_days.ofer<=1"]}, 'did you mean "offer"'),
        ({"targets": ["utilisation.sellr<=1"]}, 'did you mean "seller"'),
        ({"targets": ["waits.offer<=1"]}, "there is no metric"),
        ({"targets": ["wait_days.offer>=1"]}, "hiring lowers wait_days.offer"),
        ({"targets": ["deals_won<=1"]}, "hiring raises deals_won"),
        ({"targets": ["wait_days.offer<=soon"]}, "soon"),
        ({"targets": ["wait_days.offer"]}, "expected a metric"),
        ({"targets": ["wait_days.offer<=0"]}, "above 0"),
        ({"confidence": 1.2}, "between 0 and 1"),
        ({"targets": ["deals_won>=1"], "confidence": 0.9}, "a confidence is for a quota"),
        ({"profit": True, "quota": 5.0}, "not both"),
        ({"earliest": "2027-01-01"}, "hires can join from 2026-01-01 to 2026-03-31"),
        ({"period": "2025Q1"}, "is over"),
    ],
)
def test_wrong_input_is_answered_with_what_is_allowed(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FunnelSimError, match=said):
        found(**options)


def test_a_model_without_effort_hours_is_shown_the_way_on() -> None:
    """The lines make it a model with a role that has office hours."""
    with pytest.raises(FunnelSimError, match="no effort hours") as error:
        found(funnel=without_roles())
    lines = [line.strip() for line in str(error.value).splitlines()[1:7]]
    assert lines[:3] == ["[roles.ae]", "headcount = 6", 'calendar = "office"']
    assert lines[3:5] == ["[calendars.office]", 'hours = "Mon-Fri 09:00-17:00"']
    work, _, place = lines[5].partition("#")
    assert "[stages.offer]" in place
    assert work.strip() == 'work = { role = "ae", effort = "gamma(mean=3h, sd=1h)" }'
    effort = {"role": "ae", "effort": "gamma(mean=3h, sd=1h)"}
    offer = without_roles_document()["stages"]["offer"] | {"work": effort}
    stages = without_roles_document()["stages"] | {"offer": offer}
    roles = {"ae": {"headcount": 6, "calendar": "office"}}
    office = {"office": {"hours": "Mon-Fri 09:00-17:00"}}
    funnel = funnel_from(without_roles_document() | {"roles": roles, "calendars": office, "stages": stages})
    assert found(funnel=funnel, quota=100).chosen == "today"


def without_roles_document() -> dict[str, Any]:
    stages = {key: {k: v for k, v in stage.items() if k != "work"} for key, stage in SHOP["stages"].items()}
    return {key: value for key, value in SHOP.items() if key != "roles"} | {"stages": stages}


def without_roles() -> Funnel:
    return funnel_from(without_roles_document())


def test_the_same_seed_gives_the_same_plans() -> None:
    assert found(quota=9_000, replications=100) == found(quota=9_000, replications=100)


def test_a_table_has_a_row_for_each_plan_and_role(quarter: StaffDocument) -> None:
    table = Staffing(result=quarter).table()
    assert table.height == 2 * len(quarter.plans)
    hired = table.filter(plan="cheapest", role="seller")
    assert hired["hired"].item() > 0
    assert hired["people"].item() == 1 + hired["hired"].item()


def test_hires_join_on_the_first_of_a_month() -> None:
    assert next_month(dt.date(2026, 2, 9)) == dt.date(2026, 3, 1)
    assert next_month(dt.date(2026, 12, 2)) == dt.date(2027, 1, 1)
    assert next_month(dt.date(2026, 4, 1)) == dt.date(2026, 4, 1)
    days = joining_days(dt.date(2026, 11, 15), dt.date(2027, 2, 1))
    assert days == (dt.date(2026, 11, 15), dt.date(2026, 12, 1), dt.date(2027, 1, 1))


def test_ramped_months_count_the_ramp() -> None:
    """A hire at half and three quarters in the first two months of 90 days: 0.5 + 0.75 + rest."""
    funnel = shop()
    hiring = hiring_of(funnel.model, measured(funnel, period="2026Q1"), standing=False)
    whole = 90 / 30.4375
    months = hiring.ramped_months("seller", (Hire("seller", dt.date(2026, 1, 1), 2),))
    assert months == pytest.approx(whole + 2 * (1.25 + whole - 2))


def busy(cost_a_day: float, *, ramp: list[float], wait: str = "0d") -> Funnel:
    """A role with more work than it can do: each rep wins a deal of 100 a day, `wait` after the work."""
    stages = {
        "offer": {
            "work": {"role": "seller", "effort": "constant(24h)"},
            "exits": {"won": {"p": 1.0, "after": f"constant({wait})"}},
        }
    }
    roles = {"seller": {"headcount": 1, "ramp": ramp, "annual_cost": 365.25 * cost_a_day}}
    sources = {"web": {"enters": "offer", "rate": "40 per day", "amount": "constant(100)"}}
    return shop(stages=stages, roles=roles, sources=sources)


@pytest.mark.parametrize(
    ("cost_a_day", "ramp", "months"),
    [(50.0, [], 1), (50.0, [0.2, 0.5], 3), (95.0, [0.5], 11), (200.0, [], None)],
)
def test_a_hire_is_paid_back_when_its_wins_exceed_its_cost(
    cost_a_day: float, ramp: list[float], months: int | None
) -> None:
    """In 30.4375 days a month: 20 + 50 - 2 x 50 is below 0, a third month adds 50.

    At 95 a day, the first month lacks 45 a day and each further one brings 5: nine more, and one for the
    first win, which comes a day late. Mutants: cost from the model's start; gain of all hires for each; the
    first month that is paid, though not for good.
    """
    result = found(funnel=busy(cost_a_day, ramp=ramp), quota=16_500, confidence=0.5)
    (one,) = result.timing
    plan = result.plan(result.chosen)
    assert plan is not None
    assert one.role == "seller"
    assert one.payback_months == months


@pytest.mark.parametrize(("wait", "day"), [("0d", dt.date(2026, 3, 1)), ("70d", dt.date(2026, 1, 1))])
def test_the_latest_useful_start_leaves_time_for_the_cycle(wait: str, day: dt.date) -> None:
    """Deals that take 70 days more are not won in the quarter by those who start on 1 February.

    Mutants: the span's end for each start, the other way round.
    """
    quota = 16_500 if wait == "0d" else 3_500
    result = found(funnel=busy(50.0, ramp=[], wait=wait), quota=quota)
    (one,) = result.timing
    assert one.latest_useful_start == day


def test_hires_that_are_planned_already_stay() -> None:
    """Catches a plan that replaces the model's own hires, in its changes or its cost."""
    planned = [{"on": dt.date(2026, 2, 1), "count": 1}]
    roles = SHOP["roles"] | {"seller": SHOP["roles"]["seller"] | {"hires": planned}}
    funnel = shop(roles=roles)
    hiring = hiring_of(funnel.model, measured(funnel, period="2026Q1"), standing=False)
    plan = (Hire("seller", dt.date(2026, 3, 1), 2),)
    (change,) = hiring.changes(plan)
    assert [(one["on"].month, one["count"]) for one in change.to] == [(2, 1), (3, 2)]
    assert hiring.headcount(plan) == {"caller": 2, "seller": 4}
    today = found(funnel=funnel, quota=100).plans[0]
    assert today.headcount["seller"] == 2
    assert today.cost == pytest.approx(90 * 400 + 59 * 200)


@pytest.mark.parametrize("low", [0, 3])
def test_bisections_find_the_edge_wherever_it_is(low: int) -> None:
    for high in range(low, low + 9):
        for edge in range(low, high + 1):
            assert _smallest(lambda n, e=edge: n >= e, low, high) == edge
            assert _largest(lambda n, e=edge: n <= e, low, high) == edge


class Counted(Outcomes):
    """Plans that meet their requirement where a rule of their counts says so."""

    def __init__(self, hiring: Any, rule: Any) -> None:
        super().__init__(
            variants=None,  # type: ignore[arg-type]
            hiring=hiring,
            wanted=Wanted(),
            first=1,
            most=1,
        )
        self.rule, self.asked = rule, []

    def meets(self, plan: Any) -> bool:
        counts = {hire.role: hire.count for hire in plan}
        self.asked.append(counts)
        return bool(self.rule(counts.get("caller", 0), counts.get("seller", 0)))


@pytest.mark.parametrize("seed", range(20))
def test_the_search_finds_the_cheapest_of_any_rising_rule(seed: int) -> None:
    """A random staircase: against all plans. Mutants: order by people, pruning of what is larger."""
    rng = np.random.default_rng(seed)
    stairs = np.sort(rng.integers(0, 9, size=9))[::-1]  # sellers needed with so many callers

    def rule(callers: int, sellers: int) -> bool:
        return sellers >= stairs[min(callers, 8)]

    hiring = hiring_of(shop().model, measured(shop(), period="2026Q1"), standing=False)
    outcomes = Counted(hiring, rule)
    result = _in_order_of_cost(outcomes, Searched(counts=(8, 8), largest=(8, 8), least=(0, 0)))
    every = [(c, s) for c in range(9) for s in range(9) if rule(c, s)]
    cheapest = min(every, key=lambda pair: (36_525 * pair[0] + 73_050 * pair[1], sum(pair)))
    assert result.counts is not None
    assert (
        36_525 * result.counts[0] + 73_050 * result.counts[1] == 36_525 * cheapest[0] + 73_050 * cheapest[1]
    )
    assert len(outcomes.asked) < len(every) + 81


def test_a_bound_is_read_in_the_unit_of_its_metric() -> None:
    model = shop().model
    assert parse_service_level("wait_days.offer<=36h", model).bound == 1.5
    assert parse_service_level("wait_days.Offer <= 1", model).metric == "wait_days.offer"
    assert parse_service_level("utilisation.seller<=85%", model).bound == 0.85
    assert parse_service_level("utilisation.seller<=0.85", model).bound == 0.85
    assert parse_service_level("first_response_p90<=1h", model).percentile == 0.9
    assert parse_service_level("deals_won>=1,200", model).bound == 1200
    for text, bound in (("1m", 1e6), ("1.2M", 1.2e6), ("500k", 5e5), ("2 bn", 2e9), ("1_000", 1e3)):
        assert parse_service_level(f"bookings>={text}", model).bound == bound


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("first_response_p0<=1h", "a percentile is from 1 to 99"),
        ("first_response_p100<=1h", "a percentile is from 1 to 99"),
        ("bookings>=1,2m", "expected a number such as"),
        ("bookings>=many", "expected a number such as"),
    ],
)
def test_a_target_that_cannot_be_read_is_refused(target: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_service_level(target, shop().model)


def drawn_shop(rows: int = 12) -> Funnel:
    """The shop with parameter draws that differ much in how many offers are won."""
    levels = np.linspace(0.2, 0.8, rows)
    draws = pl.DataFrame({"stages.offer.exits.won.p": levels, "stages.offer.exits.lost.p": 1 - levels})
    return funnel_of(Model.model_validate(SHOP), draws=draws)


def outcomes_of(funnel: Funnel, replications: int, period: str = "2026Q1") -> Outcomes:
    span = measured(funnel, period=period)
    return Outcomes(
        variants=Variants(funnel, span, replications=replications, seed=3),
        hiring=hiring_of(funnel.model, span, standing=False),
        wanted=Wanted(quota=10_000, confidence=0.8),
        first=replications,
        most=replications,
    )


def test_errors_and_gains_hold_the_uncertainty_of_the_parameters() -> None:
    """Ten futures of each of 12 draws: the error is the sd of the draw means / sqrt(12), SPEC section 3.

    Simulated apart, in two pieces. Mutants: errors and gains as if futures were independent.
    """
    funnel = drawn_shop()
    outcomes = outcomes_of(funnel, 120)
    one, two = (Hire("seller", dt.date(2026, 1, 1), n) for n in (1, 2))
    outcomes.of((one,), 50)
    credit = outcomes.of((one,)).values["quota_credit"]
    by_draw = credit.reshape(10, 12)
    expected = by_draw.mean(axis=0).std(ddof=1) / math.sqrt(12)
    assert outcomes.of((one,)).error("quota_credit") == pytest.approx(expected)
    assert expected > 2 * credit.std(ddof=1) / math.sqrt(120)
    hits = (by_draw >= 10_000).mean(axis=0)
    chance, error = chance_of(outcomes, (one,))
    assert chance == pytest.approx(hits.mean())
    assert error == pytest.approx(hits.std(ddof=1) / math.sqrt(12))
    more = (outcomes.of((two,)).values["quota_credit"] - credit).reshape(10, 12).mean(axis=0)
    found = gain(outcomes, (one,), (two,), "quota_credit")
    least = 1.796 * more.std(ddof=1) / math.sqrt(12)  # Student's t, 11 degrees of freedom
    assert found.mean == pytest.approx(more.mean())
    assert found.high - found.mean > 0.999 * least
    assert found.low == pytest.approx(2 * found.mean - found.high)


def test_every_second_future_has_its_own_response_times() -> None:
    """`replications=range(0, 20, 2)` ended in an IndexError: the percentile ignored the step."""
    funnel = shop()
    window = measured(funnel, days=30).window

    def percentiles(replications: range) -> list[float]:
        run = simulate(funnel, days=30, replications=replications, seed=3, visits=True)
        return response_percentile(run, window, 0.9, ["call", "offer"]).tolist()

    assert percentiles(range(0, 20, 2)) == percentiles(range(20))[::2]
    assert found(targets=["first_response_p90<=1d"], days=30, replications=range(0, 80, 2)).chosen == "today"


def test_a_rejected_plan_does_not_meet_the_target_whatever_its_estimate() -> None:
    """Today's team, rejected although its estimate is above the bound. Mutant: by its estimate alone."""
    outcomes = outcomes_of(shop(), 40)
    outcomes.wanted = Wanted(quota=100, confidence=0.8)
    chosen = (Hire("seller", dt.date(2026, 1, 1), 1),)
    guarantee = Guarantee(
        method="",
        confidence=0.95,
        indifference={},
        candidates=2,
        cheaper=1,
        futures=40,
        complete=True,
        futures_needed=40,
        rejected=(TODAY,),
    )
    decided = bottom_up(outcomes, outcomes.variants.base)
    changed = replace(
        decided, plans={"today": TODAY, "cheapest": chosen}, chosen="cheapest", guarantee=guarantee
    )
    document = staff_document(outcomes.variants.funnel, changed, warmup_days=0.0, warnings=[])
    assert closeness(outcomes, TODAY) > 0
    assert [plan.meets for plan in document.plans] == [False, True]


def test_the_guarantee_says_that_it_takes_the_parameters_as_given() -> None:
    """Catches a confidence that reads as if it held the uncertainty of the parameters."""
    fitted = found(funnel=drawn_shop(), confidence=0.4, replications=60).guarantee
    assert fitted is not None
    assert "parameter draws, taken as given" in fitted.text
    known = found(quota=9_000, replications=100).guarantee
    assert known is not None
    assert "draws" not in known.text


def test_cost_counts_the_period_and_what_comes_before_it_apart() -> None:
    """The second quarter, a seller from 1 February: 91 days in it, 59 before. Mutant: from the start on."""
    outcomes = outcomes_of(shop(), 20, period="2026Q2")
    plan = (Hire("seller", dt.date(2026, 2, 1), 1),)
    outcome = outcomes.of(plan)
    assert outcome.mean("cost") == pytest.approx(91 * 600)
    assert outcome.mean("cost_before") == pytest.approx(90 * 400 + 59 * 200)
    profit = outcome.values["bookings"] - 91 * 600
    assert outcome.values["profit"] == pytest.approx(profit)


def test_a_plan_costs_what_compare_says_of_the_same_hires() -> None:
    """With seats that are empty after somebody has left. Mutant: planned seats, as it was."""
    leaves = {"attrition": {"rate": "100% per year", "backfill_after": "60d"}}
    roles = SHOP["roles"] | {"seller": SHOP["roles"]["seller"] | leaves}
    funnel = shop(roles=roles)
    outcomes = outcomes_of(funnel, 60, period="2026Q2")
    plan = (Hire("seller", dt.date(2026, 2, 1), 2),)
    (change,) = outcomes.hiring.changes(plan)
    compared = compare(
        funnel, [Scenario(name="more", changes=(change,))], period="2026Q2", replications=60, seed=3
    ).document()
    (row,) = [one for one in compared["scenarios"] if one["name"] == "more"]
    assert outcomes.of(plan).mean("cost") == pytest.approx(row["metrics"]["cost"]["mean"])
    assert outcomes.of(plan).mean("cost") < 0.95 * 91 * 800
