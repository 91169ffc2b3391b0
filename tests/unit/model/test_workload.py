"""Offered load and offspring against sums done by hand."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group
from funnelsim.engines.run import simulate
from funnelsim.experiments.compare import compare
from funnelsim.forecasting.forecast import forecast
from funnelsim.metrics.document import run_document
from funnelsim.metrics.past import empty_start
from funnelsim.model.changes.changes import RemoveStage, Scenario
from funnelsim.model.files.model_files import Funnel, model_to_toml
from funnelsim.model.flows.rates import leads_per_day, offspring
from funnelsim.model.flows.workload import offered_load, open_hours_a_week, reps_on
from funnelsim.model.lint.model import expected, lint
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.read import parse_set

DOCUMENT: dict[str, Any] = {
    "start": dt.date(2026, 1, 1),
    "calendars": {
        "office": {"hours": ["Mon-Fri 09:00-12:00", "Mon-Thu 13:00-17:00"]},
        "always": {"hours": ["Mon-Thu 00:00-24:00", "Fri-Sun 00:00-24:00"]},
    },
    "roles": {
        "ae": {"headcount": 6, "calendar": "office"},
        "engineer": {"headcount": 1, "calendar": "always"},
    },
    "sources": {"inbound": {"enters": "demo", "rate": 3.0, "segments": {"smb": 0.7, "enterprise": 0.3}}},
    "segments": {
        "smb": {},
        "enterprise": {"stages": {"demo": {"exits": {"proposal": {"p": 0.5}}, "work": {"effort": "6h"}}}},
    },
    "stages": {
        "demo": {
            "after": "5d",
            "work": {"role": "ae", "effort": "gamma(mean=3h, sd=1h)"},
            "spawns": {"source": "inbound", "leads": 0.3, "after": "20d"},
            "exits": {"proposal": {"p": 0.6}, "lost": {"p": 0.4}},
        },
        "proposal": {
            "after": "5d",
            "work": [{"role": "ae", "effort": "90min"}, {"role": "engineer", "effort": "2h"}],
            "exits": {"won": {"p": 0.3}, "lost": {"p": 0.7}},
        },
    },
}


def model(**roles: Any) -> Model:
    document = copy.deepcopy(DOCUMENT)
    document["roles"] |= roles
    return Model.model_validate(document)


def test_the_load_is_visits_times_effort_over_open_hours() -> None:
    """30 leads a week with those that leads bring: 3 x 7 / (1 - 0.3).

    Catches a load without spawned leads, without a segment's effort or chances, with the first task only.
    """
    ae, engineer = offered_load(model())
    proposals = 30 * (0.7 * 0.6 + 0.3 * 0.5)
    assert ae.work_hours == pytest.approx(30 * (0.7 * 3 + 0.3 * 6) + proposals * 1.5)
    assert ae.capacity_hours == pytest.approx(6 * 31)
    assert engineer.work_hours == pytest.approx(proposals * 2)
    assert engineer.load == pytest.approx(proposals * 2 / 168)


def test_a_week_of_a_calendar_has_its_holidays_taken_off() -> None:
    """7 h of a Thursday and 3 h of a Friday over 52 weeks; a Sunday, and a day of next year, take nothing."""
    calendar = (
        model()
        .calendars["office"]
        .model_copy(
            update={
                "holidays": (
                    dt.date(2026, 5, 21),
                    dt.date(2026, 5, 22),
                    dt.date(2026, 5, 24),
                    dt.date(2027, 5, 21),
                )
            }
        )
    )
    assert open_hours_a_week(calendar, dt.date(2026, 1, 1)) == pytest.approx(31 - 10 / 52)
    assert open_hours_a_week(None, dt.date(2026, 1, 1)) == 168


def test_reps_of_the_start_are_those_already_hired_and_not_yet_gone() -> None:
    role = model(
        ae={
            "headcount": 6,
            "hires": [{"on": dt.date(2025, 12, 1), "count": 2}, {"on": dt.date(2026, 2, 1), "count": 4}],
            "departures": [{"on": dt.date(2026, 1, 1)}],
        }
    ).roles["ae"]
    assert reps_on(role, dt.date(2026, 1, 1)) == 7
    assert reps_on(role, dt.date(2026, 2, 1)) == 11


def test_leads_that_leads_bring_come_on_top() -> None:
    assert offspring(model()) == pytest.approx(np.array([[0.3]]))
    assert expected(model()).offspring_per_lead == pytest.approx({"inbound": 0.3})
    assert leads_per_day(model()) == pytest.approx({"inbound": 3 / 0.7})


def test_too_much_work_nobody_and_nothing_to_do_are_noted() -> None:
    assert notes(model()) == []
    assert notes(model(ae={"headcount": 3, "calendar": "office"})) == [
        "roles.ae: the offered load is 153%: 143 h of work a week for 93 h of open hours; "
        "the queue grows without bound"
    ]
    assert (
        "roles.ae: it has no reps at the start"
        in notes(model(ae={"headcount": 0, "calendar": "office", "hires": [{"on": dt.date(2026, 2, 1)}]}))[0]
    )
    assert "roles.ae.departures: nobody is left after 2026-02-01" in notes(
        model(
            ae={"headcount": 6, "calendar": "office", "departures": [{"on": dt.date(2026, 2, 1), "count": 6}]}
        )
    )
    assert "roles.idle: has nothing to do: no stage has work for it" in notes(model(idle={"headcount": 1}))


def test_planned_hires_and_departures_are_told_beside_the_load_of_the_start() -> None:
    """153 % of 3 reps is 77 % of 6. Catches "without bound" where hires are planned, and no warning
    about a load that departures make too high."""
    march = dt.date(2026, 3, 1)
    more = model(ae={"headcount": 3, "calendar": "office", "hires": [{"on": march, "count": 3}]})
    assert notes(more) == [
        "roles.ae: the offered load is 153%: 143 h of work a week for 93 h of open hours; the queue grows "
        "until 2026-03-01: with 6 reps from then on it is 77%"
    ]
    fewer = model(ae={"headcount": 6, "calendar": "office", "departures": [{"on": march, "count": 3}]})
    assert notes(fewer) == [
        "roles.ae: the offered load is 77%: 143 h of work a week for 186 h of open hours; with 3 reps from "
        "2026-03-01 on it is 153%, and the queue grows without bound"
    ]


def test_check_says_whose_comings_and_goings_its_loads_leave_out(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(
        model_to_toml(model(ae={"headcount": 6, "calendar": "office", "attrition": {"rate": "18% per year"}}))
    )
    told = " ".join(CliRunner().invoke(group, ["check", str(path)]).output.split())
    assert "Later hires and departures are not counted (ae)." in told


def test_the_load_is_that_of_the_changed_model() -> None:
    """Twice the effort is twice the work of both segments, of which one has an effort of its own; a removed
    stage has none. Catches changes made before the segment's values, which then undo them."""
    twice = offered_load(model(), [parse_set("stages.demo.work.effort=x2", model())])
    (demo,) = (one.work_hours for one in offered_load(model(), [RemoveStage(stage="proposal")])[:1])
    ae, engineer = offered_load(model())
    assert twice[0].work_hours == pytest.approx(ae.work_hours + demo)
    assert demo == pytest.approx(30 * (0.7 * 3 + 0.3 * 6))
    assert offered_load(model(), [RemoveStage(stage="proposal")])[1].work_hours == 0
    fewer = offered_load(model(), [parse_set("roles.ae.headcount=-3", model())])
    assert fewer[0].capacity_hours == pytest.approx(ae.capacity_hours / 2)
    assert fewer[1] == engineer


