"""The SVG of a process map with real text, to embed in a page: styled by the page, light and dark."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from funnelsim.core.harmless import harmless
from funnelsim.documents.process_map import MapDocument
from funnelsim.report.map_layout import Arc, MapLayout, Orientation, Text, lay_out
from funnelsim.report.map_layout.content import stage_facts
from funnelsim.report.map_layout.curves import arrow_length, arrowhead, rounded, stands_on
from funnelsim.report.map_layout.time_classes import class_tone
from funnelsim.report.style.map_colours import DARK, LIGHT
from funnelsim.report.words.map_words import (
    UNKNOWN_MOVE,
    class_words,
    finding,
    moves_words,
    place_name,
)

#: A tablet: as wide as the narrowest screen that has the wide form, at letters of 9 pixels.
_MIDDLE = (620.0, 1e6)
#: A middle form wider than this has letters under 8.5 pixels on a tablet, which shows the phone's form then.
_TABLET = 690.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    origin: str
    to: str
    words: str
    path: str
    head: str
    thickness: float
    tone: str
    label: Text | None
    on_line: bool


Stages = Literal["buttons", "links", "still"]


class MapForms(NamedTuple):
    across: Markup
    middle: Markup
    down: Markup
    legend: Markup


@functools.cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("funnelsim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["n"] = _short
    return made


def map_svg(
    document: MapDocument,
    orientation: Orientation = "across",
    *,
    middle: bool = False,
    stages: Stages = "buttons",
) -> Markup:
    """The map as an SVG element for HTML; `map_css` styles it.

    Parameters
    ----------
    document : MapDocument
    orientation : {"across", "down"}, default "across"
    middle : bool, default False
        The `across` form in more rows, for screens between a phone and a desk.
    stages : {"buttons", "links", "still"}, default "buttons"
        Buttons that open a card; links to ``#stage-KEY``, for a page without a script; or drawn only.
    """
    if middle:
        layout = lay_out(document, page=_MIDDLE)
    else:
        layout = lay_out(document, orientation)
    form: str = "middle" if middle else orientation
    if form == "middle" and layout.width > _TABLET:
        form = "middle dense"
    if form == "down" and lay_out(document, page=_MIDDLE).width > _TABLET:
        form = "down dense"
    numbers = {box.key: str(place) for place, box in enumerate(layout.boxes)}
    largest = 1.25 if orientation == "down" else 1.6
    svg = (
        environment()
        .get_template("map.svg.j2")
        .render(
            layout=layout,
            stages=stages,
            form=form,
            title=finding(document),
            style=f"max-width:{layout.width * largest:.0f}px",
            numbers=numbers,
            labels={stage.stage: _label(document, stage.stage) for stage in document.stages},
            arcs=[
                _drawn(document, arc, numbers) for arc in sorted(layout.arcs, key=lambda one: one.thickness)
            ],
        )
    )
    # Safe as markup: the template escapes all texts.
    return Markup(harmless(svg))


def map_forms(document: MapDocument, stages: Stages = "buttons") -> MapForms:
    """The map for a desk, a tablet and a phone, of which `map_css` shows the one that fits."""
    return MapForms(
        across=map_svg(document, stages=stages),
        middle=map_svg(document, middle=True, stages=stages),
        down=map_svg(document, "down", stages=stages),
        legend=map_legend(document, lay_out(document)),
    )


def map_css() -> Markup:
    """The style of `map_svg`, for elements inside one of class ``process-map``."""
    return Markup(environment().get_template("map.css.j2").render(light=LIGHT, dark=DARK))


def map_legend(document: MapDocument, layout: MapLayout) -> Markup:
    """What colours, widths and dashes mean, as a list."""
    classes = class_words(layout.time_limits)
    tones = [(words, f"--t{class_tone(place, len(classes))}") for place, words in enumerate(classes)]
    return Markup(
        environment()
        .get_template("map_legend.html.j2")
        .render(
            tones=tones,
            weighted=any(move.n for move in document.moves),
            losses=bool(layout.losses),
            unknown=UNKNOWN_MOVE if any(move.meant is False for move in document.moves) else "",
        )
    )


def _label(document: MapDocument, key: str) -> str:
    stage = next(stage for stage in document.stages if stage.stage == key)
    facts = list(stage_facts(document, stage))
    if stage.open:
        facts.append(f"{stage.open:,.0f} open")
    return ": ".join(part for part in (place_name(document, key), ", ".join(facts)) if part)


def _drawn(document: MapDocument, arc: Arc, numbers: dict[str, str]) -> _Drawn:
    steps = rounded(arc.points, shorten=arrow_length(arc.thickness) - 0.5)
    path = "".join(name + " ".join(f"{_short(x)} {_short(y)}" for x, y in points) for name, points in steps)
    tone = "unknown" if arc.meant is False else "" if arc.tone is None else f"t{arc.tone}"
    return _Drawn(
        origin=numbers[arc.origin],
        to=numbers[arc.to],
        words=moves_words(document, arc.origin, arc.to),
        path=path,
        head=" ".join(f"{_short(x)},{_short(y)}" for x, y in arrowhead(arc.points, arc.thickness)),
        thickness=arc.thickness,
        tone=tone,
        label=arc.label,
        on_line=stands_on(arc),
    )


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
