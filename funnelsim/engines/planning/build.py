"""From a funnel to a plan: eras, segments, exits, quantile tables, daily rates, open leads."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.calendar import calendars
from funnelsim.core.errors import ModelError
from funnelsim.core.numeric.keys import refuse_collisions, stage_hash
from funnelsim.distributions import Distribution, parse_distribution
from funnelsim.distributions.table import (
    PROBABILITY_ERROR,
    QuantileTable,
)
from funnelsim.engines.plan import (
    NEVER,
    NO_CLOCK,
    NO_PLACE,
    NO_TABLE,
    Clocks,
    Exits,
    Horizon,
    Outcomes,
    Pipeline,
    Plan,
    Recognition,
    Roles,
    Sources,
    Stages,
    Work,
)
from funnelsim.engines.planning.open_leads import LEAST_SURVIVAL, OpenLeads, given_age
from funnelsim.engines.planning.shocks import shocks_of
from funnelsim.engines.planning.sources import Eras, refuse_tied_streams, sources_of
from funnelsim.engines.planning.spawns import spawns_of
from funnelsim.engines.planning.units import day_unit, money_unit
from funnelsim.engines.planning.work import roles_of, still_needed
from funnelsim.engines.tables import DRAWN_PROBABILITY_ERROR, Tables
from funnelsim.model.changes.changes import Change, RemoveStage, SetValue
from funnelsim.model.changes.resolve import Resolver
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.flows.rates import families
from funnelsim.model.parts import ABANDONED, Clock, Exit, Model, Stage
from funnelsim.model.scenarios.change_checks import check_changes
from funnelsim.results.run import Window

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is to be simulated: days from the model's start."""

    warmup_days: int
    end_day: float
    windows: tuple[Window, ...]


