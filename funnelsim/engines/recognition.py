"""Revenue: bookings recognised evenly over a while, once a lead has entered a place."""

from __future__ import annotations

import numpy as np

from funnelsim.core.compiled import inner
from funnelsim.core.exact import in_units
from funnelsim.engines.tallies import EXPANSION, REVENUE

# What is remembered of a lead: when it first entered the place, and what it booked before, by part.
SINCE, OWED, OWED_EXPANSION = range(3)


@inner
def recognise(recognition, unit, edges, end, leads, j, place, instant, bin_, part, credited, booking, money):  # type: ignore[no-untyped-def]
    """Count the revenue from what lead `j` is worth on entering `place`.

    Parameters
    ----------
    recognition : Recognition
    unit : float
        In which money is summed.
    leads : float64 array, shape (leads, 3)
        What is remembered; updated.
    bin_ : int
        The bin of the instant.
    part, credited : int
        Part of a first booking of the lead, and of this booking.
    money : float64 array, shape (bins, 4, parts)
    """
    if place == recognition.place and leads[j, SINCE] == np.inf:
        leads[j, SINCE] = instant
        _spread(recognition.over, unit, edges, end, instant, bin_, part, leads[j, OWED], money)
        _spread(recognition.over, unit, edges, end, instant, bin_, EXPANSION, leads[j, OWED_EXPANSION], money)
    if leads[j, SINCE] < np.inf:
        _spread(recognition.over, unit, edges, end, instant, bin_, credited, booking, money)
    elif credited == EXPANSION:
        leads[j, OWED_EXPANSION] += booking
    else:
        leads[j, OWED] += booking


@inner
def _spread(over, unit, edges, end, since, bin_, part, amount, money):  # type: ignore[no-untyped-def]
    """Recognise an amount evenly over `over` days."""
    if amount == 0.0:
        return
    if over == 0.0:
        money[bin_, REVENUE, part] += in_units(amount, unit)
        return
    until = min(since + over, end)
    low = since
    while low < until:
        high = min(until, edges[bin_ + 1])
        money[bin_, REVENUE, part] += in_units(amount * ((high - low) / over), unit)
        low = high
        bin_ += 1
