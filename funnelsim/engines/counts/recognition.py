"""Revenue: bookings recognised evenly over a while, once a lead has entered a place."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import inner, inner_step
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts.tallies import EXPANSION, REVENUE

# What is remembered of a lead: when it first entered the place, and what it booked before, by part.
SINCE, OWED, OWED_EXPANSION = range(3)


@inner_step
def owe_nothing(lead, knew_place):  # type: ignore[no-untyped-def]
    """No booking waits to be recognised; an open lead may have been in the place before the start."""
    lead[SINCE] = -np.inf if knew_place else np.inf
    lead[OWED] = 0.0
    lead[OWED_EXPANSION] = 0.0


@inner
def recognise(recognition, unit, horizon, lead, place, instant, bin_, part, credited, booking, money):  # type: ignore[no-untyped-def]
    """Count the revenue from what a lead is worth on entering `place`.

    Parameters
    ----------
    recognition : Recognition
    unit : float
        In which money is summed.
    horizon : Horizon
    lead : float64 array, shape (3,)
        What is remembered of it; updated.
    bin_ : int
        The bin of the instant.
    part, credited : int
        Part of a first booking of the lead, and of this booking.
    money : float64 array, shape (bins, 4, parts)
    """
    over = recognition.over
    if place == recognition.place and lead[SINCE] == np.inf:
        lead[SINCE] = instant
        _spread(over, unit, horizon, instant, bin_, part, lead[OWED], money)
        _spread(over, unit, horizon, instant, bin_, EXPANSION, lead[OWED_EXPANSION], money)
    if lead[SINCE] < np.inf:
        _spread(over, unit, horizon, instant, bin_, credited, booking, money)
    elif credited == EXPANSION:
        lead[OWED_EXPANSION] += booking
    else:
        lead[OWED] += booking


@inner
def _spread(over, unit, horizon, since, bin_, part, amount, money):  # type: ignore[no-untyped-def]
    """Recognise an amount evenly over `over` days."""
    if amount == 0.0:
        return
    if over == 0.0:
        money[bin_, REVENUE, part] += in_units(amount, unit)
        return
    until = min(since + over, horizon.end)
    low = since
    while low < until:
        high = min(until, horizon.bin_edges[bin_ + 1])
        money[bin_, REVENUE, part] += in_units(amount * ((high - low) / over), unit)
        low = high
        bin_ += 1
