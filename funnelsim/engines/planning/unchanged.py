"""What a parameter draw leaves alone is made once a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Unchanged(Generic[T]):
    """What was made last, as long as the parts of the model that it is made of are the same objects.

    Resolving a draw copies only the parts that the draw reaches, so the same object has the same values.
    """

    def __init__(self) -> None:
        # One attribute: another thread sees the parts and what was made of them together, or neither.
        self._last: tuple[Sequence[object], T] | None = None

    def made_of(self, parts: Sequence[object], make: Callable[[], T]) -> T:
        """What `make` gives, called only if one of the parts is another object than last time."""
        last = self._last
        if last is None or not same_objects(last[0], parts):
            self._last = last = (parts, make())
        return last[1]


def same_objects(one: Sequence[object], other: Sequence[object]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
