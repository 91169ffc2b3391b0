"""What the commands of the first minute take on the sample company, as ratios to bare imports.

Each command runs in a fresh process, alternating with one that only imports what every run needs. Of
each, the round with the fewest processor seconds counts, so that other work on the machine matters little.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measured import measured, measured_python

BARE = "import numpy, scipy.special, numba, polars"


def measure(*, rounds: int) -> list[dict[str, Any]]:
    """Processor seconds of each command, and how many times those of the bare imports they are.

    Raises
    ------
    subprocess.CalledProcessError
        If a command fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        print("first minute: making the demo ...", file=sys.stderr)
        measured(["demo", "--out", str(demo), "--quiet"])
        seconds: dict[str, list[float]] = {}
        for place in range(rounds):
            print(f"first minute: round {place + 1} of {rounds} ...", file=sys.stderr)
            seconds.setdefault(BARE, []).append(measured_python(["-c", BARE]).cpu_seconds)
            for name, command in commands(demo).items():
                seconds.setdefault(name, []).append(measured(command).cpu_seconds)
    bare = min(seconds[BARE])
    return [
        {"command": name, "cpu_seconds": min(found), "times_bare": min(found) / bare}
        for name, found in seconds.items()
    ]


def commands(demo: Path) -> dict[str, list[str]]:
    """The arguments of each command on the files of ``funnelsim demo``."""
    model = str(demo / "model.toml")
    forecast = ["forecast", model, "--period", "2026Q1", "--quota", "1500000", "--quiet"]
    change = ["--set", "stages.demo.after=x0.7", "--period", "2026Q2", "--replications", "2000"]
    return {
        "check": ["check", model],
        "forecast, 10,000 futures": forecast,
        "forecast, 100 futures": [*forecast, "--replications", "100"],
        "compare, 1 change, 2,000 futures": ["compare", model, *change, "--quiet"],
        "fit": ["fit", str(demo / "history"), "--out", str(demo / "refit.toml"), "--quiet"],
    }
