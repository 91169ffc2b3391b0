"""The parts of a drawn map: rectangles, lines and texts with their places, for any renderer.

One unit is a point in the `across` form and a CSS pixel in the `down` form; y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Orientation = Literal["across", "down"]
Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Lines of one size; `x` is where `anchor` says, `y` the top of the first line.

    `width` is an upper bound: the letters of DejaVu Sans, which is wider than what browsers use.
    """

    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    size: float
    line_height: float
    anchor: Anchor = "start"
    bold: bool = False
    upright: bool = False  # reads from bottom to top; then x is its middle and y its middle

    @property
    def height(self) -> float:
        return self.line_height * len(self.lines)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        if self.upright:
            return (
                self.x - self.height / 2,
                self.y - self.width / 2,
                self.x + self.height / 2,
                self.y + self.width / 2,
            )
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width
        return left, self.y, left + self.width, self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A stage, the start or an outcome.

    Attributes
    ----------
    key : str
    kind : {"stage", "start", "won"}
    tone : int or None
        Which class of `MapLayout.time_limits` its median time is in.
    texts : tuple of Text
        Its name, then its numbers.
    badge : Text or None
        How many are open in it now.
    """

    key: str
    kind: Literal["stage", "start", "won"]
    x: float
    y: float
    width: float
    height: float
    tone: int | None
    texts: tuple[Text, ...]
    badge: Text | None = None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.x + self.width, self.y + self.height

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """A move: a line with square corners, which a renderer rounds, and its number on it.

    Attributes
    ----------
    route : {"forward", "over", "under", "loop"}
        Straight on; a skip; back to an earlier stage; the same stage again.
    meant : bool or None
        False if the model does not know this move.
    """

    origin: str
    to: str
    route: Literal["forward", "over", "under", "loop"]
    points: tuple[Point, ...]
    thickness: float
    tone: int | None
    label: Text | None
    meant: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The leads that leave at a stage: a short line down from it, and how many."""

    stage: str
    points: tuple[Point, ...]
    thickness: float
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A lane or a group of sub-stages, with its name."""

    name: str
    x: float
    y: float
    width: float
    height: float
    label: Text | None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.x + self.width, self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayout:
    """Everything of a map with its place.

    Attributes
    ----------
    time_limits : tuple of float
        Upper ends in days of all classes of time but the last; a class is called its tone.
    rows : int
        Rows that an `across` map is wrapped into.
    """

    orientation: Orientation
    width: float
    height: float
    lanes: tuple[Frame, ...]
    groups: tuple[Frame, ...]
    boxes: tuple[Box, ...]
    arcs: tuple[Arc, ...]
    losses: tuple[Losses, ...]
    time_limits: tuple[float, ...]
    rows: int = 1
