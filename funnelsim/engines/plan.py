"""A plan: a funnel with one set of parameters, as flat arrays for the engines.

Stage parameters may differ by *era* (changes that begin on a date) and by segment; a *row* is ``(era *
segments + segment) * stages + stage``. The exits of all rows are concatenated. A target is the index of a
stage, ``stages +`` the index of an outcome, or `NEVER`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.workhours import OpenHours
from funnelsim.distributions.quantile_table import TableBank, join_tables, split_tables

NEVER = -1
NO_CLOCK = -1
NO_TABLE = -1
NO_CALENDAR = -1
NO_PLACE = -1
NO_SHOCK = -1
#: No index: the end of a list, an empty heap, a visit without an exit.
NONE = -1
#: More consecutive visits without time are an endless loop.
ROUNDS_AT_ONE_INSTANT = 10_000
DISCIPLINES = ("fifo", "lifo", "largest", "oldest", "latest_stage")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]


class Stages(NamedTuple):
    """Parameters of visits, by row or by stage."""

    hash: Words  # (S,) stage word of the keyed draws
    era_start: Floats  # (eras + 1,) from -inf to inf
    removed_from: Floats  # (S,) day from which the stage is removed; inf: never
    recovered: Floats  # (S,) share of leads lost at a removed stage that continue
    exit_first: Ints  # (rows + 1,) slice of the exits of each row
    amount: Floats  # (rows,) factor on entry
    bookings: Floats  # (rows,) credit factors on entry
    quota: Floats  # (rows,)


class Exits(NamedTuple):
    """One entry per exit; `upto` is the cumulative probability within its row.

    Exits that are never drawn follow at the end: abandonment, and `lost` if its p is 0.
    """

    target: Ints
    p: Floats
    upto: Floats
    table: Ints
    clock: Ints
    half_life: Floats  # in days of waiting; inf: waiting has no effect
    forward: NDArray[np.bool_]  # to a later stage, a booking stage or outcome, or won


class Work(NamedTuple):
    """Tasks of visits, by row."""

    task_first: Ints  # (rows + 1,) slice of the tasks of each row
    role: Ints  # by task
    effort: Ints  # table, by task
    patience: Ints  # (rows,) table of the patience; NO_TABLE: unlimited
    abandon_exit: Ints  # (rows,) exit on abandonment; -1: none
    lost_exit: Ints  # (rows,) exit taken instead after too long a wait; -1: none


class Spawns(NamedTuple):
    """New leads spawned by an entry, by row: a Poisson number, each after a delay."""

    source: Ints  # -1: none spawned
    p0: Floats  # probability of none
    mean: Floats
    table: Ints  # distribution of the delay


class Shocks(NamedTuple):
    """By shocked path: an AR(1) on the log scale."""

    id: NDArray[np.uint64]
    sd: Floats  # of any month
    rho: Floats
    innovation: Floats  # sd given the month before
    correction: Floats  # taken off the log
    month: Ints  # (days,) index of each day's month
    number: Ints  # (months,) months since January 1970: the name of a month in the keyed draws
    normal: int  # table of the standard normal distribution
    odds: int  # index of the shock on odds, or NO_SHOCK


class Recognition(NamedTuple):
    """How bookings become revenue."""

    place: int  # stage or outcome that starts recognition; NO_PLACE: at booking
    over: float  # days


class Roles(NamedTuple):
    """By role, in file order; roster changes are concatenated, in order of time."""

    hash: Words
    calendar: Ints  # NO_CALENDAR: around the clock
    owner: NDArray[np.bool_]  # a lead keeps its rep
    open_max: Ints  # largest number of leads owned by one rep
    discipline: Ints  # index in `DISCIPLINES`
    ramp_first: Ints  # (roles + 1,)
    ramp: Floats  # productivity in each month after a hire
    ramp_days: float  # length of such a month
    change_first: Ints  # (roles + 1,)
    change_day: Floats
    change_count: Ints  # reps hired; negative: leaving
    change_ramps: NDArray[np.bool_]  # whether new reps start on the ramp
    needed: NDArray[np.bool_]  # (roles, S): whether a lead in a stage may still need the role
    stay_mean: Floats  # mean days until attrition; inf: never
    backfill_after: Floats  # days until a seat is refilled; inf: never
    hours: OpenHours


class Outcomes(NamedTuple):
    """By outcome: won, lost, churned, then the model's own."""

    bookings: Floats
    quota: Floats


