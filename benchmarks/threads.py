"""Two threads of one run against two processes with half of it each: what threads lose to one another."""

from __future__ import annotations

import statistics
import sys
import time
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

from benchmarks.contender import Contender, LeftOut
from benchmarks.ours import funnelsim, ready
from tests.oracles import f6

#: Scenario -> who works there, and replications of a round, in both ways the same.
SCENARIOS = {"f6": (f6.NO_REPS, 6_000), "f6_cap": (f6.CAP, 4_000), "f6_shared": (f6.SHARED, 2_000)}
_AT_MOST_SECONDS = 600.0


def measure(*, rounds: int) -> list[dict[str, Any]]:
    """For each scenario seconds of both ways and, as the median over rounds, processes / threads."""
    return [_row(scenario, *of, rounds) for scenario, of in SCENARIOS.items()]


def _row(scenario: str, staffing: f6.Staffing, replications: int, rounds: int) -> dict[str, Any]:
    print(f"{scenario}: two threads, two processes ...", file=sys.stderr)
    waits_in = [f6.STAGES[place] for place in staffing.staffed]
    threads = ready(
        funnelsim("fast", scenario=scenario, replications=replications, waits_in=waits_in, workers=2)
    )
    if isinstance(threads, LeftOut):
        return {"scenario": scenario, "left_out": threads.why}
    context = get_context("spawn")
    barrier = context.Barrier(3)
    halves = [
        context.Process(target=_half, args=(scenario, first, replications // 2, rounds, barrier), daemon=True)
        for first in (0, replications // 2)
    ]
    for half in halves:
        half.start()
    by_threads, by_processes = [], []
    barrier.wait(_AT_MOST_SECONDS)  # both are loaded
    for _ in range(rounds):
        begin = time.perf_counter()
        barrier.wait(_AT_MOST_SECONDS)  # both start
        barrier.wait(_AT_MOST_SECONDS)  # both are done
        by_processes.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        threads.run(0, replications)
        by_threads.append(time.perf_counter() - begin)
    for half in halves:
        half.join(_AT_MOST_SECONDS)
    ratio = statistics.median(p / t for p, t in zip(by_processes, by_threads, strict=True))
    return {
        "scenario": scenario,
        "replications": replications,
        "threads_seconds": statistics.median(by_threads),
        "processes_seconds": statistics.median(by_processes),
        "threads_of_processes": ratio,
    }


def _half(scenario: str, first: int, replications: int, rounds: int, barrier: Barrier) -> None:
    contender = funnelsim("fast", scenario=scenario, replications=replications)
    assert isinstance(contender, Contender)
    contender.run(first, 2)
    barrier.wait(_AT_MOST_SECONDS)
    for _ in range(rounds):
        barrier.wait(_AT_MOST_SECONDS)
        contender.run(first, replications)
        barrier.wait(_AT_MOST_SECONDS)
