"""What public holidays do to leads and moves, as rows of text, for the screen and the page."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.fit import FitDocument
from funnelsim.documents.fit_stages import FitHoliday
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count

Row = tuple[str, ...]


def holiday_rows(document: FitDocument) -> Iterator[tuple[FitHoliday, Row]]:
    """Of each source and move that tells of them: what, days, seen, expected, times as many, its range."""
    for source in document.sources:
        if source.holiday is not None:
            yield source.holiday, _row(f"New from {source.title}", source.holiday)
    for stage in document.stages:
        for moving in stage.moving:
            if moving.holiday is not None:
                name = f"{stage.title} to {document.stage_name(moving.to)}"
                yield moving.holiday, _row(name, moving.holiday)


def holiday_words(document: FitDocument) -> str:
    """Whose holidays, and for how many places the data do not tell them from other days."""
    if document.holidays is None:
        return ""
    told = [holiday for holiday, _ in holiday_rows(document)]
    whose = f"Public holidays of {document.holidays.country}"
    if not told:
        return f"{whose}: too few of them on working days to tell."
    alike = sum(not holiday.used for holiday in told)
    if not alike:
        return ""
    others = "nothing" if alike == len(told) else f"{len(told) - alike} of {len(told)} sources and moves"
    verb = "differs" if alike == len(told) else "differ"
    return f"{whose}: {others} clearly {verb} on them from days around."


def _row(name: str, holiday: FitHoliday) -> Row:
    return (
        plain(name),
        count(holiday.holidays),
        count(holiday.seen),
        count(round(holiday.expected)),
        f"x{holiday.factor:.2f}",
        f"{holiday.low:.2f} to {holiday.high:.2f}",
    )
