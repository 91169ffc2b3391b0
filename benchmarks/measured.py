"""What a command takes, measured from outside: seconds, processor seconds, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

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
    """Run ``funnelsim ARGUMENTS`` in a process of its own, the start of Python included."""
    command = [sys.executable, "-m", "funnelsim", *arguments]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _PER_MB)


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
