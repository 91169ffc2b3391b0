"""``staff`` on a model without effort hours: from the history to the plan, as a user asks for it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.main import group
from funnelsim.core.errors import FunnelSimError, InputError, Interrupted
from funnelsim.documents.read import typed
from funnelsim.documents.staff import StaffDocument
from funnelsim.experiments.rep_months.teams import Hires
from funnelsim.experiments.rep_months.top_down import payback_of, staff_top_down
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Model
from tests.recovery.made_up_team import AS_OF, KnownTeam, made_up_team

from .known_team import known_team

MODEL: dict[str, Any] = {
    "name": "team",
    "noun": "deal",
    "currency": "USD",
    "start": AS_OF.date(),
    "goal": {"quota": 16_000_000, "period": "year"},
    "sources": {"all": {"enters": "talk", "rate": "1 per day", "amount": "constant(20000)"}},
    "stages": {"talk": {"exits": {"won": {"p": 0.5, "after": "20d"}, "lost": {"p": 0.5, "after": "20d"}}}},
}


@pytest.fixture(scope="module")
def team() -> KnownTeam:
    return made_up_team(6, seats=12, hires=8)


@pytest.fixture(scope="module")
def funnel() -> Funnel:
    return funnel_of(Model.model_validate(MODEL))


@pytest.fixture(scope="module")
def found(funnel: Funnel, team: KnownTeam) -> StaffDocument:
    return _staff(funnel, team)


def _staff(funnel: Funnel, team: KnownTeam, **options: Any) -> StaffDocument:
    chosen = {"period": "2026", "history": team.history, "replications": 500, **options}
    return fs.staff(funnel, **chosen).result


def test_the_answer_is_a_plan_of_hires_that_reaches_the_confidence(found: StaffDocument) -> None:
    assert found.mode == "top_down"
    plan, cheaper, today = (found.plan(name) for name in (found.chosen, "next cheaper", "today"))
    assert plan is not None
    assert cheaper is not None
    assert today is not None
    assert plan.name == "cheapest"
    assert plan.probability is not None
    assert plan.probability >= 0.8 > (cheaper.probability or 0) > (today.probability or 0)
    (hires,) = plan.hires
    assert plan.headcount["rep"] == today.headcount["rep"] + hires.count
    assert hires.on >= dt.date(2026, 1, 1)
    assert found.binding_role is None


def test_the_document_survives_json(found: StaffDocument) -> None:
    again = typed(json.loads(json.dumps(found.as_json())))
    assert again.as_json() == found.as_json()


def test_the_json_has_the_heading_of_every_document(found: StaffDocument) -> None:
    document = found.as_json()
    assert document["format"] == 1
    for key in ("command", "provenance", "name", "noun", "currency", "amount_is", "stage_names"):
        assert key in document


def test_the_frontier_rises_with_the_cost(found: StaffDocument) -> None:
    costs = [point.cost or 0.0 for point in found.frontier]
    chances = [point.probability or 0.0 for point in found.frontier]
    assert costs == sorted(costs)
    assert chances == sorted(chances)


def test_later_starts_bring_less(found: StaffDocument) -> None:
    assert found.top_down is not None
    brought = [start.bookings_per_hire or 0.0 for start in found.top_down.starts]
    assert brought == sorted(brought, reverse=True)
    assert len(brought) == 12


def test_the_spreadsheet_and_its_differences_add_up_to_what_is_reached(
    found: StaffDocument, funnel: Funnel, team: KnownTeam
) -> None:
    assert found.spreadsheet is not None
    assert found.top_down is not None
    total = (found.spreadsheet.result or 0.0) + sum(one.amount for one in found.top_down.differences)
    reached = _staff(funnel, team, quota=total, confidence=0.8).plan("today")
    assert reached is not None
    assert reached.probability == pytest.approx(0.8, abs=2e-3)
    # Sixteen million on average is no plan for sixteen million with 80 % confidence.
    assert found.spreadsheet.probability is not None
    assert found.spreadsheet.probability < 0.8


def test_the_same_seed_gives_the_same_document(found: StaffDocument, funnel: Funnel, team: KnownTeam) -> None:
    assert _staff(funnel, team).as_json() == found.as_json()
    assert _staff(funnel, team, seed=2).as_json() != found.as_json()


def test_costs_make_a_plan_of_money(funnel: Funnel, team: KnownTeam) -> None:
    found = _staff(funnel, team, annual_cost=120_000, attrition=0.0)
    today, plan = found.plan("today"), found.plan(found.chosen)
    assert today is not None
    assert plan is not None
    (hires,) = plan.hires
    days = (dt.date(2027, 1, 1) - hires.on).days
    assert plan.cost == pytest.approx((today.cost or 0) + hires.count * 120_000 * days / 365.25)
    assert plan.profit == pytest.approx((plan.bookings or 0) - (plan.cost or 0))


def test_a_hire_pays_back_when_bookings_exceed_the_cost() -> None:
    """Three wins of 1 a month after two months at 0, cost 2 a month: 3 (m - 2) reaches 2 m after 6 months."""
    import numpy as np

    known = known_team(ramp=(0.0, 0.0), amounts=np.ones(3))
    assert payback_of(known, 24.0) == 6
    assert payback_of(known, 40.0) is None
    assert payback_of(known, None) is None


def test_a_file_of_reps_with_a_wrong_name_is_refused_with_all_problems(
    funnel: Funnel, team: KnownTeam, tmp_path: Path
) -> None:
    path = tmp_path / "reps.csv"
    path.write_text("name,start\nRep 01,\nRap 02,\nNobody,2010-01-01\nNew,2026-02-01\n")
    with pytest.raises(InputError) as error:
        _staff(funnel, team, reps=path)
    assert str(error.value).startswith(f"{path}: 2 problems")
    assert 'did you mean "Rep 02"?' in str(error.value)


def test_a_known_hire_of_the_future_is_part_of_the_team(
    found: StaffDocument, funnel: Funnel, team: KnownTeam, tmp_path: Path
) -> None:
    path = tmp_path / "reps.csv"
    path.write_text("name,start\nNew,2026-02-01\n")
    today, before = _staff(funnel, team, reps=path).plan("today"), found.plan("today")
    assert today is not None
    assert before is not None
    assert today.headcount["rep"] == before.headcount["rep"] + 1
    assert (today.bookings or 0) > (before.bookings or 0)


def test_an_owner_with_share_0_is_no_rep(funnel: Funnel, team: KnownTeam, tmp_path: Path) -> None:
    path = tmp_path / "reps.csv"
    path.write_text("name,share\nRep 01,0\n")
    learnt = _staff(funnel, team, reps=path).top_down
    assert learnt is not None
    assert "Rep 01" not in {rep.name for rep in learnt.learnt.reps}


def test_without_amounts_the_quota_is_in_deals(funnel: Funnel, team: KnownTeam) -> None:
    history = dataclasses.replace(
        team.history, deals=team.history.deals.with_columns(amount=pl.lit(None, pl.Float64))
    )
    with pytest.raises(FunnelSimError, match="no amounts"):  # a quota in money is not held against wins
        fs.staff(funnel, period="2026", quota=900, history=history, replications=500)
    model = funnel.model
    sources = {key: one.model_copy(update={"amount": None}) for key, one in model.sources.items()}
    goal = model.goal.model_copy(update={"quota": None})
    funnel = funnel_of(model.model_copy(update={"sources": sources, "goal": goal}))
    found = fs.staff(funnel, period="2026", quota=900, history=history, replications=500).result
    assert found.measure == "deals_won"
    today = found.plan("today")
    assert today is not None
    assert 500 < (today.bookings or 0) < 900


def test_a_history_without_owners_is_refused(funnel: Funnel, team: KnownTeam) -> None:
    deals = team.history.deals.with_columns(owner=pl.lit(None, pl.String))
    with pytest.raises(FunnelSimError, match="names no owner of a won deal"):
        fs.staff(funnel, period="2026", history=dataclasses.replace(team.history, deals=deals))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"history": None}, "(?s)names no history.*\\[roles.ae\\]"),
        ({"quota": None, "period": "2026-05"}, "has no quota"),
        ({"confidence": 1.5}, "confidence lies between 0 and 1"),
        ({"targets": ["wait_days.talk<=1"]}, "service levels need effort hours"),
        ({"profit": True}, "the most profitable plan needs effort hours"),
        ({"days": 90, "period": None}, "needs effort hours"),
        (
            {"engine": "reference", "workers": 2},
            "engine, workers do not apply: without effort hours no leads",
        ),
        ({"warmup_days": 30.0}, "warmup_days does not apply"),
        ({"allow_large": True}, "allow_large does not apply"),
        ({"earliest": dt.date(2027, 3, 1)}, "hires can join from 2026-01-01 to 2026-12-31"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    funnel: Funnel, team: KnownTeam, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(FunnelSimError, match=message):
        _staff(funnel, team, **options)


def test_a_model_with_roles_takes_no_file_of_reps(team: KnownTeam) -> None:
    staffed = json.loads(json.dumps(MODEL, default=str))
    staffed["roles"] = {"ae": {"headcount": 3}}
    staffed["stages"]["talk"]["work"] = {"role": "ae", "effort": "constant(1h)"}
    with pytest.raises(FunnelSimError, match="ramp, annual_cost: the model states its roles"):
        _staff(funnel_of(Model.model_validate(staffed)), team, ramp=[0.5], annual_cost=1.0)


def test_the_screen_says_what_it_rests_on(team: KnownTeam, tmp_path: Path) -> None:
    fs.write_history(team.history, tmp_path / "history")
    model = tmp_path / "model.toml"
    model.write_text(
        'format = 1\nname = "team"\nnoun = "deal"\ncurrency = "USD"\nstart = 2026-01-01\n'
        'history = "history"\n'
        '[sources.all]\nenters = "talk"\nrate = "1 per day"\n'
        '[stages.talk]\nexits = { won = { p = 0.5, after = "20d" }, lost = { p = 0.5, after = "20d" } }\n'
    )
    words = ["staff", str(model), "--quota", "16m", "--period", "2026", "--replications", "300"]
    out = [f"--out={tmp_path / name}" for name in ("plan.json", "plan.csv", "plan.svg", "plan.html")]
    result = CliRunner().invoke(group, [*words, "--backfill", "never", "--attrition", "15%", *out])
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    for text in (
        "A ramped rep wins",
        "Ramp of a new rep, month by month",
        "Attrition: 15 % a year, as given; nobody follows",
        "Spreadsheet:",
        "Rests on: Deals are taken not to be the limit",
        "show no clear fall",
        "Latest useful start",
    ):
        assert text in said, said
    assert "Starts of hires" in (tmp_path / "plan.html").read_text()
    wrong = CliRunner().invoke(group, [*words, "--ramp", "0.5,much"])
    assert wrong.exit_code == 2
    assert '"much" is no share' in wrong.output


def test_a_history_that_ends_before_the_model_starts_is_counted_from_its_own_end(
    funnel: Funnel, team: KnownTeam
) -> None:
    """The model starts 31 days after the history ends: its year is the days 31 to 365 of the history's.

    Days of the model's start read as days of the history's end would count 31 days too early, and hires on a
    wrong day. The same months are simulated for a model that starts at once, so its numbers are the same.
    """
    later = funnel_of(funnel.model.model_copy(update={"start": dt.date(2026, 2, 1)}))
    options: dict[str, Any] = {"quota": None, "period": "2026", "replications": 300, "history": team.history}
    found = staff_top_down(later, **options, reps=team.rows())
    months = found.teams.seats.months
    assert (months[0].start_day, months[-1].end_day) == (31.0, 365.0)
    assert [month.number - 2026 * 12 for month in months] == list(range(2, 13))
    assert found.end == dt.date(2027, 1, 1)
    assert found.plans.by_start[0].hires.on == dt.date(2026, 2, 1)
    at_once = staff_top_down(funnel, **options, reps=team.rows())
    hires = Hires(1, dt.date(2026, 12, 1))
    one, two = (
        each.teams.of(hires).total.bookings - each.plans.today.total.bookings for each in (found, at_once)
    )
    assert one == pytest.approx(two, abs=1e-6)  # sums of other months before them round differently
    with pytest.raises(FunnelSimError, match="hires can join from 2026-02-01 to 2026-12-31"):
        staff_top_down(later, **options, reps=team.rows(), earliest=dt.date(2026, 1, 1))


def test_a_part_of_the_futures_is_that_part(funnel: Funnel, team: KnownTeam) -> None:
    """Futures 250 to 499 are not futures 0 to 249, which the part was before."""
    options: dict[str, Any] = {"period": "2026", "history": team.history}
    whole = staff_top_down(funnel, **options, replications=500)
    part = staff_top_down(funnel, **options, replications=range(250, 500))
    assert part.replications == 250
    assert (part.plans.today.credit == whole.plans.today.credit[250:]).all()
    assert (part.teams.seats.draw == whole.teams.seats.draw[250:]).all()


def test_cost_is_that_of_the_people_present_in_the_period(funnel: Funnel, team: KnownTeam) -> None:
    """One departure a rep and two years, nobody follows: presence falls as exp(-t / 730.5).

    From July to September, days 181 to 273, and before. Mutants: planned seats; from the model's start on.
    """
    found = staff_top_down(
        funnel,
        quota=4e6,
        period="2026Q3",
        history=team.history,
        reps=team.rows(),
        attrition=0.5,
        backfill_days=None,
        annual_cost=12.0,
        replications=2000,
    )
    today, stay = found.plans.today.total, 730.5
    team_size = len(found.teams.seats_today)

    def months(low: float, high: float) -> float:
        return team_size * stay * (math.exp(-low / stay) - math.exp(-high / stay)) / 30.4375

    for cost, counted, exact in (
        (found.cost(Hires()), today.rep_months, months(181, 273)),
        (found.cost_before(Hires()), today.months_before, months(0, 181)),
    ):
        assert abs(cost - exact) < 4 * float(counted.std()) / math.sqrt(2000)
    before = Hires(1, dt.date(2026, 6, 1))
    assert found.cost_before(before) > found.cost_before(Hires()) + 0.9


def test_a_start_after_own_wins_is_said_by_name(funnel: Funnel, team: KnownTeam, tmp_path: Path) -> None:
    """Its early wins would silently be left out; a rep whose start is right is not named."""
    owners = team.history.deals["owner"].drop_nulls().unique().sort().to_list()
    late, right = owners[0], owners[1]
    path = tmp_path / "reps.csv"
    path.write_text(f"name,start\n{late},2025-11-01\n{right},2000-01-01\n")
    warnings = _staff(funnel, team, reps=path).warnings
    (said,) = [text for text in warnings if "is given to start on" in text]
    assert said.startswith(f"{late} is given to start on 2025-11-01, but has won ")


def test_a_single_rep_warns_that_the_ranges_are_narrow(
    funnel: Funnel, team: KnownTeam, found: StaffDocument
) -> None:
    deals = team.history.deals.with_columns(owner=pl.lit("Ana"))
    alone = dataclasses.replace(team.history, deals=deals)
    warnings = fs.staff(funnel, period="2026", history=alone, replications=200).result.warnings
    assert any("all wins are those of one rep, Ana" in text for text in warnings)
    assert not any("one rep, " in text for text in found.warnings)


def test_an_attrition_of_0_means_that_nobody_leaves(funnel: Funnel, team: KnownTeam, tmp_path: Path) -> None:
    assert _staff(funnel, team, attrition=0.0).chosen
    missing = CliRunner().invoke(group, ["staff", str(tmp_path / "m.toml"), "--attrition", "0"])
    assert "no such file" in missing.output
    wrong = CliRunner().invoke(group, ["staff", str(tmp_path / "m.toml"), "--attrition", "18"])
    assert "is not a share of the reps" in wrong.output


def test_an_interrupted_search_gives_the_plans_that_are_known(funnel: Funnel, team: KnownTeam) -> None:
    def stops(plans: int) -> None:
        if plans == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stopped:
        _staff(funnel, team, tried=stops)
    assert stopped.value.done == "the 3 plans tried"
    assert [sum(n for _, _, n in plan.hires) for plan in stopped.value.result] == [0, 1, 2]
