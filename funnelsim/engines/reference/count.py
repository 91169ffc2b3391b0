"""Tallies of the reference engine, by lead and visit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.open_time import open_time
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts import tallies as place
from funnelsim.engines.counts.ledger import OpenLeadWins
from funnelsim.engines.counts.tallies import Tallies
from funnelsim.engines.plan import NO_PLACE, Plan
from funnelsim.engines.reference.reference_state import Credit, Lead, Service, Visit
from funnelsim.engines.reference.workforce import Role


def count_leads(plan: Plan, leads: Sequence[Lead], tallies: Tallies, i: int) -> None:
    """Add all leads of replication `i`."""
    for lead in leads:
        count = _Count(plan, lead, tallies, i)
        count.arrival()
        for visit in lead.visit_log:
            count.credit(visit.credit)
            count.visit(visit)
        count.end()


def note_open_lead(plan: Plan, lead: Lead, wins: OpenLeadWins, i: int) -> None:
    """Record the first win and the first booking of an open lead in replication `i`."""
    if 0 <= lead.won_at < math.inf:
        wins.day[i, lead.open_index] = lead.won_at
    for credit in (*(visit.credit for visit in lead.visit_log), lead.last_credit):
        if credit is not None and credit.first_booking:
            wins.booked[i, lead.open_index] = credit.at
            wins.amount[i, lead.open_index] = in_units(credit.bookings, plan.money_unit)


def count_rosters(plan: Plan, roles: Sequence[Role], tallies: Tallies, i: int) -> None:
    """Add the working hours of all reps in replication `i`."""
    for role in roles:
        for rep in role.reps:
            for b, low, high in _parts(plan, rep.hired, min(rep.until, plan.horizon.end)):
                open_days = open_time(*role.office, low, high)
                tallies.by_role[i, b, role.place, place.ROSTERED] += in_units(open_days, plan.day_unit)


def _parts(plan: Plan, begin: float, end: float) -> Iterator[tuple[int, float, float]]:
    """The bins from the start on that overlap a span, with the overlap in each."""
    edges = plan.horizon.bin_edges
    for b in range(1, len(edges) - 1):
        low, high = max(begin, float(edges[b])), min(end, float(edges[b + 1]))
        if high > low:
            yield b, low, high


class _Count:
    def __init__(self, plan: Plan, lead: Lead, tallies: Tallies, i: int) -> None:
        self.plan, self.lead, self.tallies, self.i = plan, lead, tallies, i
        self.edges = plan.horizon.bin_edges
        self.responded = False
        self.part = place.PIPELINE if lead.open_index >= 0 else place.NEW
        self.recognised_from = self.recognised_since()
        self.owed = {self.part: 0.0, place.EXPANSION: 0.0}

    def money(self, amount: float) -> float:
        return float(in_units(amount, self.plan.money_unit))

    def bin(self, instant: float) -> int:
        return int(np.searchsorted(self.edges, instant, side="right")) - 1

    def arrival(self) -> None:
        if self.part == place.NEW:
            self.tallies.by_bin[self.i, self.bin(self.lead.created), place.CREATED] += 1

    def credit(self, credit: Credit | None) -> None:
        if credit is None:
            return
        b = self.bin(credit.at)
        money = self.tallies.money[self.i, b]
        part = place.EXPANSION if credit.expansion else self.part
        money[place.BOOKINGS, part] += self.money(credit.bookings)
        money[place.QUOTA, part] += self.money(credit.quota)
        if self.plan.recognition.place != NO_PLACE:
            self.recognise(credit, part)
        if credit.win:
            self.tallies.by_bin[self.i, b, place.WON] += 1
            self.tallies.by_bin[self.i, b, place.CYCLE] += in_units(
                credit.at - self.lead.created, self.plan.day_unit
            )
            money[place.WINS, self.part] += 1

    def recognised_since(self) -> float:
        """Start of recognition, which may be before the start for an open lead."""
        pipeline, n = self.plan.pipeline, self.lead.open_index
        if n < 0:
            return math.inf
        visited = pipeline.visited[pipeline.visit_first[n] : pipeline.visit_first[n + 1]]
        return -math.inf if self.plan.recognition.place in visited.tolist() else math.inf

    def recognise(self, credit: Credit, part: int) -> None:
        """A booking is pending until the lead has entered the recognising stage, then is recognised
        evenly."""
        if credit.place == self.plan.recognition.place and self.recognised_from == math.inf:
            self.recognised_from = credit.at
            for of_part, amount in self.owed.items():
                self.spread(amount, of_part, credit.at)
        if self.recognised_from < math.inf:
            self.spread(credit.bookings, part, credit.at)
        else:
            self.owed[part] += credit.bookings

    def spread(self, amount: float, part: int, since: float) -> None:
        over, end = self.plan.recognition.over, self.plan.horizon.end
        revenue = self.tallies.money[self.i, :, place.REVENUE, part]
        if over == 0:
            revenue[self.bin(since)] += self.money(amount)
            return
        for b in range(len(self.edges) - 1):
            low, high = max(since, self.edges[b]), min(since + over, self.edges[b + 1], end)
            if high > low:
                revenue[b] += self.money(amount * ((high - low) / over))

    def visit(self, visit: Visit) -> None:
        if not visit.seen:
            return
        counts = self.tallies.by_stage[self.i]
        if visit.counted_entry:
            counts[self.bin(visit.entered), visit.stage, place.ENTERED] += 1
        for service in visit.services:
            self.service(service, visit.stage)
        seen_to = visit.left if visit.ended else self.plan.horizon.end
        for b, low, high in _parts(self.plan, visit.entered, seen_to):
            counts[b, visit.stage, place.WIP] += in_units(high - low, self.plan.day_unit)
        if visit.ended:
            b = self.bin(visit.left)
            counts[b, visit.stage, place.ENDED] += 1
            counts[b, visit.stage, place.DWELL] += in_units(visit.left - visit.begins, self.plan.day_unit)
            counts[b, visit.stage, place.FORWARD] += self.plan.exits.forward[visit.exit]
            if visit.abandoned:
                self.tallies.by_bin[self.i, b, place.ABANDONED] += 1

    def service(self, service: Service, stage: int) -> None:
        if math.isnan(service.started):
            return
        end = self.plan.horizon.end
        by_role = self.tallies.by_role[self.i]
        office = self.plan.roles.hours, int(self.plan.roles.calendar[service.role])
        for b, low, high in _parts(self.plan, service.started, min(service.finished, end)):
            open_days = open_time(*office, low, high)
            by_role[b, service.role, place.BUSY] += in_units(open_days, self.plan.day_unit)
        if service.finished < end:
            done = self.tallies.by_stage[self.i, self.bin(service.finished), stage]
            done[place.SERVED] += 1
            done[place.WAIT] += in_units(service.started - service.ready, self.plan.day_unit)
        if self.part == place.NEW and not self.responded:
            self.responded = True
            responses = self.tallies.by_bin[self.i, self.bin(service.started)]
            responses[place.RESPONSES] += 1
            responses[place.RESPONSE_DAYS] += in_units(
                service.started - self.lead.created, self.plan.day_unit
            )

    def end(self) -> None:
        self.credit(self.lead.last_credit)
        if self.lead.ended is not None:
            at, outcome = self.lead.ended
            counts = self.tallies.by_bin[self.i, self.bin(at)]
            counts[place.CHURNED] += outcome == self.plan.churned
            counts[place.LOST] += outcome != self.plan.won and self.lead.won_at == math.inf
        self.retention()

    def retention(self) -> None:
        won_at = self.lead.won_at
        churned_at = math.inf
        if self.lead.ended is not None and self.lead.ended[1] == self.plan.churned:
            churned_at = self.lead.ended[0]
        horizon = self.plan.horizon
        for w, (start, end) in enumerate(zip(horizon.window_start, horizon.window_end, strict=True)):
            if won_at < start <= churned_at:
                self.tallies.by_window[self.i, w, place.CLIENTS_AT_START] += 1
                self.tallies.by_window[self.i, w, place.CLIENTS_KEPT] += churned_at >= end


def visit_columns(logged: Sequence[tuple[int, Lead, Visit]], ends: float) -> dict[str, NDArray[Any]]:
    """Columns of the visits at or after the start, as logged by the fast engine."""
    seen = [(r, lead, visit) for r, lead, visit in logged if not (visit.ended and visit.left < 0)]
    return {
        "replication": np.array([r for r, _, _ in seen], dtype=np.int64),
        "lead": np.array([lead.id for _, lead, _ in seen], dtype=np.uint64),
        "source": np.array([lead.source for _, lead, _ in seen], dtype=np.int64),
        "segment": np.array([lead.segment for _, lead, _ in seen], dtype=np.int64),
        "stage": np.array([visit.stage for _, _, visit in seen], dtype=np.int64),
        "visit": np.array([visit.number for _, _, visit in seen], dtype=np.int64),
        "entered": np.array([visit.entered for _, _, visit in seen], dtype=np.float64),
        "started": np.array([_first(visit, "started") for _, _, visit in seen], dtype=np.float64),
        "finished": np.array([_finished(visit, ends) for _, _, visit in seen], dtype=np.float64),
        "left": np.array([visit.left for _, _, visit in seen], dtype=np.float64),
        "exit": np.array([visit.exit for _, _, visit in seen], dtype=np.int64),
        "amount": np.array([visit.amount for _, _, visit in seen], dtype=np.float64),
        "role": np.array([_first(visit, "role", -1) for _, _, visit in seen], dtype=np.int64),
        "seat": np.array([_first(visit, "seat", -1) for _, _, visit in seen], dtype=np.int64),
    }


def _first(visit: Visit, name: str, without: float = math.nan) -> float:
    """A field of the first task, if a rep started it."""
    started = bool(visit.services) and not math.isnan(visit.services[0].started)
    return getattr(visit.services[0], name) if started else without


def _finished(visit: Visit, ends: float) -> float:
    """End of the last task, NaN if not before the end."""
    done = visit.services[-1].finished if visit.services else math.inf
    return done if done < ends else math.nan
