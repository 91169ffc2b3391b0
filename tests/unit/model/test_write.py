"""A written model reads back the same, and reads well."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from funnelsim.model.files.model_files import model_to_toml, read_funnel
from funnelsim.model.files.read import read_document
from funnelsim.model.parts import Goal, Model, Shock
from funnelsim.model.roles import Role, WorkCalendar

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


def test_a_calendar_that_is_open_always_is_written() -> None:
    """Without its heading, the source would name an unknown calendar."""
    document = model_of({"hours": "always"}).model_dump(exclude_unset=True) | {"calendars": {"always": {}}}
    model = Model.model_validate(document)
    again = read_back(model)
    assert again is not None
    assert again.calendars == {"always": WorkCalendar()}


#: What a model file may hold: control characters are refused, but for those that end lines.
TYPED = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t")


@settings(max_examples=200)
@given(
    rate=st.floats(0, 1e6),
    growth=st.floats(-0.9, 5),
    dwell=st.floats(0, 1e4),
    amount=st.floats(0, 1e3),
    texts=st.lists(st.text(TYPED, max_size=60), max_size=4),
)
def test_any_number_and_any_text_is_read_again(
    rate: float, growth: float, dwell: float, amount: float, texts: list[str]
) -> None:
    """Catches a unit that rounds, a quote, or a line break left as it is."""
    model = model_of(
        {"rate": rate, "growth": growth},
        targets={"dwell": dwell},
        amount=amount,
        checklist=texts,
        name=" ".join(texts),
    )
    assert read_back(model) == model


KEYS = st.sampled_from(["ae", "sdr", "team_2"])
DATES = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
SPANS = st.floats(0, 1e4)
COUNTS = st.integers(1, 10_000)
FACTORS = st.floats(0, 1e3)
HOURS = st.sampled_from(["Mon-Fri 09:00-17:00", "Sat 10:00-14:00", "Sun 22:00-24:00", "Mon,Wed 18:00-02:00"])
TURNOVERS = st.lists(st.fixed_dictionaries({"on": DATES, "count": COUNTS}), max_size=3)
DISTRIBUTIONS = st.builds(
    "{}(mean={}{}, sd={}{})".format, st.just("gamma"), *[st.integers(1, 99), st.just("h")] * 2
)
CALENDAR = st.fixed_dictionaries(
    {"hours": st.lists(HOURS, min_size=1, max_size=3, unique=True)},
    optional={"holidays": st.lists(DATES, max_size=30)},
)
ROLE = st.fixed_dictionaries(
    {"headcount": COUNTS},
    optional={
        "name": st.text(TYPED, max_size=20),
        "calendar": st.just("office"),
        "ramp": st.lists(FACTORS, max_size=20),
        "hires": TURNOVERS,
        "attrition": st.fixed_dictionaries({"rate": FACTORS}, optional={"backfill_after": SPANS}),
        "assignment": st.just("owner"),
        "discipline": st.sampled_from(["fifo", "lifo", "largest", "oldest", "latest_stage"]),
        "annual_cost": FACTORS,
        "quota": FACTORS,
    },
)
CAMPAIGN = st.fixed_dictionaries(
    {"on": DATES, "leads": FACTORS}, optional={"over": st.integers(1, 400).map(lambda n: f"{n}d")}
)
SHOCK = st.fixed_dictionaries({"sd": st.floats(0, 5)}, optional={"rho": st.floats(-0.99, 0.99)})


@settings(max_examples=200)
@given(
    calendar=CALENDAR,
    roles=st.dictionaries(KEYS, ROLE, min_size=1),
    campaigns=st.dictionaries(st.sampled_from(["fair", "webinar"]), CAMPAIGN),
    shocks=st.dictionaries(st.sampled_from(["odds", "sources.inbound.rate"]), SHOCK),
    efforts=st.lists(DISTRIBUTIONS, min_size=1, max_size=3),
    half_life=st.floats(1e-6, 1e4),
    spawned=st.floats(0, 0.99),
    over=SPANS,
    by=DATES,
)
def test_any_workforce_is_read_again(
    calendar: dict[str, Any],
    roles: dict[str, Any],
    campaigns: dict[str, Any],
    shocks: dict[str, Any],
    efforts: list[str],
    half_life: float,
    spawned: float,
    over: float,
    by: dt.date,
) -> None:
    """Catches a key without its quotes, "start" for "from", a task without its list, days without a unit."""
    try:
        office = WorkCalendar.model_validate(calendar)
    except ValidationError:
        assume(False)  # hours that overlap
    role = next(iter(roles))
    base = model_of(
        {"campaigns": campaigns, "hours": "office"},
        work=[{"role": role, "effort": effort} for effort in efforts],
        patience=efforts[0],
        abandons_to="lost",
        spawns={"source": "inbound", "leads": spawned, "after": efforts[-1]},
        exits={
            "won": {"p": 0.25, "wait_half_life": half_life},
            "lost_price": {"to": "lost", "p": 0.75},
        },
    )
    model = base.model_copy(
        update={
            "calendars": {"office": office},
            "roles": {key: Role.model_validate(found) for key, found in roles.items()},
            "shocks": {key: Shock.model_validate(found) for key, found in shocks.items()},
            "goal": Goal.model_validate(
                {
                    "recognise": {"from": "won", "over": over},
                    "target": {"metric": "bookings", "at_least": 1.0, "by": by},
                }
            ),
        }
    )
    assert read_back(model) == model


def test_who_works_is_written_as_a_person_would() -> None:
    work = {"role": "ae", "effort": "90min"}
    model = model_of(
        {"campaigns": {"fair": {"on": dt.date(2026, 3, 10), "leads": 150, "over": "5d"}}}, work=work
    ).model_copy(
        update={
            "calendars": {"office": WorkCalendar(hours="Mon-Fri 09:00-17:00")},  # type: ignore[arg-type]
            "roles": {
                "ae": Role.model_validate(
                    {"headcount": 2, "attrition": {"rate": "18% per year", "backfill_after": "2 months"}}
                )
            },
            "goal": Goal.model_validate({"recognise": {"from": "won", "over": "12 months"}}),
            "shocks": {"sources.inbound.rate": Shock(sd=0.1, rho=0.5)},
        }
    )
    lines = model_to_toml(model).splitlines()
    for line in (
        'hours = "Mon-Fri 09:00-17:00"',
        'attrition = { rate = "18% per year", backfill_after = "2 months" }',
        'recognise = { from = "won", over = "12 months" }',
        'work = { role = "ae", effort = "constant(1.5h)" }',
        'fair = { on = 2026-03-10, leads = 150, over = "5d" }',
        '"sources.inbound.rate" = { sd = 0.1, rho = 0.5 }',
    ):
        assert line in lines


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
