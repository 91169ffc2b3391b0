"""What the data behind a page leave to be desired, in plain statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.documents.fit import FitDocument
from funnelsim.documents.flow import FlowDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.read import Drawable
from funnelsim.documents.shared import Titled
from funnelsim.forecasting.fitwarnings import OF_THE_FIT
from funnelsim.report.pages.same_company import company_warnings
from funnelsim.report.pages.section import Section
from funnelsim.report.words.answer_words import dead_deals_words
from funnelsim.report.words.names import plain

#: In warnings of the fit and the import that count dead deals by their own rules.
_DEAD = "probably dead"


def before_you_rely(documents: Sequence[Drawable]) -> list[str]:
    """What a reader must know before the first number: the warnings of the forecast, but those on data."""
    first = [one for one in documents if isinstance(one, ForecastDocument)]
    return [*company_warnings(documents), *map(_sentence, _of_parts(first))]


def warnings_of_part(document: Drawable, documents: Sequence[Drawable]) -> list[str]:
    """The warnings of one part, which stand there, unless the page begins with them."""
    if isinstance(document, ForecastDocument | FitDocument):
        return []
    said = before_you_rely(documents)
    return [text for text in map(_sentence, _of_parts([document])) if text not in said]


def _of_parts(documents: Sequence[Drawable]) -> list[str]:
    return [text for text in _all(documents) if not text.startswith(OF_THE_FIT)]


def data_quality_section(documents: Sequence[Drawable], audit: Sequence[str] = ()) -> Section | None:
    """The warnings of the fit and of the import as a list; None where there are none."""
    dead = [dead_deals_words(one) for one in documents if isinstance(one, ForecastDocument)]
    said = [_without_remedy(plain(text)) for text in (*_of_fit(documents), *audit)]
    judged = any(isinstance(one, FlowDocument) for one in documents)
    if judged or any(dead):  # One count of dead deals is enough: the fit and the import count by other rules.
        said = [text for text in said if _DEAD not in text]
    points = list(dict.fromkeys([*filter(None, dead), *map(_sentence, said)]))
    if not points:
        return None
    return Section(
        title="Data quality",
        menu="Data quality",
        sentences=["What to mend in the CRM, and what the model had to assume because of it."],
        points=points,
    )


def _without_remedy(text: str) -> str:
    """Without a last sentence that announces a line of the mapping, which only the import shows."""
    return text.rpartition(". ")[0] if text.endswith(":") and ". " in text else text


def _of_fit(documents: Sequence[Titled]) -> Iterator[str]:
    for document in documents:
        if isinstance(document, FitDocument):
            yield from map(plain, document.warnings)
    yield from (text.removeprefix(OF_THE_FIT) for text in _all(documents) if text.startswith(OF_THE_FIT))


def _all(documents: Sequence[Titled]) -> list[str]:
    return list(dict.fromkeys(plain(text) for document in documents for text in document.warnings))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
