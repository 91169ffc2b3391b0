"""check, show, init and schema, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from funnelsim.cli.main import group
from funnelsim.model.files.model_files import read_funnel
from tests.unit.made_up_runs import pipeline_of

SCENARIOS = Path(__file__).parents[3] / "scenarios"
WORKFORCE = """
format = 1
start = 2026-01-01
goal = { recognise = { from = "won", over = "12 months" } }
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
holidays = [2026-05-25]
[roles.ae]
name = "Account executive"
headcount = 6
calendar = "office"
ramp = [0.25, 0.5]
hires = [{ on = 2026-03-01, count = 2 }]
departures = [{ on = 2026-06-01 }]
attrition = { rate = "18% per year", backfill_after = "60d" }
assignment = "owner"
open_deals_max = 40
discipline = "largest"
[roles.engineer]
headcount = 1
[sources.inbound]
enters = "demo"
rate = 3
campaigns = { trade_fair = { on = 2026-03-10, leads = 150, over = "5d" } }
[stages.demo]
after = "5d"
work = [{ role = "ae", effort = "gamma(mean=3h, sd=1h)" }, { role = "engineer", effort = "30min" }]
patience = "10d"
abandons_to = "lost"
spawns = { source = "inbound", leads = 0.1, after = "20d" }
exits = { won = { p = 0.5, wait_half_life = "2d" }, lost = { p = 0.5 } }
"""


def call(*words: object) -> Result:
    result = CliRunner().invoke(group, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    path = tmp_path / "funnel.toml"
    assert call("init", path).exit_code == 0
    return path


def test_the_starter_is_valid_and_gives_no_cause_for_notes(starter: Path) -> None:
    result = call("check", starter)
    assert result.exit_code == 0
    assert "note:" not in result.output
    assert "3 leads a day from inbound" in result.output
    # 0.5 x 0.6 x 0.45 / (1 - 0.6 x 0.05)
    assert "13.9 % of all leads are won\n" in result.output
    assert "3 stages, 1 source\n" in result.output
    # Not long enough for the sales process map, the 200 days of old; more than this funnel takes.
    assert "--warmup 100d" in result.output


def test_init_writes_over_nothing_unless_forced(starter: Path) -> None:
    starter.write_text("mine")
    refused = call("init", starter)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert starter.read_text() == "mine"
    assert call("init", starter, "--force").exit_code == 0
    assert "format = 1" in starter.read_text()
    assert [path.name for path in starter.parent.iterdir()] == ["funnel.toml"]


def test_init_into_no_folder_says_so(tmp_path: Path) -> None:
    result = call("init", tmp_path / "nowhere" / "funnel.toml")
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_check_as_json_is_one_document(starter: Path) -> None:
    found = json.loads(call("check", starter, "--json").stdout)
    assert found["command"] == "check"
    assert found["visits_per_lead"]["proposal"] == pytest.approx(0.3 / 0.97)
    assert found["notes"] == []


def test_a_model_with_open_leads_is_not_sent_to_a_warm_up(starter: Path) -> None:
    """Catches the advice that ends in an error: a warm-up starts empty, a pipeline is not."""
    assert "--warmup" in call("check", starter).output
    model = read_funnel(starter).model
    lead = {"stage": next(iter(model.stages)), "source": next(iter(model.sources))}
    pipeline_of(lead).write_parquet(starter.with_name("open.parquet"))
    starter.write_text(starter.read_text().replace("format = 1", 'format = 1\npipeline = "open.parquet"'))
    output = call("check", starter).output
    assert "1 open lead at the start" in output
    assert "--warmup" not in output
    assert "funnelsim forecast" in output


def test_check_says_that_a_map_has_no_texts_in_one_line(starter: Path) -> None:
    output = call("check", starter).output
    assert "--template texts.toml" in output
    assert "note:" not in output


def test_check_names_stages_without_texts_in_one_line_for_each_rule(starter: Path) -> None:
    text = starter.read_text().replace('name = "Demo"', 'name = "Demo"\nentry = "A date is set"')
    starter.write_text(text)
    notes = [line for line in call("check", starter).output.splitlines() if line.startswith("note:")]
    assert next(note for note in notes if "no-entry" in note).startswith(
        "note: 2 stages have no entry rule: Qualified, Proposal [no-entry]; say what must be true"
    )
    assert any(note.startswith("note: All 3 stages have no checklist [no-checklist]") for note in notes)


def test_show_tells_a_stage_or_which_there_are(starter: Path) -> None:
    assert "Qualified" in call("show", starter).output
    assert "90 % within" in call("show", starter, "--stage", "demo").output
    assert " d," not in call("show", starter, "--stage", "demo").output
    wrong = call("show", starter, "--stage", "dmo")
    assert wrong.exit_code == 1
    assert 'did you mean "demo"?' in wrong.output


def test_many_opportunities_are_not_opportunitys(starter: Path) -> None:
    starter.write_text(starter.read_text().replace("format = 1", 'format = 1\nnoun = "opportunity"'))
    for words in (("show", starter), ("check", starter)):
        output = call(*words).output
        assert "3 opportunities a day" in output
        assert "opportunitys" not in output


def test_show_tells_a_long_distribution_in_three_figures(starter: Path) -> None:
    """Catches an empirical distribution spelt out: a fit writes 50 values of it."""
    text = starter.read_text().replace("lognormal(median=9000, sigma=0.8)", "empirical(9*100, 1*200)")
    starter.write_text(text)
    output = " ".join(call("show", starter).output.split())
    assert "worth USD 110 on average (median 100, 90 % up to 100)" in output


def test_show_sums_the_exits_that_lead_to_the_same_place(starter: Path) -> None:
    """Catches "won 20%, won 25%" read as two chances to win."""
    text = starter.read_text().replace(
        "won = { p = 0.45, after", 'fast = { to = "won", p = 0.2, after = "1d" }, won = { p = 0.25, after'
    )
    starter.write_text(text)
    lines = [line.split() for line in call("show", starter).output.splitlines()]
    assert ["Proposal", "won", "45", "%"] in lines
    assert ["part,", "fast", "20", "%", "1", "day", "1", "day"] in lines


def test_show_keeps_each_exit_on_one_line() -> None:
    """Catches times that are folded into three lines, as in a stage with a long name."""
    output = call("show", SCENARIOS / "sales_process_map.toml").stdout
    model = read_funnel(SCENARIOS / "sales_process_map.toml").model
    table = output.split("within\n")[1].split("\n\n")[0]
    assert [line for line in table.splitlines() if line != line.rstrip()] == []
    exits = sum(len(stage.exits) for stage in model.stages.values())
    assert sum("%" in line for line in table.splitlines()) == exits
    assert len([line for line in table.splitlines() if line.strip()]) == exits


def test_show_tells_who_works_and_on_what(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(WORKFORCE)
    output = " ".join(call("show", path).output.split())
    for words in (
        "Account executive: 6 reps, Mon-Fri 09:00-17:00 (1 holiday); joining: 2 on 1 Mar 2026; "
        "leaving: 1 on 1 Jun 2026; new reps work at 25 %, 50 % in their first months; "
        "18 % a year leave, replaced after 60 days; each rep keeps its leads, at most 40 open; "
        "largest first",
        "engineer: 1 rep, at all hours",
        "trade fair: 150 leads in 5 days from 10 Mar 2026",
        "revenue is recognised over 365 days from won",
        "inbound: 3 leads a day into demo trade fair",
        "demo Account executive 3 h 10.0 d engineer 0.5 h",
        "Each entry into demo generates 0.1 new leads from inbound on average, 20 days later",
    ):
        assert words in output, output
    stage = call("show", path, "--stage", "demo").output.splitlines()
    for line in (
        "work: Account executive, 3 h on average",
        "work: engineer, 30 min on average",
        "half give up waiting within 10.0 d; they go to lost",
        "each 2.0 d of waiting halves the chance of won; the others are lost",
        "generates: 0.1 new leads from inbound on average, 20 days later",
    ):
        assert line in stage


def test_schema_is_one_json_document() -> None:
    assert json.loads(call("schema").stdout)["title"] == "Model"
