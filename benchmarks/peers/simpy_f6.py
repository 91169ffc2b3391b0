"""F6-NC in SimPy 4.1, twice: as its manual teaches, and as fast as its public events allow.

Both take random numbers from numpy in blocks, draw all arrivals of a replication at once and count visits,
wins and bookings.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import numpy as np
import simpy

from benchmarks.contender import Contender, Outcome
from tests.oracles import f6

_BLOCK = 4096
_LOG_MEAN_AMOUNT = np.log(f6.MEAN_AMOUNT) - f6.SIGMA_AMOUNT**2 / 2
_LOG_MEAN_DWELLS = [np.log(mean) - f6.SIGMA**2 / 2 for mean in f6.MEAN_DWELL_DAYS]

Draw = Callable[[], float]


def _in_blocks(draw: Callable[[], np.ndarray]) -> Draw:
    def values() -> Iterator[float]:
        while True:
            yield from draw().tolist()

    return values().__next__


class _Luck:
    """Uniforms, dwells by stage and amounts, kept over the replications of a call."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.uniform = _in_blocks(lambda: rng.random(_BLOCK))
        self.amount = _in_blocks(lambda: rng.lognormal(_LOG_MEAN_AMOUNT, f6.SIGMA_AMOUNT, _BLOCK))
        self.dwells = [
            _in_blocks(lambda m=m: rng.lognormal(m, f6.SIGMA, _BLOCK))  # type: ignore[misc]
            for m in _LOG_MEAN_DWELLS
        ]

    def arrivals(self) -> list[float]:
        number = self.rng.poisson(f6.LEADS_PER_DAY * f6.DAYS)
        return np.sort(self.rng.random(number) * f6.DAYS).tolist()


def _by_processes(luck: _Luck) -> tuple[int, int, float]:
    """One generator a lead: the style of SimPy's manual."""
    env = simpy.Environment()
    timeout, uniform = env.timeout, luck.uniform
    stages = list(zip(luck.dwells, f6.P_ON, strict=True))
    visits = wins = 0
    bookings = 0.0

    def lead() -> Generator[simpy.Event, None, None]:
        nonlocal visits, wins, bookings
        for dwell, p_on in stages:
            visits += 1
            yield timeout(dwell())
            if uniform() >= p_on:
                return
        wins += 1
        bookings += luck.amount()

    def source() -> Generator[simpy.Event, None, None]:
        for instant in luck.arrivals():
            yield timeout(instant - env.now)
            env.process(lead())

    env.process(source())
    env.run(f6.DAYS)
    return visits, wins, bookings


def _by_callbacks(luck: _Luck) -> tuple[int, int, float]:
    """One timeout a visit and no generator: half the events, the least SimPy can do."""
    env = simpy.Environment()
    timeout, uniform = env.timeout, luck.uniform
    visits = wins = 0
    bookings = 0.0

    def won() -> None:
        nonlocal wins, bookings
        wins += 1
        bookings += luck.amount()

    def stage(dwell: Draw, p_on: float, go_on: Callable[[], None]) -> Callable[[], None]:
        def leave(_: simpy.Event) -> None:
            if uniform() < p_on:
                go_on()

        def enter() -> None:
            nonlocal visits
            visits += 1
            timeout(dwell()).callbacks.append(leave)

        return enter

    enter = won
    for dwell, p_on in reversed(list(zip(luck.dwells, f6.P_ON, strict=True))):
        enter = stage(dwell, p_on, enter)
    instants = iter(luck.arrivals())
    enter_first = enter

    def arrive(event: simpy.Event | None) -> None:
        if event is not None:
            enter_first()
        instant = next(instants, None)
        if instant is not None:
            timeout(instant - env.now).callbacks.append(arrive)

    arrive(None)
    env.run(f6.DAYS)
    return visits, wins, bookings


def _contender(name: str, simulate: Callable[[_Luck], tuple[int, int, float]]) -> Contender:
    def run(first: int, replications: int) -> Outcome:
        luck = _Luck(first)
        results = [simulate(luck) for _ in range(replications)]
        return Outcome(sum(r[0] for r in results), tuple(r[1] for r in results))

    return Contender(name=name, run=run, replications=10)


def simpy_processes() -> Contender:
    return _contender("SimPy 4.1, a process a lead", _by_processes)


def simpy_callbacks() -> Contender:
    return _contender("SimPy 4.1, event callbacks", _by_callbacks)
