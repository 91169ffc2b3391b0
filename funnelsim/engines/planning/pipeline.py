"""The open leads of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Distribution
from funnelsim.distributions.parametric import Constant
from funnelsim.engines.plan import NO_TABLE, Clocks, Pipeline, Sources
from funnelsim.engines.planning.given_age import (
    LEAST_SURVIVAL,
    KnownGroups,
    LeadGroups,
    given_age,
    lead_groups,
)
from funnelsim.engines.planning.scope import Scope
from funnelsim.engines.planning.stage_rows import StageRows
from funnelsim.engines.planning.tables import Tables
from funnelsim.model.parts import Model

if TYPE_CHECKING:
    from funnelsim.engines.planning.open_leads import OpenLeads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Instead of every distribution where only the size of a plan counts: its survival function needs no scipy.
_AGELESS = Constant.of(value=1e300)


class PipelinePlanner:
    """Plans the open leads of a funnel: who they are is read once, how they leave once a draw.

    Parameters
    ----------
    scope : Scope
    like : PipelinePlanner, optional
        Of the same funnel with other changes, which has read the same leads.
    """

    def __init__(self, scope: Scope, like: PipelinePlanner | None = None) -> None:
        self.scope = scope
        self.leads: OpenLeads | None = _read(scope) if like is None else like.leads
        self._last: tuple[object, _Standing] | None = None if like is None else like._last

    def plan(
        self,
        model: Model,
        rows: StageRows,
        clocks: Clocks,
        sources: Sources,
        tables: Tables,
        known: KnownGroups | None = None,
    ) -> PlannedPipeline:
        """The open leads and how they leave given their age, and who is older than the model explains.

        Parameters
        ----------
        model : Model
            As it holds where the pipeline is found.
        known : KnownGroups, optional
            What was found for another plan.
        """
        leads = self.leads
        if leads is None:
            return PlannedPipeline(_no_pipeline(), (), {})
        standing = self._standing(leads, model, rows)
        distributions = {place: distribution for distribution, place in tables.place.items()}
        found, made = given_age(standing.groups, rows.exits, clocks, distributions, rows.of_rows, known or {})
        amount_table = sources.amount_table[self.scope.start_era, np.maximum(leads.source, 0), leads.segment]
        pipeline = Pipeline(
            id=leads.id,
            stage=leads.stage,
            segment=leads.segment,
            age=leads.age,
            created=leads.created,
            amount=leads.amount,
            amount_table=np.where(leads.source >= 0, amount_table, NO_TABLE).astype(np.int64),
            bookings_before=leads.bookings_before,
            exit_first=standing.groups.exit_first,
            exit=found.exit,
            upto=found.upto,
            survival=found.survival,
            since=standing.since,
            waits=standing.waits,
            patient=_patient(leads, rows.work.patience[standing.own_rows], distributions),
            visit_first=leads.visit_first,
            visited=leads.visited,
            visits=leads.visits,
        )
        return PlannedPipeline(pipeline, tuple(leads.name[i] for i in found.too_old), made)

    def _standing(self, leads: OpenLeads, model: Model, rows: StageRows) -> _Standing:
        """Where each lead stands, which hardly ever differs between draws."""
        stages = model.stages.values()
        planned = [None if s.planned is None else (s.planned.before, s.planned.until) for s in stages]
        key = (planned, rows.planned, rows.stages.exit_first.tobytes(), rows.work.task_first.tobytes())
        last = self._last
        if last is None or last[0] != key:
            self._last = last = (key, _standing_of(self.scope, leads, model, rows))
        return last[1]


class PlannedPipeline(NamedTuple):
    """The open leads of a plan, the names of those older than the model explains, and what other plans may
    use."""

    pipeline: Pipeline
    too_old: tuple[str, ...]
    groups: KnownGroups


def _read(scope: Scope) -> OpenLeads | None:
    frame = scope.funnel.pipeline
    if frame is None or frame.height == 0:
        return None
    from funnelsim.engines.planning.open_leads import OpenLeads

    keys = (scope.stage_keys, scope.segment_keys, scope.source_keys)
    return OpenLeads.read(frame, *keys, scope.model.start, scope.funnel.path)


class _Standing(NamedTuple):
    own_rows: Ints  # (L,) row of each lead's stage and segment
    since: Floats  # as of `Pipeline`
    waits: NDArray[np.bool_]
    groups: LeadGroups


def _standing_of(scope: Scope, leads: OpenLeads, model: Model, rows: StageRows) -> _Standing:
    first = scope.start_era * len(scope.segment_keys)
    own_rows = (first + leads.segment) * len(scope.stage_keys) + leads.stage
    exit_rows = own_rows.copy()
    task_first = rows.work.task_first
    waits = leads.waits & (task_first[own_rows + 1] > task_first[own_rows])
    since = np.where(waits, 0.0, -leads.age)
    for place, row in rows.planned.items():
        planned = model.stages[scope.stage_keys[place]].planned
        assert planned is not None
        follows = (leads.stage == place) & (leads.planned >= -planned.until) & ~waits
        exit_rows[follows] = row + leads.segment[follows]
        since[follows] = leads.planned[follows] - planned.before
    return _Standing(own_rows, since, waits, lead_groups(exit_rows, -since, rows.stages.exit_first))


def _patient(leads: OpenLeads, patience: Ints, distributions: Mapping[int, Distribution]) -> Floats:
    """Share of leads that would have waited as long as each, shape (L,)."""
    shares = np.ones(len(patience))
    for table in np.unique(patience[patience != NO_TABLE]):
        who = patience == table
        shares[who] = np.maximum(distributions[int(table)].sf(leads.age[who]), LEAST_SURVIVAL)
    return shares


def _no_pipeline() -> Pipeline:
    ints, floats = np.zeros(0, np.int64), np.zeros(0)
    one = np.zeros(1, np.int64)
    ids = np.zeros(0, np.uint64)
    return Pipeline(
        id=ids,
        stage=ints,
        segment=ints,
        age=floats,
        created=floats,
        amount=floats,
        amount_table=ints,
        bookings_before=ints,
        exit_first=one,
        exit=ints,
        upto=floats,
        survival=floats,
        since=floats,
        waits=np.zeros(0, np.bool_),
        patient=floats,
        visit_first=one,
        visited=ints,
        visits=ints,
    )
