"""Requested periods as windows of a run."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from funnelsim.core.calendar.time import Period, days_since, parse_period, period_containing
from funnelsim.core.errors import InputError, Problem
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.parts import Model, PeriodKind
from funnelsim.results.run import Window


class PeriodError(InputError):
    """A period cannot be read, or is over."""


def requested_periods(model: Model, texts: Sequence[str] = ()) -> tuple[Period, ...]:
    """Parse periods, without duplicates; by default the goal's period that contains the start.

    Raises
    ------
    PeriodError
        If a name is not a period, or a period ends before the model starts; lists all problems.
    """
    goal = model.goal
    if not texts:
        now = period_containing(
            model.start,
            goal.period,
            fiscal_year_starts=goal.fiscal_year_starts,
            fiscal_year_named_by=goal.fiscal_year_named_by,
        )
        return (now,)
    result: list[Period] = []
    problems: list[Problem] = []
    for text in texts:
        if not isinstance(text, str):
            message = f"expected a period such as 2026Q1, found {type(text).__name__} {text!r}"
            problems.append(Problem(path="", message=message))
            continue
        try:
            period = parse_period(
                text,
                fiscal_year_starts=goal.fiscal_year_starts,
                fiscal_year_named_by=goal.fiscal_year_named_by,
                near=model.start,
            )
        except ValueError as error:
            problems.append(Problem(path="", message=str(error)))
            continue
        if period.end <= model.start:
            problems.append(_over(period, model.start))
        result.append(period)
    if problems:
        raise PeriodError("period", problems)
    return tuple(dict.fromkeys(result))


def reported_by(funnel: Funnel, kind: PeriodKind) -> Funnel:
    """The same funnel, with runs reported by week, month, quarter or year."""
    model = funnel.model
    goal = model.goal.model_copy(update={"period": kind})
    return dataclasses.replace(funnel, model=model.model_copy(update={"goal": goal}))


def window_of(period: Period, start: dt.date) -> Window:
    """The part of a period from the model's start on."""
    begins, ends = days_since(start, period.start), days_since(start, period.end)
    return Window(label=period.label, start_day=max(begins, 0.0), end_day=ends, complete=begins >= 0)


def _over(period: Period, start: dt.date) -> Problem:
    return Problem(
        path="",
        message=f"{period.label} ({period.start} to {period.last_day}) is over: the model starts on {start}",
        hint="choose a later period, or fit the history cut earlier (fit --as-of)",
    )
