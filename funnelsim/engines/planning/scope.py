"""What is fixed for a run: its keys, days, eras and changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.calendar import calendar_factors
from funnelsim.core.numeric.keys import refuse_collisions, stage_hash
from funnelsim.engines.plan import NEVER, Horizon
from funnelsim.model.changes.changes import Change, RemoveStage, SetValue
from funnelsim.model.files.model_files import Funnel
from funnelsim.results.run import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is to be simulated: days from the model's start."""

    warmup_days: int
    end_day: float
    windows: tuple[Window, ...]


class Scope:
    """A funnel, the span to simulate and a scenario's changes, as far as no parameter draw alters them.

    Attributes
    ----------
    places : dict of str to int
        Place of each stage, then of each outcome.
    segment_keys : tuple
        None for leads without a segment, then the keys.
    era_days : list of float
        Days on which the eras after the first begin.
    start_era : int
        That of day 0.
    dates : list of date
        Days of the grid of calendars, the first of which is `first_day`.
    """

    def __init__(self, funnel: Funnel, span: Span, changes: Sequence[Change]) -> None:
        self.funnel = funnel
        self.model = model = funnel.model
        self.span = span
        self.removals = [c for c in changes if isinstance(c, RemoveStage)]
        self.stage_keys = tuple(model.stages)
        self.outcomes = model.all_outcomes
        self.places = {key: n for n, key in enumerate((*self.stage_keys, *self.outcomes))}
        self.segment_keys: tuple[str | None, ...] = (None, *model.segments)
        self.source_keys = tuple(model.sources)
        self.era_days = self._era_days(changes)
        self.start_era = int(np.searchsorted(np.array(self.era_days), 0.0, side="right"))
        self.first_day = -max(span.warmup_days, self._oldest_age()) - 1
        self.dates = calendar_factors.day_grid(
            model.start, self.first_day, math.ceil(span.end_day) - self.first_day
        )
        self.arrival_dates = self.dates[-span.warmup_days - self.first_day :]
        self.horizon = self._horizon()
        hashes = {key: stage_hash(key) for key in self.stage_keys}
        refuse_collisions(hashes, "stage")
        self.hashes = np.array(list(hashes.values()), dtype=np.uint32)
        sets = [c for c in changes if isinstance(c, SetValue)]
        #: The changes in force in each era.
        self.in_force = [[c for c in sets if self._begins(c) <= begins] for begins in self.era_starts]

    @property
    def era_starts(self) -> tuple[float, ...]:
        return (-math.inf, *self.era_days)

    def target(self, place: str) -> int:
        return NEVER if place == "never" else self.places[place]

    def removed_from(self, key: str) -> tuple[float, float]:
        """Day from which a stage is passed through, and the share recovered."""
        for change in self.removals:
            if change.stage == key:
                return self._begins(change), float(change.recovered[0])
        return math.inf, 0.0

    def _day(self, change: Change) -> float:
        return -math.inf if change.start is None else float((change.start - self.model.start).days)

    def _begins(self, change: Change) -> float:
        """The day from which a change is in force; those dated before the run hold all through it."""
        day = self._day(change)
        return -math.inf if day < -self.span.warmup_days else day

    def _era_days(self, changes: Sequence[Change]) -> list[float]:
        days = {self._begins(change) for change in changes}
        return sorted(day for day in days if -math.inf < day < self.span.end_day)

    def _oldest_age(self) -> int:
        pipeline = self.funnel.pipeline
        if pipeline is None or pipeline.height == 0 or not self.model.clocks:
            return 0
        return math.ceil(float(pipeline["age_days"].max()))  # type: ignore[arg-type]

    def _horizon(self) -> Horizon:
        starts = np.array([w.start_day for w in self.span.windows])
        ends = np.array([w.end_day for w in self.span.windows])
        inner = sorted({float(x) for x in (*starts, *ends) if 0 < x < self.span.end_day})
        return Horizon(
            begin=float(-self.span.warmup_days),
            end=self.span.end_day,
            bin_edges=np.array([-np.inf, 0.0, *inner, np.inf]),
            window_start=starts,
            window_end=ends,
        )
