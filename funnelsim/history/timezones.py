"""Local days and instants in one export, where nobody named the time zone."""

from __future__ import annotations

import datetime as dt

from funnelsim.core.nouns import plural_noun
from funnelsim.history.attention import Attention

#: The local day of an instant in UTC may be that of twelve hours earlier.
WEST_OF_UTC = dt.timedelta(hours=12)


def days_beside_instants(count: int, noun: str) -> Attention:
    """What to look at where closings are local days, entries are instants, and the two seem to contradict."""
    text = (
        f"{count:,} {plural_noun(noun)} close on the day before they enter their last stage, in UTC: closings are local "
        "days, entries are instants. Read as closed at the instant of the entry. Days are right once the mapping names "
        "the time zone of the CRM, such as:"
    )
    line = 'time_zone = "America/New_York"'
    return Attention(check="days_beside_instants", text=text, mapping=(line,), count=count)
