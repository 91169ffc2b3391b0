"""Places for lines so that they do not meet: ports along the side of a box, tracks in a channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")


def port_order(others: Mapping[Key, int], place: int) -> list[Key]:
    """The lines of one side of a box in order, so that the lines of nested arcs do not cross.

    Lines to earlier places come first, the nearest first; lines to later ones last, the nearest last.
    """

    def rank(key: Key) -> tuple[bool, int]:
        away = others[key] - place
        return away > 0, -away

    return sorted(others, key=rank)


def assign_tracks(spans: Mapping[Key, tuple[float, float]], gap: float) -> dict[Key, int]:
    """A track for each span, such that spans of one track stay `gap` apart; short spans on inner tracks."""
    taken: list[list[tuple[float, float]]] = []
    tracks: dict[Key, int] = {}
    for key, (low, high) in sorted(spans.items(), key=lambda item: (item[1][1] - item[1][0], item[1])):
        track = next(
            (level for level, used in enumerate(taken) if _free(used, low - gap, high + gap)), len(taken)
        )
        if track == len(taken):
            taken.append([])
        taken[track].append((low, high))
        tracks[key] = track
    return tracks


def free_stretch(
    low: float, high: float, blocked: Sequence[float], clear: float, wanted: float
) -> tuple[float, float]:
    """The first stretch between blocked places that is as wide as wanted, or else the widest."""
    ends = [low, *sorted(place for place in blocked if low - clear < place < high + clear), high]
    stretches = [
        (start + (clear if k else 0.0), end - (clear if k < len(ends) - 2 else 0.0))
        for k, (start, end) in enumerate(zip(ends[:-1], ends[1:], strict=True))
    ]
    fits = (one for one in stretches if one[1] - one[0] >= wanted)
    return next(fits, max(stretches, key=lambda one: one[1] - one[0]))


def _free(used: Sequence[tuple[float, float]], low: float, high: float) -> bool:
    return all(end <= low or start >= high for start, end in used)
