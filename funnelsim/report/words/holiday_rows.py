"""Effects of public holidays on new deals and on moves, as rows for the screen and the page."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_stages import FitHoliday
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count

Row = tuple[str, ...]


def holiday_rows(document: FitDocument) -> Iterator[tuple[FitHoliday, Row]]:
    """For each source and move with data: name, days, actual, expected, ratio, range."""
    for source in document.sources:
        if source.holiday is not None:
            yield source.holiday, _row(f"New from {source.title}", source.holiday)
    for stage in document.stages:
        for moving in stage.moving:
            if moving.holiday is not None:
                name = f"{stage.title} to {document.stage_name(moving.to)}"
                yield moving.holiday, _row(name, moving.holiday)


def holiday_words(document: FitDocument) -> str:
    """Whose holidays, and how many sources and moves differ clearly on them."""
    if document.holidays is None:
        return ""
    holidays = [holiday for holiday, _ in holiday_rows(document)]
    whose = f"Public holidays of {document.holidays.country}"
    if not holidays:
        return f"{whose}: too few fall on working days to estimate an effect."
    clear = sum(holiday.used for holiday in holidays)
    if clear == len(holidays):
        return ""
    if not clear:
        return f"{whose}: no clear effect."
    return f"{whose}: a clear effect on {clear} of {len(holidays)} sources and moves."


def _row(name: str, holiday: FitHoliday) -> Row:
    return (
        plain(name),
        count(holiday.holidays),
        count(holiday.seen),
        count(round(holiday.expected)),
        f"x{holiday.factor:.2f}",
        f"{holiday.low:.2f} to {holiday.high:.2f}",
    )
