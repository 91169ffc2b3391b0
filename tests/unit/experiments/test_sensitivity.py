"""Sensitivity as a function: which parameters, which ranges, what it refuses, what it writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.read import typed
from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.experiments.sensitivity.analysis import sensitivity
from funnelsim.experiments.sensitivity.parameters import (
    factors_of_draws,
    parameter_at,
    parameters_of,
    value_of,
)
from funnelsim.experiments.sensitivity.ranges import Range, most_influential, parse_range, range_of
from funnelsim.experiments.sensitivity.result import Sensitivity
from funnelsim.experiments.sensitivity.sizes import sizes

from ..made_up_history import day, history_of, won
from ..made_up_runs import funnel_with, model_of

QUICK: dict[str, Any] = {"replications": 80, "seed": 3, "top": 2}
REP = {"rep": {"headcount": 3}}
WORK = {
    "demo": {
        "after": "constant(5d)",
        "work": {"role": "rep", "effort": "constant(2h)"},
        "exits": {"offer": {"p": 1}},
    },
    "offer": {
        "after": "exponential(mean=10d)",
        "exits": {"won": {"p": 0.5}, "demo": {"p": 0.1}, "lost": {"p": 0.4}},
    },
}


def found(**options: Any) -> Sensitivity:
    funnel = options.pop("funnel", None) or funnel_with({})
    return sensitivity(funnel, **(QUICK | options))


def paths(**parts: object) -> list[str]:
    return [one.path for one in parameters_of(model_of(**parts))]


def test_parameters_are_rates_forward_chances_times_amounts_work_and_people() -> None:
    """No chance for a stage with a single exit, none for exits back or lost."""
    assert paths(roles=REP, stages=WORK) == [
        "sources.inbound.rate",
        "stages.offer.exits.won.p",
        "stages.demo.after",
        "stages.offer.after",
        "sources.inbound.amount",
        "stages.demo.work.effort",
        "roles.rep.headcount",
    ]


def test_parallel_exits_to_one_target_are_one_parameter() -> None:
    exits = {
        "won": {"p": 0.3, "after": "5d"},
        "won_late": {"to": "won", "p": 0.2, "after": "50d"},
        "lost": {"p": 0.5, "after": "10d"},
    }
    model = model_of(stages={"demo": {"exits": exits}})
    (chance,) = [one for one in parameters_of(model) if one.kind == "probability"]
    assert chance.path == "stages.demo.exits.won.p"
    assert chance.value == pytest.approx(0.5)
    assert value_of(model, "stages.demo.after") == pytest.approx(0.3 * 5 + 0.2 * 50 + 0.5 * 10)


def test_a_chance_can_rise_to_1_in_every_segment_and_draw() -> None:
    """Catches an error of the change at the upper end, in a segment or a draw."""
    parts: dict[str, Any] = {"segments": {"big": {"stages.offer.exits.won.p": 0.9}}}
    parts["sources"] = {
        "inbound": {"enters": {"demo": 1.0}, "rate": "1 per day", "amount": "100", "segments": {"big": 1.0}}
    }
    model = model_of(**parts)
    assert parameter_at(model, "stages.offer.exits.won.p").most == pytest.approx(1 / 0.9)
    draws = pl.DataFrame({"stages.offer.exits.won.p": [0.5, 0.8]})
    assert parameter_at(model_of(), "stages.offer.exits.won.p", draws).most == pytest.approx(1 / 0.8)
    result = found(funnel=funnel_with(**parts), ranges={"stages.offer.exits.won.p": (0.9, 1.1)})
    assert result.sobol is not None


def test_draws_are_told_as_factors_on_the_value_of_the_file() -> None:
    draws = pl.DataFrame({"sources.inbound.rate": [0.5, 2.0], "stages.offer.after.mean": [5.0, 20.0]})
    model = model_of()
    factors = factors_of_draws(model, draws, parameters_of(model))
    assert set(factors) == {"sources.inbound.rate", "stages.offer.after"}
    assert factors["sources.inbound.rate"] == pytest.approx([0.5, 2.0])
    assert factors["stages.offer.after"] == pytest.approx([0.5, 2.0])


@pytest.mark.parametrize(
    ("path", "text", "low", "high"),
    [
        ("stages.offer.exits.won.p", "0.4:0.6", 0.8, 1.2),
        ("stages.offer.exits.won.p", "x0.5:x1.5", 0.5, 1.5),
        ("stages.offer.after", "-20%:+30%", 0.8, 1.3),
        ("stages.demo.after", "4d : 1 w", 0.8, 1.4),
        ("sources.inbound.rate", "7 per week:14 per week", 1.0, 2.0),
        ("sources.inbound.amount", "50:200", 0.5, 2.0),
        ("roles.rep.headcount", "2:6", 2 / 3, 2.0),
    ],
)
def test_ranges_are_read_in_the_unit_of_the_parameter(path: str, text: str, low: float, high: float) -> None:
    parameter = parameter_at(model_of(roles=REP), path)
    read = parse_range(path, text, parameter)
    assert [read.low, read.high] == pytest.approx([low, high])
    assert read.basis == "given"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("stages.offer.exits.won.p", "0.4", "expected LOW:HIGH"),
        ("stages.offer.exits.won.p", "0.6:0.4", "below the high one"),
        ("stages.offer.exits.won.p", "0.4:1.4", "1 at most"),
        ("stages.offer.exits.won.p", "a:b", "found"),
        ("sources.inbound.rate", "5 per fortnight:8", "fortnight"),
        ("stages.ofer.after", "x0.5:x2", 'did you mean "offer"'),
        ("stages.offer.name", "x0.5:x2", "not a number"),
        ("sources.inbound.growth", "x0.5:x2", "above 0"),
    ],
)
def test_a_wrong_range_is_refused_in_words(path: str, text: str, said: str) -> None:
    with pytest.raises(FunnelSimError) as error:
        found(ranges={path: text})
    assert said in str(error.value)


def test_the_range_is_given_or_of_the_draws_or_assumed() -> None:
    parameter = parameter_at(model_of(), "sources.inbound.rate")
    drawn = {parameter.path: np.linspace(0.5, 1.5, 101)}
    given = {parameter.path: Range(low=0.9, high=1.1, basis="given")}
    assert range_of(parameter, drawn, given).basis == "given"
    fitted = range_of(parameter, drawn, {})
    assert [fitted.low, fitted.high] == pytest.approx([0.55, 1.45])
    assert fitted.basis == "fit"
    assert range_of(parameter, {}, {}) == Range(low=0.8, high=1.2, basis="assumed")


def test_the_most_influential_have_one_chance_of_a_stage_and_those_asked_for() -> None:
    stage = {"a": {"to": "offer", "p": 0.4}, "won": {"p": 0.3}, "lost": {"p": 0.3}}
    model = model_of(
        stages={"demo": {"after": "5d", "exits": stage}, "offer": {"after": "5d", "exits": {"won": {"p": 1}}}}
    )
    one = {each.path: each for each in parameters_of(model)}
    swings = [
        (each, {"stages.demo.exits.a.p": 3.0, "stages.demo.exits.won.p": 2.0}.get(path, 1.0))
        for path, each in one.items()
    ]
    chosen = [each.path for each in most_influential(swings, 2, ())]
    assert chosen == ["stages.demo.exits.a.p", "sources.inbound.rate"]
    assert most_influential(swings, 1, ("stages.offer.after",))[0].path == "stages.offer.after"
    with pytest.raises(FunnelSimError, match="sum to 1"):
        most_influential(swings, 2, ("stages.demo.exits.a.p", "stages.demo.exits.won.p"))


def test_bookings_are_proportional_to_amounts() -> None:
    """1 % more of all amounts is 1 % more bookings, in every future; booked before the start counts too."""
    empty = found(funnel=funnel_with())
    (amounts,) = [one for one in empty.elasticities if one.parameter.kind == "amount"]
    assert [amounts.value, amounts.low, amounts.high] == pytest.approx([1.0, 1.0, 1.0])
    history = history_of(won(day(1, 20), 900.0))
    result = found(funnel=funnel_with(), history=history)
    (amounts,) = [one for one in result.elasticities if one.parameter.kind == "amount"]
    mean = result.measured.values(result.base, "bookings").mean()
    assert 0 < amounts.value < 1
    assert amounts.value == pytest.approx(1 - 900.0 / mean, abs=0.15)


def test_a_rep_more_is_told_per_cent_of_the_team() -> None:
    funnel = funnel_with(roles={"rep": {"headcount": 1}}, stages=WORK)
    (people,) = [one for one in found(funnel=funnel).elasticities if one.parameter.kind == "headcount"]
    assert people.parameter.around(0.1) == (1.0, 2.0)
    assert people.value >= 0


def test_draws_decide_the_split_and_what_is_worth_knowing() -> None:
    draws = pl.DataFrame({"sources.inbound.rate": list(np.linspace(0.3, 3.0, 40))})
    result = found(funnel=funnel_with(draws=draws), replications=800, quota=800.0)
    document = result.record()
    assert result.basis == document.variance.basis == "fit"
    assert (document.variance.parameters or 0) > 0.5
    assert [row.path for row in document.information] == ["sources.inbound.rate"]
    assert document.decision is not None
    assert document.decision.right_calls is not None
    gain = document.information[0].value
    assert gain is not None
    assert 0 < gain < 1 - document.decision.right_calls
    assert document.sobol[0].range.basis == "fit"


def test_without_draws_the_ranges_decide() -> None:
    result = found(replications=800)
    document = result.record()
    assert document.variance.basis == "ranges"
    assert {row.path for row in document.information} == {row.path for row in document.sobol}
    assert len(document.sobol) == 2
    assert {row.range.basis for row in document.sobol} == {"assumed"}


def test_without_a_quota_nothing_is_said_of_information() -> None:
    document = found(funnel=funnel_with(goal={"period": "quarter"})).document()
    assert document["information"] == []
    assert document["decision"] is None
    assert document["quota"] is None


def test_without_amounts_it_is_about_wins() -> None:
    bare = {"inbound": {"enters": {"demo": 1.0}, "rate": "1 per day"}}
    result = found(funnel=funnel_with(sources=bare, goal={"period": "quarter"}))
    assert result.metric == "deals_won"
    assert all(one.parameter.kind != "amount" for one in result.elasticities)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"period": "2025Q1"}, "is over"),
        ({"metric": "boookings"}, 'did you mean "bookings"'),
        ({"metric": "entered.ofer"}, 'did you mean "entered.offer"'),
        ({"top": 0}, "at least one"),
        ({"days": 1}, "no sensitivity"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FunnelSimError) as error:
        found(**options)
    assert said in str(error.value)


@pytest.mark.parametrize("metric", ["win_rate", "cycle_days", "revenue", "entered.offer", "leads_created"])
def test_other_metrics_have_a_sensitivity_too(metric: str) -> None:
    assert found(metric=metric).record().metric == metric


def test_a_single_stage_and_a_single_parameter_over_ranges() -> None:
    stages = {"demo": {"after": "5d", "exits": {"won": {"p": 0.5}, "lost": {"p": 0.5}}}}
    result = found(funnel=funnel_with(stages=stages), top=1)
    assert result.sobol is not None
    assert result.sobol.indices.total == pytest.approx([1.0], abs=0.1)


def test_the_same_seed_gives_the_same_document() -> None:
    assert found(workers=1).document() == found(workers=2).document()


def test_the_document_is_read_again_and_the_table_has_a_row_for_each_parameter() -> None:
    result = found()
    read = typed(result.document())
    assert isinstance(read, SensitivityDocument)
    assert read == result.record()
    table = result.table()
    assert table["path"].to_list() == [one.parameter.path for one in result.elasticities]
    assert {"value", "low", "high", "total", "information"} <= set(table.columns)


def test_progress_ends_where_it_said_it_would() -> None:
    seen: list[tuple[int, int]] = []
    found(progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize("leads", [1.0, 300.0, 5_500.0, 1e6])
def test_no_part_takes_more_futures_than_asked_for_or_too_few(leads: float) -> None:
    for futures in (4, 100, 10_000):
        size = sizes(futures, leads, parameters=80, varied=5, draws=200)
        assert 1 <= size.elasticity * size.every <= futures
        assert 1 <= size.sobol <= futures
        assert size.sets * size.each <= futures
    large = sizes(10_000, 9_200.0, parameters=82, varied=5, draws=0)
    assert large.elasticity * 9_200 * 164 < 70_000_000
    assert large.points == 64


@pytest.mark.parametrize("exits", [{"won": {"p": 0.0}, "lost": {"p": 1.0}}, {"lost": {"p": 1.0}}])
def test_a_funnel_that_never_wins_has_no_sensitivity(exits: dict[str, Any]) -> None:
    """Not a traceback: elasticities of 0 are undefined, and nothing is left to vary."""
    funnel = funnel_with(stages={"demo": {"after": "5d", "exits": exits}})
    with pytest.raises(FunnelSimError, match="no sensitivity"):
        sensitivity(funnel, days=60, replications=40)
