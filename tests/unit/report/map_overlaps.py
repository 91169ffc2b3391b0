"""Whether anything of a map's layout lies on something else that has to be read."""

from __future__ import annotations

from itertools import combinations, pairwise

from funnelsim.report.map_layout import MapLayout, Text
from funnelsim.report.map_layout.letters import text_width

Bounds = tuple[float, float, float, float]
_SLACK = 0.01


def check_no_overlap(layout: MapLayout) -> None:
    """Fail if two boxes or texts overlap, a line meets a box or text not its own, or anything leaves the page."""
    boxes = {f"box {box.key}": box.bounds for box in layout.boxes}
    texts = named_texts(layout)
    outside = [name for name, b in (boxes | texts).items() if _outside(b, layout)]
    assert not outside, f"outside the page: {outside}"
    solid = boxes | {name: b for name, b in texts.items() if not name.startswith("in ")}
    overlaps = [(a, b) for (a, x), (b, y) in combinations(solid.items(), 2) if _meet(x, y)]
    assert not overlaps, f"overlap: {overlaps}"
    for box in layout.boxes:
        inside = [b for text in (*box.texts, *([box.badge] if box.badge else [])) for b in _line_bounds(text)]
        assert all(_within(b, box.bounds) for b in inside), f"text leaves box {box.key}"
        assert not any(_meet(a, b) for a, b in combinations(inside, 2)), f"texts overlap in box {box.key}"
    crossings = [
        (line, name)
        for line, at in _lines(layout)
        for name, b in solid.items()
        if _crosses(line, at, name, b)
    ]
    assert not crossings, f"lines meet: {crossings}"
    drawn = [point for arc in layout.arcs for point in arc.points]
    assert all(
        -_SLACK <= x <= layout.width + _SLACK and -_SLACK <= y <= layout.height + _SLACK for x, y in drawn
    )


def named_texts(layout: MapLayout) -> dict[str, Bounds]:
    found = {f"lane {k}": lane.label.bounds for k, lane in enumerate(layout.lanes) if lane.label}
    found |= {f"group {k}": group.label.bounds for k, group in enumerate(layout.groups) if group.label}
    found |= {f"label {arc.origin}>{arc.to}": arc.label.bounds for arc in layout.arcs if arc.label}
    found |= {f"losses {one.stage}": one.label.bounds for one in layout.losses}
    return found


def _line_bounds(text: Text) -> list[Bounds]:
    """Of each line of a text at the left or right side of a box."""
    left, top, right, _ = text.bounds
    found = []
    for k, line in enumerate(text.lines):
        width = text_width(line, text.size, text.bold)
        start = right - width if text.anchor == "end" else left
        found.append((start, top + k * text.line_height, start + width, top + (k + 1) * text.line_height))
    return found


def _lines(layout: MapLayout) -> list[tuple[str, Bounds]]:
    """Each straight piece of a line as a rectangle as wide as the line."""
    pieces = []
    for arc in layout.arcs:
        for a, b in pairwise(arc.points):
            assert a[0] == b[0] or a[1] == b[1], "only level and upright lines"
            pieces.append((f"{arc.origin}>{arc.to}", _thick(a, b, arc.thickness)))
    for one in layout.losses:
        a, b = one.points
        pieces.append((f"losses {one.stage}", _thick(a, b, one.thickness)))
    return pieces


def _thick(a: tuple[float, float], b: tuple[float, float], width: float) -> Bounds:
    half = width / 2
    across = (half, 0.0) if a[0] == b[0] else (0.0, half)
    return (
        min(a[0], b[0]) - across[0],
        min(a[1], b[1]) - across[1],
        max(a[0], b[0]) + across[0],
        max(a[1], b[1]) + across[1],
    )


def _crosses(line: str, at: Bounds, name: str, bounds: Bounds) -> bool:
    if name == f"label {line}":
        return False  # the number of a line may stand on it
    return _meet(at, bounds)


def _meet(one: Bounds, other: Bounds) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > _SLACK and high > _SLACK


def _within(one: Bounds, other: Bounds) -> bool:
    return (
        one[0] >= other[0] - _SLACK
        and one[1] >= other[1] - _SLACK
        and one[2] <= other[2] + _SLACK
        and one[3] <= other[3] + _SLACK
    )


def _outside(bounds: Bounds, layout: MapLayout) -> bool:
    return not _within(bounds, (0.0, 0.0, layout.width, layout.height))