class PlanBuilder:
    """Makes the plans of one run: one for each parameter draw, sharing all that does not vary.

    Parameters
    ----------
    funnel : Funnel
    span : Span
    changes : sequence of Change
        In file order; dated ones begin an era.
    """

    def __init__(self, funnel: Funnel, span: Span, changes: Sequence[Change] = ()) -> None:
        check_changes(changes, funnel.model, "changes")
        self.funnel = funnel
        self.model = funnel.model
        self.span = span
        self.sets = [c for c in changes if isinstance(c, SetValue)]
        self.removals = [c for c in changes if isinstance(c, RemoveStage)]
        self.stage_keys = tuple(self.model.stages)
        self.outcomes = self.model.all_outcomes
        self.places = {key: n for n, key in enumerate((*self.stage_keys, *self.outcomes))}
        self.segment_keys: tuple[str | None, ...] = (None, *self.model.segments)
        self.source_keys = tuple(self.model.sources)
        self.era_days = self._era_days(changes)
        self.first_day = -max(span.warmup_days, self._oldest_age()) - 1
        self.dates = calendars.day_grid(
            self.model.start, self.first_day, math.ceil(span.end_day) - self.first_day
        )
        self.kept: dict[Distribution, QuantileTable] = {}
        self.integrals: dict[tuple[Clock, str, tuple[dt.date, ...]], Floats] = {}
        self.too_old: tuple[str, ...] = ()
        self.open_leads: OpenLeads | None = None
        self.draws = funnel.draws
        self.resolver = Resolver(self.model, () if self.draws is None else self.draws.columns)
        self.exit_names: tuple[str, ...] = ()
        #: How many leads come in all for one of a source, itself included.
        self.brought = 1.0
        hashes = {key: stage_hash(key) for key in self.stage_keys}
        refuse_collisions(hashes, "stage")
        refuse_tied_streams(self.model)
        self.hashes = np.array(list(hashes.values()), dtype=np.uint32)

    @property
    def draw_rows(self) -> int:
        return 0 if self.draws is None else self.draws.height

    def _era_days(self, changes: Sequence[Change]) -> list[float]:
        days = {
            float((change.start - self.model.start).days) for change in changes if change.start is not None
        }
        return sorted(day for day in days if day > -self.span.warmup_days and day < self.span.end_day)

    def _oldest_age(self) -> int:
        pipeline = self.funnel.pipeline
        if pipeline is None or pipeline.height == 0 or not self.model.clocks:
            return 0
        return math.ceil(float(pipeline["age_days"].max()))  # type: ignore[arg-type]

    def build(self, draw_row: int | None = None) -> Plan:
        """The plan of one row of the parameter draws, or of the file's own values.

        Raises
        ------
        ModelError
            If a distribution cannot be simulated; of a draw, with its row.
        """
        try:
            return self._build(draw_row)
        except ModelError as error:
            if draw_row is not None:
                source = f"{self.funnel.path or 'the model'}: row {draw_row + 1} of the draws"
            elif error.source == "model" and self.funnel.path is not None:
                source = str(self.funnel.path)
            else:
                raise
            raise ModelError(source, error.problems) from error

    def _build(self, draw_row: int | None) -> Plan:
        draw = None if draw_row is None or self.draws is None else self.draws.row(draw_row, named=True)
        models = self._models(draw)
        tables = Tables(self.kept, PROBABILITY_ERROR if draw is None else DRAWN_PROBABILITY_ERROR)
        horizon = self._horizon()
        era = int(np.searchsorted(np.array(self.era_days), 0.0, side="right"))
        stages, exits, work, names, planned_rows = self._stages_and_exits(models, era, tables)
        clocks = self._clocks(models[0][0])
        arrival_dates = self.dates[-self.span.warmup_days - self.first_day :]
        sources = sources_of(Eras(self.era_days, models), arrival_dates, tables)
        spawns = spawns_of(models, tables)
        pipeline = self._pipeline(
            models[era][0], era, planned_rows, stages, exits, work, clocks, sources, tables
        )
        listed = models[0][0].listed_factor
        listed_table = NO_TABLE if listed is None else tables.add(listed)
        unit = tables.add(parse_distribution("exponential(mean=1)", kind="factor"))
        if not self.kept:
            self.kept = {distribution: tables.used[place] for distribution, place in tables.place.items()}
        self.exit_names = names
        n = len(self.stage_keys)
        base = models[0][0]
        roles = self._roles(models, still_needed(len(base.roles), stages, exits, work))
        outcomes = self._outcomes(base)
        if (spawns.source >= 0).any():
            self.brought = max(float(families(era[0]).sum(axis=1).max()) for era in models)
        return Plan(
            stages=stages,
            exits=exits,
            outcomes=outcomes,
            work=work,
            shocks=shocks_of(base, arrival_dates, tables),
            spawns=spawns,
            recognition=self._recognition(base),
            roles=roles,
            sources=sources,
            pipeline=pipeline,
            clocks=clocks,
            horizon=horizon,
            tables=tables.bank(),
            unit_exponential=unit,
            listed_table=listed_table,
            day_unit=day_unit(sources, pipeline, roles, horizon, self.brought),
            money_unit=money_unit(
                tables, stages, exits, outcomes, sources, pipeline, horizon, self.brought, listed_table
            ),
            books_at=self._target(base.goal.books_at),
            lost=n + self.outcomes.index("lost"),
            churned=n + self.outcomes.index("churned"),
            won=n + self.outcomes.index("won"),
            segments=len(self.segment_keys),
            any_clock=bool((exits.clock != NO_CLOCK).any()),
            any_never=bool((exits.target == NEVER).any()),
            any_work=bool(self.model.roles),
            any_spawns=bool((spawns.source >= 0).any()),
            any_removed=bool(np.isfinite(stages.removed_from).any() or (stages.removed_from < 0).any()),
        )

    def _models(self, draw: Mapping[str, float] | None) -> list[list[Model]]:
        """The funnel as it holds in each era (outer) for each segment (inner; first: no segment)."""
        held = [
            [c for c in self.sets if c.start is None or (c.start - self.model.start).days <= begins]
            for begins in (-math.inf, *self.era_days)
        ]
        return self.resolver.resolve_each(draw, held, self.segment_keys)

    def _target(self, place: str) -> int:
        if place == "never":
            return NEVER
        return self.places[place]

    def _horizon(self) -> Horizon:
        starts = np.array([w.start_day for w in self.span.windows])
        ends = np.array([w.end_day for w in self.span.windows])
        inner = sorted({float(x) for x in (*starts, *ends) if 0 < x < self.span.end_day})
        return Horizon(
            begin=float(-self.span.warmup_days),
            end=self.span.end_day,
            bin_edges=np.array([-np.inf, 0.0, *inner, np.inf]),
            window_start=starts,
            window_end=ends,
        )

    def _removed_from(self, key: str) -> tuple[float, float]:
        """Day from which a stage is passed through, and the share recovered."""
        for change in self.removals:
            if change.stage == key:
                begins = -math.inf if change.start is None else (change.start - self.model.start).days
                return float(begins), float(change.recovered[0])
        return math.inf, 0.0

    def _stages_and_exits(
        self, models: list[list[Model]], era: int, tables: Tables
    ) -> tuple[Stages, Exits, Work, tuple[str, ...], dict[int, int]]:
        """Stages, exits and work row by row, names of the exits, and the first of each stage's planned rows.

        Planned exits have a row a segment, as they hold in the era in which the pipeline is found.
        """
        removed = [self._removed_from(key) for key in self.stage_keys]
        rows = _ExitRows(self._target, tables, list(models[0][0].clocks))
        tasks = _TaskRows(tables, list(models[0][0].roles))
        amount, bookings, quota = [], [], []
        for begins, by_segment in zip((-math.inf, *self.era_days), models, strict=True):
            for model in by_segment:
                for place, (key, stage) in enumerate(model.stages.items()):
                    books, credits = _credit(model, key, stage)
                    amount.append(stage.amount)
                    bookings.append(books)
                    quota.append(credits)
                    rows.add(model, place, key, stage, removed=removed[place][0] <= begins)
                    tasks.add(stage)
        planned_rows = {}
        for place, key in enumerate(self.stage_keys):
            if models[era][0].stages[key].planned is not None:
                planned_rows[place] = len(rows.first) - 1
                for model in models[era]:
                    rows.add(
                        model, place, key, _as_planned(model.stages[key]), removed=removed[place][0] <= 0
                    )
        stages = Stages(
            hash=self.hashes,
            era_start=np.array([-np.inf, *self.era_days, np.inf]),
            removed_from=np.array([day for day, _ in removed]),
            recovered=np.array([share for _, share in removed]),
            exit_first=np.array(rows.first, dtype=np.int64),
            amount=np.array(amount, dtype=np.float64),
            bookings=np.array(bookings, dtype=np.float64),
            quota=np.array(quota, dtype=np.float64),
        )
        exits, names = rows.exits()
        work = tasks.work(rows.abandon_exit, rows.lost_exit)
        return stages, exits, work, names, planned_rows

    def _outcomes(self, model: Model) -> Outcomes:
        goal = model.goal
        credits_at = goal.credits_at or goal.books_at
        return Outcomes(
            bookings=np.array([float(o == goal.books_at) for o in self.outcomes]),
            quota=np.array([float(o == credits_at) for o in self.outcomes]),
        )

    def _recognition(self, model: Model) -> Recognition:
        recognise = model.goal.recognise
        if recognise is None:
            return Recognition(NO_PLACE, 0.0)
        return Recognition(self._target(recognise.start), recognise.over)

    def _roles(self, models: list[list[Model]], needed: NDArray[np.bool_]) -> Roles:
        eras = [
            (begins, by_segment[0])
            for begins, by_segment in zip((-math.inf, *self.era_days), models, strict=True)
        ]
        return roles_of(eras, self.dates, self.first_day, needed)

    def _clocks(self, model: Model) -> Clocks:
        integrals = [self._integral(clock, model) for clock in model.clocks.values()]
        shape = (len(integrals), len(self.dates) + 1)
        return Clocks(np.array(integrals, dtype=np.float64).reshape(shape), float(self.first_day))

    def _integral(self, clock: Clock, model: Model) -> Floats:
        year_starts, holiday = model.goal.fiscal_year_starts, clock.holiday
        holidays = () if holiday is None else model.calendars[holiday.calendar].holidays
        key = (clock, year_starts, holidays)
        if key not in self.integrals:
            factors = calendars.tempo_factors(
                self.dates,
                over=clock.over or "year",
                month=clock.month,
                week=clock.week,
                day=clock.day,
                weekday=clock.weekday,
                year_starts=clock.fiscal_year_starts or year_starts,
                holidays=frozenset(holidays),
                on_holidays=1.0 if holiday is None else holiday.factor,
            )
            self.integrals[key] = calendars.integral_of(factors)
        return self.integrals[key]

    def _open_leads(self, frame: pl.DataFrame) -> OpenLeads:
        if self.open_leads is None:
            self.open_leads = OpenLeads.read(
                frame,
                self.stage_keys,
                self.segment_keys,
                self.source_keys,
                self.model.start,
                self.funnel.path,
            )
        return self.open_leads

    def _pipeline(
        self,
        model: Model,
        era: int,
        planned_rows: Mapping[int, int],
        stages: Stages,
        exits: Exits,
        work: Work,
        clocks: Clocks,
        sources: Sources,
        tables: Tables,
    ) -> Pipeline:
        """The open leads, and how they leave given their age."""
        frame = self.funnel.pipeline
        if frame is None or frame.height == 0:
            return _no_pipeline()
        leads = self._open_leads(frame)
        own_rows = (era * len(self.segment_keys) + leads.segment) * len(self.stage_keys) + leads.stage
        rows = own_rows.copy()
        waits = leads.waits & (work.task_first[own_rows + 1] > work.task_first[own_rows])
        distributions = {place: distribution for distribution, place in tables.place.items()}
        since = np.where(waits, 0.0, -leads.age)
        for place, row in planned_rows.items():
            planned = model.stages[self.stage_keys[place]].planned
            assert planned is not None
            follows = (leads.stage == place) & (leads.planned >= -planned.until) & ~waits
            rows[follows] = row + leads.segment[follows]
            since[follows] = leads.planned[follows] - planned.before
        found = given_age(leads, rows, -since, stages, exits, clocks, distributions)
        self.too_old = found.too_old
        return Pipeline(
            id=leads.id,
            stage=leads.stage,
            segment=leads.segment,
            age=leads.age,
            created=leads.created,
            amount=leads.amount,
            amount_table=np.where(
                leads.source >= 0,
                sources.amount_table[era, np.maximum(leads.source, 0), leads.segment],
                NO_TABLE,
            ).astype(np.int64),
            bookings_before=leads.bookings_before,
            exit_first=found.exit_first,
            exit=found.exit,
            upto=found.upto,
            survival=found.survival,
            since=since,
            waits=waits,
            patient=_patient(leads, work.patience[own_rows], distributions),
            visit_first=leads.visit_first,
            visited=leads.visited,
            visits=leads.visits,
        )


