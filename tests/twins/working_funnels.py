"""Random funnels in which reps work: calendars, ramps, turnover, owners, disciplines, patience, lost exits.

Many values are whole hours or days, so that much happens at one instant; reps are few, so that leads wait.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import reject
from hypothesis import strategies as st

from funnelsim.core.errors import ChangeError
from funnelsim.model.changes.changes import Change, RemoveStage, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes

from .funnels import AMOUNTS, START, Case, clock, pipeline, shares, stage

HORIZON_DAYS = 40

HOURS = st.sampled_from(
    [
        "Mon-Fri 09:00-17:00",
        ["Mon-Fri 08:00-12:00", "Mon-Thu 13:00-17:30"],
        "Mon-Sun 22:00-06:00",
        ["Sat 10:00-14:00", "Tue 00:00-24:00"],
    ]
)
EFFORTS = st.sampled_from(
    [
        "constant(4h)",
        "constant(8h)",
        "exponential(mean=6h)",
        "gamma(mean=30h, sd=20h)",
        "constant(30min)",
        "constant(0h)",
    ]
)
WAITS = st.sampled_from(
    ["constant(1d)", "constant(16h)", "exponential(mean=1d)", "weibull(shape=1.2, scale=3d)"]
)
NO_WAIT = "constant(0d)"
DWELLS = st.sampled_from(["constant(1d)", "constant(2d)", "constant(0d)", "exponential(mean=2d)"])
DAYS = st.integers(0, HORIZON_DAYS + 3).map(lambda n: START + dt.timedelta(days=n))
CHANGE_DAYS = st.sampled_from([None, *(START + dt.timedelta(days=n) for n in (7, 12, 20))])
DISCIPLINES = st.sampled_from(["fifo", "lifo", "largest", "oldest", "latest_stage"])
RAMPS = st.sampled_from([[], [0.5], [0.0, 0.5], [0.25, 0.5, 0.75], [0.5, 0.0, 1.5]])
HALF_LIVES = st.sampled_from(["2h", "1d", "10d"])
SPAWNS = st.sampled_from(
    [
        {"source": "source_0", "leads": 0.05, "after": "0d"},
        {"source": "source_0", "leads": 0.1, "after": "2d"},
        {"source": "source_0", "leads": 0.1, "after": "exponential(mean=3d)"},
    ]
)


def one_in(draw: st.DrawFn, n: int) -> bool:
    return draw(st.integers(1, n)) == n


@st.composite
def calendar(draw: st.DrawFn) -> dict[str, object]:
    return {"hours": draw(HOURS), "holidays": draw(st.lists(DAYS, max_size=2, unique=True))}


@st.composite
def role(draw: st.DrawFn, calendars: list[str]) -> dict[str, object]:
    turnover = st.lists(st.builds(lambda on, n: {"on": on, "count": n}, DAYS, st.integers(1, 2)), max_size=2)
    found: dict[str, object] = {
        "headcount": draw(st.sampled_from([2, 1, 3, 4, 0])),
        "ramp": draw(RAMPS),
        "hires": draw(turnover),
        "departures": draw(turnover),
        "discipline": draw(DISCIPLINES),
    }
    if calendars and draw(st.booleans()):
        found["calendar"] = draw(st.sampled_from(calendars))
    if one_in(draw, 3):
        after = draw(st.sampled_from([{}, {"backfill_after": "0d"}, {"backfill_after": "5d"}]))
        found["attrition"] = {"rate": draw(st.sampled_from(["80% per year", "2000% per year"])), **after}
    if draw(st.booleans()):
        found["assignment"] = "owner"
        if draw(st.booleans()):
            found["open_deals_max"] = draw(st.integers(1, 6))
    return found


@st.composite
def demand(draw: st.DrawFn, keys: list[str], segments: list[str], calendars: list[str]) -> dict[str, object]:
    """A source; more leads than most teams of a few can serve."""
    entries = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=2, unique=True))
    found: dict[str, object] = {
        "enters": dict(zip(entries, shares(draw, len(entries)), strict=True)),
        "rate": draw(st.sampled_from(["2 per day", "5 per day", "3 per week"])),
        "amount": draw(AMOUNTS),
    }
    if segments:
        found["segments"] = dict(zip(segments, shares(draw, len(segments)), strict=True))
    if calendars and one_in(draw, 3):
        found["hours"] = draw(st.sampled_from(calendars))
    if one_in(draw, 3):
        found["campaigns"] = {"fair": {"on": draw(DAYS), "leads": 20, "over": "1d"}}
    return found


@st.composite
def working(
    draw: st.DrawFn, place: int, keys: list[str], found: dict[str, object], roles: list[str]
) -> dict[str, object]:
    """A stage with tasks, patience and exits that waiting costs."""
    exits = found["exits"]
    assert isinstance(exits, dict)
    for one in exits.values():
        if "after" in one and draw(st.booleans()):
            one["after"] = draw(DWELLS)
    if one_in(draw, 6):
        found["spawns"] = draw(SPAWNS)
    if place > 0 and one_in(draw, 4):
        return found
    tasks = draw(st.lists(st.tuples(st.sampled_from(roles), EFFORTS), min_size=1, max_size=3))
    found["work"] = [{"role": key, "effort": effort} for key, effort in tasks]
    if draw(st.booleans()):
        # Who goes back at once would come again, without end.
        at_once = one_in(draw, 6)
        onward = [key for key in exits if key in keys[place + 1 :]]
        back = [key for key in exits if key in keys[:place] and not at_once]
        found["patience"] = NO_WAIT if at_once else draw(WAITS)
        found["abandons_to"] = draw(st.sampled_from([*onward, "lost", *back, "churned"]))
    for one in exits.values():
        if one["to"] != "lost" and one_in(draw, 2):
            one["wait_half_life"] = draw(HALF_LIVES)
    return found


@st.composite
def working_case(draw: st.DrawFn) -> Case:
    """A funnel with reps, what lies beside it, and a scenario's changes."""
    keys = [f"stage_{i}" for i in range(draw(st.integers(1, 4)))]
    segments = draw(st.sampled_from([[], ["smb", "enterprise"]]))
    clocks = {"tempo": draw(clock())} if one_in(draw, 4) else {}
    calendars = {f"office_{i}": draw(calendar()) for i in range(draw(st.integers(0, 2)))}
    roles = {f"role_{i}": draw(role(list(calendars))) for i in range(draw(st.sampled_from([1, 2, 1, 3])))}
    sources = {
        f"source_{i}": draw(demand(keys, segments, list(calendars))) for i in range(draw(st.integers(1, 2)))
    }
    stages = {
        key: draw(working(i, keys, draw(stage(i, keys, list(clocks))), list(roles)))
        for i, key in enumerate(keys)
    }
    goal: dict[str, object] = {"books_at": draw(st.sampled_from([keys[-1], "won"])), "period": "month"}
    if one_in(draw, 5):
        goal["recognise"] = {"from": draw(st.sampled_from([keys[-1], "won"])), "over": "9d"}
    document: dict[str, object] = {
        "name": "twin",
        "start": START,
        "goal": goal,
        "clocks": clocks,
        "calendars": calendars,
        "roles": roles,
        "sources": sources,
        "segments": {key: {} for key in segments},
        "stages": stages,
    }
    if one_in(draw, 5):
        document["shocks"] = {"odds": {"sd": 0.5, "rho": 0.5}}
    if segments:
        document["segments"] = {
            "smb": {},
            "enterprise": draw(overrides(keys[0], stages[keys[0]], list(roles))),
        }
    model = Model.model_validate(document)
    open_leads = draw(waiting(keys, segments, list(sources)))
    draws = pl.DataFrame({f"stages.{keys[0]}.exits.lost.p": [0.1, 0.3]}) if one_in(draw, 5) else None
    funnel = Funnel(model=model, draws=draws, pipeline=open_leads)
    warmup = 0 if open_leads is not None else draw(st.sampled_from([0, 15]))
    changed = draw(changes(model, keys))
    try:
        check_changes(changed, model, "changes")
    except ChangeError:
        reject()
    return Case(funnel, changed, warmup)