class Sources(NamedTuple):
    """By stream of leads: the sources, then their campaigns; days are those of the grid."""

    id_base: NDArray[np.uint64]
    source: Ints  # index of the source
    calendar: Ints  # hours of arrival; NO_CALENDAR: at any time
    mass: Floats  # (streams, days) expected leads of each day
    week: Ints  # (days,) week of each day, from 0; Monday to Sunday
    week_number: Ints  # (weeks,) weeks since Monday 1970-01-05: the name of a week in the keyed draws
    shape_table: Ints  # (streams, weeks) gamma table at or below the week's shape; NO_TABLE where Poisson
    shape_weight: Floats  # (streams, weeks) weight of the next table
    shock: Ints  # (streams,) index of the shock on the rate, or NO_SHOCK
    segment_first: Ints  # (streams + 1,)
    segment_upto: Floats  # cumulative shares
    segment: Ints
    entry_first: Ints  # (streams + 1,)
    entry_upto: Floats
    entry: Ints
    amount_table: Ints  # (eras, streams, segments); NO_TABLE: no amount


class Pipeline(NamedTuple):
    """The ``L`` open leads at the start; their exits are concatenated."""

    id: NDArray[np.uint64]
    stage: Ints
    segment: Ints
    age: Floats  # days in stage
    created: Floats  # day of creation, negative
    amount: Floats  # listed; NaN: drawn like a new lead's
    amount_table: Ints  # of the distribution for new leads, used where the amount is unknown
    bookings_before: Ints  # 1 if the lead booked before the start
    exit_first: Ints  # (L + 1,)
    exit: Ints  # index into the plan's exits
    upto: Floats  # cumulative probability given the age
    survival: Floats  # of the exit's distribution at the age
    since: Floats  # start of the dwell: the entry, or the first day relative to the planned date
    waits: NDArray[np.bool_]  # (L,) still waits for, or is worked on by, a rep
    patient: Floats  # (L,) survival probability of the patience at the age
    visit_first: Ints  # (L + 1,)
    visited: Ints  # stages with past visits, including the current one
    visits: Ints  # how many


class Clocks(NamedTuple):
    integral: Floats  # (clocks, days + 1)
    first_day: float


class Horizon(NamedTuple):
    """The simulated span and the bins in which events are counted; bin 0 is the warm-up."""

    begin: float  # day of the first arrivals: minus the warm-up
    end: float
    bin_edges: Floats  # (bins + 1,) from -inf, 0, ... to inf
    window_start: Floats
    window_end: Floats


class Plan(NamedTuple):
    stages: Stages
    exits: Exits
    outcomes: Outcomes
    work: Work
    shocks: Shocks
    spawns: Spawns
    recognition: Recognition
    roles: Roles
    sources: Sources
    pipeline: Pipeline
    clocks: Clocks
    horizon: Horizon
    tables: TableBank
    unit_exponential: int  # table of the gaps between leads
    listed_table: int  # won amount / listed amount; NO_TABLE: 1
    day_unit: float  # days are summed in multiples of it
    money_unit: float  # bookings and the like in multiples of this
    books_at: int  # target that is a win
    lost: int  # targets of these two outcomes, and of won
    churned: int
    won: int
    segments: int
    any_clock: bool
    any_never: bool
    any_removed: bool
    any_work: bool
    any_spawns: bool


def without_reps(plan: Plan) -> Plan:
    """The plan with tasks that take no time, so that nobody waits."""
    return plan._replace(
        work=plan.work._replace(task_first=np.zeros_like(plan.work.task_first)),
        pipeline=plan.pipeline._replace(waits=np.zeros_like(plan.pipeline.waits)),
        any_work=False,
    )


def fingerprint(plan: Plan) -> bytes:
    """Bytes that are equal if and only if two plans are."""
    return b"".join(_chunks(plan))


def _chunks(part: object) -> list[bytes]:
    if isinstance(part, TableBank):
        part = (*join_tables(split_tables(part)),)
    if isinstance(part, tuple):
        return [chunk for item in part for chunk in _chunks(item)]
    array = np.asarray(part)
    return [repr((array.dtype.str, array.shape)).encode(), np.ascontiguousarray(array).tobytes()]
