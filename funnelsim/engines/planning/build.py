"""From a funnel to a plan: what is fixed for a run, and what one parameter draw gives."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from funnelsim.core.errors import ModelError
from funnelsim.distributions import Distribution, parse_distribution
from funnelsim.distributions.quantile_table import PROBABILITY_ERROR, QuantileTable
from funnelsim.engines.plan import (
    NEVER,
    NO_CLOCK,
    NO_PLACE,
    NO_TABLE,
    Clocks,
    Outcomes,
    Plan,
    Recognition,
    Roles,
    Shocks,
)
from funnelsim.engines.planning.cell_buffer import CellBuffer
from funnelsim.engines.planning.clocks import clocks_of
from funnelsim.engines.planning.credits import most_credited
from funnelsim.engines.planning.parts_of_draw import NOTHING_KNOWN, PartsOfDraw, planned_sources
from funnelsim.engines.planning.pipeline import PipelinePlanner
from funnelsim.engines.planning.scope import Scope, Span
from funnelsim.engines.planning.shocks import normal_table, shocks_of
from funnelsim.engines.planning.sources import ArrivalDays, StreamLists, refuse_tied_streams
from funnelsim.engines.planning.spawns import spawns_of
from funnelsim.engines.planning.stage_rows import stage_rows
from funnelsim.engines.planning.tables import DRAWN_PROBABILITY_ERROR, Tables
from funnelsim.engines.planning.unchanged import Unchanged
from funnelsim.engines.planning.units import day_unit, money_bounds, money_unit
from funnelsim.engines.planning.work import roles_of, still_needed
from funnelsim.model.changes.changes import Change
from funnelsim.model.changes.resolve import Resolver, changed_models
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.flows.rates import families
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes

_KEPT_BUILDERS = 2
#: Slot of plans of a base that are made for their parts alone.
_OF_BASE = -1
_UNIT_EXPONENTIAL = parse_distribution("exponential(mean=1)", kind="factor")


class PlanOfDraw(NamedTuple):
    """A plan and its exit names, with findings about the pipeline.

    Attributes
    ----------
    plan : Plan
    exit_names : tuple of str
        Of the plan's exits, which lack those that the draw gives no chance.
    too_old : tuple of str
        Open leads older than the model explains.
    brought : float
        How many leads come in all for one of a source, itself included.
    """

    plan: Plan
    exit_names: tuple[str, ...]
    too_old: tuple[str, ...]
    brought: float


class PlanBuilder:
    """Makes the plans of one run: one for each parameter draw, sharing all that does not vary.

    Parameters
    ----------
    funnel : Funnel
    span : Span
    changes : sequence of Change
        In file order; dated ones begin an era.
    kept : dict of Distribution to QuantileTable, optional
        Tables that no plan makes; default those of the first plan.
    like : PlanBuilder, optional
        Of the same funnel and span without changes, that keeps its parts: of each draw only what the changes
        reach is made anew.
    keeps : bool, default False
        Keep what the plan of each draw is made of, for builders `like` this one.
    """

    def __init__(
        self,
        funnel: Funnel,
        span: Span,
        changes: Sequence[Change] = (),
        kept: dict[Distribution, QuantileTable] | None = None,
        like: PlanBuilder | None = None,
        keeps: bool = False,
    ) -> None:
        check_changes(changes, funnel.model, "changes")
        refuse_tied_streams(funnel.model)
        self.scope = scope = Scope(funnel, span, changes)
        self.draws = funnel.draws
        self._kept = kept
        self._buffer: CellBuffer | None = None
        self._like = like
        self._changes = tuple(changes)
        self._known: dict[int | None, PartsOfDraw] = {}
        self._keeps = keeps
        self._token = uuid.uuid4().hex if keeps else ""
        self._resolver = Resolver(funnel.model, () if self.draws is None else self.draws.columns)
        self._pipeline: PipelinePlanner = PipelinePlanner(scope, None if like is None else like._pipeline)
        self._arrival_days = ArrivalDays(scope.arrival_dates, funnel.model.start, scope.era_days)
        self._lists = Unchanged[StreamLists]()
        self._clocks = Unchanged[Clocks]()
        self._shocks = Unchanged[Shocks]()
        self._roles = Unchanged[Roles]()
        if like is not None:
            self._share(like)

    def _share(self, like: PlanBuilder) -> None:
        """Use what the base has made, whatever the changes are."""
        self._kept, self._buffer = like._kept, like._buffer
        self._lists, self._clocks, self._shocks = like._lists, like._clocks, like._shocks
        if self.scope.era_days == like.scope.era_days:
            self._roles, self._arrival_days = like._roles, like._arrival_days

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs: it makes tables and parts of draws faster than they are sent."""
        return self.__dict__ | {"_known": {}, "_kept": None, "_buffer": None}

    def __reduce__(self) -> Any:
        if self._keeps:
            return _builder_of_variants, (self._token, self.__getstate__())
        if self._like is not None:
            return _variant_of, (self._like, self._changes)
        return super().__reduce__()

    @property
    def draw_rows(self) -> int:
        return 0 if self.draws is None else self.draws.height

    def build(self, draw_row: int | None = None, *, slot: int | None = None) -> PlanOfDraw:
        """The plan of one row of the parameter draws, or of the file's own values.

        Parameters
        ----------
        slot : int, optional
            The plan holds only until the next one is built in this slot, and takes less time to make. Not
            for several threads at once.

        Raises
        ------
        ModelError
            If a distribution cannot be simulated; of a draw, with its row.
        """
        path = self.scope.funnel.path
        try:
            return self._build(draw_row, slot)
        except ModelError as error:
            if draw_row is not None:
                source = f"{path or 'the model'}: row {draw_row + 1} of the draws"
            elif error.source == "model" and path is not None:
                source = str(path)
            else:
                raise
            raise ModelError(source, error.problems) from error

    def parts(self, draw_row: int | None) -> PartsOfDraw:
        """What the plan of a draw is made of, for plans of variants."""
        if draw_row not in self._known:
            self.build(draw_row, slot=_OF_BASE)
        return self._known[draw_row]

    def _build(self, draw_row: int | None, slot: int | None) -> PlanOfDraw:
        draw = None if draw_row is None or self.draws is None else self.draws.row(draw_row, named=True)
        scope = self.scope
        known = NOTHING_KNOWN
        if self._like is not None:
            known = self._like.parts(draw_row)
            if self._kept is None:  # as in another process, where the base has only now made its first plan
                self._kept, self._buffer = self._like._kept, self._like._buffer
        before = known.models or self._resolver.before_changes(draw, scope.segment_keys)
        models = changed_models(before, scope.in_force, scope.segment_keys, drawn=draw is not None)
        probability = PROBABILITY_ERROR if draw is None else DRAWN_PROBABILITY_ERROR
        tables = Tables(self._kept or {}, probability, known.tables)
        base = models[0][0]
        rows = stage_rows(scope, models, tables, known.exits)
        clocks = self._clocks_of(base)
        streams = planned_sources(models, self._arrival_days, self._lists_of(base), tables, known.sources)
        sources = streams.sources
        spawns = spawns_of(models, tables)
        planned = self._pipeline.plan(models[scope.start_era][0], rows, clocks, sources, tables, known.groups)
        pipeline = planned.pipeline
        listed_table = NO_TABLE if base.listed_factor is None else tables.add(base.listed_factor)
        unit = tables.add(_UNIT_EXPONENTIAL)
        if self._kept is None:
            self._kept = tables.by_distribution
            self._buffer = CellBuffer(list(self._kept.values()))
        buffer = self._buffer
        needed = still_needed(len(base.roles), rows.stages, rows.exits, rows.work)
        roles = self._roles_of([model for model, *_ in models])._replace(needed=needed)
        any_spawns = bool((spawns.source >= 0).any())
        brought = max(float(families(model).sum(axis=1).max()) for model, *_ in models) if any_spawns else 1.0
        outcomes = _outcomes(scope, base)
        amount_places = sorted({*sources.amount_table.ravel().tolist(), *pipeline.amount_table.tolist()})
        amounts = [tables.used[place] for place in amount_places if place != NO_TABLE]
        listed = None if listed_table == NO_TABLE else tables.used[listed_table]
        credited_by = (
            base.goal,
            *rows.of_rows,
            *(s.amount for row in models for m in row for s in m.stages.values()),
        )
        money = money_bounds(
            lambda: most_credited(
                tables, rows.stages, rows.exits, outcomes, scope.horizon.end - scope.horizon.begin
            ),
            credited_by,
            amounts if listed is None else [*amounts, listed],
            known.money,
        )
        if self._keeps:
            self._known[draw_row] = PartsOfDraw(
                before, tables.by_distribution, rows.made, streams, planned.groups, money
            )
        plan = Plan(
            stages=rows.stages,
            exits=rows.exits,
            outcomes=outcomes,
            work=rows.work,
            shocks=self._shocks_of(base, tables),
            spawns=spawns,
            recognition=_recognition(scope, base),
            roles=roles,
            sources=sources,
            pipeline=pipeline,
            clocks=clocks,
            horizon=scope.horizon,
            tables=tables.bank() if slot is None or buffer is None else buffer.join(tables.used, slot),
            unit_exponential=unit,
            listed_table=listed_table,
            day_unit=day_unit(sources, pipeline, roles, scope.horizon, brought),
            money_unit=money_unit(money, amounts, listed, sources, pipeline, brought),
            books_at=scope.target(base.goal.books_at),
            lost=scope.places["lost"],
            churned=scope.places["churned"],
            won=scope.places["won"],
            segments=len(scope.segment_keys),
            any_clock=bool((rows.exits.clock != NO_CLOCK).any()),
            any_never=bool((rows.exits.target == NEVER).any()),
            any_work=bool(base.roles),
            any_spawns=any_spawns,
            any_removed=bool(
                np.isfinite(rows.stages.removed_from).any() or (rows.stages.removed_from < 0).any()
            ),
        )
        return PlanOfDraw(plan, rows.exit_names, planned.too_old, brought)

    def _clocks_of(self, base: Model) -> Clocks:
        parts = (base.clocks, base.goal, base.calendars)
        scope = self.scope
        return self._clocks.made_of(parts, lambda: clocks_of(*parts, scope.dates, scope.first_day))

    def _lists_of(self, base: Model) -> StreamLists:
        listed = [x for s in base.sources.values() for x in (s.campaigns, s.segments, s.enters, s.hours)]
        parts = [base.calendars, base.shocks, *listed]
        return self._lists.made_of(parts, lambda: StreamLists.of(base))

    def _shocks_of(self, base: Model, tables: Tables) -> Shocks:
        dates = self.scope.arrival_dates
        shocks = self._shocks.made_of([base.shocks], lambda: shocks_of(base.shocks, dates))
        return shocks._replace(normal=tables.add_all([normal_table()])) if base.shocks else shocks

    def _roles_of(self, models: Sequence[Model]) -> Roles:
        scope = self.scope
        parts = [models[0].calendars, *(model.roles for model in models)]
        eras = list(zip(scope.era_starts, models, strict=True))
        return self._roles.made_of(parts, lambda: roles_of(eras, scope.dates, scope.first_day))


