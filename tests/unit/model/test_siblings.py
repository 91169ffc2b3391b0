"""An exit that is one of several to the same place."""

import datetime as dt

from funnelsim.distributions import parse_distribution
from funnelsim.model.changes.changes import RemoveStage, SetValue
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.model.scenarios.parallel_exits import left_as_they_are

DWELL = parse_distribution("exponential(mean=5d)", "duration")
MODEL = Model(
    name="two ways",
    start=dt.date(2026, 1, 1),
    sources={"all": Source(enters={"demo": 1.0}, rate=1.0)},
    stages={
        "demo": Stage(
            exits={
                "won": Exit(to="won", p=0.2, after=DWELL),
                "won_late": Exit(to="won", p=0.2, after=DWELL),
                "lost": Exit(to="lost", p=0.6, after=DWELL),
            }
        )
    },
)


def told(*paths: str) -> list[str]:
    return list(left_as_they_are(MODEL, [SetValue(path=path, by="x0.5") for path in paths]))


def test_the_other_exit_to_the_same_place_is_named():
    (text,) = told("stages.demo.exits.won.after.mean")
    assert "won is changed, but won_late leads to won as well" in text


def test_nothing_is_said_where_all_are_changed_or_none_is_alike():
    assert not told("stages.demo.exits.won.p", "stages.demo.exits.won_late.p")
    assert not told("stages.demo.exits.lost.p")
    assert not told("stages.demo.after")
    assert not list(left_as_they_are(MODEL, [RemoveStage(stage="demo", recovered=(0.0,))]))


def test_one_stays_and_several_stay():
    (one,) = told("stages.demo.exits.won.p")
    assert "won_late leads to won as well and stays as it is" in one
    stage = MODEL.stages["demo"]
    more = stage.model_copy(update={"exits": {**stage.exits, "won_later": stage.exits["won_late"]}})
    model = MODEL.model_copy(update={"stages": {"demo": more}})
    (text,) = left_as_they_are(model, [SetValue(path="stages.demo.exits.won.p", by="x0.5")])
    assert "won is changed, but won_late, won_later lead to won as well and stay as they are" in text
