"""Revenue: bookings recognised evenly over a period, once a lead has entered a stage or outcome."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import inner, inner_step
from funnelsim.core.numeric.exact import in_units
from funnelsim.engines.counts.tallies import EXPANSION, REVENUE

# State of a lead: when it first entered the recognising stage or outcome, and its earlier bookings by part.
SINCE, OWED, OWED_EXPANSION = range(3)


@inner_step
def reset_recognition(lead, recognised_since):  # type: ignore[no-untyped-def]
    """Reset: no bookings are pending; an open lead may have entered the recognising stage before the
    start."""
    lead[SINCE] = -np.inf if recognised_since else np.inf
    lead[OWED] = 0.0
    lead[OWED_EXPANSION] = 0.0


@inner
def recognise(recognition, unit, horizon, lead, place, instant, bin_, part, credited, booking, money):  # type: ignore[no-untyped-def]
    """Count the revenue of a lead that enters `place`.

    Parameters
    ----------
    recognition : Recognition
    unit : float
        Unit of sums of money.
    horizon : Horizon
    lead : float64 array, shape (3,)
        Its state; updated.
    bin_ : int
        The bin of the instant.
    part, credited : int
        Part for a first booking of the lead, and for this booking.
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