def _variant_of(like: PlanBuilder, changes: Sequence[Change]) -> PlanBuilder:
    """A variant in another process, made from its base there; sent in full, it would share nothing."""
    return PlanBuilder(like.scope.funnel, like.scope.span, changes, like=like)


#: In a process that runs variants for another one: the builder of their base, by its token.
_of_variants: OrderedDict[str, PlanBuilder] = OrderedDict()


def _builder_of_variants(token: str, state: dict[str, Any]) -> PlanBuilder:
    """The builder that was sent with an earlier variant, so that all share its parts."""
    if token not in _of_variants:
        builder = PlanBuilder.__new__(PlanBuilder)
        builder.__dict__.update(state)
        _of_variants[token] = builder
        while len(_of_variants) > _KEPT_BUILDERS:
            _of_variants.popitem(last=False)
    return _of_variants[token]


def _outcomes(scope: Scope, model: Model) -> Outcomes:
    goal = model.goal
    credits_at = goal.credits_at or goal.books_at
    return Outcomes(
        bookings=np.array([float(o == goal.books_at) for o in scope.outcomes]),
        quota=np.array([float(o == credits_at) for o in scope.outcomes]),
    )


def _recognition(scope: Scope, model: Model) -> Recognition:
    recognise = model.goal.recognise
    if recognise is None:
        return Recognition(NO_PLACE, 0.0)
    return Recognition(scope.target(recognise.start), recognise.over)
