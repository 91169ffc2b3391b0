"""The reference engine: SimPy, one process per lead. It is written for readability and defines the correct
results.

A lead enters a stage, is worked on by reps if the stage has tasks, draws its exit and exit time, waits until
then, and goes on. Instants are absolute: SimPy gets each one as computed, never as a delay to be added up
again.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import simpy
from numpy.typing import NDArray

from funnelsim.core.numeric.draws import replication_key
from funnelsim.distributions.lookup import quantile_of_word
from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.counts.logged import Logged
from funnelsim.engines.counts.tallies import Tallies
from funnelsim.engines.kernels import instants
from funnelsim.engines.kernels import working_time as working
from funnelsim.engines.kernels.spawning import spawned_count, spawned_lead
from funnelsim.engines.plan import ROUNDS_AT_ONE_INSTANT, Plan
from funnelsim.engines.reference.arrivals import Arrivals
from funnelsim.engines.reference.exit_draws import ExitDraws
from funnelsim.engines.reference.reference_state import Credit, Lead, Service, Visit
from funnelsim.engines.reference.rows import Rows
from funnelsim.engines.reference.simcalendar import PATIENCE_ENDS, TASKS_FINISH, VISITS_END, Calendar
from funnelsim.engines.reference.workforce import Request, all_roles


class Replication:
    """One replication."""

    def __init__(self, plan: Plan, seed: int, replication: int) -> None:
        self.plan = plan
        self.n_stages = len(plan.stages.hash)
        self.k0, self.k1 = replication_key(np.uint64(seed), np.uint64(replication))
        self.calendar = Calendar(initial_time=-math.inf)
        self.roles = all_roles(plan, self.calendar, self.k0, self.k1)
        self.rows = Rows(plan)
        self.arrivals = Arrivals(plan, self.rows, self.k0, self.k1)
        self.exits = ExitDraws(plan, self.rows, self.k0, self.k1)
        self.leads = [*self.arrivals.open_leads(), *self.arrivals.new_leads()]
        self.spawned: list[Lead] = []
        self.endless_stage: int | None = None

    def run(self) -> None:
        for lead in self.leads:
            self.calendar.process(self.journey(lead))
        self.calendar.run()
        self.leads += self.spawned

    def journey(self, lead: Lead) -> Generator[simpy.Event, None, None]:
        """Visit stages until an outcome or the horizon."""
        place, resuming, rounds = lead.stage, lead.open_index >= 0, 0
        if not resuming:
            yield self.calendar.at(lead.entered, VISITS_END, lead.created, lead.id, place)
        while place < self.n_stages and self.endless_stage is None:
            visit = self.enter(lead, place, resuming)
            yield from self.be_worked_on(lead, visit, resuming)
            if not visit.begins < self.plan.horizon.end:
                return
            place, left = self.exits.leave(lead, visit, resuming)
            if not left < self.plan.horizon.end:
                return
            rounds = rounds + 1 if left == lead.entered else 0
            if rounds > ROUNDS_AT_ONE_INSTANT:
                self.endless_stage = visit.stage
                return
            lead.entered, resuming = left, False
            yield self.calendar.at(left, VISITS_END, lead.created, lead.id, visit.stage)
        if self.endless_stage is not None:
            return
        lead.last_credit = self.credit(lead, place, *self.outcome_factors(place))
        lead.ended = (lead.entered, place)
        for role in tuple(lead.owners):
            self.roles[role].released(lead)

    def be_worked_on(self, lead: Lead, visit: Visit, resuming: bool) -> Generator[simpy.Event, None, None]:
        """Wait for a rep and do the tasks, until the stage is removed or patience ends."""
        plan, n = self.plan, lead.open_index
        removed_from = float(plan.stages.removed_from[visit.stage])
        visit.begins = visit.entered
        if resuming:
            if not plan.pipeline.waits[n]:
                return
            yield self.calendar.at(0.0, VISITS_END, lead.created, lead.id, visit.stage)
        now = max(visit.entered, 0.0) if resuming else visit.entered
        if now >= removed_from:
            return
        row = self.rows.row(lead, visit.stage, visit.entered)
        words = self.exits.words(lead, visit)
        patient = float(plan.pipeline.patient[n]) if resuming else 1.0
        gives_up = float(
            working.waits_until(plan.tables, plan.work.patience[row], visit.entered, words[3], patient)
        )
        first = int(plan.work.task_first[row])
        for place, task in enumerate(range(first, int(plan.work.task_first[row + 1]))):
            service = Service(int(plan.work.role[task]), visit.begins)
            visit.services.append(service)
            effort = working.effort_of(
                plan.tables,
                plan.work.effort[task],
                place,
                np.uint64(lead.id),
                plan.stages.hash[visit.stage],
                visit.number,
                words[2],
                self.k0,
                self.k1,
            )
            request = Request(lead, visit, service, self.calendar.event(), float(effort), removed_from)
            self.roles[service.role].join(request)
            self.stop_waiting(request, removed_from, VISITS_END)
            if place == 0:
                self.stop_waiting(request, max(gives_up, now), PATIENCE_ENDS)
            yield request.event
            if math.isnan(service.started):
                visit.begins = self.calendar.now
                visit.abandoned = visit.begins < removed_from
                return
            visit.begins = service.finished
            if not visit.begins < min(removed_from, plan.horizon.end):
                return
            yield self.calendar.at(visit.begins, TASKS_FINISH, lead.created, lead.id, visit.stage)

    def stop_waiting(self, request: Request, instant: float, step: int) -> None:
        """Cancel the request if it is still waiting at an instant."""

        def stop(_: simpy.Event) -> None:
            if request.waiting:
                self.roles[request.service.role].leave(request)
                request.event.succeed()

        if instant < self.plan.horizon.end:
            tie = (request.lead.created, request.lead.id, request.visit.stage)
            event = self.calendar.at(instant, step, *tie)
            assert event.callbacks is not None
            event.callbacks.append(stop)

    def enter(self, lead: Lead, stage: int, resuming: bool) -> Visit:
        """Credits and the change of amount apply once, on entry, and not at a removed stage."""
        stages = self.plan.stages
        if not resuming:
            lead.visits[stage] += 1
        for role in [role for role in lead.owners if not self.plan.roles.needed[role, stage]]:
            self.roles[role].released(lead)
        passes = lead.entered >= stages.removed_from[stage]
        credit = None
        if not resuming and not passes:
            row = self.rows.row(lead, stage, lead.entered)
            self.spawn(lead, stage, row)
            lead.amount *= float(stages.amount[row])
            credit = self.credit(lead, stage, float(stages.bookings[row]), float(stages.quota[row]))
        visit = Visit(stage, lead.visits[stage], lead.entered, amount=lead.amount, credit=credit)
        visit.seen, visit.counted_entry = resuming or not passes, not resuming
        lead.visit_log.append(visit)
        return visit

    def spawn(self, lead: Lead, stage: int, row: int) -> None:
        """Add the leads spawned by an entry."""
        plan, spawns = self.plan, self.plan.spawns
        source = int(spawns.source[row])
        if source < 0:
            return
        entry = np.uint64(lead.id), plan.stages.hash[stage], lead.visits[stage]
        count = int(spawned_count(spawns.p0[row], spawns.mean[row], *entry, self.k0, self.k1))
        for number in range(1, count + 1):
            lead_id, word = spawned_lead(*entry, number, self.k0, self.k1)
            comes = float(lead.entered + quantile_of_word(*plan.tables, spawns.table[row], np.uint32(word)))
            if comes < plan.horizon.end:
                words = instants.lead_words(np.uint64(lead_id), self.k0, self.k1)[1:]
                child = self.arrivals.new_lead(int(lead_id), source, comes, words)
                self.spawned.append(child)
                self.calendar.process(self.journey(child))

    def credit(self, lead: Lead, place: int, bookings: float, quota: float) -> Credit:
        if bookings > 0:
            lead.booked += 1
        win = place == self.plan.books_at and lead.won_at == math.inf
        if win:
            lead.won_at = lead.entered
        return Credit(
            place=place,
            at=lead.entered,
            amount=lead.amount,
            bookings=lead.amount * bookings,
            quota=lead.amount * quota,
            first_booking=bookings > 0 and lead.booked == 1,
            expansion=lead.booked > 1,
            win=win,
        )

    def outcome_factors(self, place: int) -> tuple[float, float]:
        outcomes = self.plan.outcomes
        return float(outcomes.bookings[place - self.n_stages]), float(outcomes.quota[place - self.n_stages])


def run_piece(
    plan: Plan,
    seed: int,
    replications: NDArray[np.int64],
    tallies: Tallies,
    visits: bool,
    wins: OpenLeadWins,
    credits: bool,
) -> Logged:
    """Fill `tallies` and the wins of open leads; return what was logged and the stage of an endless loop."""
    from funnelsim.engines.reference.count import count_leads, count_rosters, note_open_lead, visit_columns
    from funnelsim.engines.reference.credit_rows import Row, credit_log, credits_of

    logged: list[tuple[int, Lead, Visit]] = []
    credited: list[Row] = []
    for i, replication in enumerate(replications):
        future = Replication(plan, seed, int(replication))
        future.run()
        if future.endless_stage is not None:
            return Logged(visit_columns([], plan.horizon.end), credit_log([]), future.endless_stage)
        count_rosters(plan, future.roles, tallies, i)
        count_leads(plan, future.leads, tallies, i)
        for lead in future.leads:
            if lead.open_index >= 0 and wins.day.size:
                note_open_lead(plan, lead, wins, i)
            if credits:
                credited += credits_of(plan, lead, i)
            if visits:
                logged += [(int(replication), lead, visit) for visit in lead.visit_log if visit.seen]
    return Logged(visit_columns(logged, plan.horizon.end), credit_log(credited), None)
