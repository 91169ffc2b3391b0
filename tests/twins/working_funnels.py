"""Random funnels in which reps work: calendars, ramps, turnover, owners, disciplines, patience, lost exits.

Many values are whole hours or days, so that much happens at one instant.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import reject
from hypothesis import strategies as st

from funnelsim.core.errors import ChangeError
from funnelsim.model.changes import Change, SetValue, check_changes
from funnelsim.model.files import Funnel
from funnelsim.model.parts import Model

from .funnels import AMOUNTS, START, Case, changes, clock, pipeline, source, stage

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
        "constant(0h)",
        "constant(4h)",
        "constant(8h)",
        "constant(30min)",
        "exponential(mean=6h)",
        "gamma(mean=30h, sd=20h)",
    ]
)
WAITS = st.sampled_from(
    ["constant(0d)", "constant(1d)", "constant(16h)", "exponential(mean=1d)", "weibull(shape=1.2, scale=3d)"]
)
DWELLS = st.sampled_from(["constant(1d)", "constant(2d)", "constant(0d)", "exponential(mean=2d)"])
DAYS = st.integers(0, HORIZON_DAYS + 3).map(lambda n: START + dt.timedelta(days=n))
DISCIPLINES = st.sampled_from(["fifo", "lifo", "largest", "oldest", "latest_stage"])
RAMPS = st.sampled_from([[], [0.5], [0.0, 0.5], [0.25, 0.5, 0.75], [0.5, 0.0, 1.5]])


@st.composite
def calendar(draw: st.DrawFn) -> dict[str, object]:
    return {"hours": draw(HOURS), "holidays": draw(st.lists(DAYS, max_size=2, unique=True))}


@st.composite
def role(draw: st.DrawFn, calendars: list[str]) -> dict[str, object]:
    turnover = st.lists(st.builds(lambda on, n: {"on": on, "count": n}, DAYS, st.integers(1, 2)), max_size=2)
    found: dict[str, object] = {
        "headcount": draw(st.integers(0, 3)),
        "ramp": draw(RAMPS),
        "hires": draw(turnover),
        "departures": draw(turnover),
        "discipline": draw(DISCIPLINES),
    }
    if calendars and draw(st.booleans()):
        found["calendar"] = draw(st.sampled_from(calendars))
    if draw(st.integers(0, 2)) == 0:
        after = draw(st.sampled_from([{}, {"backfill_after": "0d"}, {"backfill_after": "5d"}]))
        found["attrition"] = {"rate": draw(st.sampled_from(["80% per year", "2000% per year"])), **after}
    if draw(st.booleans()):
        found["assignment"] = "owner"
        if draw(st.booleans()):
            found["open_deals_max"] = draw(st.integers(1, 4))
    return found


@st.composite
def working(draw: st.DrawFn, found: dict[str, object], roles: list[str]) -> dict[str, object]:
    """A stage with tasks, patience and exits that waiting costs."""
    exits = found["exits"]
    assert isinstance(exits, dict)
    for one in exits.values():
        if "after" in one and draw(st.booleans()):
            one["after"] = draw(DWELLS)
    if draw(st.integers(0, 3)) == 0:
        return found
    tasks = draw(st.lists(st.tuples(st.sampled_from(roles), EFFORTS), min_size=1, max_size=3))
    found["work"] = [{"role": key, "effort": effort} for key, effort in tasks]
    if draw(st.booleans()):
        found["patience"] = draw(WAITS)
        found["abandons_to"] = draw(st.sampled_from(["lost", "churned", *onward(exits)]))
    for one in exits.values():
        if one["to"] != "lost" and draw(st.integers(0, 2)) == 0:
            one["wait_half_life"] = draw(st.sampled_from(["2h", "1d", "10d"]))
    return found


def onward(exits: dict[str, dict[str, object]]) -> list[str]:
    """Places that take time to come back from, so that nobody goes round at one instant."""
    return [
        name for name, one in exits.items() if name != "never" and one.get("after") != "exponential(mean=5d)"
    ]


@st.composite
def working_case(draw: st.DrawFn) -> Case:
    """A funnel with reps, what lies beside it, and a scenario's changes."""
    keys = [f"stage_{i}" for i in range(draw(st.integers(1, 4)))]
    segments = draw(st.sampled_from([[], ["smb", "enterprise"]]))
    clocks = {"tempo": draw(clock())} if draw(st.integers(0, 3)) == 0 else {}
    calendars = {f"office_{i}": draw(calendar()) for i in range(draw(st.integers(0, 2)))}
    roles = {f"role_{i}": draw(role(list(calendars))) for i in range(draw(st.integers(1, 3)))}
    sources = {f"source_{i}": draw(source(keys, segments)) for i in range(draw(st.integers(1, 2)))}
    stages = {
        key: draw(working(draw(stage(i, keys, list(clocks))), list(roles))) for i, key in enumerate(keys)
    }
    document: dict[str, object] = {
        "name": "twin",
        "start": START,
        "goal": {"books_at": draw(st.sampled_from([keys[-1], "won"])), "period": "month"},
        "clocks": clocks,
        "calendars": calendars,
        "roles": roles,
        "sources": sources,
        "segments": {key: {} for key in segments},
        "stages": stages,
    }
    if segments:
        document["segments"] = {
            "smb": {},
            "enterprise": draw(overrides(keys[0], stages[keys[0]], list(roles))),
        }
    model = Model.model_validate(document)
    open_leads = draw(waiting(keys, segments, list(sources)))
    funnel = Funnel(model=model, draws=None, pipeline=open_leads, path=None, sha256="")
    warmup = 0 if open_leads is not None else draw(st.sampled_from([0, 15]))
    changed = (*draw(changes(model, keys)), *draw(headcounts(list(roles))))
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
    """Open leads, of which some wait; half of the ages are whole days."""
    found = draw(pipeline(keys, segments, sources))
    if found is None:
        return None
    states = [draw(st.sampled_from([None, "dwelling", "waiting", "working"])) for _ in range(found.height)]
    if draw(st.booleans()):
        found = found.with_columns(pl.col("age_days").floor())
    return found.with_columns(pl.Series("state", states, dtype=pl.String))


@st.composite
def headcounts(draw: st.DrawFn, roles: list[str]) -> tuple[Change, ...]:
    dates = st.sampled_from([None, START + dt.timedelta(days=7), START + dt.timedelta(days=20)])
    if not draw(st.booleans()):
        return ()
    path = f"roles.{draw(st.sampled_from(roles))}.headcount"
    return (SetValue(path=path, to=draw(st.integers(0, 3)), start=draw(dates)),)
