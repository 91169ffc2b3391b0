"""A team whose productivity is stated, not learnt: every number follows from a closed form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.experiments.rep_months.seats import Seats
from funnelsim.fitting.productivity.attrition import Attrition
from funnelsim.fitting.productivity.deal_sizes import DealSizes
from funnelsim.fitting.productivity.fit import Productivity
from funnelsim.fitting.productivity.gamma_poisson import GammaPoisson
from funnelsim.fitting.productivity.roster import Rep
from funnelsim.fitting.productivity.team import Team

AS_OF = dt.date(2026, 1, 1)
#: So large a shape that all reps are alike.
ALIKE = 1e9


def known_team(
    reps: int = 4,
    *,
    per_month: float = 3.0,
    shape: float = ALIKE,
    ramp: Sequence[float] = (),
    attrition: float = 0.0,
    amounts: Floats | None = None,
    month_variance: float = 0.0,
) -> Productivity:
    """Reps without a past: each has the team's productivity."""
    months = np.ones((1, 13))
    months[0, : len(ramp)] = ramp
    fit = GammaPoisson(mean=np.array([per_month]), shape=np.array([shape]), ramp=months)
    nothing = np.zeros((reps, 13))
    sizes = None
    if amounts is not None:
        sizes = DealSizes(
            mean=float(amounts.mean()),
            factor=np.ones(reps),
            factor_sd=np.zeros(reps),
            between_sd=0.0,
            shape=np.sort(amounts),
            scale=np.ones(1),
        )
    team = Team(
        reps=tuple(Rep(name=f"Rep {k}") for k in range(reps)),
        first_day=-730.0,
        counted_from=-730.0,
        win_days={},
        win_amounts={},
        created_days=np.array([]),
        cycle_days=np.array([30.0]),
        in_file=0,
        left_out=(),
        unowned_wins=0,
    )
    return Productivity(
        as_of=AS_OF,
        team=team,
        counted_from=-730.0,
        wins=nothing,
        exposure=nothing,
        point=fit,
        draws=fit,
        ramp_source="given",
        new_reps=0,
        sizes=sizes,
        attrition=Attrition(departures=0, rep_years=0.0),
        attrition_draws=np.array([attrition]),
        month_variance=month_variance,
        level=1.0,
        wins_trend=None,
        leads_trend=None,
        team_trend=None,
    )


def seats_of(productivity: Productivity, days: float = 365.25, **options: Any) -> Seats:
    """Seats over a year from the as-of date."""
    chosen = {"start_day": 0.0, "end_day": days, "replications": 4000, "seed": 7, **options}
    return Seats(productivity, **chosen)
