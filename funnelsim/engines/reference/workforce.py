"""Reps at work in the reference engine: roles, seats, and the queues of leads that need them."""

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
from funnelsim.engines.reference.reference_state import Lead, Rep, Service, Stay
from funnelsim.engines.reference.simcalendar import (
    REPS_START,
    TASKS_FINISH,
    Calendar,
)


@dataclass(eq=False)
class Request:
    """A lead that needs a rep of some role."""

    lead: Lead
    stay: Stay
    service: Service
    event: simpy.Event  # happens when the rep starts, or when the lead waits no longer
    effort: float
    until: float  # a task is cut short here: its stage is removed
    rep: Rep | None = None  # whom the lead waits for; None: anybody
    waiting: bool = True

    def joined(self) -> tuple[Any, ...]:
        """Order of joining."""
        return (self.service.ready, self.lead.created, self.lead.id, self.stay.stage)


#: What goes first, by discipline; ties by order of joining.
FIRST: dict[str, Callable[[Request], float]] = {
    "fifo": lambda _: 0.0,
    "lifo": lambda request: -request.service.ready,
    "largest": lambda request: -request.lead.amount,
    "oldest": lambda request: request.lead.created,
    "latest_stage": lambda request: -request.stay.stage,
}


@dataclass
class Role:
    """The reps of one role and those who wait for them."""

    plan: Plan
    place: int
    calendar: Calendar
    reps: list[Rep]
    queue: list[Request] = field(default_factory=list)
    starts_at: set[float] = field(default_factory=set)  # instants at which reps will look at the queue

    def __post_init__(self) -> None:
        roles = self.plan.roles
        self.keeps_owner = bool(roles.owner[self.place])
        self.office = roles.hours, int(roles.calendar[self.place])
        months = slice(*roles.ramp_first[self.place : self.place + 2])
        self.ramp = roles.ramp[months], roles.ramp_days
        self.first = FIRST[DISCIPLINES[roles.discipline[self.place]]]
        for rep in self.reps:
            self.look_at(rep.available)
            if rep.until < math.inf and self.keeps_owner:
                self.look_at(rep.until)

    def look_at(self, instant: float) -> None:
        """Let reps start tasks at an instant, once all else has happened then."""
        if instant < self.plan.horizon.end and instant not in self.starts_at:
            self.starts_at.add(instant)
            event = self.calendar.at(instant, REPS_START, self.place)
            assert event.callbacks is not None
            event.callbacks.append(lambda _: self.start())

    def join(self, request: Request) -> None:
        if self.keeps_owner:
            request.rep = request.lead.owners.get(self.place)
        self.queue.append(request)
        self.look_at(self.calendar.now)

    def leave(self, request: Request) -> None:
        """The lead waits no longer."""
        request.waiting = False
        self.queue.remove(request)

    def start(self) -> None:
        """Free reps take tasks, as many as there are."""
        now = self.calendar.now
        self.starts_at.discard(now)
        if self.keeps_owner:
            self.give_owners(now)
        if not self.queue:
            return
        opens = open_from(*self.office, now)
        if opens > now:
            self.look_at(opens)
            return
        free = [rep for rep in self.reps if rep.available <= now < rep.until and not rep.busy]
        for rep in sorted(free, key=lambda rep: (rep.idle_since, rep.seat)):
            his = [request for request in self.queue if request.rep is rep or not self.keeps_owner]
            if his:
                self.serve(rep, min(his, key=lambda r: (self.first(r), *r.joined())))

    def give_owners(self, now: float) -> None:
        """Each lead whose rep has gone, or that has none yet, gets the one who owns fewest leads."""
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
                service.finished, TASKS_FINISH, lead.created, lead.id, request.stay.stage
            )
            assert finish.callbacks is not None
            finish.callbacks.append(lambda _: self.free(rep))
        request.event.succeed()

    def free(self, rep: Rep) -> None:
        rep.busy, rep.idle_since = False, self.calendar.now
        self.look_at(rep.idle_since)

    def released(self, lead: Lead) -> None:
        """A lead will not need the role again: its rep may own another."""
        lead.owners.pop(self.place).owned -= 1
        self.look_at(self.calendar.now)


def reps_of(plan: Plan, role: int, k0: np.uint32, k1: np.uint32) -> list[Rep]:
    """Who works in a role, in order of hiring."""
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
