"""Counts the leads of the reference engine into tallies: lead by lead, stay by stay."""

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
from funnelsim.engines.reference.reference_state import Credit, Lead, Service, Stay
from funnelsim.engines.reference.workforce import Role


def count_leads(plan: Plan, leads: Sequence[Lead], tallies: Tallies, i: int) -> None:
    """Add all leads of replication `i`."""
    for lead in leads:
        count = _Count(plan, lead, tallies, i)
        count.arrival()
        for stay in lead.stays:
            count.credit(stay.credit)
            count.stay(stay)
        count.end()


def note_open_lead(plan: Plan, lead: Lead, wins: OpenLeadWins, i: int) -> None:
    """Write down the first win and the first booking of an open lead of replication `i`."""
    if 0 <= lead.won_at < math.inf:
        wins.day[i, lead.open_place] = lead.won_at
    for credit in (*(stay.credit for stay in lead.stays), lead.last_credit):
        if credit is not None and credit.first_booking:
            wins.booked[i, lead.open_place] = credit.at
            wins.amount[i, lead.open_place] = in_units(credit.bookings, plan.money_unit)


def count_rosters(plan: Plan, roles: Sequence[Role], tallies: Tallies, i: int) -> None:
    """Add the open time of all reps of replication `i`, present or not."""
    for role in roles:
        for rep in role.reps:
            for b, low, high in _parts(plan, rep.hired, min(rep.until, plan.horizon.end)):
                open_days = open_time(*role.office, low, high)
                tallies.by_role[i, b, role.place, place.ROSTERED] += in_units(open_days, plan.day_unit)


def _parts(plan: Plan, begin: float, end: float) -> Iterator[tuple[int, float, float]]:
    """The bins from the start on that a span touches, with the part in each."""
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
        self.part = place.PIPELINE if lead.open_place >= 0 else place.NEW
        self.recognised_from = self.knew_place()
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

    def knew_place(self) -> float:
        """From when on its bookings are recognised: an open lead may have been there before the start."""
        pipeline, n = self.plan.pipeline, self.lead.open_place
        if n < 0:
            return math.inf
        visited = pipeline.visited[pipeline.visit_first[n] : pipeline.visit_first[n + 1]]
        return -math.inf if self.plan.recognition.place in visited.tolist() else math.inf

    def recognise(self, credit: Credit, part: int) -> None:
        """A booking waits until the lead has entered the place, then becomes revenue evenly."""
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

    def stay(self, stay: Stay) -> None:
        if not stay.seen:
            return
        counts = self.tallies.by_stage[self.i]
        if stay.counted_entry:
            counts[self.bin(stay.entered), stay.stage, place.ENTERED] += 1
        for service in stay.services:
            self.service(service, stay.stage)
        seen_to = stay.left if stay.ended else self.plan.horizon.end
        for b, low, high in _parts(self.plan, stay.entered, seen_to):
            counts[b, stay.stage, place.WIP] += in_units(high - low, self.plan.day_unit)
        if stay.ended:
            b = self.bin(stay.left)
            counts[b, stay.stage, place.ENDED] += 1
            counts[b, stay.stage, place.DWELL] += in_units(stay.left - stay.begins, self.plan.day_unit)
            counts[b, stay.stage, place.FORWARD] += self.plan.exits.forward[stay.exit]
            if stay.abandoned:
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


def visit_columns(logged: Sequence[tuple[int, Lead, Stay]], ends: float) -> dict[str, NDArray[Any]]:
    """Columns of the visits seen at or after the start, as the fast engine logs them."""
    seen = [(r, lead, stay) for r, lead, stay in logged if not (stay.ended and stay.left < 0)]
    return {
        "replication": np.array([r for r, _, _ in seen], dtype=np.int64),
        "lead": np.array([lead.id for _, lead, _ in seen], dtype=np.uint64),
        "source": np.array([lead.source for _, lead, _ in seen], dtype=np.int64),
        "segment": np.array([lead.segment for _, lead, _ in seen], dtype=np.int64),
        "stage": np.array([stay.stage for _, _, stay in seen], dtype=np.int64),
        "visit": np.array([stay.visit for _, _, stay in seen], dtype=np.int64),
        "entered": np.array([stay.entered for _, _, stay in seen], dtype=np.float64),
        "started": np.array([_first(stay, "started") for _, _, stay in seen], dtype=np.float64),
        "finished": np.array([_finished(stay, ends) for _, _, stay in seen], dtype=np.float64),
        "left": np.array([stay.left for _, _, stay in seen], dtype=np.float64),
        "exit": np.array([stay.exit for _, _, stay in seen], dtype=np.int64),
        "amount": np.array([stay.amount for _, _, stay in seen], dtype=np.float64),
        "role": np.array([_first(stay, "role", -1) for _, _, stay in seen], dtype=np.int64),
        "seat": np.array([_first(stay, "seat", -1) for _, _, stay in seen], dtype=np.int64),
    }


def _first(stay: Stay, name: str, without: float = math.nan) -> float:
    """Of the first task, where a rep started it."""
    started = bool(stay.services) and not math.isnan(stay.services[0].started)
    return getattr(stay.services[0], name) if started else without


def _finished(stay: Stay, ends: float) -> float:
    """When the last task was done, NaN where that is not before the end."""
    done = stay.services[-1].finished if stay.services else math.inf
    return done if done < ends else math.nan
