"""A plan: one funnel, one set of parameters, as flat arrays that both engines read.

Stage parameters may differ by *era* (changes that begin on a date) and by segment; a *row* is
``(era * segments + segment) * stages + stage``. Exits of all rows lie behind each other. A target is a
stage's place, or ``stages + place of the outcome``, or `NEVER`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar.workhours import OpenHours
from funnelsim.distributions.table import TableBank

NEVER = -1
NO_CLOCK = -1
NO_TABLE = -1
NO_CALENDAR = -1
NO_PLACE = -1
NO_SHOCK = -1
#: Nobody, nothing, nowhere: the end of a list, an empty heap, a stay without an exit.
NONE = -1
#: A lead may take so many stays without time; more go round without end.
ROUNDS_AT_ONE_INSTANT = 10_000
DISCIPLINES = ("fifo", "lifo", "largest", "oldest", "latest_stage")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]


class Stages(NamedTuple):
    """What holds for a visit, by row or by stage."""

    hash: Words  # (S,) stage word of the keyed draws
    era_start: Floats  # (eras + 1,) from -inf to inf
    removed_from: Floats  # (S,) day from which leads pass through; inf where the stage stays
    recovered: Floats  # (S,) share of those lost at a removed stage who go on
    exit_first: Ints  # (rows + 1,) slice of the exits of each row
    amount: Floats  # (rows,) factor on entry
    bookings: Floats  # (rows,) credit factors on entry
    quota: Floats  # (rows,)


class Exits(NamedTuple):
    """One entry an exit; `upto` is the cumulated probability within its row.

    Behind the exits of all rows lie those that no draw chooses: abandoning, and `lost` where its p is 0.
    """

    target: Ints
    p: Floats
    upto: Floats
    table: Ints
    clock: Ints
    half_life: Floats  # of the wait that halves p, in days; inf where waiting does not matter
    forward: NDArray[np.bool_]  # to a later stage, a place that books, or won


class Work(NamedTuple):
    """What reps do in a visit, by row."""

    task_first: Ints  # (rows + 1,) slice of the tasks of each row
    role: Ints  # by task
    effort: Ints  # table, by task
    patience: Ints  # (rows,) table of the time a lead waits for the first task; NO_TABLE: for ever
    abandon_exit: Ints  # (rows,) exit of those who gave up; -1 where nobody does
    lost_exit: Ints  # (rows,) exit taken instead where waiting cost an exit; -1 where there is none


class Spawns(NamedTuple):
    """New leads that an entry brings, by row: Poisson, each after a while."""

    source: Ints  # -1 where an entry brings none
    p0: Floats  # chance of none
    mean: Floats
    table: Ints  # distribution of the time until each comes


class Shocks(NamedTuple):
    """By shocked path: an AR(1) on the log scale."""

    id: NDArray[np.uint64]
    sd: Floats  # of any month
    rho: Floats
    innovation: Floats  # sd given the month before
    correction: Floats  # taken off the log
    month: Ints  # (days,) place of each day's month
    number: Ints  # (months,) months since January 1970: the name of a month in the keyed draws
    normal: int  # table of the standard normal distribution
    odds: int  # place of the shock on odds; NO_SHOCK


class Recognition(NamedTuple):
    """How bookings become revenue."""

    place: int  # stage or outcome from whose entry on they are recognised; NO_PLACE: at booking
    over: float  # days


class Roles(NamedTuple):
    """By role, in file order; roster changes lie behind each other, in order of time."""

    hash: Words
    calendar: Ints  # NO_CALENDAR: always on
    owner: NDArray[np.bool_]  # a lead keeps its rep
    open_max: Ints  # leads that one rep owns at most
    discipline: Ints  # place in `DISCIPLINES`
    ramp_first: Ints  # (roles + 1,)
    ramp: Floats  # productivity in each month after a hire
    ramp_days: float  # length of such a month
    change_first: Ints  # (roles + 1,)
    change_day: Floats
    change_count: Ints  # reps who come; below 0: who go
    change_ramps: NDArray[np.bool_]  # whether those who come begin on the ramp
    needed: NDArray[np.bool_]  # (roles, S): whether a lead in a stage may still come to need the role
    stay_mean: Floats  # mean days until a rep goes by himself; inf: never
    backfill_after: Floats  # days until the seat is filled again; inf: never
    hours: OpenHours


class Outcomes(NamedTuple):
    """By outcome: won, lost, churned, then the model's own."""

    bookings: Floats
    quota: Floats


class Sources(NamedTuple):
    """By stream of leads: the sources, then their campaigns; days are those of the grid."""

    id_base: NDArray[np.uint64]
    source: Ints  # whose leads they are
    calendar: Ints  # in whose hours they come; NO_CALENDAR: at any time
    mass: Floats  # (streams, days) expected leads of each day
    week: Ints  # (days,) week of each day, from 0; Monday to Sunday
    week_number: Ints  # (weeks,) weeks since Monday 1970-01-05: the name of a week in the keyed draws
    shape_table: Ints  # (streams, weeks) gamma table at or below the week's shape; NO_TABLE where Poisson
    shape_weight: Floats  # (streams, weeks) weight of the next table
    shock: Ints  # (streams,) place of the shock on their rate; NO_SHOCK
    segment_first: Ints  # (streams + 1,)
    segment_upto: Floats  # cumulated shares
    segment: Ints
    entry_first: Ints  # (streams + 1,)
    entry_upto: Floats
    entry: Ints
    amount_table: Ints  # (eras, streams, segments); NO_TABLE: no amount


class Pipeline(NamedTuple):
    """Open leads at the start, ``L`` of them; their exits lie behind each other."""

    id: NDArray[np.uint64]
    stage: Ints
    segment: Ints
    age: Floats  # days in stage
    created: Floats  # day of creation, negative
    amount: Floats  # listed; NaN: drawn like a new lead's
    amount_table: Ints  # of the distribution for new leads, used where the amount is unknown
    bookings_before: Ints  # 1 where the lead booked before the start
    exit_first: Ints  # (L + 1,)
    exit: Ints  # index into the plan's exits
    upto: Floats  # cumulated probability given the age
    survival: Floats  # of the exit's distribution at the age
    since: Floats  # day from which the dwell runs: that of entry, or of the first day of the plan's scale
    waits: NDArray[np.bool_]  # (L,) still waits for, or is worked on by, a rep
    patient: Floats  # (L,) share of those who would still wait at the age
    visit_first: Ints  # (L + 1,)
    visited: Ints  # stages with visits in the past, the present stay included
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
    """The plan where every task is done at once, so that nobody waits and waiting costs nothing."""
    return plan._replace(
        work=plan.work._replace(task_first=np.zeros_like(plan.work.task_first)),
        pipeline=plan.pipeline._replace(waits=np.zeros_like(plan.pipeline.waits)),
        any_work=False,
    )


def fingerprint(plan: Plan) -> bytes:
    """Bytes that are equal exactly where two plans are."""
    return b"".join(_chunks(plan))


def _chunks(part: object) -> list[bytes]:
    if isinstance(part, tuple):
        return [chunk for item in part for chunk in _chunks(item)]
    array = np.asarray(part)
    return [repr((array.dtype.str, array.shape)).encode(), np.ascontiguousarray(array).tobytes()]
