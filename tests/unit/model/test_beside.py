"""Draws, pipeline and history beside a model: found from anywhere, checked when read, written as seen."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import ModelError, OutputError
from funnelsim.engines.run import simulate
from funnelsim.model.files.model_files import funnel_of, read_funnel, write_model
from funnelsim.model.files.pipeline_checks import PIPELINE_COLUMNS
from funnelsim.model.files.sidecars import FIT
from tests.unit.made_up_runs import pipeline_of

MODEL = """\
format = 1
start = 2026-01-01
{key} = "{name}"
[sources.inbound]
enters = "demo"
rate = 1
segments = {{ big = 1 }}
[segments.big]
[stages.demo]
after = "lognormal(median=6d, sigma=0.8)"
exits = {{ won = {{ p = 0.25 }}, lost = {{ p = 0.75 }} }}
"""
P = "stages.demo.exits.won.p"


def written(folder: Path, key: str, frame: pl.DataFrame) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    frame.write_parquet(folder / f"{key}.parquet")
    path = folder / "model.toml"
    path.write_text(MODEL.format(key=key, name=f"{key}.parquet"))
    return path


def test_a_copy_elsewhere_finds_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches names kept as seen from the working folder: a copy pointed at m/m/draws.parquet."""
    written(tmp_path / "m", "draws", pl.DataFrame({P: [0.2, 0.3]}))
    (tmp_path / "n").mkdir()
    monkeypatch.chdir(tmp_path)
    model = read_funnel("m/model.toml").model
    for place in ("m/copy.toml", "n/copy.toml"):
        write_model(model, place)
        copy = read_funnel(place)
        assert copy.model == model
        assert copy.draws is not None
        assert copy.draws.height == 2
    assert tomllib.loads(Path("m/copy.toml").read_text())["draws"] == "draws.parquet"
    assert tomllib.loads(Path("n/copy.toml").read_text())["draws"] == "../m/draws.parquet"


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"stages.dmo.after.median": [1.0]}), 'did you mean "demo"'),
        (pl.DataFrame({"stages.demo.after.sd": [1.0]}), 'there is no "sd"'),
        (pl.DataFrame({P: ["often"]}), "holds no numbers"),
        (pl.DataFrame({P: [0.2, None]}), "a missing or endless number"),
        (pl.DataFrame({P: [0.2, float("nan")]}), "a missing or endless number"),
        (pl.DataFrame({P: [1.2]}), "0 to 1"),
        (pl.DataFrame({"stages.demo.after.median": [-1.0]}), "above 0"),
        (pl.DataFrame({"segments.bog." + P: [0.2]}), 'no segment "bog"; did you mean "big"'),
        (pl.DataFrame({P: []}, schema={P: pl.Float64}), "has no row"),
    ],
)
def test_draws_that_do_not_fit_the_model_are_refused_when_read(
    frame: pl.DataFrame, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"model\.toml: draws: ") as caught:
        read_funnel(written(tmp_path, "draws", frame))
    assert said in str(caught.value)


def test_draws_of_a_segment_are_draws(tmp_path: Path) -> None:
    frame = pl.DataFrame({"segments.big." + P: [0.2], "sources.inbound.rate": [2.0]})
    assert read_funnel(written(tmp_path, "draws", frame)).draws is not None


def test_probabilities_of_a_draw_are_judged_as_a_row(tmp_path: Path) -> None:
    """Catches a check of each column alone: 0.98 leaves 0.02 to an exit that the file gives nothing."""
    path = written(tmp_path, "draws", pl.DataFrame({P: [0.98], "stages.demo.exits.lost.p": [0.02]}))
    path.write_text(path.read_text().replace("p = 0.25", "p = 1").replace("p = 0.75", "p = 0"))
    assert read_funnel(path).draws is not None


