"""From a funnel's sources and their campaigns to the streams of leads of a plan."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar import calendar_factors
from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.core.errors import ModelError, Problem
from funnelsim.core.numeric.keys import Kind, refuse_collisions, source_id_base
from funnelsim.engines.plan import NO_CALENDAR, NO_SHOCK, NO_TABLE, Sources
from funnelsim.engines.planning.one_table import OnlySize
from funnelsim.engines.planning.shocks import shock_place
from funnelsim.engines.planning.streams_bound import refuse_too_many
from funnelsim.engines.planning.tables import Tables
from funnelsim.engines.planning.weeks import gamma_tables, rare_tables, shape_place
from funnelsim.model.parts import Campaign, Model, Source
from funnelsim.model.roles import WorkCalendar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class _Stream(NamedTuple):
    source: str
    campaign: str | None = None

    @property
    def path(self) -> str:
        return f"sources.{self.source}" + (f".campaigns.{self.campaign}" if self.campaign else "")

    @property
    def id_base(self) -> int:
        if self.campaign is None:
            return source_id_base(self.source)
        return source_id_base(f"{self.source}/{self.campaign}", Kind.CAMPAIGN)


def _streams(model: Model) -> list[_Stream]:
    """All sources in file order, then their campaigns."""
    campaigns = [_Stream(key, name) for key, source in model.sources.items() for name in source.campaigns]
    return [*(_Stream(key) for key in model.sources), *campaigns]


def refuse_tied_streams(model: Model) -> None:
    """Raise where two sources, or two campaigns, share a hash."""
    streams = _streams(model)
    refuse_collisions({s.source: s.id_base >> 32 for s in streams if s.campaign is None}, "source")
    campaigns = {f"{s.source}/{s.campaign}": s.id_base >> 32 for s in streams if s.campaign is not None}
    refuse_collisions(campaigns, "campaign")


class ArrivalDays:
    """The days on which leads may come, and how they differ whatever a draw says.

    Parameters
    ----------
    dates : sequence of date
        Consecutive, from the first day of arrivals on.
    start : date
        Of the model.
    era_days : sequence of float
        On which the eras after the first begin.

    Attributes
    ----------
    whole : list of date
        Whole weeks: a week's factor must not depend on where in it the run begins or ends.
    own : slice
        The days themselves among them.
    """

    def __init__(self, dates: Sequence[dt.date], start: dt.date, era_days: Sequence[float]) -> None:
        monday = np.array([(d.toordinal() - 1) // 7 for d in dates])
        self.week = (monday - monday[0]).astype(np.int64)
        epoch_week = (dt.date(1970, 1, 5).toordinal() - 1) // 7
        self.week_number = np.unique(monday) - epoch_week
        before = dates[0].weekday()
        self.own = slice(before, before + len(dates))
        self.whole = calendar_factors.day_grid(dates[0], -before, 7 * (int(self.week[-1]) + 1))
        self.ordinal = np.array([d.toordinal() for d in self.whole])
        day = self.ordinal - start.toordinal()
        self.months = (day + 0.5) / MONTH_DAYS
        era = np.searchsorted(np.array(era_days), day, side="right")
        self.in_era = [era == e for e in range(len(era_days) + 1)]
        self._factors: dict[tuple[object, ...], Floats] = {}

    def factors(self, pattern: Callable[..., Floats], *values: object) -> Floats:
        """Evaluate a function of `calendar_factors` on the days of the whole weeks, once per pattern."""
        key = (pattern, *values)
        if key not in self._factors:
            self._factors[key] = pattern(self.whole, *values)
        return self._factors[key]


def sources_of(
    models: Sequence[Sequence[Model]], days: ArrivalDays, lists: StreamLists, tables: Tables
) -> Sources:
    """The streams of a funnel.

    Parameters
    ----------
    models : sequence of sequence of Model
        As it holds in each era (outer), for each segment (inner; first: no segment).
    days : ArrivalDays
    lists : StreamLists
        Of the first of the models.
    tables : Tables
        To which the distributions of the leads are added.
    """
    base, streams = models[0][0], lists.streams
    by_week = np.array([_daily_mass(models, stream, days) for stream in streams])
    by_week = by_week.reshape(len(streams), len(days.whole))
    refuse_too_many([stream.path for stream in streams], by_week)
    shape_table, shape_weight = _week_shapes(
        [1.0 if s.campaign else base.sources[s.source].dispersion for s in streams],
        by_week.reshape(len(streams), -1, 7).sum(axis=2),
        tables,
    )
    return Sources(
        id_base=lists.id_base,
        source=lists.source,
        calendar=lists.calendar,
        mass=np.ascontiguousarray(by_week[:, days.own]),
        week=days.week,
        week_number=days.week_number,
        shape_table=shape_table,
        shape_weight=shape_weight,
        shock=lists.shock,
        segment_first=lists.segment_first,
        segment_upto=lists.segment_upto,
        segment=lists.segment,
        entry_first=lists.entry_first,
        entry_upto=lists.entry_upto,
        entry=lists.entry,
        amount_table=_amount_tables(models, streams, [None, *base.segments], tables),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLists:
    """Who comes by each stream, and where: columns of `Sources` that have no days."""

    streams: list[_Stream]
    id_base: NDArray[np.uint64]
    source: Ints
    calendar: Ints
    shock: Ints
    segment_first: Ints
    segment_upto: Floats
    segment: Ints
    entry_first: Ints
    entry_upto: Floats
    entry: Ints

    @classmethod
    def of(cls, base: Model) -> StreamLists:
        streams = _streams(base)
        own = [base.sources[stream.source] for stream in streams]
        stage_keys, segment_keys, source_keys = list(base.stages), [None, *base.segments], list(base.sources)
        segment_first, segment, segment_upto = _shares(
            [[(segment_keys.index(k), p) for k, p in source.segments.items()] or [(0, 1.0)] for source in own]
        )
        entry_first, entry, entry_upto = _shares(
            [[(stage_keys.index(k), p) for k, p in source.enters.items()] for source in own]
        )
        calendar_keys = list(base.calendars)
        calendar = [
            NO_CALENDAR if stream.campaign or source.hours is None else calendar_keys.index(source.hours)
            for stream, source in zip(streams, own, strict=True)
        ]
        shock = [
            NO_SHOCK if s.campaign else shock_place(base.shocks, f"sources.{s.source}.rate") for s in streams
        ]
        return cls(
            streams=streams,
            id_base=np.array([stream.id_base for stream in streams], dtype=np.uint64),
            source=np.array([source_keys.index(stream.source) for stream in streams], dtype=np.int64),
            calendar=np.array(calendar, dtype=np.int64),
            shock=np.array(shock, dtype=np.int64),
            segment_first=segment_first,
            segment_upto=segment_upto,
            segment=segment,
            entry_first=entry_first,
            entry_upto=entry_upto,
            entry=entry,
        )


def _amount_tables(
    models: Sequence[Sequence[Model]],
    streams: Sequence[_Stream],
    segment_keys: Sequence[str | None],
    tables: Tables,
) -> Ints:
    amount = np.full((len(models), len(streams), len(segment_keys)), NO_TABLE, np.int64)
    for e, by_segment in enumerate(models):
        for g, model in enumerate(by_segment):
            segment = segment_keys[g]
            override = None if segment is None else model.segments[segment].amount
            for s, stream in enumerate(streams):
                distribution = override or model.sources[stream.source].amount
                if distribution is not None:
                    amount[e, s, g] = tables.add(distribution)
    return amount


def _daily_mass(models: Sequence[Sequence[Model]], stream: _Stream, days: ArrivalDays) -> Floats:
    """Expected leads of each day."""
    base = models[0][0]
    mass = np.zeros(len(days.whole))
    for in_era, by_segment in zip(days.in_era, models, strict=True):
        source = by_segment[0].sources[stream.source]
        if stream.campaign is None:
            calendar = None if source.hours is None else base.calendars[source.hours]
            held = _source_mass(stream.source, source, calendar, days)
            if source.holiday is not None:
                # Those of a holiday that do not come are lost, not moved.
                holidays = base.calendars[source.holiday.calendar].holidays
                held = held * days.factors(calendar_factors.holiday_factors, holidays, source.holiday.factor)
        else:
            held = _campaign_mass(source.campaigns[stream.campaign], days)
        mass[in_era] = held[in_era]
    return mass


def _source_mass(key: str, source: Source, calendar: WorkCalendar | None, days: ArrivalDays) -> Floats:
    weekday = source.weekday
    holidays: tuple[dt.date, ...] = ()
    if calendar is not None:
        opens = {span.weekday for span in calendar.spans}
        weekday = tuple(f if d in opens else 0.0 for d, f in enumerate(weekday or (1.0,) * 7))
        if not any(weekday):
            message = f'no lead can come: "{source.hours}" is closed on every weekday that has a factor'
            raise ModelError("model", [Problem(path=f"sources.{key}.hours", message=message)])
        holidays = calendar.holidays
    with np.errstate(over="ignore", invalid="ignore"):  # refused where it is no number of leads
        held: Floats = (
            source.rate
            * days.factors(calendar_factors.weekday_factors, weekday)
            * days.factors(calendar_factors.holiday_factors, holidays, 0.0)
            * days.factors(calendar_factors.month_factors, source.month)
            * (1 + source.growth) ** days.months
        )
    return held


def _campaign_mass(campaign: Campaign, days: ArrivalDays) -> Floats:
    length = max(math.ceil(campaign.over), 1)
    since = days.ordinal - campaign.on.toordinal()
    return np.where((since >= 0) & (since < length), campaign.leads / length, 0.0)


def _shares(lists: Sequence[Sequence[tuple[int, float]]]) -> tuple[Ints, Ints, Floats]:
    """First index of each list, the members, and their cumulated shares, behind each other."""
    first = np.cumsum([0] + [len(items) for items in lists], dtype=np.int64)
    members = np.array([member for items in lists for member, _ in items], dtype=np.int64)
    upto = [np.cumsum([p for _, p in items]) for items in lists]
    return first, members, np.concatenate(upto) if upto else np.zeros(0)


def _week_shapes(dispersion: Sequence[float], weekly: Floats, tables: Tables) -> tuple[Ints, Floats]:
    """Which gamma tables give each week's factor: those of the two shapes around mass / (D - 1)."""
    n_weeks = weekly.shape[1]
    excess = np.array(dispersion) - 1
    table = np.full((len(excess), n_weeks), NO_TABLE, dtype=np.int64)
    weight = np.zeros((len(excess), n_weeks))
    scattered = [(s, w) for s in range(len(excess)) for w in range(n_weeks) if excess[s] > 0 < weekly[s, w]]
    if not scattered:
        return table, weight
    places = {(s, w): shape_place(weekly[s, w] / excess[s]) for s, w in scattered}
    # Each with the next one behind it; what lies between two far apart is left out.
    needed = sorted({index + step for index, _ in places.values() for step in (0, 1)})
    make = rare_tables if isinstance(tables.kept, OnlySize) else gamma_tables
    first = tables.add_all(make(needed))
    place = {index: first + n for n, index in enumerate(needed)}
    for (s, w), (index, above) in places.items():
        table[s, w] = place[index]
        weight[s, w] = above
    return table, weight
