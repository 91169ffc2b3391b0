"""Who takes part, and the race: alternating rounds, medians, the same machine at the same moment."""

from __future__ import annotations

import gc
import statistics
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
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
    wait_days : dict of str to tuple of float
        By stage, the mean wait in each replication over the tasks finished by the horizon.
    """

    visits: float
    wins: tuple[float, ...] = ()
    wait_days: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do the workload.

    Attributes
    ----------
    run : callable
        ``run(first, replications)`` simulates that many from number `first` on.
    replications : int
        For one round; chosen so that a round takes a good part of a second.
    checked : int
        Replications of the check before the race, which slow ones have fewer of.
    rounds_at_most : int, optional
        A slow one, which is far from any other, leaves the race after so many rounds.
    """

    name: str
    run: Callable[[int, int], Outcome]
    replications: int
    checked: int = 200
    rounds_at_most: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A contender that cannot take part, and why."""

    name: str
    why: str

    @classmethod
    def because(cls, name: str, error: Exception) -> LeftOut:
        return cls(name, textwrap.shorten(str(error), 200, placeholder=" ..."))


@dataclass(slots=True)
class Timing:
    """Processor time of all rounds of one contender, whatever the number of its threads.

    Time on the wall would count what else the machine does.
    """

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
    pairs = zip(contender.ns_per_visit, peer.ns_per_visit, strict=False)  # rounds that both took part in
    return statistics.median(theirs / ours for ours, theirs in pairs)


def race(contenders: Sequence[Contender], rounds: int) -> list[Timing]:
    """Time each contender once per round, in turn, so that a slow moment of the machine hits all alike."""
    timings = [Timing(c.name) for c in contenders]
    # Python peers make many objects; they should not pay for walking what compilers left behind.
    gc.collect()
    gc.freeze()
    for round_ in range(rounds):
        for contender, timing in zip(contenders, timings, strict=True):
            if contender.rounds_at_most is not None and round_ >= contender.rounds_at_most:
                continue
            cpu, wall = time.process_time(), time.perf_counter()
            outcome = contender.run(round_ * contender.replications, contender.replications)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            timing.ns_per_visit.append(cpu / outcome.visits * 1e9)
            timing.cores_used.append(cpu / wall)
    return timings
