# ruff: noqa: E501 (one case a line reads better than a wrapped one)
"""A broken role, calendar, task, campaign or spawn ends in one clear message, like any other broken model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broken.test_broken_models import check

GOOD = """\
format = 1
name = "good"
start = 2026-01-01
[goal]
recognise = { from = "won", over = "12 months" }
target = { metric = "retention", at_least = 0.9, by = 2026-12-31 }
[calendars.office]
hours = "Mon-Fri 09:00-17:00"
holidays = [2026-05-25, 2026-07-03]
[calendars.plant]
hours = "Mon-Sun 00:00-24:00"
[roles.ae]
headcount = 6
calendar = "office"
ramp = [0.25, 0.5, 0.75]
hires = [{ on = 2026-03-01, count = 2 }]
departures = [{ on = 2026-06-01, count = 1 }, { on = 2026-07-01, count = 1 }]
attrition = { rate = "18% per year", backfill_after = "60d" }
assignment = "owner"
open_deals_max = 40
[roles.engineer]
headcount = 1
calendar = "plant"
[sources.inbound]
enters = "demo"
rate = "3 per day"
hours = "office"
weekday = [1, 1, 1, 1, 1, 0, 0]
segments = { smb = 0.7, enterprise = 0.3 }
campaigns = { trade_fair = { on = 2026-03-10, leads = 150, over = "5d" } }
[segments.smb]
[segments.enterprise]
stages.demo.work.role = "engineer"
[shocks]
"sources.inbound.rate" = { sd = 0.1, rho = 0.5 }
odds = { sd = 0.15 }
[stages.demo]
after = "lognormal(median=6d, sigma=0.8)"
work = { role = "ae", effort = "gamma(mean=3h, sd=1h)" }
patience = "weibull(shape=1.2, scale=10d)"
abandons_to = "lost"
spawns = { source = "inbound", leads = 0.3, after = "20d" }
exits = { proposal = { p = 0.6, wait_half_life = "2d" }, lost = { p = 0.4 } }
[stages.proposal]
work = [{ role = "ae", effort = "90min" }, { role = "engineer", effort = "1h" }]
after = "gamma(mean=9d, sd=5d)"
exits = { won = { p = 0.3 }, lost = { p = 0.7 } }
"""

WORK = 'work = { role = "ae", effort = "gamma(mean=3h, sd=1h)" }'
EXITS = 'exits = { proposal = { p = 0.6, wait_half_life = "2d" }, lost = { p = 0.4 } }'

#: What is replaced in the good file, by what, and what the message must say.
CASES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "role in words": ("[roles.engineer]", '[roles."Solution engineer"]', ("roles.Solution engineer", "small letters", "put the words in name")),
    "calendar in words": ("[calendars.office]", "[calendars.Office]", ("calendars.Office", "small letters")),
    "campaign in words": ("trade_fair =", '"Trade fair" =', ("sources.inbound.campaigns.Trade fair", "small letters")),
    "unknown calendar": ('calendar = "office"', 'calendar = "ofice"', ("roles.ae.calendar", 'did you mean "office"?')),
    "unknown hours": ('hours = "office"', 'hours = "ofice"', ("sources.inbound.hours", 'did you mean "office"?')),
    "hours not understood": ("Mon-Fri 09:00-17:00", "Mon-Fry 09:00-17:00", ("calendars.office.hours", 'unknown weekday "Fry"')),
    "hours without end": ("09:00-17:00", "09:00-09:00", ("calendars.office.hours", "must have a length")),
    "hours overlap": ('"Mon-Fri 09:00-17:00"', '["Mon-Fri 09:00-17:00", "Fri 16:00-18:00"]', ("calendars.office.hours", "overlap on Fri")),
    "holiday is no date": ("2026-05-25", '"whitsun"', ("calendars.office.holidays", "a date such as")),
    "closed whenever leads come": ("weekday = [1, 1, 1, 1, 1, 0, 0]", "weekday = [0, 0, 0, 0, 0, 1, 1]", ("sources.inbound.hours", '"office" is closed on every weekday that has leads')),
    "unknown key of a role": ("headcount = 6", "headcont = 6\nheadcount = 6", ("roles.ae.headcont", 'did you mean "headcount"?')),
    "no headcount": ("headcount = 6\n", "", ("roles.ae.headcount", "is missing")),
    "half a person": ("headcount = 6", "headcount = 5.5", ("roles.ae.headcount", "a whole number", "5.5")),
    "negative headcount": ("headcount = 6", "headcount = -1", ("roles.ae.headcount", "at least 0")),
    "endless ramp": ("ramp = [0.25", "ramp = [inf", ("roles.ae.ramp", "finite")),
    "negative ramp": ("ramp = [0.25", "ramp = [-0.25", ("roles.ae.ramp", "at least 0")),
    "hires of nobody": ("on = 2026-03-01, count = 2", "on = 2026-03-01, count = 0", ("roles.ae.hires", "at least 1")),
    "hires on no day": ("on = 2026-03-01, count = 2", 'on = "March", count = 2', ("roles.ae.hires", "a date such as")),
    "more leave than are there": ("on = 2026-07-01, count = 1", "on = 2026-07-01, count = 8", ("roles.ae.departures.1", "8 leave on 2026-07-01, but only 7 are there by then")),
    "leave before they come": ("on = 2026-06-01, count = 1", "on = 2026-02-01, count = 7", ("roles.ae.departures.0", "7 leave on 2026-02-01, but only 6")),
    "attrition without unit": ("18% per year", "18% per fortnight", ("roles.ae.attrition.rate", "fortnight")),
    "unknown assignment": ('assignment = "owner"', 'assignment = "round_robin"', ("roles.ae.assignment", "pool", "owner")),
    "unknown discipline": ('assignment = "owner"', 'assignment = "owner"\ndiscipline = "random"', ("roles.ae.discipline", "fifo", "latest_stage")),
    "cap without owner": ('assignment = "owner"\n', "", ("roles.ae.open_deals_max", 'assignment = "owner"')),
    "cap of nothing": ("open_deals_max = 40", "open_deals_max = 0", ("roles.ae.open_deals_max", "at least 1")),
    "negative quota of a rep": ("open_deals_max = 40", "quota = -5", ("roles.ae.quota", "at least 0")),
    "unknown role": ('work = { role = "ae"', 'work = { role = "ea"', ("stages.demo.work.role", 'unknown role "ea"')),
    "unknown role of a second task": ('role = "engineer", effort = "1h"', 'role = "enginer", effort = "1h"', ("stages.proposal.work.1.role", 'did you mean "engineer"?')),
    "role without people": ("[roles.engineer]\nheadcount = 1", "[roles.engineer]\nheadcount = 0", ("stages.proposal.work.1.role", '"engineer" has nobody')),
    "effort in days": ("gamma(mean=3h, sd=1h)", "1d", ("stages.demo.work.effort", "h or min of working time", "a day of effort")),
    "effort without unit": ("gamma(mean=3h, sd=1h)", "gamma(mean=3, sd=1)", ("stages.demo.work.effort", "h or min")),
    "task without effort": (WORK, 'work = { role = "ae" }', ("stages.demo.work.effort", "is missing")),
    "unknown key of a task": (WORK, WORK.replace(" }", ", skill = 2 }"), ("stages.demo.work.skill", "allowed are role, effort")),
    "patience without work": (WORK + "\n", "", ("stages.demo.patience", "no work")),
    "patience leads nowhere": ('abandons_to = "lost"\n', "", ("stages.demo.abandons_to", "missing beside patience")),
    "abandons to nowhere": ('abandons_to = "lost"', 'abandons_to = "lots"', ("stages.demo.abandons_to", 'did you mean "lost"?')),
    "abandons without patience": ('patience = "weibull(shape=1.2, scale=10d)"\n', "", ("stages.demo.abandons_to", "goes with patience")),
    "half-life without lost": (EXITS, 'exits = { proposal = { p = 0.6, wait_half_life = "2d" }, churned = { p = 0.4 } }', ("stages.demo.exits", "needs an exit to lost", "p may be 0")),
    "half-life of nothing": ('wait_half_life = "2d"', "wait_half_life = 0", ("stages.demo.exits.proposal.wait_half_life", "above 0")),
    "half-life of those lost": ("lost = { p = 0.4 }", 'lost = { p = 0.4, wait_half_life = "2d" }', ("stages.demo.exits.lost.wait_half_life", "goes to lost anyway")),
    "campaign of half a day": ('over = "5d"', 'over = "12h"', ("sources.inbound.campaigns.trade_fair.over", "whole days, at least 1", "0.5 days")),
    "campaign without a day": ("on = 2026-03-10, ", "", ("sources.inbound.campaigns.trade_fair.on", "is missing")),
    "unknown key of a campaign": ("leads = 150", "leads = 150, cost = 9", ("sources.inbound.campaigns.trade_fair.cost", "allowed are on, leads, over")),
    "spawns from nowhere": ('spawns = { source = "inbound"', 'spawns = { source = "inbuond"', ("stages.demo.spawns.source", 'did you mean "inbound"?')),
    "spawns without end": ("leads = 0.3", "leads = 1.2", ("stages.demo.spawns", "brings 1.2 new leads", "below 1")),
    "recognised nowhere": ('from = "won"', 'from = "wno"', ("goal.recognise.from", 'did you mean "won"?')),
    "recognised from": ('from = "won"', 'form = "won"', ("goal.recognise.form", "allowed are from, over")),
    "target with two ends": ("at_least = 0.9", "at_least = 0.9, at_most = 1", ("goal.target", "either at_least or at_most")),
    "target with no end": ("at_least = 0.9, ", "", ("goal.target", "either at_least or at_most")),
    "target of no metric": ('metric = "retention"', 'metric = "retension"', ("goal.target.metric", 'did you mean "retention"?')),
    "target of no stage": ('metric = "retention"', 'metric = "wait_days.dmo"', ("goal.target.metric", 'did you mean "demo"?')),
    "target of no role": ('metric = "retention"', 'metric = "utilisation.aes"', ("goal.target.metric", 'did you mean "ae"?')),
    "shock of a stage": ("odds = {", "stage = {", ("shocks", "odds, sources.inbound.rate only")),
    "shock of no source": ('"sources.inbound.rate"', '"sources.inbuond.rate"', ("shocks", 'did you mean "sources.inbound.rate"?')),
    "shock without quotes": ('"sources.inbound.rate" =', "sources.inbound.rate =", ("shocks.sources", "stands in quotes")),
    "shock that never fades": ("rho = 0.5", "rho = 1", ("shocks", "less than 1")),
    "override of an unknown role": ('stages.demo.work.role = "engineer"', 'stages.demo.work.role = "engener"', ("segments.enterprise.stages.demo.work.role", 'did you mean "engineer"?')),
    "override of work that is not there": ('stages.demo.work.role = "engineer"', "stages.demo.spawns.leads = 0.1\nstages.proposal.patience = 3\nstages.proposal.exits.won.wait_half_life = 2", ("segments.enterprise.stages.proposal.abandons_to", "missing beside patience")),
    "override of one of several tasks": ('stages.demo.work.role = "engineer"', 'stages.proposal.work.role = "ae"', ("segments.enterprise.stages.proposal.work.role", "name one of stages.proposal.work.0")),
    "override of a role": ('stages.demo.work.role = "engineer"', "roles.ae.headcount = 3", ("segments.enterprise.roles.ae.headcount", "of stages only")),
    "effort without end": ("gamma(mean=3h, sd=1h)", "lognormal(median=3h, sigma=9)", ("stages.demo.work.effort", "max=")),
    "patience without end": ("weibull(shape=1.2, scale=10d)", "lognormal(median=3d, sigma=9)", ("stages.demo.patience", "max=")),
}  # fmt: skip


def fails(text: str, tmp_path: Path) -> str:
    path = tmp_path / "model.toml"
    path.write_text(text)
    code, output = check(path)
    assert code == 1, output
    assert output.startswith("Error: ")
    assert "Traceback" not in output
    return output


def test_the_good_file_is_good(tmp_path: Path) -> None:
    """Or the cases below would prove nothing."""
    path = tmp_path / "model.toml"
    path.write_text(GOOD)
    code, output = check(path)
    assert code == 0, output
    assert "note:" not in output


@pytest.mark.parametrize("name", CASES)
def test_a_broken_workforce_ends_in_one_clear_message(name: str, tmp_path: Path) -> None:
    old, new, said = CASES[name]
    assert old in GOOD
    output = fails(GOOD.replace(old, new, 1), tmp_path)
    assert "model.toml" in output
    for text in said:
        assert text in output, output


def test_what_needs_work_is_told_of_all_at_once(tmp_path: Path) -> None:
    output = fails(GOOD.replace(WORK + "\n", ""), tmp_path)
    assert "3 problems" in output
    for said in (
        "stages.demo.patience: is patience for a rep, but the stage has no work",
        "stages.demo.exits.proposal.wait_half_life: is of waiting for a rep, but the stage has no work",
        "segments.enterprise.stages.demo.work.role: stages.demo.work is not set in the file",
    ):
        assert said in output


def test_families_are_judged_over_all_sources_and_segments(tmp_path: Path) -> None:
    """Two sources whose leads bring leads of the other end below a spectral radius of 1, not above.

    Catches a check of each source alone, which sees no lead that brings leads of its own source.
    """
    two = GOOD.replace("[segments.smb]", '[sources.other]\nenters = "proposal"\nrate = 1\n[segments.smb]')
    spawns = 'spawns = { source = "inbound", leads = 0.3, after = "20d" }'
    two = two.replace(spawns, 'spawns = { source = "other", leads = LEADS, after = "20d" }')
    two = two.replace(
        "[stages.proposal]", '[stages.proposal]\nspawns = { source = "inbound", leads = 1, after = 1 }'
    )
    # inbound: demo once, proposal 0.6 times -> [0.6, LEADS]; other: proposal once -> [1, 0].
    # Spectral radius: (0.6 + sqrt(0.36 + 4 LEADS)) / 2, which is 1 at LEADS = 0.4.
    path = tmp_path / "model.toml"
    path.write_text(two.replace("LEADS", "0.39"))
    assert check(path)[0] == 0, check(path)[1]
    output = fails(two.replace("LEADS", "0.41"), tmp_path)
    assert "stages.demo.spawns and stages.proposal.spawns" in output
    assert "brings 1.01 new leads" in output


def test_a_segment_counts_with_its_share(tmp_path: Path) -> None:
    """0.7 x 0.3 + 0.3 x LEADS reaches 1 at 2.633; catches the file's 0.3 for all, and the segment's for all."""
    override = 'stages.demo.work.role = "engineer"'
    path = tmp_path / "model.toml"
    path.write_text(GOOD.replace(override, "stages.demo.spawns.leads = 2.6"))
    assert check(path)[0] == 0, check(path)[1]
    assert "brings 1.02 new" in fails(GOOD.replace(override, "stages.demo.spawns.leads = 2.7"), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [("headcount = 6", "headcount = -1"), ('hours = "Mon-Fri 09:00-17:00"', 'hours = "Mon-Fry 09:00-17:00"')],
)
def test_what_names_a_broken_part_is_not_told_that_it_is_unknown(old: str, new: str, tmp_path: Path) -> None:
    """Catches a role or a calendar that is left out as a whole when one of its keys is wrong."""
    output = fails(GOOD.replace(old, new), tmp_path)
    assert "unknown role" not in output
    assert "unknown calendar" not in output
