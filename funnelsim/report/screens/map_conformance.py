"""The part of the map's screen that compares the process with a model."""

from __future__ import annotations

from rich.console import Console

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.screens.map_insights import print_part
from funnelsim.report.words import map_conformance_words as words


def print_conformance(document: MapDocument, console: Console) -> None:
    """Print how many leads follow the map, then each kind of drift; nothing without a comparison.

    Parameters
    ----------
    document : MapDocument
    console : rich.console.Console
    """
    found = document.conformance
    if found is None:
        return
    print_part(console, "Against the map", words.answer(document, found))
    if not found.leads:
        return
    if found.moves:
        print_part(console, "Moves that the map does not know", "", words.moves_table(document, found))
    if found.skipped:
        print_part(console, "Steps skipped", "", words.skipped_table(document, found))
    if found.new_stages:
        print_part(console, "Stages that the map lacks", "", words.new_stages_table(document, found))
    if unused := words.unused_words(document, found):
        print_part(console, "Stages of the map that nobody uses", unused)
    if found.late:
        table = words.late_table(document, found)
        print_part(console, "Time over target", "", table, words.undecided_words(found))
    if found.conversions:
        print_part(console, "Conversion against target", "", words.conversion_table(document, found))
    if targets := words.targets_words(found):
        print_part(console, "Targets", targets)
    if found.unknown.leads or any(one.late for one in found.splits):
        for kind, title in (("department", "By department"), ("rep", "By rep")):
            table = words.split_table(document, found, kind)
            if len(table.rows) > 1:
                print_part(console, title, "", table, words.split_note(found, kind))
