"""Reps in the reference engine: roles, seats and queues."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from funnelsim.core.calendar.open_time import open_from
from funnelsim.engines.kernels import working_time as working
from funnelsim.engines.plan import DISCIPLINES, Plan
from funnelsim.engines.reference.reference_state import Lead, Rep, Service, Visit
from funnelsim.engines.reference.simcalendar import (
    REPS_START,
    TASKS_FINISH,
    Calendar,
)


@dataclass(eq=False)
class Request:
    """A request of a lead for a rep of some role."""

    lead: Lead
    visit: Visit
    service: Service
    event: simpy.Event  # triggered when the rep starts, or the request is cancelled
    effort: float
    until: float  # time at which a task is cut short, as its stage is removed
    rep: Rep | None = None  # the required rep; None: anybody
    waiting: bool = True

    def joined(self) -> tuple[Any, ...]:
        """Order of joining."""
        return (self.service.ready, self.lead.created, self.lead.id, self.visit.stage)


#: Priority by discipline; ties by order of joining.
FIRST: dict[str, Callable[[Request], float]] = {
    "fifo": lambda _: 0.0,
    "lifo": lambda request: -request.service.ready,
    "largest": lambda request: -request.lead.amount,
    "oldest": lambda request: request.lead.created,
    "latest_stage": lambda request: -request.visit.stage,
}


@dataclass
class Role:
    """The reps of one role and their queue."""

    plan: Plan
    place: int
    calendar: Calendar
    reps: list[Rep]
    queue: list[Request] = field(default_factory=list)
    starts_at: set[float] = field(default_factory=set)  # instants at which the queue will be checked

    def __post_init__(self) -> None:
        roles = self.plan.roles
        self.keeps_owner = bool(roles.owner[self.place])
        self.office = roles.hours, int(roles.calendar[self.place])
        months = slice(*roles.ramp_first[self.place : self.place + 2])
        self.ramp = roles.ramp[months], roles.ramp_days
        self.first = FIRST[DISCIPLINES[roles.discipline[self.place]]]
        for rep in self.reps:
            self.check_queue_at(rep.available)
            if rep.until < math.inf and self.keeps_owner:
                self.check_queue_at(rep.until)

    def check_queue_at(self, instant: float) -> None:
        """Let reps start tasks at an instant, after all other events at it."""
        if instant < self.plan.horizon.end and instant not in self.starts_at:
            self.starts_at.add(instant)
            event = self.calendar.at(instant, REPS_START, self.place)
            assert event.callbacks is not None
            event.callbacks.append(lambda _: self.start())

    def join(self, request: Request) -> None:
        if self.keeps_owner:
            request.rep = request.lead.owners.get(self.place)
        self.queue.append(request)
        self.check_queue_at(self.calendar.now)

    def leave(self, request: Request) -> None:
        """Cancel a request."""
        request.waiting = False
        self.queue.remove(request)

    def start(self) -> None:
        """Assign requests to free reps, as long as both exist."""
        now = self.calendar.now
        self.starts_at.discard(now)
        if self.keeps_owner:
            self.assign_owners(now)
        if not self.queue:
            return
        opens = open_from(*self.office, now)
        if opens > now:
            self.check_queue_at(opens)
            return
        free = [rep for rep in self.reps if rep.available <= now < rep.until and not rep.busy]
        for rep in sorted(free, key=lambda rep: (rep.idle_since, rep.seat)):
            his = [request for request in self.queue if request.rep is rep or not self.keeps_owner]
            if his:
                self.serve(rep, min(his, key=lambda r: (self.first(r), *r.joined())))

    def assign_owners(self, now: float) -> None:
        """Assign each lead without an owner to the rep who owns the fewest leads."""
        without = [request for request in self.queue if request.rep is None or request.rep.until <= now]
        for request in sorted(without, key=Request.joined):
            request.rep = None
            able = [
                rep
                for rep in self.reps
                if rep.available <= now < rep.until and rep.owned < self.plan.roles.open_max[self.place]
            ]
            if able:
                rep = min(able, key=lambda rep: (rep.owned, rep.seat))
                rep.owned += 1
                request.rep = request.lead.owners[self.place] = rep

    def serve(self, rep: Rep, request: Request) -> None:
        now, service = self.calendar.now, request.service
        self.queue.remove(request)
        request.waiting = False
        rep.busy = True
        done = working.finish_instant(*self.office, *self.ramp, rep.ramp_from, now, request.effort)
        service.started, service.finished, service.seat = now, min(float(done), request.until), rep.seat
        if service.finished < self.plan.horizon.end:
            lead = request.lead
            finish = self.calendar.at(
                service.finished, TASKS_FINISH, lead.created, lead.id, request.visit.stage
            )
            assert finish.callbacks is not None
            finish.callbacks.append(lambda _: self.free(rep))
        request.event.succeed()

    def free(self, rep: Rep) -> None:
        rep.busy, rep.idle_since = False, self.calendar.now
        self.check_queue_at(rep.idle_since)

    def released(self, lead: Lead) -> None:
        """Release the owner of a lead that will not need the role again."""
        lead.owners.pop(self.place).owned -= 1
        self.check_queue_at(self.calendar.now)


def reps_of(plan: Plan, role: int, k0: np.uint32, k1: np.uint32) -> list[Rep]:
    """The reps of a role, in order of hiring."""
    columns = (working.HIRED, working.AVAILABLE, working.UNTIL, working.RAMP_FROM, working.AVAILABLE)
    return [
        Rep(int(spell[working.SEAT]), *spell[list(columns)].tolist())
        for spell in spells_of(plan, role, k0, k1)
    ]


def spells_of(plan: Plan, role: int, k0: np.uint32, k1: np.uint32) -> np.ndarray[Any, np.dtype[np.float64]]:
    capacity = 16
    while True:
        spells = np.zeros((capacity, working.N_SPELL))
        count = working.roster(
            plan.roles,
            plan.tables,
            plan.unit_exponential,
            role,
            plan.horizon.begin,
            plan.horizon.end,
            k0,
            k1,
            spells,
        )
        if count >= 0:
            return spells[:count]
        capacity *= 2


def all_roles(plan: Plan, calendar: Calendar, k0: np.uint32, k1: np.uint32) -> Sequence[Role]:
    return [
        Role(plan, place, calendar, reps_of(plan, place, k0, k1)) for place in range(len(plan.roles.hash))
    ]
