"""The reference engine: SimPy, one process per lead. It is written for readability and defines the correct
results.

A lead enters a stage, is worked on by reps if the stage has tasks, draws its exit and exit time, waits until
then, and goes on. Instants are absolute: SimPy gets each one as computed, never as a delay to be added up
again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from funnelsim.core.numeric.draws import replication_key
from funnelsim.distributions.lookup import quantile_given_survival, quantile_of_word
from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.counts.tallies import Tallies
from funnelsim.engines.kernels import instants
from funnelsim.engines.kernels import working_time as working
from funnelsim.engines.kernels.shocks import factor_at, month_factors
from funnelsim.engines.kernels.spawning import spawned_count, spawned_lead
from funnelsim.engines.plan import NEVER, NO_SHOCK, NO_TABLE, ROUNDS_AT_ONE_INSTANT, Plan
from funnelsim.engines.reference.reference_state import Credit, Lead, Service, Visit
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
        self.leads = [*self.open_leads(), *self.new_leads()]
        self.odds = np.ones(plan.shocks.number.size)
        if plan.shocks.odds != NO_SHOCK:
            month_factors(plan.shocks, plan.tables, plan.shocks.odds, self.k0, self.k1, self.odds)
        self.spawned: list[Lead] = []
        self.endless_stage: int | None = None

    def run(self) -> None:
        for lead in self.leads:
            self.calendar.process(self.journey(lead))
        self.calendar.run()
        self.leads += self.spawned

    # -- who comes ---------------------------------------------------------------------------------

    def new_leads(self) -> Iterator[Lead]:
        sources = self.plan.sources
        for stream in range(len(sources.id_base)):
            times, words = self.arrivals(stream)
            for n, entered in enumerate(times):
                yield self.new_lead(int(sources.id_base[stream]) + n, stream, float(entered), words[:, n])

    def new_lead(self, lead_id: int, stream: int, entered: float, words: Any) -> Lead:
        """A lead of a stream, from its random words for amount, segment and entry stage."""
        plan, sources = self.plan, self.plan.sources
        amount, segment, entry = (np.uint32(word) for word in words)
        own = self.share(sources.segment, sources.segment_first, sources.segment_upto, stream, segment)
        table = sources.amount_table[self.era(entered), stream, own]
        return Lead(
            lead_id,
            int(sources.source[stream]),
            own,
            self.share(sources.entry, sources.entry_first, sources.entry_upto, stream, entry),
            entered,
            0.0 if table == NO_TABLE else float(quantile_of_word(*plan.tables, table, amount)),
            entered=entered,
        )

    def arrivals(self, stream: int) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        plan, capacity = self.plan, 1024
        while True:
            times, words = np.empty(capacity), np.empty((3, capacity), np.uint32)
            count = instants.arrivals(
                plan.sources,
                plan.roles.hours,
                plan.shocks,
                plan.tables,
                plan.unit_exponential,
                stream,
                plan.horizon.begin,
                plan.horizon.end,
                self.k0,
                self.k1,
                times,
                words,
                np.empty(instants.BATCH, np.uint32),
                np.empty(plan.shocks.number.size),
            )
            if count >= 0:
                return times[:count], words[:, :count]
            capacity *= 2

    def share(self, members: Any, first: Any, upto: Any, stream: int, word: np.uint32) -> int:
        return int(members[instants.pick(upto, first[stream], first[stream + 1], instants.uniform(word))])

    def open_leads(self) -> Iterator[Lead]:
        plan, pipeline = self.plan, self.plan.pipeline
        for n in range(len(pipeline.id)):
            lead_id = np.uint64(pipeline.id[n])
            amount = float(pipeline.amount[n])
            if math.isnan(amount):
                word = instants.lead_words(lead_id, self.k0, self.k1)[1]
                table = pipeline.amount_table[n]
                amount = 0.0 if table == NO_TABLE else quantile_of_word(*plan.tables, table, word)
            elif plan.listed_table != NO_TABLE:
                word = instants.listed_word(lead_id, self.k0, self.k1)
                amount *= quantile_of_word(*plan.tables, plan.listed_table, word)
            span = slice(pipeline.visit_first[n], pipeline.visit_first[n + 1])
            yield Lead(
                int(lead_id),
                -1,
                int(pipeline.segment[n]),
                int(pipeline.stage[n]),
                float(pipeline.created[n]),
                amount,
                booked=int(pipeline.bookings_before[n]),
                open_index=n,
                entered=-float(pipeline.age[n]),
                visits=Counter(
                    dict(zip(pipeline.visited[span].tolist(), pipeline.visits[span].tolist(), strict=True))
                ),
            )

    # -- what a lead does --------------------------------------------------------------------------

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
            place, left = self.leave(lead, visit, resuming)
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
        row = self.row(lead, visit.stage, visit.entered)
        words = self.words(lead, visit)
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
            row = self.row(lead, stage, lead.entered)
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
                child = self.new_lead(int(lead_id), source, comes, words)
                self.spawned.append(child)
                self.calendar.process(self.journey(child))

    def leave(self, lead: Lead, visit: Visit, resuming: bool) -> tuple[int, float]:
        """Target and time of leaving; the visit is completed if that is within the horizon."""
        plan, stage = self.plan, visit.stage
        words = self.words(lead, visit)
        if visit.abandoned:
            visit.left, visit.exit = (
                visit.begins,
                int(plan.work.abandon_exit[self.row(lead, stage, visit.entered)]),
            )
            return int(plan.exits.target[visit.exit]), visit.left
        chosen, found_exit = self.draw_exit(lead, visit, words[0], resuming)
        place = int(plan.exits.target[chosen])
        removed_from = float(plan.stages.removed_from[stage])
        now = max(visit.begins, 0.0) if resuming else visit.begins
        removed = now >= removed_from
        dwells = resuming and not plan.pipeline.waits[lead.open_index]
        since = float(plan.pipeline.since[lead.open_index]) if dwells else visit.begins
        left = now
        if not removed:
            left = self.left_at(chosen, since, words[1], found_exit, now)
        if not removed and left > removed_from:
            left, removed = removed_from, True
        if removed:
            row = self.row(lead, stage, left)
            if place == stage:
                chosen, _, _ = self.pick_exit(row, words[0], self.odds_of(visit, resuming))
                place = int(plan.exits.target[chosen])
            elif place == NEVER:
                place = plan.lost
        if removed and place == plan.lost and plan.stages.recovered[stage] > 0:
            goes_on, where, _, _ = instants.recover_words(
                np.uint64(lead.id), plan.stages.hash[stage], visit.number, self.k0, self.k1
            )
            if instants.uniform(goes_on) < plan.stages.recovered[stage]:
                first, last = self.exits_of(row)
                chosen = instants.pick_forward(
                    plan.exits.p, plan.exits.forward, first, last, instants.uniform(where)
                )
                place = int(plan.exits.target[chosen])
        if left < plan.horizon.end:
            visit.left, visit.exit = left, chosen
        return place, left

    def words(self, lead: Lead, visit: Visit) -> Any:
        """Random words of a visit: exit, dwell, effort of the first task, patience."""
        stage_hash = self.plan.stages.hash[visit.stage]
        return instants.visit_words(np.uint64(lead.id), stage_hash, visit.number, self.k0, self.k1)

    def draw_exit(self, lead: Lead, visit: Visit, word: np.uint32, resuming: bool) -> tuple[int, int]:
        """The exit, and its index among exits of open leads (-1 for a new dwell)."""
        plan, pipeline, n = self.plan, self.plan.pipeline, lead.open_index
        if resuming and not pipeline.waits[n]:
            first, last = pipeline.exit_first[n], pipeline.exit_first[n + 1]
            k = instants.pick(pipeline.upto, first, last, instants.uniform(word))
            return int(pipeline.exit[k]), int(k)
        row = self.row(lead, visit.stage, visit.entered)
        chosen, before, chance = self.pick_exit(row, word, self.odds_of(visit, resuming))
        if visit.waited >= 0 and self.waiting_costs(chosen, before, chance, word, visit.waited):
            chosen = int(plan.work.lost_exit[row])
        return chosen, -1

    def waiting_costs(
        self, chosen: int, before: float, chance: float, word: np.uint32, waited: float
    ) -> bool:
        drawn = self.plan.exits.half_life[chosen], chance, before, instants.uniform(word)
        return bool(working.waiting_costs(self.plan.tables, self.plan.unit_exponential, *drawn, waited))

    def left_at(self, chosen: int, since: float, word: np.uint32, found_exit: int, now: float) -> float:
        """Time of leaving; for an open lead in its dwell (`found_exit`), conditional on its age."""
        plan = self.plan
        if plan.exits.target[chosen] == NEVER:
            return math.inf
        table = plan.exits.table[chosen]
        if found_exit >= 0 and plan.pipeline.survival[found_exit] < 1.0:
            dwell = quantile_given_survival(*plan.tables, table, word, plan.pipeline.survival[found_exit])
        else:
            dwell = quantile_of_word(*plan.tables, table, word)
        return max(float(instants.leave_instant(*plan.clocks, plan.exits.clock[chosen], since, dwell)), now)

    def credit(self, lead: Lead, place: int, bookings: float, quota: float) -> Credit:
        if bookings > 0:
            lead.booked += 1
        win = place == self.plan.books_at and lead.won_at == math.inf
        if win:
            lead.won_at = lead.entered
        return Credit(
            place=place,
            at=lead.entered,
            bookings=lead.amount * bookings,
            quota=lead.amount * quota,
            first_booking=bookings > 0 and lead.booked == 1,
            expansion=lead.booked > 1,
            win=win,
        )

    def outcome_factors(self, place: int) -> tuple[float, float]:
        outcomes = self.plan.outcomes
        return float(outcomes.bookings[place - self.n_stages]), float(outcomes.quota[place - self.n_stages])

    def pick_exit(self, row: int, word: np.uint32, odds: float | None) -> tuple[int, float, float]:
        """An exit of a row, the cumulative probability of those before it, and its own."""
        exits, (first, last) = self.plan.exits, self.exits_of(row)
        u = instants.uniform(word)
        if odds is not None:
            chosen, before, chance = instants.pick_at_odds(exits.p, exits.forward, first, last, u, odds)
            return int(chosen), float(before), float(chance)
        chosen = int(instants.pick(exits.upto, first, last, u))
        return chosen, float(exits.upto[chosen - 1]) if chosen > first else 0.0, float(exits.p[chosen])

    def odds_of(self, visit: Visit, resuming: bool) -> float | None:
        """The factor on the odds in the month of a visit; None before the run or without shocks."""
        if resuming or self.plan.shocks.odds == NO_SHOCK:
            return None
        return float(factor_at(self.plan.shocks, self.odds, self.plan.horizon.begin, visit.entered))

    def exits_of(self, row: int) -> tuple[int, int]:
        first = self.plan.stages.exit_first
        return int(first[row]), int(first[row + 1])

    def row(self, lead: Lead, stage: int, instant: float) -> int:
        return (self.era(instant) * self.plan.segments + lead.segment) * self.n_stages + stage

    def era(self, instant: float) -> int:
        """The last era that has begun; the visit of an open lead is in the era of the start."""
        return (
            int(np.searchsorted(self.plan.stages.era_start, max(instant, self.plan.horizon.begin), "right"))
            - 1
        )


def run_piece(
    plan: Plan,
    seed: int,
    replications: NDArray[np.int64],
    tallies: Tallies,
    visits: bool,
    wins: OpenLeadWins,
) -> tuple[dict[str, NDArray[Any]], int | None]:
    """Fill `tallies` and the wins of open leads; return the visits and the stage of an endless loop."""
    from funnelsim.engines.reference.count import count_leads, count_rosters, note_open_lead, visit_columns

    logged = []
    for i, replication in enumerate(replications):
        future = Replication(plan, seed, int(replication))
        future.run()
        if future.endless_stage is not None:
            return visit_columns([], plan.horizon.end), future.endless_stage
        count_rosters(plan, future.roles, tallies, i)
        count_leads(plan, future.leads, tallies, i)
        for lead in future.leads:
            if lead.open_index >= 0 and wins.day.size:
                note_open_lead(plan, lead, wins, i)
            if visits:
                logged += [(int(replication), lead, visit) for visit in lead.visit_log if visit.seen]
    return visit_columns(logged, plan.horizon.end), None
