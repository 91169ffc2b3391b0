"""Bookings and revenue from before a model's start."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from funnelsim.core.calendar.time import Period
from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.files.as_of_dates import as_of_text, date_text
from funnelsim.history.files.events import History
from funnelsim.history.files.folder import read_history
from funnelsim.metrics.booked import Booked, booked, booked_deals, recognised
from funnelsim.metrics.history_match import mismatch
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.flows.warmup import days_to_fill
from funnelsim.model.parts import Model, Segment, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The history up to a model's start, or the reason why it is missing.

    Attributes
    ----------
    model : Model
    history : History or None
        Cut at the model's start.
    missing : str
        Why the history named in the model cannot be used; empty if the model names none.
    """

    model: Model
    history: History | None = None
    missing: str = ""

    @property
    def start(self) -> dt.datetime:
        """The model's start, from which everything is simulated."""
        return midnight(self.model.start)

    @property
    def nothing_open(self) -> bool:
        """Whether there is a history, and no deal in it is open."""
        return self.history is not None and bool(self.history.deals["outcome"].is_not_null().all())

    def booked_in(self, period: Period) -> tuple[Booked | None, list[str]]:
        """Bookings in the part of a period before the model's start, with warnings.

        None if they are unknown.
        """
        if period.start >= self.model.start:
            return Booked(), []
        before = f"{date_text(period.start)} to {date_text(last_known_day(self.model))}"
        if self.history is None:
            why = self.missing or "the model stores no history"
            return None, [f"{why}: what was booked {before} is unknown and counts as 0; give --history"]
        known = booked(self.history, self.model, midnight(period.start), self.start)
        return known, [*self._gaps(period), *_without_amount(known, before, self.model)]

    def booked_deals_in(self, period: Period) -> pl.DataFrame | None:
        """The deals that a period has booked before the model's start; None if they are unknown, or none."""
        if self.history is None or period.start >= self.model.start:
            return None
        found = booked_deals(self.history, self.model, midnight(period.start), self.start)
        return found if found.height else None

    def revenue_in(self, period: Period) -> tuple[float, list[str]]:
        """Revenue in a period from bookings before the model's start, with warnings."""
        rule = self.model.goal.recognise
        if self.history is None:
            if rule is None or rule.over == 0 or period.start < self.model.start:
                return 0.0, []  # `booked_in` warns if the period has begun
            why = self.missing or "the model stores no history"
            return 0.0, [f"{why}: revenue from earlier bookings is unknown and counts as 0; give --history"]
        result = recognised(self.history, self.model, midnight(period.start), midnight(period.end))
        if rule is None:
            return result.revenue, []
        warnings = self._unrecorded(period, rule.over)
        if not result.waiting:
            return result.revenue, warnings
        stage = self.model.stages[rule.start].name if rule.start in self.model.stages else ""
        return result.revenue, [
            *warnings,
            f"bookings of {result.waiting:,.0f} are not in the revenue, because their deals have not reached "
            f"{stage or rule.start}: when they will be recognised is unknown",
        ]

    def _unrecorded(self, period: Period, over: float) -> list[str]:
        """Warn if bookings that still bring revenue may lie before the first recorded close."""
        assert self.history is not None
        since = self.history.meta.observed_from
        if since is None or since <= midnight(period.start) - dt.timedelta(days=over):
            return []
        return [
            f"closings are recorded only from {date_text(since)} on: revenue from bookings before is unknown "
            "and counts as 0"
        ]

    def gap_warnings(self) -> list[str]:
        """Warn if the history ends before the model's start."""
        if self.history is None or self.start - self.history.meta.as_of < dt.timedelta(days=1):
            return []
        return [
            f"the history ends on {as_of_text(self.history.meta.as_of)}, before the model starts on "
            f"{date_text(self.model.start)}: what was booked in between is unknown and counts as 0"
        ]

    def _gaps(self, period: Period) -> list[str]:
        assert self.history is not None
        result = self.gap_warnings()
        meta = self.history.meta
        observed_from = meta.observed_from
        if observed_from is not None and observed_from > midnight(period.start):
            result.append(
                f"closings are recorded only from {date_text(observed_from)} on: what {period.label} booked "
                "before is unknown and counts as 0"
            )
        return result


def load_past(funnel: Funnel, history: History | Path | str | None = None) -> Past:
    """The past of a funnel, from the given history or the one named in the model.

    Raises
    ------
    HistoryError
        If the given history cannot be read, is empty before the model's start, or is of another company.
    """
    model = funnel.model
    if history is None:
        if model.history is None:
            return Past(model=model)
        try:
            return Past(model=model, history=_own(read_history(model.history), funnel, model.history))
        except HistoryError as error:
            return Past(model=model, missing=f"the history stored in the model cannot be used ({error})")
    if isinstance(history, str | os.PathLike):
        return Past(model=model, history=_own(read_history(history), funnel, str(history)))
    return Past(model=model, history=_own(history, funnel, "history"))


def empty_start(funnel: Funnel, warmup_days: float, *, nothing_open: bool = False) -> list[str]:
    """Warn if a funnel starts empty although it should not.

    Parameters
    ----------
    funnel : Funnel
    warmup_days : float
        Days of warm-up before its start.
    nothing_open : bool, default False
        Whether it is known that no deal is open.
    """
    if funnel.pipeline is not None or warmup_days > 0 or nothing_open:
        return []
    return [
        f"NO OPEN PIPELINE: the funnel is empty on {funnel.model.start}, so current deals are "
        f"missing; fit a history (funnelsim fit), or fill the funnel (--warmup {days_to_fill(funnel.model)}d)"
    ]


def midnight(day: dt.date) -> dt.datetime:
    """The start of a day."""
    return dt.datetime(day.year, day.month, day.day)


def last_known_day(model: Model) -> dt.date:
    """The as-of date: the last day before the model's start."""
    return model.start - dt.timedelta(days=1)


def _own(history: History, funnel: Funnel, name: str) -> History:
    """The history up to the model's start; an error if it is of another company.

    Raises
    ------
    HistoryError
    """
    problem = mismatch(history, funnel)
    if problem:
        raise HistoryError(name, [Problem(path="", message=problem)])
    return _up_to_start(history, funnel.model)


def _up_to_start(history: History, model: Model) -> History:
    start = midnight(model.start)
    if history.meta.as_of <= start:
        return history
    from funnelsim.history.cleaning.as_of import cut  # loads all of the import, which few forecasts need

    known = cut(history, start)
    # Plans without a date are those of the day of the export, which is later.
    return dataclasses.replace(known, plans=known.plans.drop_nulls("at"))


def _priced(model: Model) -> list[Source | Segment]:
    return [*model.sources.values(), *model.segments.values()]


def _without_amount(known: Booked, before: str, model: Model) -> list[str]:
    no_money = known.bookings == 0 and not any(part.amount for part in _priced(model))
    if known.without_amount == 0 or no_money:
        return []
    if known.without_amount == 1:
        return [f"1 booking of {before} has no amount and counts as 0"]
    return [f"{known.without_amount} bookings of {before} have no amount and count as 0"]
