"""Dates, durations and shares as options."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click


class Days(click.ParamType):  # type: ignore[type-arg]
    """``91``, ``200d``, ``26w`` or ``6months``, as days."""

    name = "DAYS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from funnelsim.core.calendar.time import parse_duration_days

        if isinstance(value, float):
            return value
        try:
            return parse_duration_days(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Day(click.ParamType):  # type: ignore[type-arg]
    """``2026-03-31``, or another spelling that can only mean one day."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        from funnelsim.core.calendar.dates import as_date

        try:
            return as_date(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Share(click.ParamType):  # type: ignore[type-arg]
    """``1%`` or ``0.01``; with `zero`, 0 too."""

    name = "SHARE"

    def __init__(self, *, zero: bool = False) -> None:
        self.zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f'"{value}" is not a share such as 1%', param, ctx)
        if not (0 < share < 1 or (self.zero and share == 0)):
            self.fail(f'"{value}" is not between 0 and 100 %', param, ctx)
        return share
