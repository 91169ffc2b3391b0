"""A sales team of known productivity, ramp and attrition, written as a history of deals with owners."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.calendar.time import MONTH_DAYS, YEAR_DAYS
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.history.files.events import DEAL_SCHEMA, VISIT_SCHEMA, History, HistoryMeta

AS_OF = dt.datetime(2026, 1, 1)
RAMP = (0.25, 0.5, 0.75)
#: Wins per ramped rep and month, and the Gamma shape of how reps differ.
WINS, SHAPE = 3.0, 6.0
#: Departures per rep and year.
ATTRITION = 0.2
#: Mean amount, its coefficient of variation within a rep, and that of rep means.
AMOUNT, WITHIN, BETWEEN = 20_000.0, 0.8, 0.25
#: Lost deals opened per rep and month: they show who is at work.
LOST = 10.0


@dataclass(frozen=True, kw_only=True)
class KnownRep:
    name: str
    start_day: float
    end_day: float
    wins_per_month: float
    size_factor: float


@dataclass(frozen=True, kw_only=True)
class KnownTeam:
    """The truth, and the history that it left. Days count from the as-of time."""

    reps: dict[str, KnownRep]
    history: History

    @property
    def wins(self) -> pl.DataFrame:
        """``deal at`` of each won deal."""
        return self.history.deals.filter(pl.col("outcome") == "won").select("deal", at="closed")

    def rows(self) -> list[RepRow]:
        """The true file of reps, to the day."""
        day = AS_OF.date()
        return [
            RepRow(
                name=rep.name,
                start=None if rep.start_day < -2000 else day + dt.timedelta(days=round(rep.start_day)),
                end=None if rep.end_day > 0 else day + dt.timedelta(days=round(rep.end_day) - 1),
            )
            for rep in self.reps.values()
        ]


def made_up_team(seed: int, *, seats: int = 24, hires: int = 10, days: float = 900.0) -> KnownTeam:
    """A team whose `seats` first reps were there before the history; `hires` more come on random days.

    A rep who leaves is followed after 45 days.
    """
    rng = np.random.default_rng(seed)
    reps: dict[str, KnownRep] = {}
    starts = [-3000.0] * seats + list(rng.uniform(-days + 120, -60, hires))
    for start in starts:
        begin = float(start)
        while begin < -1:
            end = max(begin, -days) + float(rng.exponential(YEAR_DAYS / ATTRITION))
            name = f"Rep {len(reps) + 1:02d}"
            reps[name] = KnownRep(
                name=name,
                start_day=begin,
                end_day=end,
                wins_per_month=float(rng.gamma(SHAPE, WINS / SHAPE)),
                size_factor=float(rng.gamma(BETWEEN**-2, BETWEEN**2)),
            )
            begin = end + 45
    rows = [row for rep in reps.values() for row in _deals(rep, days, rng)]
    return KnownTeam(reps=reps, history=_history(rows, days))


def _deals(
    rep: KnownRep, days: float, rng: np.random.Generator
) -> list[tuple[str, float, str, float, float]]:
    """A rep's deals; those that close after the as-of time are open."""
    begin, end = max(rep.start_day, -days), min(rep.end_day, 0.0)
    found = []
    for at in _times(LOST, begin, end, rng):
        found.append((rep.name, at, "lost", at + rng.exponential(20.0), 0.0))
    # Deals that will be won after the as-of time are open in the history.
    later = end if rep.end_day < 0 else 200.0
    for at in _times(rep.wins_per_month, begin, later, rng):
        month = int((at - rep.start_day) // MONTH_DAYS)
        if month < len(RAMP) and rng.random() > RAMP[month]:
            continue
        created = at - rng.exponential(30.0)
        if created < begin:  # taken over, or opened and won sooner
            created = rng.uniform(begin, at)
        sigma2 = np.log1p(WITHIN**2)
        amount = AMOUNT * rep.size_factor * float(rng.lognormal(-sigma2 / 2, sigma2**0.5))
        if created < 0:
            found.append((rep.name, created, "won", at, amount))
    return found


def _times(per_month: float, begin: float, end: float, rng: np.random.Generator) -> Floats:
    count = rng.poisson(per_month * max(0.0, end - begin) / MONTH_DAYS)
    return rng.uniform(begin, end, count) if count else np.array([])


def _history(rows: list[tuple[str, float, str, float, float]], days: float) -> History:
    deals = pl.DataFrame(
        {
            "deal": [f"D{n}" for n in range(len(rows))],
            "created": [AS_OF + dt.timedelta(days=row[1]) for row in rows],
            "outcome": [row[2] if row[3] < 0 else None for row in rows],
            "closed": [AS_OF + dt.timedelta(days=row[3]) if row[3] < 0 else None for row in rows],
            "amount": [row[4] if row[2] == "won" and row[3] < 0 else None for row in rows],
            "owner": [row[0] for row in rows],
        }
    )
    for column in DEAL_SCHEMA:
        if column not in deals.columns:
            deals = deals.with_columns(pl.lit(None).alias(column))
    visits = deals.select(
        "deal",
        stage=pl.lit("talk"),
        visit=pl.lit(1),
        entered="created",
        left="closed",
        exit="outcome",
    )
    meta = HistoryMeta(
        name="team",
        as_of=AS_OF,
        observed_from=AS_OF - dt.timedelta(days=days),
        stages={"talk": "Talk"},
        currency="USD",
    )
    return History(
        visits=visits.cast(VISIT_SCHEMA).select(list(VISIT_SCHEMA)),
        deals=deals.cast(DEAL_SCHEMA).select(list(DEAL_SCHEMA)),
        meta=meta,
    )
