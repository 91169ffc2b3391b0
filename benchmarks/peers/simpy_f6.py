"""F6 in SimPy 4.1, twice: as its manual teaches, and as fast as its public events allow.

Both take random numbers from numpy in blocks, draw all arrivals of a replication at once and count visits,
wins, bookings and waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator

import simpy

from benchmarks.contender import Contender, Outcome
from benchmarks.peers.counted import Counted, outcome_of
from benchmarks.peers.luck import Draw, Luck
from tests.oracles import f6

PROCESSES = "SimPy, a process a lead"
CALLBACKS = "SimPy, event callbacks"


def _by_processes(luck: Luck, staffing: f6.Staffing) -> Counted:
    """One generator a lead: the style of SimPy's manual."""
    env = simpy.Environment()
    timeout, uniform, counted = env.timeout, luck.uniform, Counted()
    # A plain resource where only one stage asks for it: first come, first served.
    shared = [staffing.pool.count(pool) > 1 for pool in range(len(staffing.reps))]
    pools = [
        simpy.PriorityResource(env, reps) if is_shared else simpy.Resource(env, reps)
        for reps, is_shared in zip(staffing.reps, shared, strict=True)
    ]
    stages = [
        (
            place,
            None if pool is None else pools[pool],
            {"priority": -place} if pool is not None and shared[pool] else {},
            effort,
            dwell,
            p_on,
        )
        for place, (pool, effort, dwell, p_on) in enumerate(
            zip(staffing.pool, luck.efforts, luck.dwells, f6.P_ON, strict=True)
        )
    ]
    waited_days, tasks = counted.waited_days, counted.tasks

    def lead() -> Generator[simpy.Event, None, None]:
        for place, pool, priority, effort, dwell, p_on in stages:
            counted.visits += 1
            if pool is not None:
                entered = env.now
                with pool.request(**priority) as request:
                    yield request
                    waited = env.now - entered
                    yield timeout(effort())
                waited_days[place] += waited
                tasks[place] += 1
            yield timeout(dwell())
            if uniform() >= p_on:
                return
        counted.wins += 1
        counted.bookings += luck.amount()

    def source() -> Generator[simpy.Event, None, None]:
        for instant in luck.arrivals():
            yield timeout(instant - env.now)
            env.process(lead())

    env.process(source())
    env.run(f6.DAYS)
    return counted


class _Pool:
    """Reps who take the latest stage first, without requests: lines by stage, and a count of the free."""

    def __init__(self, reps: int) -> None:
        self.free = reps
        self.lines: list[tuple[deque[float], Callable[[float], None]]] = []  # latest stage first

    def next_task(self) -> None:
        for line, start in self.lines:
            if line:
                start(line.popleft())
                return
        self.free += 1


def _by_callbacks(luck: Luck, staffing: f6.Staffing) -> Counted:
    """One timeout a task and a dwell, no generator and no resource: the least that SimPy can do."""
    env = simpy.Environment()
    timeout, uniform, counted = env.timeout, luck.uniform, Counted()
    pools = [_Pool(reps) for reps in staffing.reps]

    def won() -> None:
        counted.wins += 1
        counted.bookings += luck.amount()

    def dwelling(dwell: Draw, p_on: float, go_on: Callable[[], None]) -> Callable[[], None]:
        def leave(_: simpy.Event) -> None:
            if uniform() < p_on:
                go_on()

        def begin() -> None:
            timeout(dwell()).callbacks.append(leave)

        return begin

    def working(place: int, pool: _Pool, effort: Draw, then: Callable[[], None]) -> Callable[[], None]:
        line: deque[float] = deque()
        waited_days, tasks = counted.waited_days, counted.tasks

        def finish(event: simpy.Event) -> None:
            waited_days[place] += event.value
            tasks[place] += 1
            pool.next_task()
            then()

        def start(entered: float) -> None:
            timeout(effort(), env.now - entered).callbacks.append(finish)

        def join() -> None:
            if pool.free:
                pool.free -= 1
                start(env.now)
            else:
                line.append(env.now)

        pool.lines.append((line, start))
        return join

    def counting(enter: Callable[[], None]) -> Callable[[], None]:
        def entered() -> None:
            counted.visits += 1
            enter()

        return entered

    enter: Callable[[], None] = won
    for place in reversed(range(len(f6.STAGES))):
        enter = dwelling(luck.dwells[place], f6.P_ON[place], enter)
        pool = staffing.pool[place]
        if pool is not None:
            enter = working(place, pools[pool], luck.efforts[place], enter)
        enter = counting(enter)
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
    return counted


def _contender(
    name: str, simulate: Callable[[Luck, f6.Staffing], Counted], staffing: f6.Staffing
) -> Contender:
    def run(first: int, replications: int) -> Outcome:
        luck = Luck(first, staffing)
        return outcome_of((simulate(luck, staffing) for _ in range(replications)), staffing)

    return Contender(name=name, run=run, replications=10)


def simpy_processes(staffing: f6.Staffing = f6.NO_REPS) -> Contender:
    return _contender(PROCESSES, _by_processes, staffing)


def simpy_callbacks(staffing: f6.Staffing = f6.NO_REPS) -> Contender:
    return _contender(CALLBACKS, _by_callbacks, staffing)
