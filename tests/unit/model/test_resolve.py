"""Order of meaning: file, draw, changes in file order, the segment's value."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from funnelsim.core.errors import ChangeError
from funnelsim.model.changes.changes import RemoveStage, Scenario, SetValue
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes
from funnelsim.model.scenarios.read import expand, parse_set, read_scenario

MODEL = Model.model_validate(
    {
        "start": dt.date(2026, 1, 1),
        "goal": {"quota": 100.0},
        "sources": {"inbound": {"enters": "demo", "rate": 2.0, "amount": "lognormal(mean=100, sigma=1)"}},
        "segments": {"big": {"stages": {"demo": {"exits": {"proposal": {"p": 0.8}}}}}},
        "stages": {
            "demo": {
                "after": "lognormal(median=6d, sigma=0.8)",
                "exits": {"proposal": {"p": 0.5}, "nurture": {"p": 0.2, "after": "20d"}, "lost": {"p": 0.3}},
            },
            "nurture": {"after": "30d", "exits": {"demo": {"p": 0.5}, "lost": {"p": 0.5}}},
            "proposal": {"after": "9d", "exits": {"won": {"p": 0.4}, "lost": {"p": 0.6}}},
        },
    }
)
P = "stages.demo.exits.proposal.p"


def probabilities(model: Model) -> dict[str, float]:
    return {name: e.p for name, e in model.stages["demo"].exits.items()}


def test_a_changed_probability_is_held_and_the_others_share_the_rest() -> None:
    found = resolve(MODEL, changes=[SetValue(path=P, to=0.75)])
    assert probabilities(found) == pytest.approx({"proposal": 0.75, "nurture": 0.1, "lost": 0.15})


@pytest.mark.parametrize(
    ("by", "value"), [("+5pp", 0.55), ("+10%", 0.55), ("-10%", 0.45), ("x0.8", 0.4), ("-5pp", 0.45)]
)
def test_relative_changes(by: str, value: float) -> None:
    assert probabilities(resolve(MODEL, changes=[SetValue(path=P, by=by)]))["proposal"] == pytest.approx(
        value
    )


def test_a_change_comes_after_the_draw_and_acts_on_it() -> None:
    found = resolve(MODEL, draw={P: 0.6}, changes=[SetValue(path=P, by="x0.5")])
    assert probabilities(found)["proposal"] == pytest.approx(0.3)


def test_a_change_also_acts_on_a_segments_own_value() -> None:
    """Catches an override that hides the change: 0.8 x 0.5, not 0.8 and not 0.5 x 0.5."""
    found = resolve(MODEL, changes=[SetValue(path=P, by="x0.5")], segment="big")
    assert probabilities(found)["proposal"] == pytest.approx(0.4)


def test_a_change_also_acts_on_leads_with_a_planned_close() -> None:
    """As far as a probability can; draws of theirs come first. Mutant: planned leads keep their chances."""
    exits = {"proposal": {"p": 0.7, "after": "20d"}, "lost": {"p": 0.3, "after": "5d"}}
    planned = {"before": 30.0, "until": 9.0, "exits": exits}
    document = MODEL.model_dump()
    document["stages"]["demo"]["planned"] = planned
    model = Model.model_validate(document)

    def chances(**how: object) -> dict[str, float]:
        found = resolve(model, **how).stages["demo"].planned  # type: ignore[arg-type]
        assert found is not None
        return {name: e.p for name, e in found.exits.items()}

    more = [SetValue(path=P, by="+20pp")]
    assert chances(changes=more) == pytest.approx({"proposal": 0.9, "lost": 0.1})
    assert chances(changes=more * 2) == pytest.approx({"proposal": 1.0, "lost": 0.0})
    row = {f"stages.demo.planned.exits.{name}.p": p for name, p in (("proposal", 0.6), ("lost", 0.4))}
    assert chances(draw=row) == pytest.approx({"proposal": 0.6, "lost": 0.4})
    assert chances(draw=row, changes=more) == pytest.approx({"proposal": 0.8, "lost": 0.2})
    other = [SetValue(path="stages.demo.exits.nurture.p", to=0.4)]
    assert chances(changes=other) == pytest.approx({"proposal": 0.7, "lost": 0.3})


def test_a_draw_of_all_probabilities_is_taken_as_it_stands() -> None:
    row = {
        f"stages.demo.exits.{name}.p": p for name, p in (("proposal", 0.1), ("nurture", 0.2), ("lost", 0.7))
    }
    assert probabilities(resolve(MODEL, draw=row)) == pytest.approx(
        {"proposal": 0.1, "nurture": 0.2, "lost": 0.7}
    )


def test_a_segments_probability_is_held_over_a_draw_of_all_and_the_others_share_the_rest() -> None:
    """Fails where draw and override are set together: 0.8 + 0.1 + 0.3 is no set of probabilities."""
    draw = {P: 0.6, "stages.demo.exits.nurture.p": 0.1, "stages.demo.exits.lost.p": 0.3}
    exits = resolve(MODEL, draw=draw, segment="big").stages["demo"].exits
    assert [exits[key].p for key in ("proposal", "nurture", "lost")] == pytest.approx([0.8, 0.05, 0.15])


@pytest.mark.parametrize(
    ("drawn", "by", "value"), [(0.97, "+5pp", 1.0), (0.03, "-5pp", 0.0), (0.6, "x2", 1.0)]
)
def test_a_change_that_fits_the_file_ends_at_a_probabilitys_limits_in_a_draw(
    drawn: float, by: str, value: float
) -> None:
    """Fails where a single draw far from the file's value refuses the whole comparison."""
    draw = {P: drawn, "stages.demo.exits.nurture.p": 0.0, "stages.demo.exits.lost.p": 1 - drawn}
    exits = resolve(MODEL, draw=draw, changes=[SetValue(path=P, by=by)]).stages["demo"].exits
    assert exits["proposal"].p == value
    assert exits["lost"].p == pytest.approx(1 - value)