def _patient(leads: OpenLeads, patience: Ints, distributions: Mapping[int, Distribution]) -> Floats:
    """Share of leads that would have waited as long as each, shape (L,)."""
    shares = np.ones(len(patience))
    for table in np.unique(patience[patience != NO_TABLE]):
        who = patience == table
        shares[who] = np.maximum(distributions[int(table)].sf(leads.age[who]), LEAST_SURVIVAL)
    return shares


class _ExitRows:
    """Collects the exits of all rows, and behind them those that no draw chooses."""

    def __init__(self, target_of: Callable[[str], int], tables: Tables, clocks: list[str]) -> None:
        self.target_of = target_of
        self.tables = tables
        self.clocks = clocks
        self.first = [0]
        self.rows: list[_Exit] = []
        self.undrawn: list[_Exit] = []
        self.abandons: list[int] = []  # by row: place among the undrawn, -1 where nobody does
        self.costs: list[tuple[int, int]] = []  # by row: of `lost`, among the drawn and among the undrawn

    def add(self, model: Model, place: int, key: str, stage: Stage, *, removed: bool) -> None:
        kept = {name: e for name, e in stage.exits.items() if e.p > 0 and not (removed and e.to == key)}
        total = math.fsum(e.p for e in kept.values())
        onward = _Onward(self.target_of, place, len(model.stages), model.goal.books_at)
        upto, lost = 0.0, -1
        for name, e in kept.items():
            target = self.target_of("lost" if removed and e.to == "never" else e.to)
            upto += e.p / total
            if name == stage.lost_exit:
                lost = len(self.rows)
            self.rows.append(self._exit(stage, e, name, target, e.p / total, upto, onward(target)))
        self.first.append(len(self.rows))
        self.costs.append((lost, self._lost_at_no_chance(stage) if lost < 0 else -1))
        self.abandons.append(-1 if stage.abandons_to is None else len(self.undrawn))
        if stage.abandons_to is not None:
            target = self.target_of(stage.abandons_to)
            self.undrawn.append(
                _Exit(ABANDONED, target, 0.0, 1.0, NO_TABLE, NO_CLOCK, math.inf, onward(target))
            )

    def _lost_at_no_chance(self, stage: Stage) -> int:
        name = stage.lost_exit
        if name is None:
            return -1
        self.undrawn.append(
            self._exit(stage, stage.exits[name], name, self.target_of("lost"), 0.0, 1.0, False)
        )
        return len(self.undrawn) - 1

    def _exit(
        self, stage: Stage, e: Exit, name: str, target: int, p: float, upto: float, forward: bool
    ) -> _Exit:
        half_life = math.inf if e.wait_half_life is None else e.wait_half_life
        return _Exit(
            name, target, p, upto, self._distribution(stage, e), self._clock(stage, e), half_life, forward
        )

    def _distribution(self, stage: Stage, e: Exit) -> int:
        distribution = e.after or stage.after
        return NO_TABLE if e.to == "never" or distribution is None else self.tables.add(distribution)

    def _clock(self, stage: Stage, e: Exit) -> int:
        key = e.clock or stage.clock
        return NO_CLOCK if key is None else self.clocks.index(key)

    @property
    def abandon_exit(self) -> Ints:
        return np.array([-1 if i < 0 else len(self.rows) + i for i in self.abandons], dtype=np.int64)

    @property
    def lost_exit(self) -> Ints:
        places = [drawn if drawn >= 0 or i < 0 else len(self.rows) + i for drawn, i in self.costs]
        return np.array(places, dtype=np.int64)

    def exits(self) -> tuple[Exits, tuple[str, ...]]:
        """The exits as columns, and their names."""
        kinds: dict[str, type] = dict.fromkeys(("p", "upto", "half_life"), np.float64) | {"forward": np.bool_}
        rows = [*self.rows, *self.undrawn]
        columns: dict[str, NDArray[Any]] = {
            name: np.array([getattr(row, name) for row in rows], dtype=kinds.get(name, np.int64))
            for name in Exits._fields
        }
        return Exits(**columns), tuple(row.name for row in rows)


