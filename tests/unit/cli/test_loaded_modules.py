"""Commands load only what they use: what a module takes to import is most of what a short command takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.loaded import loaded_by

from ..made_up_runs import pipeline_of

#: Used by fits, figures, sums over many stages and the reference engine alone.
RARE = {
    "scipy.stats",
    "scipy.optimize",
    "scipy.interpolate",
    "scipy.integrate",
    "scipy.sparse",
    "matplotlib",
    "simpy",
    "holidays",
    "funnelsim.fitting",
    "sqlalchemy",
}
COMPILED = {"numba", "llvmlite"}
SCREEN = {"rich"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a model that has open deals and one that ``init`` wrote."""
    loaded = loaded_by(["init", "starter.toml"], tmp_path)
    assert loaded.isdisjoint({*RARE, *COMPILED, *SCREEN, "numpy", "polars", "pydantic", "scipy"})
    text = (tmp_path / "starter.toml").read_text(encoding="utf-8")
    assert all(family in text for family in ("lognormal", "exponential", "gamma", "weibull"))
    text = text.replace('rate = "3 per day"', 'rate = "3 per day"\ndispersion = 1.5')
    text = text.replace('after = "10d"', 'after = "loglogistic(median=9d, shape=2.5)"')
    assert "dispersion" in text
    assert "loglogistic" in text
    (tmp_path / "open.toml").write_text('pipeline = "open.parquet"\n' + text, encoding="utf-8")
    # An open deal in each stage, so that the exits of all have an age.
    stages = ({"lead": stage, "stage": stage, "source": "inbound"} for stage in ("demo", "proposal"))
    pipeline_of(*stages).write_parquet(tmp_path / "open.parquet")
    return tmp_path


def test_check_needs_neither_compiled_code_nor_scipy(folder: Path) -> None:
    """Mutants: tails by quantiles, weeks by gamma tables, ages of open deals, a Weibull mean by scipy."""
    found = loaded_by(["check", "open.toml"], folder)
    assert found.isdisjoint({*RARE, *COMPILED, *SCREEN, "scipy.special", "scipy.linalg"})


def test_a_model_without_tables_is_checked_without_polars(folder: Path) -> None:
    found = loaded_by(["check", "starter.toml"], folder)
    assert found.isdisjoint({*RARE, *COMPILED, *SCREEN, "scipy.special", "scipy.linalg", "polars"})


def test_show_needs_no_compiled_code(folder: Path) -> None:
    assert loaded_by(["show", "open.toml"], folder).isdisjoint({*RARE, *COMPILED})


def test_the_schema_needs_no_data(folder: Path) -> None:
    assert loaded_by(["schema"], folder).isdisjoint({*RARE, *COMPILED, *SCREEN, "scipy.special", "polars"})


@pytest.mark.parametrize(
    "command",
    [
        ["forecast", "open.toml", "-n", "20", "--quiet"],
        ["compare", "open.toml", "--set", "stages.proposal.exits.won.p=+5pp", "-n", "20", "--quiet"],
        ["simulate", "open.toml", "--days", "50", "-n", "20", "--quiet"],
    ],
    ids=lambda command: command[0],
)
def test_a_run_needs_no_rare_library(command: list[str], folder: Path) -> None:
    assert loaded_by(command, folder).isdisjoint(RARE)
