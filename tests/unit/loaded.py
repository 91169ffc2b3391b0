"""Which modules a command loads, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = """
import sys
from funnelsim.cli.main import group
try:
    group(sys.argv[1:], standalone_mode=False)
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def loaded_by(arguments: Sequence[str], folder: Path | None = None) -> set[str]:
    """Names of the modules in memory after ``funnelsim ARGUMENTS``, run in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())
