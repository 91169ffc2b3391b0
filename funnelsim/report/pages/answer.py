"""The first section of a page: the answer in a paragraph, key figures, and a line from each other part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.kpi import KpiDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.read import Drawable
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.documents.staff import StaffDocument
from funnelsim.report.pages.forecast import key_figures
from funnelsim.report.pages.section import Section
from funnelsim.report.words import bridge_words, friction_words, kpi_words, reverse_words, staffing
from funnelsim.report.words.answer_words import answer_paragraph
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.map_words import finding
from funnelsim.report.words.override_words import with_and_without
from funnelsim.report.words.quantities import count, days, share
from funnelsim.report.words.ranking import headline
from funnelsim.report.words.track_record import average_error_words
from funnelsim.report.words.verdict import range_sentence

ANSWER = "The answer"


def answer_section(documents: Sequence[Drawable]) -> Section | None:
    """What a reader with one minute reads; None for a page with one part, which says it itself."""
    forecast = next((one for one in documents if isinstance(one, ForecastDocument)), None)
    others = [text for one in documents for text in _lines(one, forecast)]
    if forecast is None and len(documents) < 2:
        return None
    ran = next((one for one in documents if isinstance(one, MapDocument) and one.of == "history"), None)
    first, figures = [], []
    if forecast is not None:
        period = forecast.periods[0]
        said = [*answer_paragraph(forecast), with_and_without(forecast, period)]
        first, figures = [" ".join(filter(None, said))], key_figures(forecast, period)
    elif ran is not None and ran.leads:
        changed = [kpi_words.answer(one)[0] for one in documents if isinstance(one, KpiDocument)]
        first, figures = [" ".join([f"{finding(ran)}.", *changed])], _what_became_of(ran)
    if not first and not others:
        return None
    return Section(title=ANSWER, menu="Answer", sentences=first, key_figures=figures, points=others)


def _what_became_of(document: MapDocument) -> list[tuple[str, str, str]]:
    """Leads, wins, time to a win and open leads of a history."""
    nouns = plural_noun(document.noun)
    created = span_words(document.start, document.end) if document.start and document.end else ""
    figures = [(nouns.capitalize(), count(document.leads), created)]
    if document.won is not None:
        over = document.won + (document.churned or 0.0) + (document.ended or 0.0)
        part = f"{share(document.won / over)} of those that have ended" if over else ""
        figures.append(("Won", count(document.won), part))
    if document.median_days_to_win is not None:
        figures.append(("Time to win", days(document.median_days_to_win), "median"))
    if document.open:
        figures.append(("Open", count(document.open), ""))
    return figures


def _lines(document: Drawable, forecast: ForecastDocument | None) -> Iterator[str]:
    match document:
        case FrictionDocument():
            other = document.period and forecast and forecast.periods[0].period != document.period
            where = f"Improvements, measured over {document.period}: " if other else ""
            yield where + friction_words.answer(document)
        case BridgeDocument():
            yield bridge_words.answer(document)
        case CompareDocument():
            yield from headline(document)[:1]
        case StaffDocument():
            yield staffing.answer(document)
        case ReverseDocument():
            yield from list(reverse_words.answers(document))[:1]
        case BacktestDocument():
            yield " ".join([*average_error_words(document)[:1], range_sentence(document)])
