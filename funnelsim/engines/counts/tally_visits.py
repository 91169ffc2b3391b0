"""Tally the visits of the event engine, with the definitions of `count.py`."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts.tallies import (
    ABANDONED,
    CHURNED,
    CREATED,
    DWELL,
    ENDED,
    ENTERED,
    FORWARD,
    LOST,
    WIP,
)
from funnelsim.engines.counts.tally_credits import Entry, count_client, credit
from funnelsim.engines.counts.visit_log import log_visit, log_work
from funnelsim.engines.kernels.lead_traits import last_begun
from funnelsim.engines.plan import NONE


@inner_step
def count_new_lead(rules, who, ledger):  # type: ignore[no-untyped-def]
    who.bin = last_begun(rules.horizon.bin_edges, 0, who.created)
    ledger.by_bin[at(who.bin), CREATED] += 1.0


@inner_step
def count_entry(rules, world, lead, ledger):  # type: ignore[no-untyped-def]
    """A lead has entered its stage."""
    who = world.leads[at(lead)]
    ledger.by_stage[at(who.bin), at(who.stage), ENTERED] += 1.0
    row = rules.rows[at(who.row)]
    if row.acts:
        _credit_entry(rules, world, lead, row.bookings, row.quota, ledger)


@inner
def _credit_entry(rules, world, lead, bookings_factor, quota_factor, ledger):  # type: ignore[no-untyped-def]
    """Count the credits of a lead's entry."""
    who = world.leads[at(lead)]
    entry = Entry(
        lead,
        who.place,
        who.entered,
        who.bin,
        who.amount,
        who.created,
        who.open_index,
        who.id,
        who.source,
        who.segment,
    )
    who.booked, who.won_at = credit(
        rules, entry, bookings_factor, quota_factor, who.booked, who.won_at, world.revenue, ledger
    )


@inner_step
def count_visit(rules, who, left, exit_, ledger):  # type: ignore[no-untyped-def]
    """Count a visit that ends by an exit, or (-1) is open at the horizon."""
    edges = rules.horizon.bin_edges
    ends = exit_ != NONE
    b = np.int64(who.bin)
    seen_to = left if ends else rules.horizon.end
    if who.seen:
        counts = ledger.by_stage
        stage = at(who.stage)
        seen_from = who.entered
        while seen_to >= edges[at(b + 1)]:
            counts[at(b), stage, WIP] += in_units(edges[at(b + 1)] - seen_from, rules.day_unit)
            b += 1
            seen_from = edges[at(b)]
        counts[at(b), stage, WIP] += in_units(seen_to - seen_from, rules.day_unit)
        if ends:
            counts[at(b), stage, ENDED] += 1.0
            counts[at(b), stage, DWELL] += in_units(left - who.begins, rules.day_unit)
            counts[at(b), stage, FORWARD] += np.float64(rules.exits[at(exit_)].forward)
            if who.abandoned:
                ledger.by_bin[at(b), ABANDONED] += 1.0
        if ledger.log.lead.size > 0:
            _log_visit(rules, who, left, exit_, ledger)
    elif ends:
        b = np.int64(last_begun(edges, b, left))
    who.bin = b


@inner_step
def count_outcome(rules, world, lead, ledger):  # type: ignore[no-untyped-def]
    """Count a lead that reaches its outcome."""
    who = world.leads[at(lead)]
    outcome = rules.outcomes[at(who.place - rules.stages.size)]
    if outcome.acts:
        _credit_entry(rules, world, lead, outcome.bookings, outcome.quota, ledger)
    churned_at = np.inf
    if who.place == rules.churned:
        churned_at = who.entered
        ledger.by_bin[at(who.bin), CHURNED] += 1.0
    if who.place != rules.won and who.won_at == np.inf:
        ledger.by_bin[at(who.bin), LOST] += 1.0
    count_client(rules.horizon, who.won_at, churned_at, ledger)


@inner
def _log_visit(rules, who, left, exit_, ledger):  # type: ignore[no-untyped-def]
    row = log_visit(
        ledger.log,
        ledger.replication,
        who.id,
        who.source,
        who.segment,
        who.stage,
        who.visit,
        who.entered,
        left,
        exit_,
        who.amount,
    )
    log_work(ledger.log, row, who.started, who.finished, who.role, who.seat, rules.horizon.end)
