"""The tour of the sample company runs from the export to the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group

pytestmark = pytest.mark.slow


def test_the_demo_runs_every_step_and_writes_every_file(tmp_path: Path) -> None:
    """Catches a step that fails, and a page without its backtest."""
    out = tmp_path / "demo"
    result = CliRunner().invoke(group, ["demo", "--out", str(out), "--quiet"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    for name in ("model.toml", "forecast.json", "backtest.json", "compare.json", "deals.csv", "report.html"):
        assert (out / name).stat().st_size > 0, name
    assert "inside the 80 % range in" in (out / "report.html").read_text()
    assert "90 % ranges that contain the true value: 11 of 11" in result.output
