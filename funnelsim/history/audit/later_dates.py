"""As-of dates that are later than the last event: proved by times of rows, or stated beside the data."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator

from funnelsim.documents.audit import AuditCheck
from funnelsim.history.attention import Attention
from funnelsim.history.audit.check import check_entry
from funnelsim.history.columns.newest_rows import NewestRow
from funnelsim.history.files.as_of_dates import as_of_text, date_text

#: A row changed so long after the last event may be one of an archive, or of a mass update.
_MONTH = dt.timedelta(days=31)
_DAY_WORDS = (
    r"stand|per|as of|as at|as-of|exported|export|export date|generated|report date|run date|printed|"
    r"data as of|erstellt|stichtag|datenstand|berichtsdatum|exportiert|situation au|arrêté au|extrait le|"
    r"al|a fecha de|fecha|data|estratto il|peildatum"
)
_STATED = re.compile(
    rf"\b(?:{_DAY_WORDS})(?:\s+(?:on|am|at|vom|date|datum))?\b\s*[:\-]?\s*(?P<day>.*)", re.IGNORECASE
)
_FORMS = (
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%d/%m/%Y", "%m/%d/%Y")),
    (r"\d{1,2}\.? [A-Za-z]{3,9} \d{4}", ("%d %b %Y", "%d %B %Y", "%d. %b %Y", "%d. %B %Y")),
    (r"[A-Za-z]{3,9} \d{1,2},? \d{4}", ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y")),
)
_IN_NAME = re.compile(r"(?<!\d)(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)")


def proved_later(last_event: dt.datetime, rows: Iterable[NewestRow]) -> NewestRow | None:
    """The newest time of a row that follows the last event within a month, if there is one."""
    later = [row for row in rows if last_event.date() < row.at.date() and row.at <= last_event + _MONTH]
    return max(later, key=lambda row: row.at, default=None)


def later_dates(
    as_of: dt.datetime, rows: Iterable[NewestRow], attention: Iterable[Attention]
) -> Iterator[Attention]:
    """Warnings about later dates: of rows, long after the last event, and stated above or below the table."""
    far = max((row for row in rows if row.at >= as_of), key=lambda row: row.at, default=None)
    if far is not None:
        yield _warning(as_of, f'"{far.column}" has times up to {date_text(far.at)}', far.at)
    outside = [item.text for item in attention if item.check == "rows_outside_table"]
    stated = [
        (words, day) for text in outside for words in re.findall(r'"([^"]*)"', text) for day in _stated(words)
    ]
    words, day = max(stated, key=lambda item: item[1], default=("", dt.date.min))
    if dt.datetime.combine(day, dt.time()) >= as_of and day <= dt.date.today():
        yield _warning(as_of, f'outside the table stands "{words}"', day)


def dates_in_names(as_of: dt.datetime, names: Iterable[str]) -> Iterator[AuditCheck]:
    """A note where the name of a file has a day within a month after the as-of date."""
    for name in names:
        for parts in _IN_NAME.findall(name):
            try:
                day = dt.datetime.strptime("".join(parts), "%Y%m%d")
            except ValueError:
                continue
            if as_of <= day < as_of + _MONTH:
                text = (
                    f"{name} names a later day than the as-of date: if the export is of that day, "
                    f"--as-of {day:%Y-%m-%d}"
                )
                yield check_entry("later_day_in_name", "note", 1, text)


def _warning(as_of: dt.datetime, why: str, day: dt.date) -> Attention:
    text = (
        f"the as-of date is {as_of_text(as_of)}, but {why}. If the export is of that day, "
        f"open deals are older than counted: --as-of {day:%Y-%m-%d}"
    )
    return Attention(check="later_date", text=text)


def _stated(words: str) -> Iterator[dt.date]:
    """Days that the words state as that of the export; days that fit two orders are none."""
    if (found := _STATED.search(words)) is None:
        return
    for pattern, forms in _FORMS:
        for text in re.findall(pattern, found["day"])[:1]:
            days = {day for form in forms if (day := _read(text, form)) is not None}
            if len(days) == 1:
                yield days.pop()


def _read(text: str, form: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, form).date()
    except ValueError:
        return None
