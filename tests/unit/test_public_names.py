"""The front door: what ``import funnelsim as fs`` offers, and what it costs."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.experiments.comparison import Comparison
from funnelsim.experiments.friction.result import Friction
from funnelsim.experiments.reverse.reverse import Reverse
from funnelsim.experiments.sensitivity.result import Sensitivity
from funnelsim.experiments.staff import Staffing
from funnelsim.forecasting.result import Forecast
from funnelsim.forecasting.track_record import Backtest
from tests.unit.loaded import loaded_by

STUB = Path(fs.__file__).with_name("__init__.pyi")
HEAVY = ("numpy", "polars", "scipy", "numba", "matplotlib", "pydantic", "simpy", "rich")


@pytest.mark.parametrize("name", fs.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    assert getattr(fs, name).__doc__
    assert name in dir(fs)


def test_editors_know_the_same_names() -> None:
    """Catches a name added in one place only."""
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    known = {alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assigned = {
        t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    assert (known | assigned) - {None} == set(fs.__all__)


@pytest.mark.parametrize("result", [Backtest, Comparison, Forecast, Friction, Reverse, Sensitivity, Staffing])
def test_every_result_is_read_in_the_same_way(result: type) -> None:
    for name in ("record", "document", "table"):
        assert inspect.isfunction(getattr(result, name)), name


def test_an_unknown_name_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'forcast'"):
        fs.forcast  # noqa: B018


def test_a_function_is_not_shadowed_by_a_folder() -> None:
    """Catches a package called like a public function: importing it would replace the function."""
    folders = {path.name for path in STUB.parent.iterdir() if path.is_dir()}
    modules = {path.stem for path in STUB.parent.glob("*.py")}
    assert not set(fs.__all__) & (folders | modules)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["forecast", "--help"], ["compare", "--help"], ["simulate", "--help"]]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(arguments).isdisjoint(HEAVY)
