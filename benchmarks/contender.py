"""Who takes part, and the race: alternating rounds, medians, the same machine at the same moment."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a contender did in one call.

    Attributes
    ----------
    visits : float
        Stays simulated.
    wins : tuple of float
        Wins of each replication; empty where the contender is no simulation (the limit).
    """

    visits: float
    wins: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do the workload.

    Attributes
    ----------
    run : callable
        ``run(first, replications)`` simulates that many from number `first` on.
    replications : int
        For one round; chosen so that a round takes a good part of a second.
    """

    name: str
    run: Callable[[int, int], Outcome]
    replications: int


@dataclass(slots=True)
class Timing:
    """Times of all rounds of one contender."""

    name: str
    ns_per_visit: list[float] = field(default_factory=list)
    cores_used: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.ns_per_visit)

    @property
    def best(self) -> float:
        return min(self.ns_per_visit)


def speed_ratio(contender: Timing, peer: Timing) -> float:
    """How many times as fast as `peer`: median over rounds of the ratio within a round.

    What else the machine does slows neighbours in a round alike, so ratios are steadier than times.
    """
    pairs = zip(contender.ns_per_visit, peer.ns_per_visit, strict=True)
    return statistics.median(theirs / ours for ours, theirs in pairs)


class WrongAnswerError(Exception):
    """A contender does not do the workload, so its speed means nothing."""


def verify(contender: Contender, expected_wins: float, replications: int) -> str:
    """Fail unless its mean wins are within 4 standard errors of exact; this also compiles it."""
    wins = contender.run(0, replications).wins
    if not wins:
        return "no simulation"
    mean, se = statistics.mean(wins), statistics.stdev(wins) / math.sqrt(len(wins))
    if abs(mean - expected_wins) > 4 * se:
        raise WrongAnswerError(f"{contender.name}: {mean:.3f} wins, exact {expected_wins:.3f} (se {se:.3f})")
    return f"{mean:.2f} ± {se:.2f}"


def race(contenders: Sequence[Contender], rounds: int) -> list[Timing]:
    """Time each contender once per round, in turn, so that a slow moment of the machine hits all alike."""
    timings = [Timing(c.name) for c in contenders]
    # Python peers make many objects; they should not pay for walking what compilers left behind.
    gc.collect()
    gc.freeze()
    for round_ in range(rounds):
        for contender, timing in zip(contenders, timings, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            outcome = contender.run(round_ * contender.replications, contender.replications)
            wall = time.perf_counter() - wall
            timing.ns_per_visit.append(wall / outcome.visits * 1e9)
            timing.cores_used.append((time.process_time() - cpu) / wall)
    return timings
