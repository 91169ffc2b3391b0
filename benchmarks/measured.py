"""What a command takes, measured from outside: seconds, processor seconds, memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine

#: ``ru_maxrss`` is in KiB, on macOS in bytes.
_PER_MB = 1 << 20 if sys.platform == "darwin" else 1 << 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command.

    Attributes
    ----------
    seconds : float
        On the wall; on a machine that does other things as well, these count too.
    cpu_seconds : float
        Of all threads, user and system.
    peak_mb : float
        Largest resident memory.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float


def measured(arguments: Sequence[str]) -> Measured:
    """Run ``funnelsim ARGUMENTS`` in a process of its own, the start of Python included.

    Raises
    ------
    subprocess.CalledProcessError
        If the command fails.
    """
    return measured_python(["-m", "funnelsim", *arguments])


def measured_python(arguments: Sequence[str]) -> Measured:
    """The same of ``python ARGUMENTS``, with byte code kept between calls whatever the environment says."""
    launcher = [sys.executable, "-S", str(Path(__file__).with_name("launch.py"))]
    command = [*launcher, sys.executable, *arguments]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, check=True, env=kept)
    seconds, cpu_seconds, peak = (float(figure) for figure in done.stdout.split())
    return Measured(seconds, cpu_seconds, peak / _PER_MB)


def show(title: str, rows: Sequence[tuple[str, int, Measured]]) -> None:
    """A table: what, how many, and what it took."""
    console = Console(width=None if sys.stdout.isatty() else 132)
    console.print(", ".join(f"{key} {value}" for key, value in machine().items()), highlight=False)
    table = Table(title=title, title_justify="left")
    table.add_column("what", no_wrap=True)
    for column in ("rows", "seconds", "processor seconds", "peak MB"):
        table.add_column(column, justify="right")
    for name, number, cost in rows:
        table.add_row(
            name, f"{number:,}", f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.peak_mb:,.0f}"
        )
    console.print(table)
