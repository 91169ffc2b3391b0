"""Estimate the memory and time of a run from its plan, and refuse runs that are too large before allocation.

Time is estimated from expected leads, memory from the largest plausible number of leads in a replication:
weeks and months far above their mean. Visits are those of the chain of stages
(`model/flows/markov_chain.py`), limited by the end of the run.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.errors import FunnelSimError
from funnelsim.distributions.quantile_table import QuantileTable, TableBank
from funnelsim.distributions.table_distribution import table_mean
from funnelsim.engines.counts.tallies import BY_BIN, BY_ROLE, BY_STAGE, BY_WINDOW, MONEY
from funnelsim.engines.plan import NEVER, NO_SHOCK, NO_TABLE, Plan
from funnelsim.engines.planning.build import PlanBuilder
from funnelsim.engines.planning.one_table import OnlySize
from funnelsim.engines.planning.scope import Span
from funnelsim.engines.planning.weeks import RARE_WORD
from funnelsim.model.changes.changes import Change
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.flows.markov_chain import sparse
from funnelsim.model.flows.markov_chain import visits as visits_of
from funnelsim.results.run import PARTS, Window

Floats = NDArray[np.float64]

#: Bounds that `allow_large` lifts: 2 GB, and about an hour on two cores.
MOST_BYTES, MOST_VISITS = 2e9, 2e10
#: The reference engine is slower by this factor.
REFERENCE_IS_SLOWER = 100
#: An extreme month and week, as in one of ten thousand replications: 5 standard deviations, and as a word.
_SHOCK_SDS, _RARE = 5.0, np.array([RARE_WORD], np.uint32)
# Measured bytes per lead: its arrival, and its state while active.
_ARRIVAL, _ON_ITS_WAY = 24, 300
#: Bytes per logged visit: the log and its reallocation, the table and its sorted copy.
_LOGGED_VISIT = 400
#: Bookings by part, quota credit and wins.
_GROUP_COUNTS = 5
_DOUBLING = 2
#: More visits per lead suggest a loop.
_MANY_VISITS = 50


class TooLargeError(FunnelSimError):
    """A run would exceed the default limits on memory or time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The estimated size of a run.

    Attributes
    ----------
    leads : float
        Expected in one replication.
    visits : float
        Expected in all replications.
    bytes : float
        Peak memory.
    """

    leads: float
    visits: float
    bytes: float


def size_of(
    plan: Plan,
    replications: int,
    *,
    workers: int | None = None,
    visits: bool = False,
    pipeline_wins: bool = False,
    followed: int | None = None,
    brought: float = 1.0,
    groups: int = 0,
    count_visits: bool = True,
) -> Size:
    """Estimate the size of a run of a plan.

    Parameters
    ----------
    plan : Plan
    replications : int
    workers : int, optional
        Threads; default one for each core.
    visits, pipeline_wins : bool
        As of `funnelsim.engines.run.simulate`.
    followed : int, optional
        Open leads whose wins are kept; default all.
    brought : float, default 1
        Total progeny: leads per lead of a source, including itself.
    groups : int, default 0
        Groups of leads for which bookings, quota credit and wins are kept.
    count_visits : bool, default True
        False for a plan without times in stage, which are needed for loops; visits are then not estimated.
    """
    expected = plan.sources.mass.sum(axis=1) * brought
    open_leads = plan.pipeline.id.size
    each_visits = _visits(plan, expected) if count_visits else 0.0
    fullest = _fullest(plan) * brought
    threads = min(workers or os.cpu_count() or 1, replications)
    kept = replications * _counts(plan) * 8 * 2  # of the pieces, and concatenated
    kept += _GROUP_COUNTS * 8 * replications * plan.horizon.window_start.size * groups
    kept += 24.0 * replications * (open_leads if followed is None else followed) if pipeline_wins else 0.0
    kept += _LOGGED_VISIT * replications * each_visits if visits else 0.0
    return Size(
        leads=float(expected.sum()),
        visits=replications * each_visits,
        bytes=kept + threads * _DOUBLING * _of_one_future(plan, fullest, open_leads),
    )


def refuse_too_large(size: Size, replications: int, *, engine: str = "fast") -> None:
    """Refuse a run that needs more than `MOST_BYTES` or `MOST_VISITS`.

    Raises
    ------
    TooLargeError
    """
    lift = "allow it with --allow-large (allow_large=True in Python)"
    future = f"{replications:,} futures of {size.leads:,.0f} expected leads"
    visits_a_lead = size.visits / max(replications * size.leads, 1.0)
    if visits_a_lead > _MANY_VISITS:
        future += f", each with about {visits_a_lead:,.0f} visits to stages (is there a loop?),"
    if not size.bytes <= MOST_BYTES:
        raise TooLargeError(
            f"the run is too large: {future} may take {size.bytes / 1e9:,.1f} GB of memory, the limit is "
            f"{MOST_BYTES / 1e9:g} GB; lower the rates, the span or --replications, or {lift}"
        )
    slower = REFERENCE_IS_SLOWER if engine == "reference" else 1
    if not size.visits * slower <= MOST_VISITS:
        raise TooLargeError(
            f"the run is too large: {future} make {size.visits:.2g} visits of stages, the limit is "
            f"{MOST_VISITS / slower:.0e}; lower the rates, the span or --replications, or {lift}"
        )


def refuse_what_cannot_run(
    funnel: Funnel,
    *,
    days: float,
    replications: int,
    changes: Sequence[Change] = (),
    allow_large: bool = False,
) -> None:
    """Build the plan of a run, and refuse runs that are impossible or too large.

    Raises
    ------
    FunnelSimError
        As `funnelsim.engines.run.simulate`.
    """
    size = _foreseen(funnel, days, [replications], changes)[0]
    if not allow_large:
        refuse_too_large(size, replications)


def warn_of_large_run(funnel: Funnel, *, days: float, replications: int) -> str:
    """The error of a run that is too large although a single replication is not; empty if it would run.

    Raises
    ------
    FunnelSimError
        As for `refuse_what_cannot_run` with one replication.
    """
    one, all_ = _foreseen(funnel, days, [1, replications])
    refuse_too_large(one, 1)
    try:
        refuse_too_large(all_, replications)
    except TooLargeError as error:
        return str(error)
    return ""


def _foreseen(
    funnel: Funnel, days: float, replications: Sequence[int], changes: Sequence[Change] = ()
) -> list[Size]:
    """The size of a run for each number of replications, without visits, which depend on times in stage."""
    window = Window(label="all", start_day=0.0, end_day=float(days))
    builder = PlanBuilder(
        funnel, Span(warmup_days=0, end_day=float(days), windows=(window,)), changes, OnlySize()
    )
    plan, _, _, brought = builder.build(0 if builder.draw_rows else None)
    return [size_of(plan, number, brought=brought, count_visits=False) for number in replications]


def _fullest(plan: Plan) -> Floats:
    """Largest plausible leads of each stream in a replication, shape (streams,)."""
    sources = plan.sources
    most = np.array(sources.mass.sum(axis=1))
    for stream in range(most.size):
        weekly = np.bincount(sources.week, sources.mass[stream])
        week = int(weekly.argmax())
        if (table := sources.shape_table[stream, week]) != NO_TABLE:
            own = QuantileTable(TableBank(plan.tables.headers[table : table + 1], plan.tables.cells))
            most[stream] += weekly[week] * float(own.quantile(_RARE)[0])
        if (place := sources.shock[stream]) != NO_SHOCK:
            sd = float(plan.shocks.sd[place])
            most[stream] *= math.exp(min(_SHOCK_SDS * sd - sd**2 / 2, 700.0))
    return most


def _of_one_future(plan: Plan, fullest: Floats, open_leads: int) -> float:
    """Memory of an engine for one replication."""
    largest, leads = float(fullest.max(initial=0.0)), float(fullest.sum()) + open_leads
    spawned = leads if plan.any_spawns else 0.0
    if not plan.any_work:
        return _ARRIVAL * (largest + spawned)
    of_a_lead = _ON_ITS_WAY + 4 * (plan.stages.hash.size + plan.roles.hash.size)
    return leads * (of_a_lead + _ARRIVAL * plan.sources.id_base.size)


def _counts(plan: Plan) -> float:
    """Numbers that a run keeps for each replication."""
    by_stage, by_role = plan.stages.hash.size * len(BY_STAGE), plan.roles.hash.size * len(BY_ROLE)
    each = len(BY_BIN) + len(MONEY) * len(PARTS) + by_stage + by_role + len(BY_WINDOW)
    return float(plan.horizon.window_start.size * each)


def _visits(plan: Plan, expected: Floats) -> float:
    """Expected visits of one replication, with the parameters of the first era."""
    n_stages, sources, total = plan.stages.hash.size, plan.sources, 0.0
    for segment in range(plan.segments):
        entries = np.zeros(n_stages)
        for stream, leads in enumerate(expected.tolist()):
            share = _share_of(sources.segment_first, sources.segment_upto, sources.segment, stream)
            for stage, part in _share_of(
                sources.entry_first, sources.entry_upto, sources.entry, stream
            ).items():
                entries[stage] += leads * share.get(segment, 0.0) * part
        open_here = plan.pipeline.stage[plan.pipeline.segment == segment]
        entries += np.bincount(open_here, minlength=n_stages)
        if entries.any():
            total += _visits_of(plan, segment, entries)
    return total


def _visits_of(plan: Plan, segment: int, entries: Floats) -> float:
    """Expected visits for given entries into each stage, limited by the length of the run."""
    n_stages, exits = plan.stages.hash.size, plan.exits
    first = plan.stages.exit_first[segment * n_stages : (segment + 1) * n_stages + 1]
    stage = np.repeat(np.arange(n_stages), np.diff(first))
    own = slice(int(first[0]), int(first[-1]))
    target, p = exits.target[own], exits.p[own]
    onward = (target != NEVER) & (target < n_stages)
    visits = visits_of(sparse(p[onward], stage[onward], target[onward], n_stages), entries)
    if not visits.sum() > _MANY_VISITS * entries.sum():
        return float(visits.sum())
    # Loops are limited by the end of the run, after this many mean times in stage.
    tables = {int(t): table_mean(plan.tables, int(t)) for t in np.unique(exits.table[own]) if t != NO_TABLE}
    days = np.bincount(stage, p * [tables.get(int(t), 0.0) for t in exits.table[own]], n_stages)
    length, a_way = plan.horizon.end - plan.horizon.begin, float(visits @ days) / entries.sum()
    return float(visits.sum()) * min(1.0, (length + float(days.max())) / a_way if a_way > 0 else 1.0)


def _share_of(
    first: NDArray[np.int64], upto: Floats, members: NDArray[np.int64], stream: int
) -> dict[int, float]:
    own = slice(first[stream], first[stream + 1])
    shares = np.diff(upto[own], prepend=0.0)
    return dict(zip(members[own].tolist(), shares.tolist(), strict=True))
