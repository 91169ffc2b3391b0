"""No engine reads or writes beyond its arrays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def bounds(*arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "tests.twins.bounds", *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_an_awkward_funnel_stays_within_its_arrays() -> None:
    """Catches the distribution of an exit that has none: it is number -1."""
    bounds(NUMBA_DISABLE_JIT="1")


@pytest.mark.slow
def test_any_funnel_stays_within_its_arrays(tmp_path: Path) -> None:
    bounds("2000", NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))