def test_runs_and_comparisons_say_who_has_too_much_to_do() -> None:
    """One line a role, of a change too, and none twice. Catches a warning on the base's account only."""
    busy = Funnel(model=model())
    run = simulate(busy, days=7, replications=2, workers=1)
    assert run_document(run, busy)["warnings"] == [empty_start(busy, 0.0)[0]]
    fewer = Scenario(name="three less", changes=(parse_set("roles.ae.headcount=-3", busy.model),))
    same = Scenario(name="all as it was", changes=(parse_set("roles.ae.headcount=+0", busy.model),))
    told = compare(busy, [fewer, same], days=7, replications=2, workers=1).warnings
    load = "ae: the offered load is 153%: 143 h of work a week for 93 h of open hours; the queue grows"
    assert [text[: len(load) + 12] for text in told if "offered load" in text] == [f"three less: {load}"]
    overloaded = Funnel(model=model(ae={"name": "Seller", "headcount": 3, "calendar": "office"}))
    run = simulate(overloaded, days=7, replications=2, workers=1)
    loads = [text for text in run_document(run, overloaded)["warnings"] if "offered load" in text]
    assert [text.split(" is")[0] for text in loads] == ["Seller: the offered load"]
    told = compare(overloaded, [same], days=7, replications=2, workers=1).warnings
    assert sum("offered load" in text for text in told) == 1
    (period,) = forecast(overloaded, replications=2, workers=1).warnings[-1:]
    assert "offered load" in period


def notes(found: Model) -> list[str]:
    return [str(note) for note in lint(found)]


def test_an_unused_calendar_and_a_campaign_of_the_past_are_noted() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["calendars"]["late"] = {"hours": "Mon 18:00-20:00"}
    document["sources"]["inbound"]["campaigns"] = {"fair": {"on": dt.date(2025, 3, 1), "leads": 10}}
    found = notes(Model.model_validate(document))
    assert any("calendars.late: is used by no role, source or clock" in note for note in found)
    assert any("campaigns.fair.on: begins before the model starts" in note for note in found)


def test_a_role_without_a_name_is_told_in_words(tmp_path: Path) -> None:
    """Catches the bare key of the file in the table of loads."""
    path = tmp_path / "model.toml"
    path.write_text(model_to_toml(model()).replace("engineer", "solution_engineer"))
    output = CliRunner().invoke(group, ["check", str(path)]).output
    assert "solution engineer" in output
    assert "solution_engineer" not in output


def test_check_shows_the_load_as_a_table_and_as_json(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(model_to_toml(model()))
    output = CliRunner().invoke(group, ["check", str(path)]).output
    rows = [line.split() for line in output.splitlines()]
    assert ["ae", "6", "143", "186", "77", "%"] in rows
    assert "each lead from inbound generates 0.3 new leads" in output
    found = json.loads(CliRunner().invoke(group, ["check", str(path), "--json"]).stdout)
    assert found["offered_load"]["ae"]["load"] == pytest.approx(142.65 / 186)
    assert found["offered_load"]["ae"]["reps"] == 6
