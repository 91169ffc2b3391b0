"""What an experiment measures: the period, its quota, and what is booked in it before the start."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import Period
from funnelsim.core.errors import FunnelSimError
from funnelsim.history.files.events import History
from funnelsim.metrics.booked import Booked
from funnelsim.metrics.names import metric_values
from funnelsim.metrics.past import load_past
from funnelsim.metrics.periods import requested_periods, window_of
from funnelsim.metrics.quota import attained, quota_of
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The span that an experiment compares variants over, and what is known of it before it is simulated.

    Attributes
    ----------
    period : Period or None
        None for a number of days from the start.
    window : Window
        The simulated part of the period: the last window of each run.
    quota : float or None
    booked : Booked
        Booked in the period before the start, the same in every variant. Included in `bookings`,
        `quota_credit` and `deals_won`.
    recognised : float
        Revenue in the period from any bookings before the start. Included in `revenue`.
    warnings : tuple of str
    """

    period: Period | None
    window: Window
    quota: float | None = None
    booked: Booked = field(default_factory=Booked)
    recognised: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def windows(self) -> tuple[Window, Window]:
        """The windows of each run: from the start to the end of the period, and the period's own part."""
        return Window(label="all", start_day=0.0, end_day=self.window.end_day), self.window

    def values(self, run: Run, name: str) -> Floats:
        """A metric of the period in each replication, shape (R,), including bookings before the start."""
        return metric_values(run, name, len(run.windows) - 1) + self.before_start(name)

    def before_start(self, name: str) -> float:
        """The part of a metric of the period that was booked before the start; 0 for most metrics."""
        already = {
            "bookings": self.booked.bookings,
            "quota_credit": self.booked.quota_credit,
            "revenue": self.recognised,
            "deals_won": self.booked.deals,
        }
        return already.get(name, 0.0)

    def reached(self, run: Run) -> Floats | None:
        """1.0 in replications that reach the quota, else 0.0, shape (R,); None without a quota."""
        return None if self.quota is None else attained(self.values(run, "quota_credit"), self.quota)


def measured(
    funnel: Funnel,
    *,
    period: str | None = None,
    days: float | None = None,
    quota: float | None = None,
    history: History | Path | str | None = None,
) -> Measured:
    """The span to compare variants over, with what the history says of it.

    Parameters
    ----------
    period : str, optional
        Such as ``2026Q1``; default the goal's period that contains the model's start.
    days : float, optional
        A number of days from the start, instead of a period.
    quota : float, optional
        Instead of the goal's.
    history : History or path, optional
        Used for bookings before the start; default the one named in the model.

    Raises
    ------
    FunnelSimError
        If both `period` and `days` are given, or a period is over.
    """
    if period is not None and days is not None:
        raise FunnelSimError("compare over a period or over a number of days, not both")
    if days is not None:
        if not (days > 0 and math.isfinite(days)):
            raise FunnelSimError(f"the simulated span must be longer than 0, found {days:g} days")
        window = Window(label=f"{days:g} days", start_day=0.0, end_day=float(days))
        return Measured(period=None, window=window, quota=quota)
    (chosen,) = requested_periods(funnel.model, () if period is None else (period,))
    past = load_past(funnel, history)
    known, warnings = past.booked_in(chosen)
    revenue, unknown = past.revenue_in(chosen)
    return Measured(
        period=chosen,
        window=window_of(chosen, funnel.model.start),
        quota=quota_of(funnel.model.goal, chosen) if quota is None else quota,
        booked=known or Booked(),
        recognised=revenue,
        warnings=(*warnings, *unknown),
    )