def test_a_change_beyond_a_probabilitys_limits_of_the_file_is_refused() -> None:
    with pytest.raises(ChangeError):
        resolve(MODEL, changes=[SetValue(path=P, by="+60pp")])


def test_after_of_a_stage_means_every_dwell_of_it() -> None:
    stage = resolve(MODEL, changes=[SetValue(path="stages.demo.after", by="x0.5")]).stages["demo"]
    assert stage.after is not None
    assert float(stage.after.ppf(0.5)) == pytest.approx(3.0)
    assert stage.exits["nurture"].after is not None
    assert stage.exits["nurture"].after.mean() == pytest.approx(10.0)


def test_a_parameter_of_a_distribution_can_be_drawn_or_changed() -> None:
    found = resolve(MODEL, draw={"stages.demo.after.median": 12.0})
    assert found.stages["demo"].after is not None
    assert float(found.stages["demo"].after.ppf(0.5)) == pytest.approx(12.0)


def test_the_base_model_is_left_as_it_is() -> None:
    resolve(MODEL, changes=[SetValue(path=P, to=0.9)])
    assert probabilities(MODEL)["proposal"] == 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stages.demo.exits.propose.p=0.5", 'did you mean "proposal"?'),
        ("stages.dmo.after=x2", 'did you mean "demo"?'),
        ("stages.demo.exits.proposal.p=1.2", "0 to 1"),
        ("stages.demo.exits.proposal.p=+60pp", "0 to 1"),
        ("stages.demo.after=+2d", "factor"),
        ("stages.demo=x2", "is a table"),
        ("sources.inbound.rate=often", "rate"),
        ("sources.inbound.rate=-3", "negative"),
        ("stages.demo.after", "PATH=VALUE"),
    ],
)
def test_a_wrong_set_says_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(ChangeError, match=said.replace("?", r"\?")):
        parse_set(text, MODEL)


def test_a_stage_that_books_or_has_no_way_on_cannot_be_removed() -> None:
    only_lost = {"lost": MODEL.stages["nurture"].exits["lost"].model_copy(update={"p": 1.0})}
    dead_end = MODEL.stages["nurture"].model_copy(update={"exits": only_lost})
    stuck = MODEL.model_copy(update={"stages": MODEL.stages | {"nurture": dead_end}})
    with pytest.raises(ChangeError, match="no way on"):
        check_changes([RemoveStage(stage="nurture")], stuck, "test")
    booking = MODEL.model_copy(update={"goal": MODEL.goal.model_copy(update={"books_at": "proposal"})})
    with pytest.raises(ChangeError, match="books or credits"):
        check_changes([RemoveStage(stage="proposal")], booking, "test")


def test_a_pair_asks_for_both_ends() -> None:
    both = expand(Scenario(name="no nurture", changes=(RemoveStage(stage="nurture", recovered=(0.0, 1.0)),)))
    assert [s.name for s in both] == [
        "no nurture (no lost deals recovered)",
        "no nurture (all lost deals recovered)",
    ]
    assert [s.changes[0].recovered for s in both if isinstance(s.changes[0], RemoveStage)] == [(0.0,), (1.0,)]


def test_a_scenario_file_tells_all_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(
        'format = 1\nnmae = "x"\n[[change]]\nset = "stages.demo.afte"\nby = "x2"\n'
        '[[change]]\nremove_stage = "demmo"\n[[change]]\nset = "goal.quota"\n'
    )
    with pytest.raises(ChangeError) as caught:
        read_scenario(path, MODEL)
    text = str(caught.value)
    for said in (
        "4 problems",
        'did you mean "name"?',
        'did you mean "after"?',
        'did you mean "demo"?',
        "either to or by",
    ):
        assert said in text


def test_values_of_a_draw_are_set_as_if_one_after_the_other() -> None:
    """Catches an exit that takes over its stage's dwell of before the draw, and a sister's value lost."""
    values = {
        "stages.demo.exits.proposal.after.median": 2.0,
        "stages.demo.after.median": 12.0,
        "stages.demo.exits.lost.after.sigma": 0.3,
        "stages.nurture.after.value": 7.0,
        "sources.inbound.rate": 3.0,
        "sources.inbound.amount.mean": 70.0,
        "sources.inbound.amount.sigma": 0.5,
    }
    expected = MODEL
    for path, value in values.items():
        expected = resolve(expected, draw={path: value})
    found = resolve(MODEL, draw=values)
    assert found == expected
    assert found.stages["demo"].exits["lost"].after != found.stages["demo"].after


def test_a_draw_that_does_not_fit_names_its_path() -> None:
    row = {"sources.inbound.rate": 1.0, "sources.inbound.amount.sigma": -1.0}
    with pytest.raises(ChangeError, match=r"sources\.inbound\.amount\.sigma"):
        resolve(MODEL, draw=row)
