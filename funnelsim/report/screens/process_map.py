"""The screen of a process map: the answer, stage by stage, and the paths that leads take."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.screens.map_conformance import print_conformance
from funnelsim.report.screens.map_insights import print_insights
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import process_map_words as words
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.map_parts import against_answer

#: Detours shown; the JSON has all.
_MOST_DETOURS = 5


def print_map(
    document: Mapping[str, Any],
    console: Console,
    *,
    source: str = "",
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print how leads move, stage by stage, and the paths that they take most often.

    Parameters
    ----------
    document : mapping
        A map, as ``funnelsim map --json`` writes it.
    console : rich.console.Console
    source : str, optional
        The history or model as it was typed, for the next steps.
    invocation : Invocation, optional
        The command as it was typed, for the next steps.
    hints : bool, default True
        End with the next steps.

    Raises
    ------
    DocumentError
        If the document is not a map.
    """
    typed = read_as(MapDocument, document, "map")
    span = span_words(typed.start, typed.end) if typed.start and typed.end else ""
    layout.title(console, "MAP", span)
    layout.paragraph(console, words.heading_words(typed), style=layout.FAINT)
    layout.blank(console)
    for sentence in (*against_answer(typed), words.answer(typed)):
        layout.paragraph(console, sentence, style=layout.STRONG)
    if typed.leads:
        _stages(typed, console)
        _detours(typed, console)
        _variants(typed, console)
        print_conformance(typed, console)
        print_insights(typed, console)
    if hidden := words.hidden_words(typed):
        layout.blank(console)
        layout.paragraph(console, hidden)
    layout.blank(console)
    layout.paragraph(console, " ".join(typed.assumptions), style=layout.FAINT)
    layout.warnings(console, typed)
    if hints and typed.leads:
        layout.blank(console)
        layout.next_lines(console, _next_steps(typed, source, invocation))


def _stages(document: MapDocument, console: Console) -> None:
    layout.blank(console)
    _table(console, words.stage_heads(document), [words.stage_row(document, one) for one in document.stages])


def _detours(document: MapDocument, console: Console) -> None:
    moves = words.detours(document, _MOST_DETOURS)
    if not moves:
        return
    layout.blank(console)
    layout.paragraph(console, "Off the straight path")
    rows = [words.detour_row(document, move) for move in moves]
    _table(console, words.detour_heads(document), rows, indent=2)


def _variants(document: MapDocument, console: Console) -> None:
    if not document.variants:
        return
    layout.blank(console)
    layout.paragraph(console, words.variants_title(document))
    rows = [words.variant_row(document, one) for one in document.variants]
    _table(console, words.variant_heads(document), rows, indent=2)
    if note := words.variants_note(document):
        layout.paragraph(console, note, style=layout.FAINT, indent=2)


#: Columns of words; all others but the first hold numbers.
_WORDS = ("kind", "department")


def _table(console: Console, heads: list[str], rows: list[list[str]], *, indent: int = 0) -> None:
    columns = [(head, "left" if n == 0 or head in _WORDS else "right") for n, head in enumerate(heads)]
    layout.show(console, layout.aligned_table(columns, rows), indent=indent)


def _next_steps(document: MapDocument, source: str, invocation: Invocation) -> Steps:
    steps: Steps = []
    pictures = {".png", ".svg", ".html"}
    if invocation.command and not any(path.suffix.lower() in pictures for path in invocation.written):
        steps.append((f"{invocation.command} --out map.png", "the picture"))
    if document.conformance is not None and "--fail-on" not in invocation.command and invocation.command:
        steps.append((f"{invocation.command} --fail-on any", "exit code 3 on drift"))
    if source and document.of == "history" and document.insights is None:
        steps.append((f"funnelsim map {shlex.quote(source)} --insights", "what stands out"))
    if source and document.of == "history":
        steps.append((f"funnelsim fit {shlex.quote(source)} --out model.toml", "fit a model to it"))
    elif source:
        steps.append((f"funnelsim friction {shlex.quote(source)}", "where money leaves"))
    return [*steps, *invocation.keep("map")]
