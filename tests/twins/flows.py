"""Any funnel with more of what brings leads and money: campaigns, hours, and now and then reps."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from hypothesis import strategies as st

from funnelsim.model.changes.changes import RemoveStage, SetValue
from funnelsim.model.parts import Campaign, Model, Recognise, Shock, Source, Spawns
from funnelsim.model.roles import Role, Task, WorkCalendar

from .funnels import START, Case, case

HOURS = st.sampled_from(
    [
        ("Mon-Fri 09:00-17:00",),
        ("Mon-Fri 08:00-12:00", "Mon,Wed 13:30-18:00"),
        ("Fri-Sun 20:00-03:00",),
        ("Mon-Sun 00:00-24:00",),
    ]
)
#: Time until a spawned lead comes; none where enough might come to go on for ever at one instant.
AFTER = {0.0: ["2d"], 0.1: ["0d", "3d"], 0.4: ["exponential(mean=9d)", "lognormal(median=12d, sigma=0.8)"]}
SHOCKS = st.sampled_from([None, Shock(sd=0.5, rho=0.5), Shock(sd=1.0, rho=-0.3), Shock(sd=0.0)])
LEADS = st.sampled_from([0.0, 3.0, 40.0])


@st.composite
def flow(draw: st.DrawFn) -> Case:
    """A case of `funnels.py` in which more happens."""
    one = draw(case())
    model, changes = one.funnel.model, one.changes
    model = model.model_copy(update={"calendars": {**model.calendars, "office": draw(office())}})
    model = model.model_copy(
        update={"sources": {key: draw(busy_source(source)) for key, source in model.sources.items()}}
    )
    if draw(st.booleans()):
        model = draw(with_spawns(model))
    if draw(st.booleans()):
        model = draw(with_reps(model))
    if draw(st.booleans()):
        shocks = {"odds": draw(SHOCKS), "sources.source_0.rate": draw(SHOCKS)}
        model = model.model_copy(update={"shocks": {k: v for k, v in shocks.items() if v is not None}})
    if draw(st.booleans()):
        place = draw(st.sampled_from([*model.stages, "won", "lost"]))
        recognise = Recognise(start=place, over=draw(st.sampled_from([0.0, 9.0, 365.25])))
        model = model.model_copy(update={"goal": model.goal.model_copy(update={"recognise": recognise})})
        changes = tuple(c for c in changes if not (isinstance(c, RemoveStage) and c.stage == place))
    if model.sources["source_0"].campaigns and draw(st.booleans()):
        day = draw(st.sampled_from([None, START + dt.timedelta(days=20)]))
        path = "sources.source_0.campaigns.fair.leads"
        changes = (*changes, SetValue(path=path, by="x1.5", start=day))
    return dataclasses.replace(one, funnel=dataclasses.replace(one.funnel, model=model), changes=changes)


@st.composite
def office(draw: st.DrawFn) -> WorkCalendar:
    holidays = draw(st.lists(st.integers(0, 40), max_size=3, unique=True))
    return WorkCalendar(hours=draw(HOURS), holidays=tuple(START + dt.timedelta(days=d) for d in holidays))


@st.composite
def busy_source(draw: st.DrawFn, source: Source) -> Source:
    update: dict[str, Any] = {}
    if draw(st.booleans()):
        on = START + dt.timedelta(days=draw(st.integers(-20, 40)))
        fair = Campaign(on=on, leads=draw(LEADS), over=float(draw(st.integers(1, 20))))
        update["campaigns"] = {"fair": fair, "ad": Campaign(on=START, leads=2.0)}
    # Closed days may leave a pattern of weekdays no lead.
    if source.weekday is None and draw(st.booleans()):
        update["hours"] = "office"
    return source.model_copy(update=update)


@st.composite
def with_spawns(draw: st.DrawFn, model: Model) -> Model:
    """Entries bring leads, some of whom bring others."""
    stages = {}
    for key, stage in model.stages.items():
        leads = draw(st.sampled_from(list(AFTER)))
        spawns = Spawns.model_validate(
            {
                "source": draw(st.sampled_from(list(model.sources))),
                "leads": leads,
                "after": draw(st.sampled_from(AFTER[leads])),
            }
        )
        stages[key] = stage.model_copy(update={"spawns": draw(st.sampled_from([None, spawns]))})
    return model.model_copy(update={"stages": stages})


@st.composite
def with_reps(draw: st.DrawFn, model: Model) -> Model:
    """The first stage is worked on by few reps."""
    rep = Role(headcount=draw(st.integers(1, 3)), calendar=draw(st.sampled_from([None, "office"])))
    key, stage = next(iter(model.stages.items()))
    task = Task.model_validate(
        {"role": "rep", "effort": draw(st.sampled_from(["4h", "exponential(mean=3h)"]))}
    )
    worked = stage.model_copy(update={"work": (task,)})
    return model.model_copy(update={"roles": {"rep": rep}, "stages": {**model.stages, key: worked}})