class _Exit(NamedTuple):
    name: str
    target: int
    p: float
    upto: float
    table: int
    clock: int
    half_life: float
    forward: bool


class _Onward(NamedTuple):
    """Whether a target lies ahead of a stage: later in the funnel, where deals are booked, or won."""

    target_of: Callable[[str], int]
    place: int
    stages: int
    books_at: str

    def __call__(self, target: int) -> bool:
        books_or_won = (self.target_of(self.books_at), self.target_of("won"))
        return self.place < target < self.stages or target in books_or_won


class _TaskRows:
    """Collects the tasks of all rows."""

    def __init__(self, tables: Tables, roles: list[str]) -> None:
        self.tables = tables
        self.roles = roles
        self.first = [0]
        self.role: list[int] = []
        self.effort: list[int] = []
        self.patience: list[int] = []

    def add(self, stage: Stage) -> None:
        for task in stage.work:
            self.role.append(self.roles.index(task.role))
            self.effort.append(self.tables.add(task.effort))
        self.first.append(len(self.role))
        self.patience.append(NO_TABLE if stage.patience is None else self.tables.add(stage.patience))

    def work(self, abandon_exit: Ints, lost_exit: Ints) -> Work:
        first, role, effort, patience = (
            np.array(column, dtype=np.int64) for column in (self.first, self.role, self.effort, self.patience)
        )
        rows = len(patience)
        return Work(first, role, effort, patience, abandon_exit[:rows], lost_exit[:rows])


def _as_planned(stage: Stage) -> Stage:
    """The stage as its open leads with a planned close leave it."""
    assert stage.planned is not None
    return stage.model_copy(update={"exits": stage.planned.exits, "after": None, "clock": None})


def _credit(model: Model, key: str, stage: Stage) -> tuple[float, float]:
    if stage.credit is not None:
        return stage.credit.bookings, stage.credit.quota
    goal = model.goal
    return float(key == goal.books_at), float(key == (goal.credits_at or goal.books_at))


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