@st.composite
def overrides(draw: st.DrawFn, key: str, found: dict[str, object], roles: list[str]) -> dict[str, object]:
    own: dict[str, object] = {f"stages.{key}.exits.lost.p": 0.3}
    tasks = found.get("work")
    if isinstance(tasks, list) and len(tasks) == 1:
        own[f"stages.{key}.work.role"] = draw(st.sampled_from(roles))
        own[f"stages.{key}.work.effort"] = draw(EFFORTS)
    if "patience" in found:
        own[f"stages.{key}.patience"] = draw(WAITS)
    return {"amount": draw(AMOUNTS), "overrides": own}


@st.composite
def waiting(draw: st.DrawFn, keys: list[str], segments: list[str], sources: list[str]) -> pl.DataFrame | None:
    """Open leads, of which some wait; in half of the funnels they have come at a few midnights."""
    found = draw(pipeline(keys, segments, sources))
    if found is None:
        return None
    states = [draw(st.sampled_from(["waiting", "working", "dwelling", None])) for _ in range(found.height)]
    if draw(st.booleans()):
        found = found.with_columns(pl.col("age_days").floor() % 3)
    return found.with_columns(pl.Series("state", states, dtype=pl.String))


@st.composite
def changes(draw: st.DrawFn, model: Model, keys: list[str]) -> tuple[Change, ...]:
    """Other chances, rates, efforts and headcounts, and a stage less, from the beginning or from some day."""
    found: list[Change] = []
    if one_in(draw, 4):
        found.append(SetValue(path=f"stages.{keys[0]}.exits.lost.p", by="x0.5", start=draw(CHANGE_DAYS)))
    if one_in(draw, 4):
        found.append(SetValue(path="sources.source_0.rate", by="x1.5", start=draw(CHANGE_DAYS)))
    if len(model.stages[keys[0]].work) == 1 and one_in(draw, 4):
        found.append(
            SetValue(path=f"stages.{keys[0]}.work.effort", to=draw(EFFORTS), start=draw(CHANGE_DAYS))
        )
    if one_in(draw, 2):
        path = f"roles.{draw(st.sampled_from(list(model.roles)))}.headcount"
        found.append(SetValue(path=path, to=draw(st.integers(0, 3)), start=draw(CHANGE_DAYS)))
    removable = [key for key in keys if key != keys[-1] and model.stages[key].credit is None]
    if removable and one_in(draw, 2):
        recovered = (draw(st.sampled_from([0.0, 0.5, 1.0])),)
        removed = draw(st.sampled_from(removable))
        found.append(RemoveStage(stage=removed, recovered=recovered, start=draw(CHANGE_DAYS)))
    return tuple(found)
