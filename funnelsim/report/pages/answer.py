"""The first section of a page: the answer in a paragraph, key figures, and a line from each other part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.read import Drawable
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.documents.staff import StaffDocument
from funnelsim.report.pages.forecast import key_figures
from funnelsim.report.pages.section import Section
from funnelsim.report.words import friction_words, reverse_words, staffing
from funnelsim.report.words.answer_words import answer_paragraph
from funnelsim.report.words.ranking import headline
from funnelsim.report.words.track_record import average_error_words
from funnelsim.report.words.verdict import range_sentence

ANSWER = "The answer"


def answer_section(documents: Sequence[Drawable]) -> Section | None:
    """What a reader with one minute reads; None for a page with one part, which says it itself."""
    forecast = next((one for one in documents if isinstance(one, ForecastDocument)), None)
    others = [text for one in documents for text in _lines(one)]
    if forecast is None and len(documents) < 2:
        return None
    first = [] if forecast is None else [" ".join(answer_paragraph(forecast))]
    return Section(
        title=ANSWER,
        menu="Answer",
        sentences=first,
        key_figures=key_figures(forecast, forecast.periods[0]) if forecast else (),
        points=others,
    )


def _lines(document: Drawable) -> Iterator[str]:
    match document:
        case FrictionDocument():
            yield friction_words.answer(document)
        case CompareDocument():
            yield from headline(document)[:1]
        case StaffDocument():
            yield staffing.answer(document)
        case ReverseDocument():
            yield from list(reverse_words.answers(document))[:1]
        case BacktestDocument():
            yield " ".join([*average_error_words(document)[:1], range_sentence(document)])
