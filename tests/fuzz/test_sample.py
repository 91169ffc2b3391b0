"""A small part of ``make fuzz`` in every test run; in a process of its own, because examples fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("parts", "count"), [(("models", "exports", "intermediates"), 10), (("kills",), 3)])
def test_no_command_breaks_on_what_it_is_given(parts: tuple[str, ...], count: int, tmp_path: Path) -> None:
    environment = os.environ | {"FUZZ_KEEP": str(tmp_path)}
    words = ["-m", "tests.fuzz", "--count", str(count), *(f"--part={part}" for part in parts)]
    found = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
