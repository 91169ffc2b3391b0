"""Open leads at the start: who they are, and how they leave given how long they have been there."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.errors import ModelError
from funnelsim.core.numeric.keys import crm_id
from funnelsim.distributions import Distribution
from funnelsim.engines.plan import NEVER, NO_CLOCK, Clocks, Exits, Stages
from funnelsim.model.files.pipeline_checks import SIMULATED_COLUMNS, ModelKeys, pipeline_problems

#: A lead so old that fewer than this share of all leads would still be there is taken to be as old as
#: the model explains.
LEAST_SURVIVAL = 1e-6

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLeads:
    """The pipeline file as arrays, one entry a lead; places instead of keys."""

    name: tuple[str, ...]
    id: NDArray[np.uint64]
    stage: Ints
    segment: Ints  # 0: none
    source: Ints  # -1: unknown
    age: Floats
    created: Floats
    planned: Floats  # day of the planned close; NaN where none is known
    amount: Floats
    bookings_before: Ints
    waits: NDArray[np.bool_]  # for a rep, or is worked on
    visit_first: Ints
    visited: Ints
    visits: Ints

    @classmethod
    def read(
        cls,
        frame: pl.DataFrame,
        stages: Sequence[str],
        segments: Sequence[str | None],
        sources: Sequence[str],
        start: dt.date,
        path: Path | None,
    ) -> OpenLeads:
        """Check a pipeline frame against a funnel's keys.

        Raises
        ------
        ModelError
            See `funnelsim.model.files.pipeline_checks`.
        """
        keys = ModelKeys(stages=stages, sources=sources, segments=[k for k in segments if k is not None])
        problems = pipeline_problems(frame, keys, SIMULATED_COLUMNS)
        if problems:
            raise ModelError(f"pipeline of {path or 'the model'}", problems)
        counts = [Counter(visited) for visited in frame["visits"].to_list()]
        stage_at = {key: place for place, key in enumerate(stages)}
        return cls(
            name=tuple(frame["lead"].to_list()),
            id=np.array([crm_id(lead) for lead in frame["lead"].to_list()], dtype=np.uint64),
            stage=_places(frame["stage"], stages, -1),
            segment=_places(frame["segment"], segments, 0),
            source=_places(frame["source"], sources, 0 if len(sources) == 1 else -1),
            # Writable, as all arrays of a plan are: read-only ones would compile the engine a second time.
            age=frame["age_days"].cast(pl.Float64).to_numpy(writable=True),
            created=-frame["lead_age_days"].cast(pl.Float64).to_numpy(),
            planned=_planned_days(frame, start),
            amount=frame["amount"].cast(pl.Float64).fill_null(math.nan).to_numpy(writable=True),
            bookings_before=frame["won_before"].cast(pl.Int64).to_numpy(writable=True),
            waits=_waits(frame),
            visit_first=np.cumsum([0] + [len(c) for c in counts], dtype=np.int64),
            visited=np.array([stage_at[key] for c in counts for key in c], dtype=np.int64),
            visits=np.array([n for c in counts for n in c.values()], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitsGivenAge:
    """Exits of all open leads behind each other; ``too_old`` names leads beyond what the model explains."""

    exit_first: Ints
    exit: Ints
    upto: Floats
    survival: Floats
    too_old: tuple[str, ...]


def given_age(
    leads: OpenLeads,
    rows: Ints,
    ages: Floats,
    stages: Stages,
    exits: Exits,
    clocks: Clocks,
    distributions: Mapping[int, Distribution],
) -> ExitsGivenAge:
    """Exits in proportion to ``p_k S_k(age)``, ages measured on each exit's clock; of who waits, to ``p_k``.

    Parameters
    ----------
    rows : int array, shape (L,)
        The plan's row of each lead's stage and segment, or of the stage's planned exits.
    ages : ndarray, shape (L,)
        Days since entry, or since the first day of the plan's scale.
    distributions : dict of int to Distribution
        Distribution behind each table of the plan.
    """
    counts = stages.exit_first[rows + 1] - stages.exit_first[rows]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    exit_ = np.zeros(first[-1], np.int64)
    upto = np.zeros(first[-1])
    survival = np.ones(first[-1])
    too_old: list[str] = []
    for row in np.unique(rows):
        who = np.flatnonzero(rows == row)
        own = np.arange(stages.exit_first[row], stages.exit_first[row + 1])
        age, cut = _explained(ages[who], own, exits, clocks, distributions)
        surviving = np.column_stack([_survival(k, age, exits, clocks, distributions) for k in own])
        weight = exits.p[own] * surviving
        # A stay that cannot last (a dwell of exactly 0) ends at once, by the exits' own probabilities.
        weight[weight.sum(axis=1) <= 0] = exits.p[own]
        cumulated = np.cumsum(weight, axis=1)
        place = first[who][:, None] + np.arange(len(own))
        exit_[place] = own
        upto[place] = cumulated / cumulated[:, -1:]
        survival[place] = surviving
        too_old += [leads.name[i] for i in who[cut]]
    return ExitsGivenAge(exit_first=first, exit=exit_, upto=upto, survival=survival, too_old=tuple(too_old))


def _survival(
    k: int, age: Floats, exits: Exits, clocks: Clocks, distributions: Mapping[int, Distribution]
) -> Floats:
    if exits.target[k] == NEVER or exits.table[k] < 0:
        return np.ones(len(age))
    survival: Floats = distributions[int(exits.table[k])].sf(_on_clock(age, int(exits.clock[k]), clocks))
    return survival


def _on_clock(age: Floats, clock: int, clocks: Clocks) -> Floats:
    if clock == NO_CLOCK:
        return age
    integral = clocks.integral[clock]
    midnights = clocks.first_day + np.arange(len(integral))
    passed: Floats = np.interp(0.0, midnights, integral) - np.interp(-age, midnights, integral)
    return passed


def _explained(
    age: Floats, own: Ints, exits: Exits, clocks: Clocks, distributions: Mapping[int, Distribution]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Ages cut to where the share still there is `LEAST_SURVIVAL`, and which were cut."""

    def still_there(days: Floats) -> Floats:
        parts = [exits.p[k] * _survival(k, days, exits, clocks, distributions) for k in own]
        total: Floats = np.sum(parts, axis=0)
        return total

    # Nobody is too old at 0: who waits, or has just come, where all leave at once.
    cut = (still_there(age) < LEAST_SURVIVAL) & (age > 0)
    if not cut.any():
        return age, cut
    low, high = np.zeros(int(cut.sum())), age[cut].copy()
    for _ in range(80):
        middle = (low + high) / 2
        alive = still_there(middle) >= LEAST_SURVIVAL
        low, high = np.where(alive, middle, low), np.where(alive, high, middle)
    explained = age.copy()
    explained[cut] = low
    return explained, cut


def _waits(frame: pl.DataFrame) -> NDArray[np.bool_]:
    if "state" not in frame.columns:
        return np.zeros(frame.height, np.bool_)
    return frame["state"].is_in(["waiting", "working"]).fill_null(False).to_numpy(writable=True)


def _planned_days(frame: pl.DataFrame, start: dt.date) -> Floats:
    if "planned_close" not in frame.columns:
        return np.full(frame.height, math.nan)
    ahead = (pl.col("planned_close").cast(pl.Date) - pl.lit(start)).dt.total_days()
    days = frame.select(ahead.cast(pl.Float64).fill_null(math.nan))
    return days.to_series().to_numpy(writable=True)


def _places(column: pl.Series, keys: Sequence[str | None], missing: int) -> Ints:
    at = {key: place for place, key in enumerate(keys)}
    return np.array([missing if value is None else at[value] for value in column.to_list()], dtype=np.int64)
