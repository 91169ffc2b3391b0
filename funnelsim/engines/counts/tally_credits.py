"""What entering a place credits, and who is a client when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funnelsim.core.numeric.compiled import at, inner, inner_step
from funnelsim.core.numeric.exact import in_units
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

    lead: int  # place among those on their way
    place: int  # stage or outcome
    instant: float
    bin: int  # of the instant
    amount: float
    created: float
    open_place: int  # -1 for a new lead


@inner
def credit(plan, entry, bookings_factor, quota_factor, booked, won_at, revenue, ledger):  # type: ignore[no-untyped-def]
    """Count what an entry is worth.

    Parameters
    ----------
    plan : Plan or Rules
    entry : Entry
    bookings_factor, quota_factor : float
        Of the place.
    booked : int
        How often the lead has booked before.
    won_at : float
        When it was won; infinite where it was not.
    revenue : float64 array, shape (leads, 3)
        What `recognition.py` remembers of each lead.
    ledger : Ledger

    Returns
    -------
    booked, won_at
        The same after the entry.
    """
    part = PIPELINE if entry.open_place >= 0 else NEW
    booking = entry.amount * bookings_factor
    if bookings_factor > 0.0:
        booked += 1
    credited = EXPANSION if booked > 1 else part
    money = ledger.money[at(entry.bin)]
    counted = in_units(booking, plan.money_unit)
    money[BOOKINGS, credited] += counted
    if credited == PIPELINE and bookings_factor > 0.0 and ledger.wins.day.shape[1] > 0:
        ledger.wins.booked[ledger.place, entry.open_place] = entry.instant
        ledger.wins.amount[ledger.place, entry.open_place] = counted
    money[QUOTA, credited] += in_units(entry.amount * quota_factor, plan.money_unit)
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
    if entry.place == plan.books_at and won_at == np.inf:
        won_at = entry.instant
        ledger.by_bin[at(entry.bin), WON] += 1.0
        ledger.by_bin[at(entry.bin), CYCLE] += in_units(entry.instant - entry.created, plan.day_unit)
        money[WINS, part] += 1.0
        if part == PIPELINE and ledger.wins.day.shape[1] > 0:
            ledger.wins.day[ledger.place, entry.open_place] = entry.instant
    return booked, won_at


@inner_step
def count_client(horizon, won_at, churned_at, ledger):  # type: ignore[no-untyped-def]
    """The windows at whose start a lead was a client, and at whose end it still was."""
    if won_at == np.inf:
        return
    for w in range(horizon.window_start.size):
        if won_at < horizon.window_start[at(w)] <= churned_at:
            ledger.by_window[at(w), CLIENTS_AT_START] += 1.0
            if churned_at >= horizon.window_end[at(w)]:
                ledger.by_window[at(w), CLIENTS_KEPT] += 1.0
