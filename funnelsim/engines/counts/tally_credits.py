"""Tally credits on entry, and clients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts.credit_log import log_credit
from funnelsim.engines.counts.recognition import recognise
from funnelsim.engines.counts.tallies import (
    BOOKINGS,
    CLIENTS_AT_START,
    CLIENTS_KEPT,
    CYCLE,
    EXPANSION,
    NEW,
    PIPELINE,
    QUOTA,
    WINS,
    WON,
)
from funnelsim.engines.plan import NO_PLACE


class Entry(NamedTuple):
    """A lead enters a stage or an outcome."""

    lead: int  # index among active leads
    place: int  # stage or outcome
    instant: float
    bin: int  # of the instant
    amount: float
    created: float
    open_index: int  # -1 for a new lead
    id: np.uint64
    source: int
    segment: int


@inner
def credit(plan, entry, bookings_factor, quota_factor, booked, won_at, revenue, ledger):  # type: ignore[no-untyped-def]
    """Count the credits of an entry.

    Parameters
    ----------
    plan : Plan or Rules
    entry : Entry
    bookings_factor, quota_factor : float
        Credit factors of the stage or outcome.
    booked : int
        Number of earlier bookings of the lead.
    won_at : float
        Time of the win; infinite if not won.
    revenue : float64 array, shape (leads, 3)
        State of each lead in `recognition.py`.
    ledger : Ledger

    Returns
    -------
    booked, won_at
        The same after the entry.
    """
    part = PIPELINE if entry.open_index >= 0 else NEW
    booking = entry.amount * bookings_factor
    if bookings_factor > 0.0:
        booked += 1
    credited = EXPANSION if booked > 1 else part
    money = ledger.money[at(entry.bin)]
    counted = in_units(booking, plan.money_unit)
    money[BOOKINGS, credited] += counted
    if credited == PIPELINE and bookings_factor > 0.0 and ledger.wins.day.shape[1] > 0:
        ledger.wins.booked[ledger.place, entry.open_index] = entry.instant
        ledger.wins.amount[ledger.place, entry.open_index] = counted
    quota = in_units(entry.amount * quota_factor, plan.money_unit)
    money[QUOTA, credited] += quota
    if plan.recognition.place != NO_PLACE:
        recognise(
            plan.recognition,
            plan.money_unit,
            plan.horizon,
            revenue[at(entry.lead)],
            entry.place,
            entry.instant,
            entry.bin,
            part,
            credited,
            booking,
            ledger.money,
        )
    wins = 0.0
    if entry.place == plan.books_at and won_at == np.inf:
        wins = 1.0
        won_at = entry.instant
        ledger.by_bin[at(entry.bin), WON] += 1.0
        ledger.by_bin[at(entry.bin), CYCLE] += in_units(entry.instant - entry.created, plan.day_unit)
        money[WINS, part] += 1.0
        if part == PIPELINE and ledger.wins.day.shape[1] > 0:
            ledger.wins.day[ledger.place, entry.open_index] = entry.instant
    log_credit(ledger.credits, ledger.place, entry, credited, counted, quota, wins)
    return booked, won_at


@inner_step
def count_client(horizon, won_at, churned_at, ledger):  # type: ignore[no-untyped-def]
    """Count the windows at whose start a lead was a client, and those at whose end it still was."""
    if won_at == np.inf:
        return
    for w in range(horizon.window_start.size):
        if won_at < horizon.window_start[at(w)] <= churned_at:
            ledger.by_window[at(w), CLIENTS_AT_START] += 1.0
            if churned_at >= horizon.window_end[at(w)]:
                ledger.by_window[at(w), CLIENTS_KEPT] += 1.0
