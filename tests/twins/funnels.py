"""Random funnels for the twin tests: any graph, loops, segments, clocks, credits, changes, open leads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
from hypothesis import strategies as st

from funnelsim.model.changes.changes import Change, RemoveStage, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model

START = dt.date(2026, 1, 14)
HORIZON_DAYS = 70

DISTRIBUTIONS = st.sampled_from(
    [
        "exponential(mean=4d)",
        "lognormal(median=6d, sigma=0.8)",
        "weibull(shape=0.7, scale=9d)",
        "gamma(mean=5d, sd=4d)",
        "loglogistic(median=3d, shape=2.5)",
        "constant(2d)",
        "constant(0d)",
        "uniform(low=1d, high=12d)",
        "empirical(1d, 2d, 7d)",
    ]
)
AMOUNTS = st.sampled_from(
    [
        "lognormal(mean=12000, sigma=1.0)",
        "constant(500)",
        "gamma(mean=900, sd=300)",
        "mixture(0.9999*constant(0), 0.0001*constant(1e9))",
    ]
)
FACTORS = st.floats(0.0, 2.0).map(lambda x: round(x, 2))
SHARES = st.integers(1, 9)
PLANNED = st.none() | st.integers(-15, 45).map(lambda days: START + dt.timedelta(days=days))


@dataclass(frozen=True)
class Case:
    funnel: Funnel
    changes: tuple[Change, ...]
    warmup_days: int


def shares(draw: st.DrawFn, n: int) -> list[float]:
    weights = [draw(SHARES) for _ in range(n)]
    return [w / sum(weights) for w in weights]


def pattern(draw: st.DrawFn, n: int) -> list[float] | None:
    if draw(st.booleans()):
        return None
    factors = [draw(FACTORS) for _ in range(n)]
    return factors if sum(factors) > 0 else None


@st.composite
def stage(draw: st.DrawFn, place: int, keys: list[str], clocks: list[str]) -> dict[str, object]:
    """A stage that always has a way out, maybe a way back, maybe a `never`, maybe two exits to one target."""
    onward = keys[place + 1] if place + 1 < len(keys) else "won"
    targets = {onward, "lost"} | set(draw(st.lists(st.sampled_from([*keys, "churned", "never"]), max_size=3)))
    ordered = sorted(targets)
    exits: dict[str, dict[str, object]] = {}
    chances = dict(zip(ordered, shares(draw, len(ordered)), strict=True))
    for target, p in chances.items():
        one: dict[str, object] = {"to": target, "p": p}
        if target in keys[: place + 1]:
            # A way back takes time, or a loop could go round for ever at one instant.
            one["after"] = "exponential(mean=5d)"
        elif target != "never":
            one["after"] = draw(DISTRIBUTIONS)
        if target != "never" and clocks and draw(st.booleans()):
            one["clock"] = draw(st.sampled_from(clocks))
        exits[target] = one
    found: dict[str, object] = {"exits": exits, "amount": draw(st.sampled_from([1.0, 1.0, 1.05]))}
    if draw(st.booleans()):
        exits[onward]["p"] = half = chances[onward] / 2
        exits["late"] = exits[onward] | {"p": half, "after": draw(DISTRIBUTIONS)}
    if clocks and draw(st.integers(0, 3)) == 0:
        found["clock"] = draw(st.sampled_from(clocks))
    if draw(st.booleans()):
        found["planned"] = {"before": "30d", "until": "10d", "exits": draw(planned_exits(exits))}
    if draw(st.integers(0, 3)) == 0:
        found["credit"] = {"bookings": draw(FACTORS), "quota": draw(FACTORS)}
    return found


@st.composite
def planned_exits(draw: st.DrawFn, exits: dict[str, dict[str, object]]) -> dict[str, object]:
    """Exits of open leads with a planned close: those of the stage with other chances and distributions."""
    found: dict[str, object] = {}
    for (target, one), p in zip(exits.items(), shares(draw, len(exits)), strict=True):
        after = {} if target == "never" else {"after": draw(DISTRIBUTIONS)}
        found[target] = {"to": one["to"], "p": p, **after}
    return found


@st.composite
def source(draw: st.DrawFn, keys: list[str], segments: list[str]) -> dict[str, object]:
    entries = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
    found: dict[str, object] = {
        "enters": dict(zip(entries, shares(draw, len(entries)), strict=True)),
        "rate": draw(st.sampled_from(["3 per week", "0.7 per day", "2 per day"])),
        "weekday": pattern(draw, 7),
        "month": pattern(draw, 12),
        "growth": draw(st.sampled_from([0.0, 0.1, -0.05])),
        "dispersion": draw(st.sampled_from([1.0, 1.0, 1.8])),
        "amount": draw(AMOUNTS),
    }
    if segments:
        found["segments"] = dict(zip(segments, shares(draw, len(segments)), strict=True))
    return {k: v for k, v in found.items() if v is not None}


@st.composite
def clock(draw: st.DrawFn) -> dict[str, object]:
    found: dict[str, object] = {"over": "quarter", "month": [0.4, 0.8, 1.8]}
    if draw(st.booleans()):
        found = {"over": "quarter", "week": [round(0.5 + 0.1 * i, 1) for i in range(13)]}
    if draw(st.booleans()):
        found["weekday"] = [1, 1, 1, 1, 1, 0.1, 0]
    if draw(st.booleans()):
        found["day"] = [3, *[0.5] * 13, 2, *[1] * 15, draw(FACTORS)]
    return found


@st.composite
def pipeline(
    draw: st.DrawFn, keys: list[str], segments: list[str], sources: list[str]
) -> pl.DataFrame | None:
    n = draw(st.integers(0, 6))
    if n == 0:
        return None
    stages = [draw(st.sampled_from(keys)) for _ in range(n)]
    ages = [round(draw(st.floats(0, 60)), 3) for _ in range(n)]
    return pl.DataFrame(
        {
            "lead": [f"open-{i}" for i in range(n)],
            "name": [f"Deal {i}" for i in range(n)],
            "owner": [None] * n,
            "source": [draw(st.sampled_from(sources)) for _ in range(n)],
            "segment": [draw(st.sampled_from([None, *segments])) for _ in range(n)],
            "stage": stages,
            "age_days": ages,
            "lead_age_days": [age + draw(st.integers(0, 20)) for age in ages],
            "amount": [draw(st.sampled_from([None, 1000.0, 25000.0])) for _ in range(n)],
            "visits": [[*draw(st.lists(st.sampled_from(keys), max_size=3)), stage] for stage in stages],
            "won_before": [draw(st.booleans()) for _ in range(n)],
            "planned_close": [draw(PLANNED) for _ in range(n)],
        },
        schema_overrides={
            "amount": pl.Float64,
            "owner": pl.String,
            "segment": pl.String,
            "planned_close": pl.Date,
        },
    )


@st.composite
def case(draw: st.DrawFn) -> Case:
    """A funnel with what lies beside it, and a scenario's changes."""
    keys = [f"stage_{i}" for i in range(draw(st.integers(1, 5)))]
    segments = draw(st.sampled_from([[], [], ["smb", "enterprise"]]))
    clocks = {f"clock_{i}": draw(clock()) for i in range(draw(st.integers(0, 2)))}
    sources = {f"source_{i}": draw(source(keys, segments)) for i in range(draw(st.integers(1, 2)))}
    document: dict[str, object] = {
        "name": "twin",
        "start": START,
        "goal": {"books_at": draw(st.sampled_from([keys[-1], "won"])), "period": "month"},
        "clocks": clocks,
        "sources": sources,
        "segments": {key: {} for key in segments},
        "stages": {key: draw(stage(i, keys, list(clocks))) for i, key in enumerate(keys)},
    }
    if "enterprise" in segments:
        document["segments"] = {
            "smb": {},
            "enterprise": {
                "amount": "lognormal(mean=60000, sigma=0.9)",
                "overrides": {f"stages.{keys[0]}.exits.lost.p": 0.3},
            },
        }
    if draw(st.booleans()):
        document["listed_factor"] = "uniform(low=0.5, high=1.1)"
    open_leads = draw(pipeline(keys, segments, list(sources)))
    draws = None
    if draw(st.integers(0, 3)) == 0:
        draws = pl.DataFrame(
            {"sources.source_0.rate": [0.5, 1.0, 2.5], f"stages.{keys[0]}.exits.lost.p": [0.1, 0.2, 0.4]}
        )
    model = Model.model_validate(document)
    funnel = Funnel(model=model, draws=draws, pipeline=open_leads, path=None, sha256="")
    return Case(
        funnel, draw(changes(model, keys)), 0 if open_leads is not None else draw(st.sampled_from([0, 40]))
    )


@st.composite
def changes(draw: st.DrawFn, model: Model, keys: list[str]) -> tuple[Change, ...]:
    dates = st.sampled_from([None, START + dt.timedelta(days=20), START + dt.timedelta(days=45)])
    found: list[Change] = []
    if draw(st.booleans()):
        found.append(SetValue(path=f"stages.{keys[0]}.exits.lost.p", by="x0.5", start=draw(dates)))
    if draw(st.booleans()):
        found.append(SetValue(path="sources.source_0.rate", by="x1.5", start=draw(dates)))
    removable = [k for k in keys[:-1] if model.stages[k].credit is None]
    if removable and draw(st.booleans()):
        found.append(
            RemoveStage(
                stage=draw(st.sampled_from(removable)),
                recovered=(draw(st.sampled_from([0.0, 0.5, 1.0])),),
                start=draw(dates),
            )
        )
    return tuple(found)
