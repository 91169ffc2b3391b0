"""A scenario file that is not one, or says `to` for `by`, is answered with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import ChangeError
from funnelsim.model.scenarios.read import read_scenario

from ..made_up_runs import funnel_with


def _refused(text: str, folder: Path) -> str:
    path = folder / "scenario.toml"
    path.write_text(text)
    with pytest.raises(ChangeError) as error:
        read_scenario(path, funnel_with({}).model)
    return str(error.value)


@pytest.mark.parametrize("text", ["", 'name = "x"\nset = "sources.inbound.rate"\n'])
def test_a_file_without_changes_is_told_what_a_scenario_has(text: str, tmp_path: Path) -> None:
    said = _refused(text, tmp_path)
    assert "a scenario has [[change]] entries" in said
    assert "unknown key" not in said


def test_a_factor_as_value_is_told_to_be_by(tmp_path: Path) -> None:
    said = _refused('[[change]]\nset = "sources.inbound.rate"\nto = "x1.54"\n', tmp_path)
    assert 'write by = "x1.54"' in said


def test_another_wrong_value_is_not(tmp_path: Path) -> None:
    assert "write by" not in _refused('[[change]]\nset = "sources.inbound.rate"\nto = "many"\n', tmp_path)
