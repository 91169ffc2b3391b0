"""Every public name has an example in its docstring, and the example runs."""

from __future__ import annotations

import datetime as dt
import doctest
from pathlib import Path

import pytest
from click.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.main import group
from tests.unit.made_up_history import day, history_of, lost, won


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples find beside them: models, a history, a scenario and an export."""
    folder = tmp_path_factory.mktemp("examples")
    CliRunner().invoke(group, ["init", str(folder / "model.toml")])
    role = '[roles.ae]\nheadcount = 1\n[stages.demo]\nwork = { role = "ae", effort = "12h" }\n'
    (folder / "staffed.toml").write_text('include = "model.toml"\n' + role)
    deals = [won(day(11, 1, 2025) + dt.timedelta(days=3 * n), 100.0 + n) for n in range(30)]
    deals += [lost(day(11, 2, 2025) + dt.timedelta(days=3 * n)) for n in range(30)]
    fs.write_history(history_of(*deals), folder / "history")
    (folder / "faster.toml").write_text('[[change]]\nset = "stages.demo.after"\nby = "x0.7"\n')
    rows = ["deal,created,demo,closed,outcome,amount"]
    for n in range(1, 9):
        outcome = "won" if n % 2 else "lost"
        rows.append(f"D{n},2026-01-0{n},2026-01-1{n},2026-02-1{n},{outcome},1000")
    (folder / "deals.csv").write_text("\n".join(rows))
    return folder


@pytest.mark.parametrize("name", fs.__all__)
def test_the_example_of_a_public_name_runs(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = getattr(fs, name)
    tests = doctest.DocTestFinder(recurse=False).find(found, name, globs={"fs": fs, "dt": dt})
    examples = [example for one in tests for example in one.examples]
    assert examples, f"{name} has no example"
    said: list[str] = []
    for one in tests:
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(one, out=said.append)
    assert not said, "".join(said)
