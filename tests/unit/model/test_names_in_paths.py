"""Changes that name parts as they are printed, and that are named themselves."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from funnelsim.core.errors import ChangeError
from funnelsim.model.changes.changes import RemoveStage, SetValue
from funnelsim.model.changes.names import stage_key
from funnelsim.model.changes.words import change_words
from funnelsim.model.files.read import read_document
from funnelsim.model.scenarios.read import parse_set, read_scenario, scenario_of_set

MODEL = """
format = 1
start = 2026-01-01
noun = "opportunity"
[sources.web]
name = "Website inbound"
enters = "demo"
rate = "5 per day"
[segments.big]
name = "Enterprise"
[roles.ae]
name = "Account executive"
headcount = 3
[stages.demo]
name = "Demo"
work = { role = "ae", effort = "1h" }
exits = { security_review = { p = 0.5, after = "6d" }, lost = { p = 0.5, after = "2d" } }
[stages.security_review]
name = "Security Review"
after = "5d"
exits = { won = { p = 0.5 }, lost = { p = 0.5 } }
"""
found, problems = read_document(tomllib.loads(MODEL))
assert found is not None, problems
model = found


@pytest.mark.parametrize("text", ["Security review", "security_review", "SECURITY REVIEW", "security-review"])
def test_a_stage_is_known_by_key_and_by_name(text: str) -> None:
    assert stage_key(model, text) == "security_review"


def test_an_unknown_stage_is_asked_about() -> None:
    with pytest.raises(ChangeError, match='did you mean "security_review"'):
        stage_key(model, "Securty review")


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ('stages."Security review".after', "stages.security_review.after"),
        ("stages.Security review.after", "stages.security_review.after"),
        ('stages.Demo.exits."Security Review".p', "stages.demo.exits.security_review.p"),
        ('sources."Website inbound".rate', "sources.web.rate"),
        ("roles.Account executive.headcount", "roles.ae.headcount"),
        (
            "segments.Enterprise.stages.Demo.exits.security_review.p",
            "segments.big.stages.demo.exits.security_review.p",
        ),
        ("stages.demo.exits.lost.after", "stages.demo.exits.lost.after"),
    ],
)
def test_a_path_may_name_parts_as_they_are_printed(written: str, path: str) -> None:
    assert (
        parse_set(f"{written}=x0.9" if not path.endswith("headcount") else f"{written}=+1", model).path
        == path
    )


def test_an_unknown_name_in_a_path_is_asked_about() -> None:
    with pytest.raises(ChangeError, match='did you mean "security_review"'):
        parse_set('stages."Securty review".after=x0.7', model)


def test_a_scenario_file_may_name_parts_too(tmp_path: Path) -> None:
    file = tmp_path / "faster.toml"
    file.write_text(
        '[[change]]\nset = \'stages."Security review".after\'\nby = "x0.5"\nfrom = "31/03/2026"\n'
        '[[change]]\nremove_stage = "Demo"\n'
    )
    faster, gone = read_scenario(file, model).changes
    assert faster == SetValue(path="stages.security_review.after", by="x0.5", start=dt.date(2026, 3, 31))
    assert isinstance(gone, RemoveStage)
    assert gone.stage == "demo"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Faster demo: stages.demo.after=x0.7", "Faster demo"),
        ("Plan B: two reps: roles.ae.headcount=+2", "Plan B: two reps"),
        ("stages.demo.after=x0.7", "time in Demo -30 %"),
        ("stages.demo.after=-20%", "time in Demo -20 %"),
        ("stages.demo.exits.security_review.p=+5pp", "chance of Demo to Security Review +5 points"),
        ("stages.demo.exits.security_review.p=0.6", "chance of Demo to Security Review = 60 %"),
        ("stages.security_review.exits.won.after=x0.5", "time from Security Review to won -50 %"),
        ("sources.web.rate=x1.2", "opportunities from Website inbound +20 %"),
        ("roles.ae.headcount=+2", "Account executive headcount +2"),
        ("roles.ae.headcount=4", "Account executive headcount = 4"),
        ("stages.demo.work.effort=x0.5", "work in Demo -50 %"),
        ("stages.demo.exits.security_review.p=+1pp", "chance of Demo to Security Review +1 point"),
        ("sources.web.dispersion=2", "sources.web.dispersion = 2"),
    ],
)
def test_a_change_has_its_name_or_says_what_it_does(written: str, name: str) -> None:
    scenario = scenario_of_set(written, model)
    assert scenario.name == name
    assert scenario.description in written


def test_work_of_several_tasks_is_told_apart() -> None:
    def name(*roles: str) -> str:
        work = [{"role": role, "effort": "1h"} for role in roles]
        both = {key: {"name": key.upper(), "headcount": 1} for key in {*roles}}
        document = tomllib.loads(MODEL)
        document["roles"] = both
        document["stages"]["demo"]["work"] = work
        several, problems = read_document(document)
        assert several is not None, problems
        return change_words(several, SetValue(path="stages.demo.work.1.effort", by="x2"))

    assert name("ae", "sdr") == "work of SDR in Demo +100 %"
    assert name("sdr", "ae", "sdr") == "work of AE in Demo +100 %"
    assert name("ae", "ae") == "work in Demo (task 2) +100 %"


def test_a_removed_stage_in_words() -> None:
    assert change_words(model, RemoveStage(stage="security_review")) == "no Security Review"


def test_a_named_change_is_asked_about_too() -> None:
    with pytest.raises(ChangeError, match=r'did you mean "x0\.7"'):
        parse_set("Faster: stages.demo.after=0.7", model)


def test_a_change_takes_dates_alike() -> None:
    day = dt.date(2026, 3, 1)
    for start in (day, dt.datetime(2026, 3, 1), "2026-03-01"):
        assert SetValue(path="a", by="x2", start=start).start == day  # type: ignore[arg-type]
    with pytest.raises(ChangeError, match="is not a date"):
        RemoveStage(stage="demo", start="soon")  # type: ignore[arg-type]