def test_a_pipeline_without_its_columns_is_refused_when_read(tmp_path: Path) -> None:
    """Catches the bare error of the data frame, deep in an engine."""
    frame = pl.DataFrame({name: ["x"] for name in PIPELINE_COLUMNS if name != "stage"} | {"stages": ["x"]})
    with pytest.raises(ModelError, match='pipeline: has no column "stage"; did you mean "stages"'):
        read_funnel(written(tmp_path, "pipeline", frame))


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("age_days", [1.0, float("nan"), 3.0], "row 2 (NaN): expected a number of days"),
        ("age_days", [1.0, None, 3.0], "row 2 (empty): expected a number of days"),
        ("age_days", [-1.0, 1.0, -3.0], "row 1 (-1), row 3 (-3): expected a number of days"),
        ("age_days", [1.0, 1e9, 3.0], "row 2 (1e+09): expected a number of days from 0 to 73,050"),
        ("age_days", ["1", "2", "3"], "holds String, not numbers"),
        ("lead_age_days", [1.0, 2.0, float("inf")], "row 3 (inf): expected a number of days"),
        ("amount", [1.0, float("inf"), None], "row 2 (inf): expected a finite amount"),
        ("amount", [1.0, -5.0, None], "row 2 (-5): expected a finite amount of 0 or more, or none"),
        ("amount", [1.0, 1e300, None], "row 2 (1e+300): expected a finite amount"),
        ("stage", ["demo", "dmo", "demo"], 'row 2 ("dmo"): the model has demo; did you mean "demo"?'),
        ("stage", ["demo", None, "demo"], "row 2 (empty): the model has demo"),
        ("source", ["inbound", "x", None], 'row 2 ("x"): the model has inbound'),
        ("segment", ["big", "bog", None], 'row 2 ("bog"): the model has big; did you mean "big"?'),
        ("lead", ["a", None, "c"], "row 2 (empty): every lead needs an id"),
        ("lead", ["a", "", "c"], 'row 2 (""): every lead needs an id'),
        ("lead", ["a", "c", "c"], 'row 2 ("c"), row 3 ("c"): every lead may occur once only'),
        ("lead", [1, 2, 3], "holds Int64, not text"),
        ("visits", [["demo"], ["demo", "gone"], []], "row 2 (demo, gone): a stage that the lead has been in"),
        ("visits", [["demo"], ["demo", None], []], "row 2 (demo, None): a stage that the lead has been in"),
        ("visits", ["demo", "demo", "demo"], "holds String, not lists of stages"),
        ("won_before", [True, None, False], "row 2 (empty): true or false"),
        ("won_before", [1, 0, 1], "holds Int64, not true or false"),
        ("state", ["dwelling", "waitin", None], 'did you mean "waiting"?'),
        ("planned_close", ["soon", "late", None], "holds String, not dates"),
        ("planned_close", [dt.date(2026, 3, 1), dt.date(9999, 1, 1), None], "row 2 (9999-01-01): a date in"),
    ],
)
def test_every_row_of_the_pipeline_is_checked_when_read(
    column: str, values: list[object], said: str, tmp_path: Path
) -> None:
    """Mutants: only the first row; NaN taken for a number of 0 or more, which crashed the interpreter."""
    frame = pipeline_of(*[{"stage": "demo"}] * 3).with_columns(pl.Series(column, values, strict=False))
    with pytest.raises(ModelError, match=rf"pipeline: pipeline\.parquet, column {column}: ") as caught:
        read_funnel(written(tmp_path, "pipeline", frame))
    assert said in str(caught.value)
    model = read_funnel(written(tmp_path / "sound", "pipeline", pipeline_of({"stage": "demo"}))).model
    with pytest.raises(ModelError, match=f"column {column}"):
        simulate(funnel_of(model, pipeline=frame), days=3, replications=1)


def test_many_bad_rows_are_counted_and_all_columns_told_at_once(tmp_path: Path) -> None:
    frame = pipeline_of(*[{"stage": "demo", "age_days": -1.0, "amount": math.inf}] * 415)
    with pytest.raises(ModelError, match="2 problems") as caught:
        read_funnel(written(tmp_path, "pipeline", frame))
    assert "row 3 (-1) and 412 more" in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({P: [0.2] * 57 + [-0.1]}, "row 58 (-0.1): a probability must lie in 0 to 1"),
        ({P: [0.2, 0.3], "stages.demo.exits.lost.p": [0.8, 0.9]}, "stages.demo.exits: the sum of the"),
        ({P: [0.2, 0.3], "stages.demo.exits.lost.p": [0.8, 0.9]}, "row 2 (1.2): it must be 1"),
        ({"stages.demo.after.median": [6.0, 5.0, -1.0, 7.0]}, "row 3 (-1): "),
        ({"stages.demo.after.sigma": [0.8, 1e300]}, "row 2 (1e+300): "),
        ({"sources.inbound.rate": [1.0, -2.0]}, "row 2 (-2): "),
        ({"sources.inbound.rate": [1.0, 1e9]}, "row 2 (1e+09): over 1,000,000 leads a day"),
        ({"sources.inbound.rate": [1.0, None, 2.0, math.inf]}, "row 2 (empty), row 4 (inf): a missing"),
    ],
)
def test_every_row_of_the_draws_is_checked_when_read(
    columns: dict[str, list[float]], said: str, tmp_path: Path
) -> None:
    """Mutant: only the first row, so that a bad one shows as a wrong number or deep in an engine."""
    with pytest.raises(ModelError, match=r"model\.toml: ") as caught:
        read_funnel(written(tmp_path, "draws", pl.DataFrame(columns)))
    assert said in str(caught.value)


