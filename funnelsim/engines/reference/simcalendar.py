"""The event calendar of the reference engine, with the order of events at one instant."""

from __future__ import annotations

import heapq
from typing import Any

import simpy

# Steps of an instant.
ROSTER_CHANGES, TASKS_FINISH, VISITS_END, REPS_START, PATIENCE_ENDS = range(1, 6)


class Calendar(simpy.Environment):
    """An environment whose events are scheduled at instants instead of after delays."""

    def at(self, instant: float, step: int, *tie: float) -> simpy.Event:
        """An event at `instant`; events of one instant happen in the order of steps, then of `tie`."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        heapq.heappush(self._queue, (instant, (step, *tie), next(self._eid), event))  # type: ignore[misc]
        return event

    def schedule(self, event: simpy.Event, priority: Any = 1, delay: float = 0) -> None:
        """Events scheduled by SimPy itself (the start of a process) come first at their instant."""
        heapq.heappush(self._queue, (self._now + delay, (0, priority), next(self._eid), event))  # type: ignore[misc]
