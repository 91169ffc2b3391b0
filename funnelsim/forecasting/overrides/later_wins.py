"""When, how often and at what amount the model wins the overridden deals, after the period too."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.errors import InputError, Problem
from funnelsim.engines.run import simulate
from funnelsim.forecasting.deals import EVER_DAYS, deal_replications, without_new_leads
from funnelsim.forecasting.overrides.override import Override
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Run, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterWins:
    """The wins of one deal in the futures that are simulated for five years.

    Attributes
    ----------
    day, amount : ndarray, shape (futures,)
        Day of the win, and what it books; NaN where it is not won.
    """

    day: Floats
    amount: Floats

    @property
    def winners(self) -> Ints:
        """The futures in which it is won."""
        return np.flatnonzero(~np.isnan(self.day))

    def chance_outside(self, window: Window) -> float:
        """Share of the futures in which it is won, but not in the window."""
        inside = (self.day >= window.start_day) & (self.day < window.end_day)
        return float((~np.isnan(self.day) & ~inside).mean())


def later_wins(
    funnel: Funnel, run: Run, overrides: Sequence[Override], **simulated: Any
) -> dict[str, LaterWins]:
    """The later wins of the deals whose overrides need them, or are shown beside them, by deal.

    Parameters
    ----------
    funnel : Funnel
    run : Run
        The futures of the forecast; some of the same are simulated on.
    overrides : sequence of Override
    **simulated
        Options of `simulate`: seed, engine, workers, allow_large, changes.

    Raises
    ------
    InputError
        If the model never wins a deal of which an override leaves the date, the amount or the chance to it.
    """
    deals = [one.deal for one in overrides if one.is_about_later_wins]
    if not deals:
        return {}
    followed = funnel
    if not funnel.model.roles:  # then other deals make no difference to these
        assert funnel.pipeline is not None
        own = funnel.pipeline.filter(pl.col("lead").is_in(deals))
        followed = without_new_leads(dataclasses.replace(funnel, pipeline=own))
    until = max(EVER_DAYS, max(window.end_day for window in run.windows))
    later = simulate(
        followed,
        days=until,
        windows=(Window(label="all", start_day=0.0, end_day=until),),
        replications=deal_replications(funnel, run.replications),
        pipeline_wins=deals,
        **simulated,
    )
    days, amounts = later.pipeline_wins, later.pipeline_amounts
    assert days is not None
    assert amounts is not None
    found = {deal: LaterWins(day=days[:, k], amount=amounts[:, k]) for k, deal in enumerate(deals)}
    hint = "give probability, close and amount"
    problems = [
        Problem(path=deal, message=_never_won(later.size, override), hint=hint)
        for override in overrides
        if override.needs_later_wins and not found[(deal := override.deal)].winners.size
    ]
    if problems:
        raise InputError("overrides", problems)
    return found


def _never_won(futures: int, override: Override) -> str:
    missing = [name for name in ("probability", "close", "amount") if getattr(override, name) is None]
    return f"the model wins this deal in none of {futures:,} futures, so it has no {' and no '.join(missing)}"
