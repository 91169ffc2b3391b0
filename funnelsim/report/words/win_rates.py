"""The win rates of a page in one sentence: they have different bases, and so different values."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.kpi import KpiDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.read import Drawable
from funnelsim.report.words.quantities import count, share


def win_rate_words(documents: Sequence[Drawable]) -> str:
    """All win rates of a page with their bases; empty where there are fewer than two."""
    said = [text for one in documents if (text := _rate(one))]
    if len(said) < 2:
        return ""
    number = {2: "two", 3: "three"}.get(len(said), "several")
    return f"This page has {number} win rates, each of another group: {', '.join(said[:-1])}, and {said[-1]}."


def last_with_win_rate(documents: Sequence[Drawable]) -> Drawable | None:
    """The document behind which a reader has met all win rates."""
    return next((one for one in reversed(documents) if _rate(one)), None)


def _rate(document: Drawable) -> str:
    nouns = plural_noun(document.noun)
    match document:
        case MapDocument(of="history", won=won) if won is not None and not document.filters:
            over = won + (document.churned or 0.0) + (document.ended or 0.0)
            return f"{share(won / over)} of the {count(over)} {nouns} that have ended" if over else ""
        case KpiDocument(simulated=False):
            figure = next((one for one in document.kpis if one.name == "win_rate"), None)
            now = figure.now if figure is not None else None
            if figure is None or now is None or now.value is None:
                return ""
            return f"{share(now.value)} of those that ended in {figure.current}"
        case FitDocument(win_probability=chance) if chance is not None:
            return f"{share(chance)} expected of a new {document.noun}"
    return ""
