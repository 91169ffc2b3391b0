"""Whether the current period is too short for improvements to show in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from funnelsim.experiments.friction.result import later_period
from funnelsim.experiments.measured import measured
from funnelsim.experiments.variants import Variants
from funnelsim.history.files.events import History
from funnelsim.model.files.model_files import Funnel

#: Enough for a mean cycle.
_PILOT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TooShort:
    """The current period, the days left of it, the mean days to a win, and the next period."""

    period: str
    days: float
    cycle_days: float
    later_period: str

    def words(self) -> str:
        """Why the next period is measured instead."""
        return (
            f"improvements are measured over {self.later_period}: {self.period} has {self.days:.0f} days "
            f"left and a win takes {self.cycle_days:.0f} days on average, so much of what they are worth "
            "would come after it"
        )


def too_short(funnel: Funnel, *, history: History | Path | str | None = None) -> TooShort | None:
    """The current period of a model, if it has fewer days left than twice the mean cycle.

    Parameters
    ----------
    funnel : Funnel
    history : History, Path or str, optional
        As for `compare`.

    Returns
    -------
    TooShort or None
    """
    span = measured(funnel, history=history)
    run = Variants(funnel, span, replications=_PILOT).base
    later = later_period(funnel.model, span, run)
    if not later or span.period is None:
        return None
    return TooShort(
        period=span.period.label,
        days=span.window.end_day - span.window.start_day,
        cycle_days=float(np.nanmean(span.values(run, "cycle_days"))),
        later_period=later,
    )