def test_drawn_ends_of_a_distribution_may_not_cross(tmp_path: Path) -> None:
    """Each column alone fits: low from 1 to 8, high from 4 to 9."""
    frame = pl.DataFrame(
        {"stages.demo.after.low": [1.0, 8.0, 2.0], "stages.demo.after.high": [9.0, 4.0, 5.0]}
    )
    path = written(tmp_path, "draws", frame)
    path.write_text(path.read_text().replace("lognormal(median=6d, sigma=0.8)", "uniform(low=1d, high=9d)"))
    with pytest.raises(ModelError, match=r"row 2 \(8, 4\)"):
        read_funnel(path)


@pytest.mark.parametrize("kind", ["text", "empty", "folder", "half"])
def test_a_file_that_is_no_table_is_refused(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, "draws", pl.DataFrame({P: [0.2]}))
    table = tmp_path / "draws.parquet"
    whole = table.read_bytes()
    table.unlink()
    if kind == "folder":
        table.mkdir()
    else:
        table.write_bytes({"text": b"not a table", "empty": b"", "half": whole[: len(whole) // 2]}[kind])
    with pytest.raises(ModelError, match=r"draws: cannot read"):
        read_funnel(path)


def of_fit(folder: Path, in_model: str | None, in_files: str | None) -> Path:
    path = written(folder, "pipeline", pipeline_of({"stage": "demo"}))
    metadata = {} if in_files is None else {FIT: in_files}
    pipeline_of({"stage": "demo"}).write_parquet(folder / "pipeline.parquet", metadata=metadata)
    if in_model is not None:
        path.write_text(
            path.read_text().replace("[sources.inbound]", f'fit = "{in_model}"\n[sources.inbound]', 1)
        )
    return path


@pytest.mark.parametrize(("in_model", "in_files"), [("a1", "a1"), ("a1", None), (None, None)])
def test_files_of_the_same_fit_or_of_none_are_read(
    in_model: str | None, in_files: str | None, tmp_path: Path
) -> None:
    """A table that was edited by hand, or written before fits had names, names no fit."""
    assert read_funnel(of_fit(tmp_path, in_model, in_files)).pipeline is not None


def test_files_of_another_fit_are_refused(tmp_path: Path) -> None:
    """What is left where a fit was interrupted, or files were copied over others."""
    with pytest.raises(
        ModelError, match=r'was written by fit "b2", but the model is of fit "a1"; fit again$'
    ):
        read_funnel(of_fit(tmp_path / "mixed", "a1", "b2"))
    with pytest.raises(ModelError, match=r'names no fit; fit again, or write fit = "b2" into the model'):
        read_funnel(of_fit(tmp_path / "old", None, "b2"))
    path = of_fit(tmp_path / "report", "a1", "a1")
    path.with_name("model.fit.json").write_text('{"command": "fit", "fit": "b2"}')
    with pytest.raises(ModelError, match=r'report: ".*model\.fit\.json" was written by fit "b2"'):
        read_funnel(path)


def test_editing_a_model_by_hand_keeps_its_files(tmp_path: Path) -> None:
    path = of_fit(tmp_path, "a1", "a1")
    path.write_text(path.read_text().replace("p = 0.25", "p = 0.5").replace("p = 0.75", "p = 0.5"))
    assert read_funnel(path).pipeline is not None


def test_a_model_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    model = read_funnel(written(tmp_path, "draws", pl.DataFrame({P: [0.2]}))).model
    with pytest.raises(OutputError, match="cannot be written"):
        write_model(model, tmp_path / "nowhere" / "copy.toml")
    (tmp_path / "taken.toml").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_model(model, tmp_path / "taken.toml")
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]
