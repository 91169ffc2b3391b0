"""Run-rate: recent daily bookings, extended over a period."""

from __future__ import annotations

import datetime as dt

from funnelsim.core.calendar.time import Period
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import booked
from funnelsim.model.parts import Model

#: A daily average of less than this says nothing about a period.
LEAST_DAYS = 7


def run_rate(history: History, model: Model, period: Period) -> float | None:
    """Bookings a day over the trailing span of the period's length, times the days of the period.

    The span ends where the history does. It is shorter where closings are recorded only from later on.

    Returns
    -------
    float or None
        None where less than a week of closings is known.
    """
    meta = history.meta
    begins = meta.as_of - dt.timedelta(days=period.days)
    known_from = meta.observed_from or history.visits["entered"].min()
    if isinstance(known_from, dt.datetime):
        begins = max(begins, known_from)
    days = (meta.as_of - begins) / dt.timedelta(days=1)
    if days < LEAST_DAYS:
        return None
    return booked(history, model, begins, meta.as_of).bookings / days * period.days
