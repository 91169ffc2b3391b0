"""The part of the map's screen that says what the history tells beyond counting."""

from __future__ import annotations

from rich.console import Console

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.screens import layout
from funnelsim.report.words import map_insights_words as words


def print_insights(document: MapDocument, console: Console) -> None:
    """Print each insight: a sentence, then its table; nothing where the document has none.

    Parameters
    ----------
    document : MapDocument
    console : rich.console.Console
    """
    insights = document.insights
    if insights is None:
        return
    if (wins := insights.last_wins) is not None:
        title = words.last_wins_title(wins) if wins.wins.n else "The last wins"
        table = words.last_wins_table(document, wins) if wins.wins.n else None
        print_part(console, title, words.last_wins_sentence(document, wins), table)
        if insights.fast_wins is None and wins.deals:  # asked for these alone
            deals = words.last_deals_table(document, wins)
            print_part(console, "The newest of them", "", deals, words.more_deals_words(wins))
    if not (insights.last_wins and insights.last_wins.wins.n):
        return  # without a win there is nothing to compare
    if (fast := insights.fast_wins) is not None:
        sentence, table = words.fast_wins_sentence(document, fast), words.fast_wins_table(document, fast)
        note = words.NOT_A_CAUSE if table.rows else ""
        print_part(console, "What fast wins have in common", sentence, table, note)
    if (found := insights.precedents) is not None:
        sentence, table = words.precedents_sentence(document, found), words.precedents_table(document, found)
        note = words.precedents_note(document, found) if found.tested else ""
        print_part(console, "What precedes a win more often than a loss", sentence, table, note)
    if (noes := insights.noes) is not None:
        sentence = words.noes_sentence(document, noes)
        table = words.noes_table(document, noes) if len(noes.counts) > 1 else None
        note = words.noes_note(noes)
        print_part(console, "How often wins had said no before they said yes", sentence, table, note)
    if insights.outliers:
        print_part(console, "Worth reading", "", words.outlier_table(document, insights.outliers))


def print_part(
    console: Console, title: str, sentence: str, table: words.Table | None = None, note: str = ""
) -> None:
    """A title, a sentence, a table and a faint note; what is empty is left out."""
    layout.blank(console)
    layout.paragraph(console, title, style=layout.STRONG)
    if sentence:
        layout.paragraph(console, sentence, indent=2)
    if table is not None and table.rows:
        columns = [
            (head, "left" if place == 0 or head in table.words else "right")
            for place, head in enumerate(table.heads)
        ]
        layout.show(console, layout.table(columns, table.rows), indent=2)
    if note:
        layout.paragraph(console, note, style=layout.FAINT, indent=2)
