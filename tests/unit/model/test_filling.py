"""The advised warm-up, against chains whose time to book is known in closed form."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

from funnelsim.engines.run import simulate
from funnelsim.metrics.names import metric_values
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.model.flows.warmup import days_to_fill
from funnelsim.model.parts import Exit, Model
from funnelsim.results.run import Window

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def model(stages: dict[str, Any], **goal: Any) -> Model:
    return Model(
        start=dt.date(2026, 1, 1),
        goal=goal,
        sources={"web": {"enters": "a", "rate": "1 per day"}},
        stages={key: {"exits": exits} for key, exits in stages.items()},
    )


def test_two_stays_of_fixed_length_take_their_sum() -> None:
    """Catches stays of those who are lost counted in: they take 500 days."""
    chain = {
        "a": {"b": {"p": 0.5, "after": "60d"}, "lost": {"p": 0.5, "after": "500d"}},
        "b": {"won": {"p": 1.0, "after": "70d"}},
    }
    assert days_to_fill(model(chain)) == 150


def test_a_loop_has_the_mean_and_the_spread_of_its_rounds() -> None:
    """Rounds of 10 d, geometric with p = 1/2: mean 20 d, sd sqrt(2) x 10 d; 20 + 42.4 d.

    Catches a variance without the part of the rounds still to come.
    """
    chain = {"a": {"a": {"p": 0.5, "after": "10d"}, "won": {"p": 0.5, "after": "10d"}}}
    assert days_to_fill(model(chain)) == 100
    # One round only: 10 d, in whole weeks.
    assert days_to_fill(model({"a": {"won": {"p": 1.0, "after": "10d"}}})) == 14


def test_what_counts_later_takes_longer_and_what_follows_does_not() -> None:
    chain = {
        "a": {"b": {"p": 1.0, "after": "20d"}},
        "b": {"live": {"p": 1.0, "after": "100d"}},
        "live": {"won": {"p": 1.0, "after": "900d"}},
    }
    assert days_to_fill(model(chain, books_at="b")) == 21
    assert days_to_fill(model(chain, books_at="b", credits_at="live")) == 150


def test_a_win_after_the_credit_counts_too() -> None:
    """Deals are credited after 20 days and won after 120. Catches the time to the credit alone: 21 days."""
    chain = {
        "a": {"b": {"p": 1.0, "after": "20d"}},
        "b": {"won": {"p": 1.0, "after": "100d"}},
    }
    assert days_to_fill(model(chain, credits_at="b")) == 150
    unreached = chain | {"c": {"won": {"p": 1.0, "after": "1d"}}}
    assert days_to_fill(model(unreached, credits_at="c")) == 150


def test_a_funnel_without_dwells_is_told_the_shortest() -> None:
    """Catches the 200 days of a funnel that never books, told to one whose deals take an afternoon."""
    assert days_to_fill(model({"a": {"won": {"p": 1.0, "after": "0d"}}})) == 7


def test_a_process_of_hours_fills_in_a_week() -> None:
    """A week holds every weekday; between 43 and 50 days it takes 50. Catches 50 days told to 11 hours."""
    assert days_to_fill(model({"a": {"won": {"p": 1.0, "after": "11h"}}})) == 7
    assert days_to_fill(model({"a": {"won": {"p": 1.0, "after": "43d"}}})) == 49
    assert days_to_fill(model({"a": {"won": {"p": 1.0, "after": "43.5d"}}})) == 50


def test_a_funnel_that_never_books_still_gets_an_answer() -> None:
    assert days_to_fill(model({"a": {"lost": {"p": 1.0, "after": "5d"}}})) == 200


def test_the_sales_process_map_books_evenly_after_its_warm_up() -> None:
    """Wins of a quarter after the warm-up are those of the quarter a year later, within 4 standard errors.

    Growth and queues are switched off. Catches a third of the advice (5 standard errors too few).
    """
    advice = days_to_fill(steady().model)
    assert abs(shortfall(advice)) < 4
    assert shortfall(advice / 3) > 4


def steady() -> Funnel:
    """The map as a chain of stays alone, at rates that stay: without growth, campaigns, work and waiting."""
    funnel = read_funnel(SCENARIOS / "sales_process_map.toml")
    model = funnel.model
    always = {"growth": 0.0, "campaigns": {}}
    alone = {"work": (), "patience": None, "abandons_to": None, "spawns": None}
    changed = {
        "roles": {},
        "sources": {key: source.model_copy(update=always) for key, source in model.sources.items()},
        "stages": {
            key: stage.model_copy(update={**alone, "exits": at_once(stage.exits)})
            for key, stage in model.stages.items()
        },
        "segments": {
            key: segment.model_copy(update={"overrides": without_work(segment.overrides)})
            for key, segment in model.segments.items()
        },
    }
    return dataclasses.replace(funnel, model=model.model_copy(update=changed))


def at_once(exits: dict[str, Exit]) -> dict[str, Exit]:
    return {name: e.model_copy(update={"wait_half_life": None}) for name, e in exits.items()}


def without_work(overrides: dict[str, Any]) -> dict[str, Any]:
    return {path: value for path, value in overrides.items() if ".work." not in path}


def shortfall(after: float) -> float:
    """Wins missing in the quarter that begins so many days after an empty start, in standard errors."""
    after = float(
        after
    )  # whole numbers are a type of their own to numba, which would compile the engine again
    end = after + 365 + 91
    windows = (
        Window(label="all", start_day=0.0, end_day=end),
        Window(label="early", start_day=after, end_day=after + 91),
        Window(label="late", start_day=after + 365, end_day=end),
    )
    run = simulate(steady(), days=end, windows=windows, replications=100)
    missing = metric_values(run, "deals_won", 2) - metric_values(run, "deals_won", 1)
    return float(missing.mean() / (missing.std(ddof=1) / 10))
