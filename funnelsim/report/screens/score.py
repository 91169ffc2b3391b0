"""The screen of scored forecasts: how often the range held, then each forecast against actual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from funnelsim.documents.score import ScoreDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.screens import layout
from funnelsim.report.words import score_words as words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import plural, share


def print_scores(
    document: Mapping[str, Any],
    console: Console,
    *,
    detail: bool = False,
    store: str = "",
    hints: bool = True,
) -> None:
    """Print how good stored forecasts were.

    Parameters
    ----------
    document : mapping
        As ``funnelsim store score --json`` writes it.
    detail : bool, default False
        With the score and the other ranges.
    store : str
        Options of the next steps.
    """
    typed = read_as(ScoreDocument, document, "store score")
    layout.title(console, "STORE", f"forecasts against actual, {plain(typed.name)}")
    layout.paragraph(console, f"Amounts: {words.unit_words(typed)}.", style=layout.FAINT)
    layout.blank(console)
    layout.paragraph(console, words.answer(typed), style=layout.STRONG)
    layout.blank(console)
    columns = [
        ("id", "left"),
        ("as of", "left"),
        ("period", "left"),
        ("days\nleft", "right"),
        ("likely", "right"),
        ("80 % range", "right"),
        ("actual", "right"),
        ("off by", "right"),
        ("held", "left"),
        *([("score", "right")] if detail else []),
    ]
    layout.show(console, layout.table(columns, words.score_rows(typed, detail=detail)))
    layout.blank(console)
    if detail:
        held = ", ".join(f"{range_} % range {share(value)}" for range_, value in typed.coverage.items())
        layout.paragraph(console, f"Held: {held}. {words.SCORE}", style=layout.FAINT)
    layout.paragraph(console, words.SHARED, style=layout.FAINT)
    if overridden := words.overridden_words(typed):
        layout.paragraph(console, overridden, style=layout.FAINT)
    if typed.not_over:
        text = f"{plural(typed.not_over, 'forecast')} of periods that are not over cannot be scored yet."
        layout.paragraph(console, text, style=layout.FAINT)
    layout.warnings(console, typed)
    if hints:
        layout.blank(console)
        layout.next_lines(
            console, [(f"funnelsim store fan{store} --out fan.png", "each period as it went on")]
        )
