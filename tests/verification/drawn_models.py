"""Companies drawn from a stated prior, each with a history that is cut, and what then happened.

The prior: one to four stages in a row. In each a lead goes on with a probability from Beta(6, 5), else it is
lost; with chance 0.3 a share of 2 to 15 % never leaves; with chance 0.2 some of the lost go back a stage.
Dwells are lognormal, gamma or Weibull with medians from 2 to 25 days (even on the log scale). One or two
sources with 1 to 8 leads a day (even on the log scale), Poisson or up to three times as uneven; amounts
lognormal with sigma 0.3 to 1.2. The history is 250 to 500 days long; the next 91 days are forecast.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from funnelsim.distributions import parse_distribution
from funnelsim.engines.run import simulate
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel, funnel_of
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.results.convert import history_of

START = dt.date(2023, 1, 2)
PERIOD_DAYS = 91


@dataclass(frozen=True)
class Case:
    """A company: its history up to the as-of day, and bookings and wins of the 91 days after it."""

    history: History
    bookings: float
    wins: int


def drawn_case(number: int, seed: int) -> Case:
    """Company `number` of the prior."""
    rng = np.random.default_rng([seed, number])
    days = int(rng.integers(250, 501))
    funnel = drawn_funnel(rng)
    life = simulate(
        funnel, days=days + PERIOD_DAYS, replications=1, seed=int(rng.integers(2**31)), visits=True
    )
    assert life.visits is not None
    won = life.visits.filter((life.visits["exit"] == "won") & (life.visits["left"] >= days))
    return Case(
        history=history_of(life, funnel.model, replication=0, as_of_day=days),
        bookings=float(won["amount"].sum()),
        wins=won.height,
    )


def drawn_funnel(rng: np.random.Generator) -> Funnel:
    """A funnel of the prior."""
    names = [f"s{i}" for i in range(int(rng.integers(1, 5)))]
    stages = {
        name: Stage(name=name, exits=_drawn_exits(rng, names, place)) for place, name in enumerate(names)
    }
    sources = {
        f"source{i}": Source(
            enters={names[0]: 1.0},
            rate=float(np.exp(rng.uniform(0, np.log(8)))),
            dispersion=float(rng.choice([1.0, rng.uniform(1, 3)])),
            amount=parse_distribution(f"lognormal(mean=10000, sigma={rng.uniform(0.3, 1.2):.3f})", "amount"),
        )
        for i in range(int(rng.integers(1, 3)))
    }
    return funnel_of(Model(name="drawn", currency="USD", start=START, sources=sources, stages=stages))


def _drawn_exits(rng: np.random.Generator, names: list[str], place: int) -> dict[str, Exit]:
    onward = rng.beta(6, 5)
    never = rng.uniform(0.02, 0.15) if rng.random() < 0.3 else 0.0
    back = 0.1 * (1 - onward) if place and rng.random() < 0.2 else 0.0
    target = names[place + 1] if place + 1 < len(names) else "won"
    exits = {target: Exit(to=target, p=onward * (1 - never), after=_drawn_dwell(rng))}
    if back:
        exits[names[place - 1]] = Exit(to=names[place - 1], p=back * (1 - never), after=_drawn_dwell(rng))
    exits["lost"] = Exit(to="lost", p=(1 - onward - back) * (1 - never), after=_drawn_dwell(rng))
    if never:
        exits["never"] = Exit(to="never", p=never)
    return exits


def _drawn_dwell(rng: np.random.Generator):  # type: ignore[no-untyped-def]
    median = float(np.exp(rng.uniform(np.log(2), np.log(25))))
    text = (
        f"lognormal(median={median:.4g}d, sigma={rng.uniform(0.4, 1.2):.3f})",
        f"gamma(shape={rng.uniform(0.8, 4):.3f}, scale={median / 2:.4g}d)",
        f"weibull(shape={rng.uniform(0.7, 2):.3f}, scale={median:.4g}d)",
    )[int(rng.integers(3))]
    return parse_distribution(text, "duration")
