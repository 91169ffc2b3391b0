"""What is not there is said before anything slow is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from funnelsim.cli.main import main
try:
    main()
finally:
    print(sorted({"numpy", "polars", "pydantic", "click"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("forecast nothere.toml", "nothere.toml: no such file"),
        ("compare nothere.toml --set sources.web.rate=x2", "nothere.toml: no such file"),
        ("fit nothere --out m.toml", "nothere: there is no such history folder"),
        (
            "backtest nothere --from 2025-01-01 --to 2025-02-01",
            "nothere: there is no such history folder",
        ),
    ],
)
def test_a_missing_file_is_said_at_once(typed: str, said: str, tmp_path: Path) -> None:
    """Mutant: the check after the imports, which take seconds."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *typed.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout.strip() == "['click']"
