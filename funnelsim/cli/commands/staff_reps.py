"""The options of ``funnelsim staff`` for models without effort hours, which learn from the history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from funnelsim.cli.amounts import Amount

_NEVER = "never"


class _Ramp(click.ParamType):  # type: ignore[type-arg]
    """``0.25,0.5,0.75`` or ``25%,50%,75%``: productivity in the months after a hire."""

    name = "RAMP"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        if isinstance(value, list):
            return value
        shares = []
        for part in str(value).split(","):
            text = part.strip()
            try:
                share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
            except ValueError:
                self.fail(f'"{text}" is no share such as 0.25 or 25%; write 0.25,0.5,0.75', param, ctx)
            if not 0 <= share <= 1:
                self.fail(f'"{text}" is not between 0 and 1', param, ctx)
            shares.append(share)
        return shares


class _YearlyRate(click.ParamType):  # type: ignore[type-arg]
    """``18%``, ``0.18``, ``0`` or ``"18% per year"``."""

    name = "RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from funnelsim.core.calendar.time import parse_annual_rate

        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            bare = float(text)
        except ValueError:
            bare = None
        if bare is not None and not 0 <= bare < 1:
            self.fail(f'"{text}" is not a share of the reps, such as 18% or 0.18', param, ctx)
        try:
            return parse_annual_rate(f"{text} per year" if text.endswith("%") or bare is not None else text)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Backfill(click.ParamType):  # type: ignore[type-arg]
    """``60d``, or ``never``."""

    name = "DAYS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        from funnelsim.core.calendar.time import parse_duration_days

        if isinstance(value, float):
            return value
        if value == _NEVER:
            return _NEVER
        try:
            return parse_duration_days(str(value))
        except ValueError as error:
            self.fail(f"{error}, or {_NEVER}", param, ctx)


def learnt_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(
        (
            click.option(
                "--reps",
                type=click.Path(path_type=Path),
                help="Without roles: a file of reps with columns name, role, team, start, end, share, which "
                "overrides what the history suggests.",
            ),
            click.option(
                "--ramp",
                type=_Ramp(),
                help="Without roles: productivity in the months after a hire, such as 0.25,0.5,0.75 "
                "[default: learnt].",
            ),
            click.option(
                "--attrition",
                type=_YearlyRate(),
                help="Without roles: share of reps who leave in a year, such as 18% [default: learnt].",
            ),
            click.option(
                "--backfill",
                type=_Backfill(),
                help="Without roles: days until a rep who has left is followed, or never [default: 60d].",
            ),
            click.option(
                "--annual-cost",
                type=Amount(),
                help="Without roles: cost of a rep in a year, such as 180k [default: cost in rep-months].",
            ),
        )
    ):
        command = option(command)
    return command


def backfill_days(given: float | str | None) -> float | None:
    """Days until a rep who has left is followed; None: never."""
    from funnelsim.experiments.rep_months.top_down import BACKFILL_DAYS

    if given is None:
        return BACKFILL_DAYS
    return None if isinstance(given, str) else given
