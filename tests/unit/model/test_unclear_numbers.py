"""A number alone where a factor was probably meant is asked about, with what to write instead."""

from __future__ import annotations

import tomllib

import pytest

from funnelsim.core.errors import ChangeError
from funnelsim.model.files.read import read_document
from funnelsim.model.scenarios.read import parse_set

MODEL = """
format = 1
start = 2026-01-01
[sources.a]
enters = "demo"
rate = "5 per day"
amount = "lognormal(mean=9000, sigma=1)"
[roles.ae]
headcount = 3
[stages.demo]
after = "lognormal(median=6d, sigma=0.8)"
work = { role = "ae", effort = "1h" }
patience = "exponential(mean=4d)"
abandons_to = "lost"
exits = { won = { p = 0.5, wait_half_life = "3d" }, lost = { p = 0.5, after = "2d" } }
"""
model, problems = read_document(tomllib.loads(MODEL))
assert model is not None, problems


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("stages.demo.after=0.7", 'write 0.7d for days, or x0.7 for a factor; did you mean "x0.7"?'),
        ("stages.demo.after=7", 'did you mean "x7"?'),
        ("stages.demo.exits.lost.after=0.7", "write 0.7d for days"),
        ("stages.demo.after.median=0.7", "write 0.7d for days"),
        ("stages.demo.patience=0.5", "write 0.5d for days"),
        ("stages.demo.patience.mean=0.5", "write 0.5d for days"),
        ("stages.demo.exits.won.wait_half_life=2", "write 2d for days"),
        ("sources.a.rate=1.2", 'write "1.2 per day", or x1.2 for a factor'),
        ("sources.a.amount=0.9", "would fall to 0.9; write x0.9 for a factor"),
        ("sources.a.amount.mean=1.1", 'did you mean "x1.1"?'),
    ],
)
def test_a_bare_number_is_asked_about(asked: str, said: str) -> None:
    assert model is not None
    with pytest.raises(ChangeError) as caught:
        parse_set(asked, model)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "clear",
    [
        "stages.demo.after=x0.7",
        "stages.demo.after=0.7d",
        "stages.demo.after=0",
        "stages.demo.after.sigma=0.7",
        "stages.demo.exits.won.p=0.7",
        "sources.a.rate=1.2 per day",
        "sources.a.rate=x1.2",
        "sources.a.rate=0",
        "sources.a.amount=12000",
        "sources.a.amount.sigma=0.5",
        "roles.ae.headcount=4",
    ],
)
def test_what_can_mean_one_thing_only_is_taken(clear: str) -> None:
    assert model is not None
    parse_set(clear, model)
