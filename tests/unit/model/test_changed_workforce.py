"""Paths of roles, calendars, work and campaigns, as ``--set`` and scenario files write them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import ChangeError, ModelError
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.changes.paths import value_at
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.files.model_files import read_funnel
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes
from funnelsim.model.scenarios.read import parse_set, read_scenario

TEXT = """\
format = 1
start = 2026-01-01
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
[roles.ae]
headcount = 10
calendar = "office"
hires = [{ on = 2026-03-01, count = 2 }]
attrition = { rate = "18% per year" }
[roles.engineer]
headcount = 2
[sources.inbound]
enters = "demo"
rate = "3 per day"
segments = { smb = 0.7, enterprise = 0.3 }
campaigns = { fair = { on = 2026-03-10, leads = 150 } }
[segments.smb]
[segments.enterprise]
stages.demo.work.role = "engineer"
stages.demo.work.effort = "gamma(mean=6h, sd=2h)"
[shocks]
"sources.inbound.rate" = { sd = 0.1, rho = 0.5 }
[stages.demo]
after = "6d"
work = { role = "ae", effort = "gamma(mean=3h, sd=1h)" }
patience = "weibull(shape=1.2, scale=10d)"
abandons_to = "lost"
spawns = { source = "inbound", leads = 0.1, after = "20d" }
exits = { proposal = { p = 0.6, wait_half_life = "2d" }, lost = { p = 0.4 } }
[stages.proposal]
after = "9d"
work = [{ role = "ae", effort = "90min" }, { role = "engineer", effort = "1h" }]
exits = { won = { p = 0.3 }, lost = { p = 0.7 } }
"""
APRIL = dt.date(2026, 4, 1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("model") / "model.toml"
    path.write_text(TEXT)
    return read_funnel(path).model


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("roles.ae.headcount=+2", "roles.ae.headcount", 12),
        ("roles.ae.headcount=8", "roles.ae.headcount", 8),
        ("roles.ae.headcount=+10%", "roles.ae.headcount", 11),
        ("roles.ae.headcount=x0.5", "roles.ae.headcount", 5),
        ("roles.ae.ramp=[0.5, 0.75]", "roles.ae.ramp", (0.5, 0.75)),
        ("roles.ae.hires.count=+1", "roles.ae.hires.0.count", 3),
        ("roles.ae.hires.0.on=2026-05-01", "roles.ae.hires.on", dt.date(2026, 5, 1)),
        ("roles.ae.attrition.rate=24% per year", "roles.ae.attrition.rate", 0.24),
        ("roles.ae.attrition.backfill_after=2w", "roles.ae.attrition.backfill_after", 14.0),
        ("roles.ae.assignment=owner", "roles.ae.assignment", "owner"),
        ("calendars.office.hours=Mon-Sat 08:00-18:00", "calendars.office.hours", ("Mon-Sat 08:00-18:00",)),
        ("calendars.office.holidays=[2026-05-25]", "calendars.office.holidays", (dt.date(2026, 5, 25),)),
        ("sources.inbound.hours=office", "sources.inbound.hours", "office"),
        ("sources.inbound.campaigns.fair.leads=x2", "sources.inbound.campaigns.fair.leads", 300.0),
        ("sources.inbound.campaigns.fair.over=1w", "sources.inbound.campaigns.fair.over", 7.0),
        ("stages.demo.work.effort.mean=2h", "stages.demo.work.effort.mean", 2 / 24),
        ("stages.demo.work.effort.mean=+30min", "stages.demo.work.0.effort.mean", 3.5 / 24),
        ("stages.demo.work.role=engineer", "stages.demo.work.role", "engineer"),
        ("stages.proposal.work.1.effort=2h", "stages.proposal.work.1.effort.value", 2 / 24),
        ("stages.demo.patience.scale=x2", "stages.demo.patience.scale", 20.0),
        ("stages.demo.abandons_to=churned", "stages.demo.abandons_to", "churned"),
        ("stages.demo.spawns.leads=+0.2", "stages.demo.spawns.leads", 0.3),
        ("stages.demo.exits.proposal.wait_half_life=4h", "stages.demo.exits.proposal.wait_half_life", 4 / 24),
        ("shocks.sources.inbound.rate.sd=0.2", "shocks.sources.inbound.rate.sd", 0.2),
    ],
)
def test_a_path_is_set_as_the_file_writes_it(model: Model, text: str, path: str, value: Any) -> None:
    """Catches 12.0 people, 11.000000000000002 people, and a list of parts that has no paths."""
    found = value_at(resolve(model, changes=[parse_set(text, model)]), path)
    assert found == (pytest.approx(value) if isinstance(value, float) else value)
    assert type(found) is type(value)


def test_another_campaign_and_other_tasks_can_be_set_as_a_whole(model: Model) -> None:
    changes = [
        parse_set("sources.inbound.campaigns.webinar={ on = 2026-05-01, leads = 40 }", model),
        parse_set(
            'stages.demo.work=[{ role = "ae", effort = "1h" }, { role = "engineer", effort = "2h" }]', model
        ),
    ]
    found = resolve(model, changes=changes)
    assert list(found.sources["inbound"].campaigns) == ["fair", "webinar"]
    assert [task.effort.mean() * 24 for task in found.stages["demo"].work] == pytest.approx([1, 2])


def test_a_change_acts_on_a_segments_effort_too(model: Model) -> None:
    """Catches an override that hides the change: 6 h x 0.5."""
    change = SetValue(path="stages.demo.work.effort", by="x0.5")
    found = resolve(model, changes=[change], segment="enterprise").stages["demo"].work[0]
    assert (found.role, found.effort.mean() * 24) == ("engineer", pytest.approx(3))


def test_efforts_patience_and_half_lives_can_be_drawn_in_days(model: Model, tmp_path: Path) -> None:
    row = {
        "stages.demo.work.effort.mean": 0.25,
        "stages.proposal.work.0.effort.value": 0.5,
        "stages.demo.patience.scale": 4.0,
        "stages.demo.exits.proposal.wait_half_life": 3.0,
        "segments.enterprise.stages.demo.work.effort.mean": 0.125,
    }
    pl.DataFrame([row]).write_parquet(tmp_path / "draws.parquet")
    path = tmp_path / "model.toml"
    path.write_text(TEXT.replace("format = 1", 'format = 1\ndraws = "draws.parquet"'))
    assert read_funnel(path).draws is not None
    found = resolve(model, draw=row)
    assert found.stages["demo"].work[0].effort.mean() == pytest.approx(0.25)
    assert found.stages["proposal"].work[0].effort.mean() == 0.5
    assert found.stages["proposal"].work[1].effort.mean() == pytest.approx(1 / 24)
    assert found.stages["demo"].exits["proposal"].wait_half_life == 3.0
    enterprise = resolve(model, draw=row, segment="enterprise")
    assert enterprise.stages["demo"].work[0].effort.mean() == 0.125


@pytest.mark.parametrize(
    "change",
    [
        SetValue(path="roles.ae.headcount", by="+2", start=APRIL),
        SetValue(path="stages.demo.work.effort", by="x0.5", start=APRIL),
        SetValue(path="stages.proposal.work.1.role", to="ae", start=APRIL),
        SetValue(path="stages.demo.patience", by="x2", start=APRIL),
        SetValue(path="stages.demo.exits.proposal.wait_half_life", to="1d", start=APRIL),
        SetValue(path="segments.enterprise.stages.demo.work.role", to="ae", start=APRIL),
        SetValue(path="sources.inbound.campaigns.fair.leads", by="x2", start=APRIL),
        SetValue(path="stages.demo.spawns.leads", to=0.2, start=APRIL),
    ],
)
def test_people_and_work_may_change_on_a_date(model: Model, change: SetValue) -> None:
    check_changes([change], model, "test")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("roles.ae.ramp", [0.5]),
        ("roles.ae.hires", []),
        ("roles.ae.discipline", "lifo"),
        ("calendars.office.holidays", []),
        ("sources.inbound.hours", "office"),
        ("sources.inbound.campaigns.fair.over", 3.0),
        ("stages.demo.spawns.source", "inbound"),
        ("stages.demo.abandons_to", "churned"),
        ("shocks.sources.inbound.rate.sd", 0.2),
    ],
)
def test_what_holds_for_the_whole_run_has_no_date(model: Model, path: str, value: Any) -> None:
    check_changes([SetValue(path=path, to=value)], model, "test")
    with pytest.raises(ChangeError, match="whole run; leave out from"):
        check_changes([SetValue(path=path, to=value, start=APRIL)], model, "test")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("roles.enginer.headcount=+2", 'did you mean "engineer"?'),
        ("roles.ae.headcount=+0.5", "a whole number, found 10.5"),
        ("roles.ae.headcount=-11", "at least 0, found -1"),
        ("roles.ae.headcount=often", "a whole number, found 'often'"),
        ("roles.ae.quota=5", "does not affect the simulation"),
        ("roles.ae.annual_cost=x2", "does not affect the simulation"),
        ("roles.ae.name=Rep", "a scenario cannot change it"),
        ("roles.ae.calendar=ofice", 'did you mean "office"?'),
        ("roles.engineer.attrition.rate=2% per year", "roles.engineer.attrition is not set"),
        ("roles.engineer.hires.count=2", "roles.engineer.hires is not set"),
        ("roles.ae.open_deals_max=20", 'assignment = "owner"'),
        ("stages.proposal.work.effort=1h", "name one of stages.proposal.work.0, stages.proposal.work.1"),
        ("stages.proposal.work.2.effort=1h", "it has 0, 1"),
        ("stages.demo.work.effort=1d", "h or min of working time"),
        ("stages.demo.work.effort.mean=3", 'h or min of working time, such as "3h", found "3"'),
        ("stages.demo.work.effort.mean=+2", 'h or min of working time, such as "3h", found "+2"'),
        ("stages.demo.work.0.effort.sd=+1d", 'h or min of working time, such as "3h", found "+1d"'),
        ("stages.proposal.work.1.effort.value=2.5", 'h or min of working time, such as "3h", found "2.5"'),
        ("stages.demo.work.role=ea", 'unknown role "ea"'),
        ("stages.demo.spawns.leads=2", "brings 2 new leads"),
        ("sources.inbound.campaigns.fare.leads=2", 'did you mean "fair"?'),
        ("sources.inbound.campaigns.fair=x2", "is a table"),
        ("sources.inbound.campaigns.other=x2", "there is no"),
        ("sources.inbound.campaigns.other={ leads = 3 }", '"other.on" is missing'),
        ("shocks.odds.sd=0.2", 'there is no "odds" in shocks'),
    ],
)
def test_what_does_not_fit_says_what_is_allowed(model: Model, text: str, said: str) -> None:
    with pytest.raises(ChangeError) as caught:
        parse_set(text, model)
    assert said in str(caught.value)


def test_a_scenario_file_hires_two_on_a_date(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "hire.toml"
    path.write_text(
        'format = 1\n[[change]]\nset = "roles.ae.headcount"\nby = "+2"\nfrom = 2026-03-01\n'
        '[[change]]\nset = "roles.engineer.hires"\nto = [{ on = 2026-03-01, count = 1 }]\n'
    )
    scenario = read_scenario(path, model)
    changes = [change for change in scenario.changes if isinstance(change, SetValue)]
    found = resolve(model, changes=changes)
    assert found.roles["ae"].headcount == 12
    assert found.roles["engineer"].hires[0].count == 1


@pytest.mark.parametrize("value", ["effort.mean = 3.5", "effort.mean = 3", "effort = 3.5", 'effort = "3.5d"'])
def test_a_segments_effort_names_its_unit_like_any_other(tmp_path: Path, value: str) -> None:
    """Catches 3.5 taken for days: a task of 84 hours."""
    path = tmp_path / "model.toml"
    path.write_text(
        TEXT.replace('stages.demo.work.effort = "gamma(mean=6h, sd=2h)"', f"stages.demo.work.{value}")
    )
    with pytest.raises(ModelError, match=r"segments\.enterprise\.stages\.demo\.work\.effort") as caught:
        read_funnel(path)
    assert "effort must name h or min of working time" in str(caught.value)
