"""Deals whose planned close slips as drawn: pushed again and again, then won or lost on about the day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.history.files.events import DEAL_SCHEMA, PLAN_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

BEGIN = dt.datetime(2024, 1, 1)
WON = 0.6  # of those who come to their last plan


@dataclass(frozen=True)
class Drawn:
    """What happened: days since `BEGIN`."""

    visits: list[tuple[str, int, str, int]]  # deal, entered, outcome, left
    plans: list[tuple[str, int, int]]  # deal, made, planned

    def known(self, until: int) -> History:
        """The history before a day."""
        stays = [stay for stay in self.visits if stay[1] < until]
        rows = [
            (deal, "demo", 1, _at(entered), _at(left), outcome)
            if left < until
            else (deal, "demo", 1, _at(entered), None, None)
            for deal, entered, outcome, left in stays
        ]
        visits = pl.DataFrame(rows, schema=VISIT_SCHEMA, orient="row")
        plans = [(deal, _at(made), _at(day), None, None) for deal, made, day in self.plans if made < until]
        known = {"deal", "created"}
        empty = {name: pl.lit(None, dtype=kind) for name, kind in DEAL_SCHEMA.items() if name not in known}
        deals = visits.select("deal", created="entered").with_columns(**empty).select(list(DEAL_SCHEMA))
        return History(
            visits=visits,
            deals=deals,
            plans=pl.DataFrame(plans, schema=PLAN_SCHEMA, orient="row"),
            meta=HistoryMeta(
                name="slips",
                as_of=_at(until),
                observed_from=None,
                stages={"demo": "Demo"},
                resolution="day",
            ),
        )

    def wins_of_open(self, since: int, until: int) -> int:
        """Wins in ``[since, until)`` of deals that were open before."""
        return sum(
            entered < since <= left < until and outcome == "won" for _, entered, outcome, left in self.visits
        )


def _at(day: int) -> dt.datetime:
    return BEGIN + dt.timedelta(days=day)


def drawn(seed: int, *, push: float, days: int = 620, per_day: float = 6.0, told: bool = True) -> Drawn:
    """Deals come by chance and are planned some weeks ahead.

    In the week before a plan it is pushed with the probability `push`, by two to six weeks; else the deal
    closes on the day or the day after. Meanwhile deals are lost at 1 in 200 a day.

    Parameters
    ----------
    told : bool
        Whether plans have to do with the closing; else there is one a deal, on any day.
    """
    rng = np.random.default_rng(seed)
    stays, plans = [], []
    for entered in np.repeat(np.arange(days), rng.poisson(per_day, days)).tolist():
        deal = f"D{len(stays)}"
        given_up = entered + 1 + int(rng.exponential(200))
        made, plan = entered, entered + 3 + int(rng.gamma(2, 25))
        while True:
            if told or made == entered:
                plans.append((deal, made, plan if told else entered + int(rng.integers(10, 200))))
            decided = max(plan - int(rng.integers(0, 6)), made + 1)
            if given_up < decided:
                end = ("lost", given_up)
                break
            if rng.random() >= push:
                end = ("won" if rng.random() < WON else "lost", max(plan, decided) + int(rng.integers(0, 2)))
                break
            made, plan = decided, plan + int(rng.integers(14, 45))
        stays.append((deal, entered, *end))
    return Drawn(visits=stays, plans=plans)
