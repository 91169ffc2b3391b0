"""A process map as one HTML page: stages open their cards, nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markupsafe import Markup

from funnelsim.core.harmless import harmless
from funnelsim.core.nouns import plural_noun
from funnelsim.documents.process_map import MapDocument, MapStage, Move
from funnelsim.report.map_layout.content import drawn_stages, number
from funnelsim.report.pages.map_drawing import environment, map_css, map_forms
from funnelsim.report.words.map_parts import conformance_parts, insight_parts
from funnelsim.report.words.map_words import (
    UNKNOWN_MOVE,
    finding,
    hidden_words,
    place_name,
    sources,
    time_words,
)
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share


@dataclass(frozen=True, slots=True, kw_only=True)
class _MoveRow:
    name: str
    numbers: list[str]
    unknown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    title: str
    heads: list[str]
    rows: list[_MoveRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    number: int
    name: str
    under: str
    numbers: list[tuple[str, str]]
    texts: list[tuple[str, str | list[str]]]
    tables: list[_Table]


def map_page(document: MapDocument) -> str:
    """The page as text.

    Parameters
    ----------
    document : MapDocument

    Returns
    -------
    str
        HTML with the map for wide and narrow screens and for print, and a card for each stage.
    """
    # A script of our own, and styles without a text of the document.
    script = environment().loader.get_source(environment(), "map.js")[0]  # type: ignore[union-attr]
    notes = [hidden_words(document), *map(plain, document.assumptions), *map(plain, document.warnings)]
    page = (
        environment()
        .get_template("map_page.html.j2")
        .render(
            heading=finding(document),
            subtitle=sources(document),
            nouns=plural_noun(plain(document.noun) or "deal"),
            css=map_css(),
            **map_forms(document)._asdict(),
            notes=[note for note in notes if note],
            parts=[*conformance_parts(document), *insight_parts(document)],
            cards=[
                _card(document, place, stage) for place, stage in enumerate(drawn_stages(document), start=1)
            ],
            script=Markup(script),
        )
    )
    return harmless(page)


def _card(document: MapDocument, number_: int, stage: MapStage) -> _Card:
    out = [move for move in document.moves if move.origin == stage.stage]
    into = [move for move in document.moves if move.to == stage.stage and move.origin != stage.stage]
    under = [stage.department, stage.phase, f"owner: {stage.owner}" if stage.owner else ""]
    texts: list[tuple[str, str | list[str]]] = [
        ("Who is involved", [plain(one) for one in stage.involves]),
        ("What lets a lead in", plain(stage.entry)),
        ("What happens", plain(stage.activities)),
        ("Checklist to leave", [plain(one) for one in stage.checklist]),
        ("What the buyer needs", plain(stage.buyer_needs)),
    ]
    how_many = "per 100 new" if document.of == "model" else "times"
    tables = [
        _Table(
            title="Where they go",
            heads=["to", how_many, "share", "median time before"],
            rows=[_row(document, move, move.to, [_share(move), _time(move)]) for move in _ranked(out)],
        ),
        _Table(
            title="Where they come from",
            heads=["from", how_many],
            rows=[_row(document, move, move.origin, []) for move in _ranked(into)],
        ),
    ]
    return _Card(
        number=number_,
        name=place_name(document, stage.stage),
        under=" · ".join(plain(part) for part in under if part),
        numbers=_numbers(document, stage),
        texts=[(name, text) for name, text in texts if text],
        tables=[table for table in tables if table.rows],
    )


def _numbers(document: MapDocument, stage: MapStage) -> list[tuple[str, str]]:
    per = " per 100 new leads" if document.of == "model" else ""
    known: list[tuple[str, float | None, Callable[[float], str]]] = [
        (f"Visits{per}", stage.entered, lambda value: number(document, value)),
        ("Open now", stage.open, count),
        ("Go on", stage.conversion, share),
        ("Target: go on", stage.target_conversion, share),
        ("Median time", stage.median_days, time_words),
        ("80 % leave within", stage.p80_days, time_words),
        ("Target time", stage.target_days, time_words),
    ]
    return [(name, words(value)) for name, value, words in known if value is not None]


def _ranked(moves: Iterable[Move]) -> list[Move]:
    return sorted(moves, key=lambda move: -(move.n or 0.0))


def _row(document: MapDocument, move: Move, place: str, more: list[str]) -> _MoveRow:
    n = "" if move.n is None else number(document, move.n)
    return _MoveRow(
        name=place_name(document, place) + (f": {plain(move.name)}" if move.name else ""),
        numbers=[n, *more],
        unknown=UNKNOWN_MOVE if move.meant is False else "",
    )


def _share(move: Move) -> str:
    return "" if move.share is None else share(move.share)


def _time(move: Move) -> str:
    return "" if move.median_days is None else time_words(move.median_days)
