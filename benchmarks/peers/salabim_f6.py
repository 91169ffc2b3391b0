"""F6 in salabim: a component a lead, resources without monitors."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import salabim

from benchmarks.contender import Contender, Outcome
from benchmarks.peers.counted import Counted, outcome_of
from benchmarks.peers.luck import Luck
from tests.oracles import f6


def _simulate(luck: Luck, staffing: f6.Staffing) -> Counted:
    env = salabim.Environment(trace=False, random_seed="", yieldless=False)
    uniform, counted = luck.uniform, Counted()
    pools = [salabim.Resource(capacity=reps, monitor=False, env=env) for reps in staffing.reps]
    stages = [
        (place, None if pool is None else pools[pool], effort, dwell, p_on)
        for place, (pool, effort, dwell, p_on) in enumerate(
            zip(staffing.pool, luck.efforts, luck.dwells, f6.P_ON, strict=True)
        )
    ]
    waited_days, tasks = counted.waited_days, counted.tasks

    class Lead(salabim.Component):
        def process(self) -> Generator[Any, None, None]:
            for place, pool, effort, dwell, p_on in stages:
                counted.visits += 1
                if pool is not None:
                    entered = env.now()
                    yield self.request((pool, 1, -place))  # the lowest number is served first
                    waited = env.now() - entered
                    yield self.hold(effort())
                    self.release(pool)
                    waited_days[place] += waited
                    tasks[place] += 1
                yield self.hold(dwell())
                if uniform() >= p_on:
                    return
            counted.wins += 1
            counted.bookings += luck.amount()

    class Source(salabim.Component):
        def process(self) -> Generator[Any, None, None]:
            for instant in luck.arrivals():
                yield self.hold(till=instant)
                Lead(env=env)

    Source(env=env)
    env.run(till=f6.DAYS)
    return counted


def contender(staffing: f6.Staffing = f6.NO_REPS) -> Contender:
    def run(first: int, replications: int) -> Outcome:
        luck = Luck(first, staffing)
        state = random.getstate()
        results = [_simulate(luck, staffing) for _ in range(replications)]
        random.setstate(state)
        return outcome_of(results, staffing)

    return Contender(name="salabim", run=run, replications=1, checked=20, rounds_at_most=3)
