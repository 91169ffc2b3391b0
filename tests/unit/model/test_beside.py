"""Draws, pipeline and history beside a model: found from anywhere, checked when read, written as seen."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import ModelError, OutputError
from funnelsim.model.beside import PIPELINE_COLUMNS
from funnelsim.model.files import read_funnel, write_model

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
    folder.mkdir(exist_ok=True)
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


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "draws", pl.DataFrame({P: [0.2]}))
    (tmp_path / "draws.parquet").write_text("not a table")
    with pytest.raises(ModelError, match=r"draws: cannot read"):
        read_funnel(path)


def test_a_model_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    model = read_funnel(written(tmp_path, "draws", pl.DataFrame({P: [0.2]}))).model
    with pytest.raises(OutputError, match="cannot be written"):
        write_model(model, tmp_path / "nowhere" / "copy.toml")
    (tmp_path / "taken.toml").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_model(model, tmp_path / "taken.toml")
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]
