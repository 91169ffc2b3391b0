"""A closed-won report beside what a period has booked so far."""

from __future__ import annotations

from pathlib import Path

from funnelsim.core.calendar.time import Period
from funnelsim.core.errors import FunnelSimError
from funnelsim.documents.judgement import ClosedWonTie
from funnelsim.forecasting.closed_won.report import read_closed_won
from funnelsim.forecasting.closed_won.tie import tie
from funnelsim.metrics.booked import booked_deals
from funnelsim.metrics.past import Past, midnight


def compare_closed_won(path: Path | str, past: Past, period: Period) -> ClosedWonTie:
    """Whether what the period has booked before the model's start is what the report has.

    Raises
    ------
    FunnelSimError
        If nothing can be compared: no history, or a period that has not begun.
    InputError
        If the report cannot be read.
    """
    if past.history is None:
        raise FunnelSimError("a closed-won report is compared to a history; give --history")
    if period.start >= past.model.start:
        raise FunnelSimError(
            f"{period.label} has not begun on {past.model.start}: nothing is booked to compare to the report"
        )
    ours = booked_deals(past.history, past.model, midnight(period.start), past.start)
    report = read_closed_won(path)
    tied = tie(ours, report.deals, past.history, past.model, period.start)
    return tied.model_copy(update={"taken": report.taken})
