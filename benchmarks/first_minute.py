"""What the commands of the first minute take on the sample company, as ratios to bare imports.

Each command runs in a fresh process, alternating with one that only imports what every run needs. Of
each, the round with the fewest processor seconds counts, so that other work on the machine matters little.
A command that takes more times the bare imports than `LIMITS` allows fails the benchmark.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measured import Measured, measured, measured_python

BARE = "import numpy, scipy.special, numba, polars"
#: Most times the processor seconds of the bare imports. All are below what the commands took before their
#: imports were trimmed (1.2, 5.7, 4.2, 6.3; two cores of an AMD EPYC) but that of `fit`, which took 10.2.
LIMITS = {
    "check": 1.1,
    "forecast, 10,000 futures": 5.4,
    "forecast, 100 futures": 3.4,
    "compare, 1 change, 2,000 futures": 6.0,
    "fit": 11.5,
}


def measure(*, rounds: int) -> list[dict[str, Any]]:
    """Seconds and processor seconds of each command, and how many times those of the bare imports they are.

    Raises
    ------
    subprocess.CalledProcessError
        If a command fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        print("first minute: making the demo ...", file=sys.stderr)
        measured(["demo", "--out", str(demo), "--quiet"])
        costs: dict[str, list[Measured]] = {}
        for place in range(rounds + 1):
            print(f"first minute: round {place} of {rounds} ...", file=sys.stderr)
            costs.setdefault(BARE, []).append(measured_python(["-c", BARE]))
            for name, command in commands(demo).items():
                costs.setdefault(name, []).append(measured(command))
            if place == 0:  # it wrote the byte code
                costs.clear()
    return rows(costs)


def rows(costs: Mapping[str, Sequence[Measured]]) -> list[dict[str, Any]]:
    """The least of each command, as a multiple of the least of the bare imports, and its limit."""
    cpu = {name: min(cost.cpu_seconds for cost in found) for name, found in costs.items()}
    return [
        {
            "command": name,
            "seconds": min(cost.seconds for cost in found),
            "cpu_seconds": cpu[name],
            "times_bare": cpu[name] / cpu[BARE],
            "limit": LIMITS.get(name),
        }
        for name, found in costs.items()
    ]


def too_slow(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The commands beyond their limit, in words."""
    return [
        f"{row['command']}: {row['times_bare']:.1f} times the bare imports, at most {row['limit']:g} allowed"
        for row in found
        if row["limit"] is not None and not row["times_bare"] <= row["limit"]
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
