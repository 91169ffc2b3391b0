"""The tallies of a run, counted again from its visits: slow, plain, and independent of the engines.

What each tally means is written here; the engines' counts are tested against it.

A visit counts in the window in which it ends, an entry in the window in which it happens; windows are
``[start, end)``. A lead books at each entry to a place with credit; a credit is expansion once the lead
has booked before, else it belongs to the lead's origin: the open pipeline or the new leads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.core.numeric.keys import crm_id
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import ABANDONED, Model
from funnelsim.results.run import LEAD_TALLIES, PART_TALLIES, PARTS, ROLE_TALLIES, STAGE_TALLIES, Window


@dataclass(frozen=True, slots=True)
class Stay:
    """One row of the visits; `to` is the stage or outcome it led to, None while the lead is there."""

    stage: str
    entered: float
    begins: float  # when waiting and work are over
    left: float
    to: str | None
    amount: float
    found_at_start: bool  # the stay in which an open lead was found is no entry


@dataclass(slots=True)
class Life:
    """A lead in one replication."""

    created: float
    part: str
    bookings: int  # how often it has booked so far
    won_at: float = math.inf
    churned_at: float = math.inf
    stays: list[Stay] = field(default_factory=list)


def tallies_from_visits(
    visits: pl.DataFrame,
    funnel: Funnel,
    windows: Sequence[Window],
    replications: range,
    *,
    end_day: float,
) -> dict[str, Floats]:
    """Count a run's visits.

    Parameters
    ----------
    visits : DataFrame
        ``Run.visits`` of a run from the model's start, without a warm-up and without removed stages
        (their visits have no row, so what happened there cannot be seen).
    funnel : Funnel
        What was simulated: its credits and its open pipeline.
    windows, replications
        As in the run.
    end_day : float
        End of the simulated span.

    Returns
    -------
    dict of str to ndarray
        The names and shapes of ``Run.tallies``.
    """
    count = _Count(funnel.model, windows, replications, end_day)
    for replication, life in _lives(visits, funnel):
        count.add(replications.index(replication), life)
    return count.tallies


class _Count:
    def __init__(self, model: Model, windows: Sequence[Window], replications: range, end_day: float) -> None:
        self.model, self.windows, self.end_day = model, windows, end_day
        self.stages = list(model.stages)
        shape = (len(replications), len(windows))
        self.tallies: dict[str, Floats] = {
            **{name: np.zeros(shape) for name in LEAD_TALLIES},
            **{name: np.zeros((*shape, len(PARTS))) for name in PART_TALLIES},
            **{name: np.zeros((*shape, len(self.stages))) for name in STAGE_TALLIES},
            **{name: np.zeros((*shape, 0)) for name in ROLE_TALLIES},
        }

    def add(self, r: int, life: Life) -> None:
        """Follow one lead through its life."""
        if life.part == "new":
            self.at("leads_created", r, life.created)
        for stay in life.stays:
            if not stay.found_at_start:
                self.at("entered", r, stay.entered, self.stages.index(stay.stage))
                self.enter(r, life, stay.stage, stay.entered, stay.amount)
            self.stay(r, stay)
            if stay.to is not None and stay.to not in self.stages:
                self.enter(r, life, stay.to, stay.left, stay.amount)
                self.end(r, life, stay.to, stay.left)
        self.clients(r, life)

    def enter(self, r: int, life: Life, place: str, instant: float, amount: float) -> None:
        """Credits and the first win happen on entry."""
        books, credits = self.credit(place)
        life.bookings += books > 0
        part = PARTS.index("expansion" if life.bookings > 1 else life.part)
        self.at("bookings", r, instant, part, amount * books)
        self.at("revenue", r, instant, part, amount * books)
        self.at("quota_credit", r, instant, part, amount * credits)
        if place == self.model.goal.books_at and life.won_at == math.inf:
            life.won_at = instant
            self.at("deals_won", r, instant)
            self.at("cycle_days_sum", r, instant, add=instant - life.created)
            self.at("wins_by_part", r, instant, PARTS.index(life.part))

    def stay(self, r: int, stay: Stay) -> None:
        s = self.stages.index(stay.stage)
        for w, window in enumerate(self.windows):
            until = stay.left if stay.to is not None else self.end_day
            inside = min(until, window.end_day) - max(stay.entered, window.start_day)
            self.tallies["wip_days"][r, w, s] += max(inside, 0.0)
        if stay.to is not None:
            self.at("ended", r, stay.left, s)
            self.at("forward", r, stay.left, s, float(self.is_forward(stay.stage, stay.to)))
            self.at("dwell_days_sum", r, stay.left, s, stay.left - stay.begins)

    def end(self, r: int, life: Life, outcome: str, instant: float) -> None:
        if outcome == "churned":
            life.churned_at = instant
            self.at("churned", r, instant)
        if outcome != "won" and life.won_at == math.inf:
            self.at("deals_lost", r, instant)

    def clients(self, r: int, life: Life) -> None:
        """A client has won before the window and has not churned before it."""
        for w, window in enumerate(self.windows):
            if life.won_at < window.start_day <= life.churned_at:
                self.tallies["clients_at_start"][r, w] += 1
                self.tallies["clients_kept"][r, w] += life.churned_at >= window.end_day

    def at(self, name: str, r: int, instant: float, place: int | None = None, add: float = 1.0) -> None:
        for w, window in enumerate(self.windows):
            if window.start_day <= instant < window.end_day:
                self.tallies[name][(r, w) if place is None else (r, w, place)] += add

    def credit(self, place: str) -> tuple[float, float]:
        explicit = self.model.stages[place].credit if place in self.stages else None
        if explicit is not None:
            return explicit.bookings, explicit.quota
        goal = self.model.goal
        return float(place == goal.books_at), float(place == (goal.credits_at or goal.books_at))

    def is_forward(self, stage: str, to: str) -> bool:
        if to in ("won", self.model.goal.books_at):
            return True
        return to in self.stages and self.stages.index(to) > self.stages.index(stage)


def _lives(visits: pl.DataFrame, funnel: Funnel) -> Iterator[tuple[int, Life]]:
    """Each replication's leads, with all that was known of the open ones."""
    targets = {
        (key, name): one.to
        for key, stage in funnel.model.stages.items()
        for name, one in stage.every_exit.items()
    }
    known: dict[int, Mapping[str, Any]] = {}
    if funnel.pipeline is not None:
        known = {crm_id(row["lead"]): row for row in funnel.pipeline.iter_rows(named=True)}
    for (replication, lead), rows in visits.group_by("replication", "lead", maintain_order=True):
        yield int(replication), _life(rows, known.get(int(lead)), targets)


def _life(rows: pl.DataFrame, open_lead: Mapping[str, Any] | None, targets: Mapping[Any, str]) -> Life:
    if open_lead is None:
        life = Life(created=float(rows["entered"][0]), part="new", bookings=0)
    else:
        life = Life(
            created=-open_lead["lead_age_days"], part="pipeline", bookings=int(open_lead["won_before"])
        )
        life.won_at = -math.inf if open_lead["won_before"] else math.inf
    for n, row in enumerate(rows.iter_rows(named=True)):
        ended = row["left"] is not None
        life.stays.append(
            Stay(
                stage=row["stage"],
                entered=row["entered"],
                begins=_begins(row),
                left=row["left"] if ended else math.inf,
                to=targets[row["stage"], row["exit"]] if ended else None,
                amount=row["amount"],
                found_at_start=open_lead is not None and n == 0,
            )
        )
    return life


def _begins(row: Mapping[str, Any]) -> float:
    if row["exit"] == ABANDONED:
        return float(row["left"])
    finished = row.get("finished")
    return float(row["entered"] if finished is None else finished)
