"""Classes of time in stage for the colours of a map, with round limits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

_ROUND = (1 / 24, 4 / 24, 0.5, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 730)
CLASSES = 5


def time_limits(durations: Iterable[float | None]) -> tuple[float, ...]:
    """Round limits that divide the durations into up to five classes of about equal size."""
    known = sorted(days for days in durations if days is not None)
    if not known or known[0] == known[-1]:
        return ()
    limits: list[float] = []
    for step in range(1, CLASSES):
        wanted = known[min(len(known) * step // CLASSES, len(known) - 1)]
        limit = min(_ROUND, key=lambda one: abs(one - wanted) / (one + wanted + 1e-9))
        if limit not in limits and known[0] < limit <= known[-1]:
            limits.append(limit)
    return tuple(sorted(limits))


def time_class(days: float | None, limits: tuple[float, ...]) -> int | None:
    """Which class a duration is in; the classes are spread over all five tones, slowest last."""
    if days is None:
        return None
    return class_tone(bisect_right(limits, days), len(limits) + 1)


def class_tone(place: int, classes: int) -> int:
    """The tone, 0 to 4, of a class: fewer than five classes use tones far apart."""
    if classes == 1:
        return CLASSES // 2
    return round(place * (CLASSES - 1) / (classes - 1))
