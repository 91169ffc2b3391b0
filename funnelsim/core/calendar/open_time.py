"""Open time between two instants, and its inverse."""

from __future__ import annotations

import numpy as np

from funnelsim.core.numeric.compiled import at, kernel, step

#: Days. Tolerance for rounding: work done this little after closing time counts as done at closing time.
_ROUNDING = 1e-9


@step
def span_at(hours, calendar, instant):  # type: ignore[no-untyped-def]
    """Index of the first open span that closes after an instant; if there is none, the end of the spans."""
    last = hours.first[at(calendar + 1)]
    day = min(max(np.int64(instant - hours.first_day), 0), hours.day_first.shape[1] - 1)
    span = hours.day_first[at(calendar), at(day)]
    while span < last and hours.closes[at(span)] <= instant:
        span += 1
    return span


@step
def open_from(hours, calendar, instant):  # type: ignore[no-untyped-def]
    """The first open instant at or after an instant; infinite beyond the grid."""
    if calendar < 0:
        return instant
    span = span_at(hours, calendar, instant)
    if span == hours.first[at(calendar + 1)]:
        return np.inf
    return max(hours.opens[at(span)], instant)


@kernel
def open_time(hours, calendar, begin, end):  # type: ignore[no-untyped-def]
    """Open time between two instants."""
    if calendar < 0:
        return end - begin
    span = span_at(hours, calendar, begin)
    last = hours.first[at(calendar + 1)]
    passed = 0.0
    while span < last and hours.opens[at(span)] < end:
        passed += min(hours.closes[at(span)], end) - max(hours.opens[at(span)], begin)
        span += 1
    return passed


@kernel
def instant_after(hours, calendar, begin, time):  # type: ignore[no-untyped-def]
    """The first instant at which so much open time has passed since `begin`; infinite beyond the grid."""
    if calendar < 0:
        return begin + time
    span = span_at(hours, calendar, begin)
    last = hours.first[at(calendar + 1)]
    while span < last:
        opens = max(hours.opens[at(span)], begin)
        if opens + time <= hours.closes[at(span)] + _ROUNDING:
            return min(opens + time, hours.closes[at(span)])
        time -= hours.closes[at(span)] - opens
        span += 1
    return np.inf
