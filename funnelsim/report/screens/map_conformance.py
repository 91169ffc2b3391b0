"""The part of the map's screen that compares the process with a model."""

from __future__ import annotations

from rich.console import Console

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.screens.map_insights import print_parts
from funnelsim.report.words.map_parts import AGAINST, conformance_parts


def print_conformance(document: MapDocument, console: Console) -> None:
    """Print each kind of drift; nothing without a comparison.

    Parameters
    ----------
    document : MapDocument
    console : rich.console.Console
    """
    # The answer stands at the top of the screen.
    print_parts((part for part in conformance_parts(document) if part.title != AGAINST), console)
