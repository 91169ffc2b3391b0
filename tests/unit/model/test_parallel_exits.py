"""Exits of a stage that lead to the same place: one path for all, and a warning where only some change."""

import datetime as dt
import math

import pytest

import funnelsim as fs
from funnelsim.core.errors import ChangeError
from funnelsim.distributions import parse_distribution
from funnelsim.model.changes.changes import RemoveStage, SetValue
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Exit, Model, Source, Stage
from funnelsim.model.scenarios.half_changed import left_as_they_are

DWELL = parse_distribution("exponential(mean=5d)", "duration")
MODEL = Model(
    name="two ways",
    start=dt.date(2026, 1, 1),
    sources={"all": Source(enters={"demo": 1.0}, rate=1.0)},
    stages={
        "demo": Stage(
            exits={
                "won": Exit(to="won", p=0.15, after=DWELL),
                "won_late": Exit(to="won", p=0.25, after=DWELL.scaled(4)),
                "lost": Exit(to="lost", p=0.6, after=DWELL),
            }
        )
    },
)


def left(*paths: str) -> list[str]:
    return list(left_as_they_are(MODEL, [SetValue(path=path, by="x0.5") for path in paths]))


def test_one_path_moves_the_chance_of_all_parts_and_keeps_their_ratio():
    changed = resolve(MODEL, changes=[SetValue(path="stages.demo.exits.won.p", by="+20pp")])
    exits = changed.stages["demo"].exits
    assert exits["won"].p == pytest.approx(0.6 * 0.15 / 0.4)
    assert exits["won_late"].p == pytest.approx(0.6 * 0.25 / 0.4)
    assert exits["lost"].p == pytest.approx(0.4)


@pytest.mark.parametrize(("by", "together"), [("x0.5", 0.2), ("-10pp", 0.3), ("+25%", 0.5)])
def test_a_step_a_factor_and_a_percentage_act_on_the_sum(by: str, together: float):
    exits = resolve(MODEL, changes=[SetValue(path="stages.demo.exits.won.p", by=by)]).stages["demo"].exits
    assert exits["won"].p + exits["won_late"].p == pytest.approx(together)
    assert exits["won_late"].p / exits["won"].p == pytest.approx(0.25 / 0.15)


def test_a_value_is_that_of_all_parts_together():
    exits = resolve(MODEL, changes=[SetValue(path="stages.demo.exits.won.p", to=0.8)]).stages["demo"].exits
    assert (exits["won"].p, exits["won_late"].p, exits["lost"].p) == pytest.approx((0.3, 0.5, 0.2))


def test_a_part_of_its_own_name_still_moves_alone():
    exits = (
        resolve(MODEL, changes=[SetValue(path="stages.demo.exits.won_late.p", to=0.4)]).stages["demo"].exits
    )
    assert exits["won_late"].p == 0.4
    assert exits["won"].p / exits["lost"].p == pytest.approx(0.15 / 0.6)


def test_one_path_scales_the_times_of_all_parts():
    exits = (
        resolve(MODEL, changes=[SetValue(path="stages.demo.exits.won.after", by="x0.5")]).stages["demo"].exits
    )
    assert [exits[key].after.mean() for key in ("won", "won_late", "lost")] == pytest.approx([2.5, 10.0, 5.0])


def test_a_place_names_its_exits_where_no_exit_is_called_so():
    stage = MODEL.stages["demo"]
    exits = {"soon": stage.exits["won"], "later": stage.exits["won_late"], "lost": stage.exits["lost"]}
    model = MODEL.model_copy(update={"stages": {"demo": stage.model_copy(update={"exits": exits})}})
    found = resolve(model, changes=[SetValue(path="stages.demo.exits.won.p", to=0.8)]).stages["demo"].exits
    assert (found["soon"].p, found["later"].p) == pytest.approx((0.3, 0.5))


def test_more_than_all_is_refused_and_a_draw_goes_as_far_as_it_can():
    more = SetValue(path="stages.demo.exits.won.p", by="+70pp")
    with pytest.raises(ChangeError, match="must lie in 0 to 1"):
        resolve(MODEL, changes=[more])
    exits = resolve(MODEL, changes=[more], draw={"stages.demo.exits.won.p": 0.2}).stages["demo"].exits
    assert exits["won"].p + exits["won_late"].p == pytest.approx(1.0)


def test_bookings_of_the_changed_funnel_are_those_of_the_closed_form():
    """Wins per lead are the sum of the parts: 0.4 before, 0.6 after."""
    funnel = fs.funnel_of(MODEL)
    better = fs.Scenario(name="better", changes=(fs.parse_set("stages.demo.exits.won.p=+20pp", MODEL),))
    found = fs.compare(funnel, [better], days=60, replications=400)
    (one,) = found.scenarios
    assert not any("as well" in warning for warning in found.warnings)
    # Poisson leads at 1 a day; a part of mean m is won by day 60 with chance 1 - m/60 (1 - exp(-60/m)).
    by_60 = {m: 60 - m * (1 - math.exp(-60 / m)) for m in (5.0, 20.0)}
    expected = 0.2 / 0.4 * (0.15 * by_60[5.0] + 0.25 * by_60[20.0])
    assert one.differences["deals_won"].mean == pytest.approx(expected, abs=4 * math.sqrt(expected / 400))


def test_a_part_changed_alone_is_told_what_stays():
    (text,) = left("stages.demo.exits.won_late.p")
    assert "won_late is changed, but won leads to won as well and stays as it is" in text
    assert "stages.demo.exits.won.p (or .after) changes all of them" in text
    (text,) = left("stages.demo.exits.won.after.mean")
    assert "won is changed, but won_late leads to won as well" in text


def test_nothing_is_said_where_all_are_changed_or_none_is_alike():
    assert not left("stages.demo.exits.won.p")
    assert not left("stages.demo.exits.won.after")
    assert not left("stages.demo.exits.lost.p")
    assert not left("stages.demo.after")
    assert not list(left_as_they_are(MODEL, [RemoveStage(stage="demo", recovered=(0.0,))]))


def test_several_stay():
    stage = MODEL.stages["demo"]
    more = stage.model_copy(update={"exits": {**stage.exits, "won_later": stage.exits["won_late"]}})
    model = MODEL.model_copy(update={"stages": {"demo": more}})
    (text,) = left_as_they_are(model, [SetValue(path="stages.demo.exits.won_late.p", by="x0.5")])
    assert "won_late is changed, but won, won_later lead to won as well and stay as they are" in text
