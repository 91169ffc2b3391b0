"""What every simulator of F6 counts in a replication, and how a call of many becomes an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.contender import Outcome
from tests.oracles import f6


@dataclass(slots=True)
class Counted:
    """One replication.

    Attributes
    ----------
    waited_days, tasks : list of float, list of int
        By stage, over the tasks that are finished by the horizon.
    """

    visits: int = 0
    wins: int = 0
    bookings: float = 0.0
    waited_days: list[float] = field(default_factory=lambda: [0.0] * len(f6.STAGES))
    tasks: list[int] = field(default_factory=lambda: [0] * len(f6.STAGES))


def outcome_of(replications: Iterable[Counted], staffing: f6.Staffing) -> Outcome:
    counted = list(replications)
    return Outcome(
        visits=sum(one.visits for one in counted),
        wins=tuple(one.wins for one in counted),
        wait_days={
            f6.STAGES[place]: tuple(one.waited_days[place] / one.tasks[place] for one in counted)
            for place in staffing.staffed
        },
    )
