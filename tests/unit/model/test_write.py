"""A written model reads back the same, and reads well."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funnelsim.model.files import model_to_toml, read_funnel
from funnelsim.model.parts import Model
from funnelsim.model.read import read_document

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def model_of(source: dict[str, Any] | None = None, **stage: Any) -> Model:
    return Model.model_validate(
        {
            "start": dt.date(2026, 1, 1),
            "sources": {"inbound": {"enters": "demo", "rate": 1.0} | (source or {})},
            "stages": {
                "demo": {
                    "after": "3d",
                    "exits": {"won": {"p": 0.25}, "lost_price": {"to": "lost", "p": 0.75, "after": "9d"}},
                    **stage,
                }
            },
        }
    )


def read_back(model: Model) -> Model | None:
    found, problems = read_document(tomllib.loads(model_to_toml(model)))
    assert problems == []
    return found


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    rate=st.floats(0, 1e6),
    growth=st.floats(-0.9, 5),
    dwell=st.floats(0, 1e4),
    amount=st.floats(0, 1e3),
    texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=4),
)
def test_any_number_and_any_text_is_read_again(
    rate: float, growth: float, dwell: float, amount: float, texts: list[str]
) -> None:
    """Catches a unit that rounds, a quote, a line break or a control character left as it is."""
    model = model_of(
        {"rate": rate, "growth": growth},
        targets={"dwell": dwell},
        amount=amount,
        checklist=texts,
        name=" ".join(texts),
    )
    assert read_back(model) == model


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_is_read_again(path: Path) -> None:
    model = read_funnel(path).model
    assert read_back(model) == model


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ({"rate": "3 per week"}, 'rate = "3 per week"'),
        ({"rate": "40 per day"}, 'rate = "40 per day"'),
        ({"rate": "25 per month"}, 'rate = "25 per month"'),
        ({"rate": "50 per year"}, 'rate = "50 per year"'),
        ({"growth": "1.5% per month"}, 'growth = "1.5% per month"'),
        ({"growth": "-2% per month"}, 'growth = "-2% per month"'),
    ],
)
def test_rates_and_growth_are_written_as_a_person_would(source: dict[str, Any], line: str) -> None:
    """Catches 0.42857142857142855 per day."""
    assert line in model_to_toml(model_of(source)).splitlines()


def test_exits_stand_under_each_other_and_long_lists_have_a_line_an_entry() -> None:
    short, long = ["The use case is confirmed"], ["Each agreed use case was shown and met"] * 4
    text = model_to_toml(model_of(checklist=long, involves=short, targets={"dwell": "14d"}))
    lines = text.splitlines()
    assert "won        = { p = 0.25 }" in lines
    assert 'lost_price = { to = "lost", p = 0.75, after = "constant(9d)" }' in lines
    assert 'targets = { dwell = "14d" }' in lines
    assert 'involves = ["The use case is confirmed"]' in lines
    assert lines.count('    "Each agreed use case was shown and met",') == 4
    assert max(map(len, lines)) <= 110


def test_what_follows_a_probability_stands_in_one_column() -> None:
    exits = {
        "won": {"p": 0.5, "after": "3d"},
        "lost": {"p": 0.375, "after": "4d"},
        "never": {"p": 0.125},
    }
    lines = model_to_toml(model_of(exits=exits)).splitlines()
    assert 'won   = { p = 0.5,   after = "constant(3d)" }' in lines
    assert 'lost  = { p = 0.375, after = "constant(4d)" }' in lines
    assert "never = { p = 0.125 }" in lines
