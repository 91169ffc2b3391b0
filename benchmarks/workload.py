"""A workload: what to simulate, what must come out, who takes part; and what a race on it says."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import funnelsim as fs
from benchmarks.contender import Contender, LeftOut, Timing, race, speed_ratio
from benchmarks.truth import Truth, WrongAnswerError, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One row of the targets.

    Attributes
    ----------
    title : str
        What it is, in a few words.
    truth : callable
        ``truth(quick)`` gives what must come out.
    contenders : sequence of Contender or LeftOut
        Slowest first.
    peers : dict of str to str
        Contenders that get a column of ratios, and its heading.
    """

    name: str
    title: str
    truth: Callable[[bool], Truth]
    contenders: Sequence[Contender | LeftOut]
    peers: dict[str, str]
    limit: str
    visits_per_replication: float


def measure(workload: Workload, *, rounds: int, quick: bool) -> dict[str, Any]:
    """Leave out who gives a wrong answer, then race the rest."""
    truth = workload.truth(quick)
    wins, left_out = {}, [one for one in workload.contenders if isinstance(one, LeftOut)]
    racing = []
    for contender in workload.contenders:
        if isinstance(contender, LeftOut):
            continue
        print(f"{workload.name}: checking {contender.name} ...", file=sys.stderr)
        checked = min(contender.checked, max(10, contender.checked // 5)) if quick else contender.checked
        try:
            wins[contender.name] = verify(contender, truth, checked)
            racing.append(contender)
        except (WrongAnswerError, fs.FunnelSimError) as error:
            left_out.append(LeftOut.because(contender.name, error))
    print(f"{workload.name}: {rounds} alternating rounds ...", file=sys.stderr)
    timings = race(racing, rounds)
    return {
        "workload": workload.name,
        "title": workload.title,
        "truth": {"wins": str(truth.wins), "from": truth.source},
        "wait_days": {stage: str(wait) for stage, wait in truth.wait_days.items()},
        "visits_per_replication": workload.visits_per_replication,
        "rounds": rounds,
        "peers": workload.peers,
        "contenders": [_row(timing, timings, wins[timing.name], workload) for timing in timings],
        "left_out": [{"name": one.name, "why": one.why} for one in left_out],
    }


def _row(timing: Timing, timings: list[Timing], wins: str, workload: Workload) -> dict[str, Any]:
    by_name = {other.name: other for other in timings}
    return {
        "name": timing.name,
        "wins": wins,
        "ns_per_visit": timing.median,
        "ns_per_visit_best": timing.best,
        "ns_per_visit_rounds": timing.ns_per_visit,
        "cores_used": statistics.median(timing.cores_used),
        "speed": {
            peer: {"median": speed_ratio(timing, by_name[peer]), "best": by_name[peer].best / timing.best}
            for peer in workload.peers
            if peer in by_name
        },
        "times_the_limit": speed_ratio(by_name[workload.limit], timing),
    }
