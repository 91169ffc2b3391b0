"""The newest time at which a row was changed or copied: the export is at least that new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from funnelsim.history.columns.reader import ColumnReader
from funnelsim.history.columns.row_flags import row_times
from funnelsim.history.presets.crm_columns import STAGE_CHANGED, without_prefix
from funnelsim.history.presets.names import plain_name
from funnelsim.history.presets.row_names import is_row_time
from funnelsim.history.sources import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestRow:
    """A column with times of rows, and the latest of them."""

    column: str
    at: dt.datetime


def newest_rows(parts: Parts, reader: ColumnReader) -> Iterator[NewestRow]:
    """The latest time of each such column, unless it is in the future."""
    for stack in (parts.deals, parts.events):
        for column in () if stack is None else stack.columns:
            plain = {plain_name(column), plain_name(without_prefix(column))}
            if not is_row_time(column) and not plain & {*STAGE_CHANGED}:
                continue
            assert stack is not None
            times = row_times(stack, column, reader)
            latest = None if times is None else times.max()
            if isinstance(latest, dt.datetime) and latest <= dt.datetime.now():
                yield NewestRow(column=column, at=latest)
