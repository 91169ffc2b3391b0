"""The insights and the comparison of a map as parts: a title, a sentence, a table, a note."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from funnelsim.documents.process_map import MapDocument
from funnelsim.report.words import map_conformance_words as drift
from funnelsim.report.words import map_insights_words as said
from funnelsim.report.words.map_insights_words import Table

#: Title of the part that answers whether the process follows the model.
AGAINST = "Against the model"


class Part(NamedTuple):
    """One part of a screen or a page; what is empty is left out."""

    title: str
    sentence: str = ""
    table: Table | None = None
    note: str = ""


def insight_parts(document: MapDocument) -> Iterator[Part]:
    """What the history says beyond counting; nothing where the document has no insights."""
    insights = document.insights
    if insights is None or insights.last_wins is None:
        return
    wins = insights.last_wins
    if not wins.wins.n:  # without a win there is nothing to compare
        yield Part("The last wins", said.last_wins_sentence(document, wins))
        return
    title, sentence = said.last_wins_title(wins), said.last_wins_sentence(document, wins)
    yield Part(title, sentence, said.last_wins_table(document, wins))
    if (fast := insights.fast_wins) is None:  # asked for the last wins alone
        table = said.last_deals_table(document, wins)
        yield Part("The newest of them", "", table, said.more_deals_words(wins))
    else:
        table = said.fast_wins_table(document, fast)
        note = said.NOT_A_CAUSE if table.rows else ""
        yield Part("What fast wins have in common", said.fast_wins_sentence(document, fast), table, note)
    if (found := insights.precedents) is not None:
        sentence, table = said.precedents_sentence(document, found), said.precedents_table(document, found)
        note = said.precedents_note(document, found) if found.tested else ""
        yield Part("What precedes a win more often than a loss", sentence, table, note)
    if (noes := insights.noes) is not None:
        counts = said.noes_table(document, noes) if len(noes.counts) > 1 else None
        title, note = "How often wins had said no before they said yes", said.noes_note(noes)
        yield Part(title, said.noes_sentence(document, noes), counts, note)
    if insights.outliers:
        yield Part("Worth reading", "", said.outlier_table(document, insights.outliers))


def against_answer(document: MapDocument) -> Iterator[str]:
    """How many leads follow the map, and what has drifted; nothing without a comparison."""
    found = document.conformance
    if found is None:
        return
    yield drift.answer(document, found)
    if found.drifts:
        words = "; ".join(drift.drift_words(document, one) for one in found.drifts)
        yield f"The process has drifted: {words}."


def conformance_parts(document: MapDocument) -> Iterator[Part]:
    """How many leads follow the map, then each kind of drift; nothing without a comparison."""
    found = document.conformance
    if found is None:
        return
    yield Part(AGAINST, drift.answer(document, found))
    if not found.leads:
        return
    if found.moves:
        yield Part("Moves that the map does not know", "", drift.moves_table(document, found))
    if found.skipped:
        yield Part("Steps skipped", "", drift.skipped_table(document, found))
    if found.new_stages:
        yield Part("Stages that the map lacks", "", drift.new_stages_table(document, found))
    if unused := drift.unused_words(document, found):
        yield Part("Stages of the map that nobody uses", unused)
    if found.late:
        yield Part("Time over target", "", drift.late_table(document, found), drift.undecided_words(found))
    if found.conversions:
        yield Part("Conversion against target", "", drift.conversion_table(document, found))
    if targets := drift.targets_words(found):
        yield Part("Targets", targets)
    if found.unknown.leads or any(one.late for one in found.splits):
        for kind, title in (("department", "By department"), ("rep", "By rep")):
            table = drift.split_table(document, found, kind)
            if len(table.rows) > 1:
                yield Part(title, "", table, drift.split_note(found, kind))
