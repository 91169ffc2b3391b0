"""The state of leads and reps in the reference engine."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field


@dataclass(eq=False)
class Rep:
    """One rep in one seat, from hire to departure."""

    seat: int
    hired: float
    available: float  # available from here on, after full-time training
    until: float
    ramp_from: float
    idle_since: float
    busy: bool = False
    owned: int = 0  # leads that may still need this rep


@dataclass
class Service:
    """A task: its role, request, start and finish times, and the seat of the rep."""

    role: int
    ready: float
    started: float = math.nan
    finished: float = math.inf
    seat: int = -1


@dataclass
class Credit:
    """The credits of an entry."""

    place: int
    at: float
    amount: float
    bookings: float
    quota: float
    first_booking: bool  # of the lead, including its history
    expansion: bool
    win: bool


@dataclass
class Visit:
    """One visit; `exit` is an index of the plan's exits, -1 while the visit is open.

    `begins` is the start of the dwell: on entry, or at the end of the last task.
    """

    stage: int
    number: int
    entered: float
    left: float = math.nan
    exit: int = -1
    amount: float = 0.0
    seen: bool = True  # false while passing a removed stage
    counted_entry: bool = True  # false for the visit of an open lead at the start
    credit: Credit | None = None
    services: list[Service] = field(default_factory=list)
    begins: float = math.nan
    abandoned: bool = False

    @property
    def waited(self) -> float:
        """Days from entry to the start of the first task; NaN if none started."""
        return self.services[0].started - self.entered if self.services else math.nan

    @property
    def ended(self) -> bool:
        return self.exit >= 0


@dataclass
class Lead:
    """A lead and its visits so far."""

    id: int
    source: int
    segment: int
    stage: int
    created: float
    amount: float
    booked: int = 0
    open_index: int = -1  # index among the open leads at the start, -1 for a new one
    entered: float = 0.0
    visits: Counter[int] = field(default_factory=Counter)
    visit_log: list[Visit] = field(default_factory=list)
    owners: dict[int, Rep] = field(default_factory=dict)  # by role that keeps its leads
    won_at: float = math.inf
    last_credit: Credit | None = None  # on entering its outcome
    ended: tuple[float, int] | None = None  # when, and in which outcome

    def __post_init__(self) -> None:
        if self.booked:
            self.won_at = -math.inf
