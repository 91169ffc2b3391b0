"""What the reference engine remembers of leads: their lives so far, and what reps did for them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field


@dataclass(eq=False)
class Rep:
    """One rep in one seat, from being hired until he goes."""

    seat: int
    hired: float
    available: float  # on shift from here on: no longer wholly in training
    until: float
    ramp_from: float
    idle_since: float
    busy: bool = False
    owned: int = 0  # leads that may still need him


@dataclass
class Service:
    """A task as it was done: its role, when a rep was needed, started and finished it, and his seat."""

    role: int
    ready: float
    started: float = math.nan
    finished: float = math.inf
    seat: int = -1


@dataclass
class Credit:
    """What entering a place was worth."""

    place: int
    at: float
    bookings: float
    quota: float
    first_booking: bool  # of the lead, the history included
    expansion: bool
    win: bool


@dataclass
class Stay:
    """One visit as it went; `exit` is an index of the plan's exits, -1 while the lead is there.

    `begins` is when the dwell begins: on entering, or when the last task is done.
    """

    stage: int
    visit: int
    entered: float
    left: float = math.nan
    exit: int = -1
    amount: float = 0.0
    seen: bool = True  # false where a removed stage was passed
    counted_entry: bool = True  # false for the stay in which an open lead was found
    credit: Credit | None = None
    services: list[Service] = field(default_factory=list)
    begins: float = math.nan
    abandoned: bool = False

    @property
    def waited(self) -> float:
        """Days from entering until a rep started the first task; NaN where none did."""
        return self.services[0].started - self.entered if self.services else math.nan

    @property
    def ended(self) -> bool:
        return self.exit >= 0


@dataclass
class Lead:
    """A lead and its life so far."""

    id: int
    source: int
    segment: int
    stage: int
    created: float
    amount: float
    booked: int = 0
    open_place: int = -1  # place among the open leads at the start, -1 for a new one
    entered: float = 0.0
    visits: Counter[int] = field(default_factory=Counter)
    stays: list[Stay] = field(default_factory=list)
    owners: dict[int, Rep] = field(default_factory=dict)  # by role that keeps its leads
    won_at: float = math.inf
    last_credit: Credit | None = None  # on entering its outcome
    ended: tuple[float, int] | None = None  # when, and in which outcome

    def __post_init__(self) -> None:
        if self.booked:
            self.won_at = -math.inf
