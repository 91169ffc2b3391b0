"""The forecast of each group of a period: parts that add up to the whole in every future."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.calendar.time import Period
from funnelsim.documents.forecast import ForecastGroup
from funnelsim.forecasting.groups.learn import LearntGroups, group_of_rep
from funnelsim.metrics.booked import Booked, booked_by_group
from funnelsim.metrics.past import Past, midnight
from funnelsim.metrics.quota import attainment, quota_of
from funnelsim.metrics.summary import summarise
from funnelsim.model.parts import Goal
from funnelsim.results.run import PARTS, Run

if TYPE_CHECKING:
    from funnelsim.fitting.productivity.reps_file import RepRow


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupForecast:
    """The forecast of one group, such as a rep or a product.

    Attributes
    ----------
    name : str
    booked : Booked
        Before the model's start.
    open_deals : int
    parts : ndarray, shape (R, 3)
        Bookings of the open pipeline, of leads still to come, and expansion.
    credited, won : ndarray, shape (R,)
        Quota credit and wins after the model's start.
    quota : float or None
    draws : ndarray, shape (R,), or None
        The parameter draw of each replication.
    """

    name: str
    booked: Booked
    open_deals: int
    parts: Floats
    credited: Floats
    won: Floats
    quota: float | None = None
    draws: Ints | None = None

    @property
    def bookings(self) -> Floats:
        """Booked and simulated, shape (R,)."""
        return np.asarray(self.booked.bookings + self.parts.sum(axis=1))

    @property
    def quota_credit(self) -> Floats:
        return self.booked.quota_credit + self.credited

    @property
    def wins(self) -> Floats:
        return self.booked.deals + self.won

    @property
    def chance(self) -> tuple[float, float] | None:
        """Chance to make the quota and its simulation error; None without a quota."""
        if self.quota is None:
            return None
        return attainment(self.quota_credit, self.quota, self.draws)

    @property
    def empty(self) -> bool:
        """Whether nothing is, was or will be in it."""
        simulated = bool(self.parts.any() or self.credited.any() or self.won.any())
        return not (simulated or self.booked != Booked() or self.open_deals or self.quota is not None)

    def record(self) -> ForecastGroup:
        """An entry of ``groups`` in the document."""
        means = dict(zip(PARTS, (float(mean) for mean in self.parts.mean(axis=0)), strict=True))
        names = ("attainment_probability", "attainment_mc_error")
        chance = dict(zip(names, self.chance, strict=True)) if self.chance else {}
        return ForecastGroup(
            name=self.name,
            bookings=summarise(self.bookings, self.draws),
            quota_credit=summarise(self.quota_credit, self.draws),
            wins=summarise(self.wins, self.draws),
            quota=self.quota,
            **chance,
            booked=self.booked.bookings,
            open_pipeline=means["pipeline"],
            still_to_come=means["new"],
            expansion=means["expansion"],
            booked_deals=self.booked.deals,
            open_deals=self.open_deals,
        )


def group_forecasts(
    run: Run,
    w: int,
    period: Period,
    past: Past,
    learnt: LearntGroups,
    reps: Sequence[RepRow],
    draws: Ints | None,
) -> tuple[GroupForecast, ...]:
    """The groups of a period, in the order of their names; groups without anything are left out."""
    assert run.groups is not None
    booked: Mapping[str, Booked] = {}
    if past.history is not None and period.start < past.model.start:
        booked = booked_by_group(past.history, past.model, midnight(period.start), past.start, learnt.deals)
    open_deals = Counter(learnt.grouping.open_leads.tolist())
    quotas = _quotas(learnt, reps, past.model.goal, period)
    every = (
        GroupForecast(
            name=name,
            booked=booked.get(name, Booked()),
            open_deals=open_deals[number],
            parts=run.groups.bookings[:, w, number],
            credited=run.groups.quota_credit[:, w, number],
            won=run.groups.wins[:, w, number],
            quota=quotas.get(name),
            draws=draws,
        )
        for number, name in enumerate(run.groups.names)
    )
    return tuple(group for group in every if not group.empty)


def _quotas(learnt: LearntGroups, reps: Sequence[RepRow], goal: Goal, period: Period) -> dict[str, float]:
    """The quota of each rep, or the sum of those of each team; none for a part of the goal's period."""
    quotas: dict[str, float] = {}
    if learnt.by not in ("owner", "team"):
        return quotas
    for row in reps:
        if row.quota is not None:
            own = quota_of(goal.model_copy(update={"quota": row.quota}), period)
            if own is not None:
                name = group_of_rep(row, learnt.by)
                quotas[name] = quotas.get(name, 0.0) + own
    return quotas
