"""Counts of a process map by loops over dicts: slow, plain, and without the code that it checks."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from funnelsim.documents.process_map import START

DAY = 86_400e6


@dataclass
class Counted:
    """What a history shows, by stage or by (origin, target)."""

    n: Counter[tuple[str, str]] = field(default_factory=Counter)
    leads: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    days: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    entered: Counter[str] = field(default_factory=Counter)
    visitors: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lengths: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(list))
    paths: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def share(self, origin: str, to: str) -> float:
        return self.n[origin, to] / sum(n for (a, _), n in self.n.items() if a == origin)

    def median_days(self, origin: str, to: str) -> float:
        return statistics.median(self.days[origin, to])

    def conversion(self, stage: str, stages: Sequence[str]) -> float:
        later = {*stages[stages.index(stage) + 1 :], "won"}
        ended = {to: n for (origin, to), n in self.n.items() if origin == stage}
        return sum(n for to, n in ended.items() if to in later) / sum(ended.values())


def counted(visits: Iterable[dict[str, object]], as_of: object) -> Counted:
    """Count rows of visits; those of a deal are in order of time."""
    found = Counted()
    for row in visits:
        deal, stage, to = str(row["deal"]), str(row["stage"]), row["exit"]
        if not found.paths[deal]:
            found.n[START, stage] += 1
            found.leads[START, stage].add(deal)
        found.paths[deal].append(stage)
        found.entered[stage] += 1
        found.visitors[stage].add(deal)
        end = as_of if row["left"] is None else row["left"]
        length = (end - row["entered"]).total_seconds() / 86_400  # type: ignore[operator]
        found.lengths[stage].append((length, to is None))
        if to is not None:
            found.n[stage, str(to)] += 1
            found.leads[stage, str(to)].add(deal)
            found.days[stage, str(to)].append(length)
    return found


def kaplan_meier(lengths: Iterable[tuple[float, bool]], level: float) -> float | None:
    """The first time at which a share `level` has ended, each open length censored; None if never.

    The middle of the flat part where the curve is exactly at the level.
    """
    rows = sorted(lengths)
    left = 1.0
    ends = sorted({length for length, is_open in rows if not is_open})
    for place, time in enumerate(ends):
        at_risk = sum(length >= time for length, _ in rows)
        ended = sum(length == time and not is_open for length, is_open in rows)
        left *= 1 - ended / at_risk
        if left <= 1 - level + 1e-9:
            exact = abs(left - (1 - level)) <= 1e-9
            return (time + ends[place + 1]) / 2 if exact and place + 1 < len(ends) else time
    return None
