"""A fit on disk: all or nothing, found again by a reader, and never over what was written by hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from funnelsim.core.errors import ModelError
from funnelsim.fitting.files import write_fit
from funnelsim.fitting.funnel import Fit, fit_funnel
from funnelsim.model.files.model_files import read_funnel
from funnelsim.model.parts import Clock
from tests.recovery.known_funnel import known_history

GOAL = '\n[goal]\nquota = 500_000\nperiod = "month"\n'


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fit_funnel(known_history(3, deals=300), draws=5)


@pytest.fixture(scope="module")
def other() -> Fit:
    return fit_funnel(known_history(4, deals=300), draws=3)


@pytest.fixture
def by_hand(tmp_path: Path, fit: Fit) -> Path:
    """A fitted model to which a person added a goal, a text, a clock, a cost and a stage."""
    path = tmp_path / "model.toml"
    write_fit(fit, path)
    text = path.read_text()
    text = text.replace(
        'name = "Demo"', 'name = "Product demo"\nentry = "Need is known"\nclock = "month_end"'
    )
    text = text.replace("[sources.all]", "[sources.all]\ncost_per_lead = 85")
    text += GOAL + '\n[clocks.month_end]\nover = "month"\nweek = [1, 1, 1, 2]\n'
    text += '\n[stages.live]\nexits = { won = { p = 1, after = "2d" } }\n'
    path.write_text(text)
    return path


def test_what_is_written_is_read_again(tmp_path: Path, fit: Fit) -> None:
    written = write_fit(fit, tmp_path / "model.toml", history=tmp_path / "history")
    names = ["model.toml", "model.draws.parquet", "model.pipeline.parquet", "model.fit.json"]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    read = read_funnel(tmp_path / "model.toml")
    assert read.draws is not None
    assert read.draws.equals(fit.draws)
    assert read.pipeline is not None
    assert read.pipeline.height == fit.report.open_deals
    assert read.model.stages == fit.model.stages
    assert 'history = "history"' in (tmp_path / "model.toml").read_text()
    document = json.loads((tmp_path / "model.fit.json").read_text())
    assert document["provenance"]["model"] == "model.toml"


def test_a_fit_over_a_fit_is_replaced_without_a_question(tmp_path: Path, fit: Fit) -> None:
    path = tmp_path / "model.toml"
    write_fit(fit, path)
    write_fit(fit, path)
    assert read_funnel(path).model.stages == fit.model.stages


def test_without_draws_an_old_file_of_draws_is_gone(tmp_path: Path, fit: Fit) -> None:
    """Catches a model whose new parameters stand beside the draws of another fit."""
    path = tmp_path / "model.toml"
    write_fit(fit, path)
    write_fit(dataclasses.replace(fit, draws=None), path)
    assert not (tmp_path / "model.draws.parquet").exists()
    assert read_funnel(path).draws is None


def test_what_was_written_by_hand_is_not_overwritten(by_hand: Path, fit: Fit) -> None:
    before = by_hand.read_text()
    with pytest.raises(ModelError, match=r"not write \(goal, clocks\.month_end, .*--update keeps"):
        write_fit(fit, by_hand)
    assert by_hand.read_text() == before


def test_update_keeps_what_was_written_by_hand(by_hand: Path, other: Fit) -> None:
    before = by_hand.read_text()
    write_fit(other, by_hand, update=True)
    model = read_funnel(by_hand).model
    assert model.goal.quota == 500_000
    assert model.stages["demo"].name == "Product demo"
    assert model.stages["demo"].entry == "Need is known"
    assert model.stages["demo"].clock == "month_end"
    assert model.sources["all"].cost_per_lead == 85
    assert "live" in model.stages
    assert model.stages["demo"].exits == other.model.stages["demo"].exits
    assert model.sources["all"].rate == other.model.sources["all"].rate
    assert by_hand.with_name("model.toml.bak").read_text() == before


def test_update_keeps_comments_texts_roles_and_quota(by_hand: Path, other: Fit) -> None:
    """What a person has written around the fit. Mutants: comments dropped; idle roles dropped."""
    text = by_hand.read_text()
    text = text.replace("format = 1", "# Model of Acme, owned by Ana\nformat = 1")
    text = text.replace("quota = 500_000", "quota = 500_000 # the board, 12 January")
    text = text.replace("[stages.demo]", "# lint: ignore[no-verb]\n[stages.demo]")
    text += '\n[process]\nowner = "Ana"\nreview_every = "3 months"\n'
    text += '\n# Hired in March\n[roles.ae]\nname = "Account executive"\nheadcount = 4\n'
    by_hand.write_text(text)
    before = read_funnel(by_hand).model
    for fit in (other, other):
        write_fit(fit, by_hand, update=True)
    written, model = by_hand.read_text(), read_funnel(by_hand).model
    for comment, below in (
        ("# Model of Acme, owned by Ana", "format = 1"),
        ("# lint: ignore[no-verb]", "[stages.demo]"),
        ("# Hired in March", "[roles.ae]"),
    ):
        assert f"{comment}\n{below}" in written
    assert "quota = 500000  # the board, 12 January" in written
    assert (model.process, model.roles, model.goal) == (before.process, before.roles, before.goal)
    assert written.count("#") == 4


def test_the_kind_of_amount_is_that_of_the_history_unless_a_person_chose(tmp_path: Path) -> None:
    """Catches a kind of amount that the fit forgets, takes for written by hand, or writes over."""
    history = known_history(3, deals=300)
    meta = dataclasses.replace(history.meta, amount_is="ACV")
    fit = fit_funnel(dataclasses.replace(history, meta=meta), draws=0)
    path = tmp_path / "model.toml"
    write_fit(fit, path)
    write_fit(fit, path)
    assert read_funnel(path).model.amount_is == "ACV"
    path.write_text(path.read_text().replace('"ACV"', '"TCV"'))
    write_fit(fit, path, update=True)
    assert read_funnel(path).model.amount_is == "TCV"


def test_clocks_of_a_fit_are_replaced_and_those_of_a_person_kept(tmp_path: Path, fit: Fit) -> None:
    """Catches clocks of a fit that count as written by hand, and clocks of an old fit that stay."""

    def clocked(target: str, month: tuple[float, float, float]) -> Fit:
        demo = fit.model.stages["demo"]
        key = f"demo_{target}"
        exits = {
            k: e.model_copy(update={"clock": key}) if e.to == target else e for k, e in demo.exits.items()
        }
        stages = fit.model.stages | {"demo": demo.model_copy(update={"exits": exits})}
        clocks = {key: Clock(over="quarter", month=month)}
        model = fit.model.model_copy(update={"clocks": clocks, "stages": stages})
        return dataclasses.replace(fit, model=model)

    path = tmp_path / "model.toml"
    targets = [e.to for e in fit.model.stages["demo"].exits.values() if e.to != "never"]
    write_fit(clocked(targets[0], (0.5, 1.0, 1.5)), path)
    write_fit(clocked(targets[0], (0.6, 1.0, 1.4)), path)
    path.write_text(path.read_text() + "\n[clocks.mine]\nover = 'quarter'\nmonth = [1, 1, 2]\n")
    with pytest.raises(ModelError, match=r"clocks\.mine"):
        write_fit(fit, path)
    write_fit(clocked(targets[1], (0.7, 1.0, 1.3)), path, update=True)
    model = read_funnel(path).model
    assert set(model.clocks) == {"mine", f"demo_{targets[1]}"}
    clocks = {e.to: e.clock for e in model.stages["demo"].exits.values()}
    assert clocks[targets[0]] is None
    assert clocks[targets[1]] == f"demo_{targets[1]}"


def test_update_of_nothing_writes_a_new_model(tmp_path: Path, fit: Fit) -> None:
    write_fit(fit, tmp_path / "model.toml", update=True)
    assert read_funnel(tmp_path / "model.toml").model.stages == fit.model.stages


def test_a_model_that_lies_over_another_is_left_alone(tmp_path: Path, fit: Fit) -> None:
    write_fit(fit, tmp_path / "fitted.toml")
    path = tmp_path / "model.toml"
    path.write_text('include = "fitted.toml"\n' + GOAL)
    with pytest.raises(ModelError, match=r"\(include\)"):
        write_fit(fit, path)
    with pytest.raises(ModelError, match=r'includes "fitted.toml"; fit into that file instead'):
        write_fit(fit, path, update=True)


def test_another_file_is_never_overwritten(tmp_path: Path, fit: Fit) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[project]\nname = 'mine'\n")
    with pytest.raises(ModelError, match="another file"):
        write_fit(fit, path)
    with pytest.raises(ModelError, match=r"pyproject.toml"):
        write_fit(fit, path, update=True)
    assert "mine" in path.read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model.json", "a model file ends in .toml"),
        ("missing/model.toml", 'there is no folder ".*missing"; make it first'),
        ("folder.toml", "is a folder"),
    ],
)
def test_a_place_that_cannot_be_is_refused(tmp_path: Path, fit: Fit, name: str, message: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ModelError, match=message):
        write_fit(fit, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.toml"]


def test_files_of_two_fits_do_not_mix(tmp_path: Path, fit: Fit, other: Fit) -> None:
    """As where a fit over an old one was interrupted, or files were copied: families and columns agree.

    Mutant: a new fit's draws beside the old model, accepted.
    """
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    write_fit(fit, tmp_path / "old" / "model.toml")
    write_fit(other, tmp_path / "new" / "model.toml")
    for ending, said in (
        ("draws.parquet", "draws"),
        ("pipeline.parquet", "pipeline"),
        ("fit.json", "report"),
    ):
        place = tmp_path / "old" / f"model.{ending}"
        own = place.read_bytes()
        place.write_bytes((tmp_path / "new" / f"model.{ending}").read_bytes())
        with pytest.raises(ModelError, match=rf"{said}: .* was written by fit "):
            read_funnel(tmp_path / "old" / "model.toml")
        place.write_bytes(own)
    assert read_funnel(tmp_path / "old" / "model.toml").draws is not None


def test_the_same_fit_has_the_same_name_and_an_update_takes_the_new_one(by_hand: Path, fit: Fit) -> None:
    before = read_funnel(by_hand).model.fit
    write_fit(fit, by_hand, update=True)
    assert read_funnel(by_hand).model.fit == before
    write_fit(dataclasses.replace(fit, draws=None), by_hand, update=True)
    assert read_funnel(by_hand).model.fit != before
