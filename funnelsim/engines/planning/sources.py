"""From a funnel's sources and their campaigns to the streams of leads of a plan."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.calendar import calendars
from funnelsim.core.calendar.time import MONTH_DAYS
from funnelsim.core.errors import ModelError, Problem
from funnelsim.core.numeric.keys import Kind, refuse_collisions, source_id_base
from funnelsim.engines.plan import NO_CALENDAR, NO_SHOCK, NO_TABLE, Sources
from funnelsim.engines.planning.shocks import shock_place
from funnelsim.engines.planning.streams_bound import refuse_too_many
from funnelsim.engines.planning.weeks import gamma_tables, shape_place
from funnelsim.engines.tables import Tables
from funnelsim.model.parts import Campaign, Model, Source
from funnelsim.model.roles import WorkCalendar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Eras(NamedTuple):
    """The funnel as it holds in each era (outer), for each segment (inner; first: no segment)."""

    days: Sequence[float]  # on which those after the first begin
    models: Sequence[Sequence[Model]]


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


def sources_of(eras: Eras, dates: Sequence[dt.date], tables: Tables) -> Sources:
    """The streams of a funnel over consecutive days.

    Parameters
    ----------
    eras : Eras
    dates : sequence of date
        From the first day of arrivals on.
    tables : Tables
        To which the distributions of the leads are added.
    """
    base = eras.models[0][0]
    streams = _streams(base)
    stage_keys, segment_keys, source_keys = list(base.stages), [None, *base.segments], list(base.sources)
    monday = np.array([(d.toordinal() - 1) // 7 for d in dates])
    week = monday - monday[0]
    # Whole weeks: a week's factor must not depend on where in it the run begins or ends.
    before = dates[0].weekday()
    whole = calendars.day_grid(dates[0], -before, 7 * (int(week[-1]) + 1))
    by_week = np.array([_daily_mass(eras, stream, whole) for stream in streams])
    by_week = by_week.reshape(len(streams), len(whole))
    refuse_too_many([stream.path for stream in streams], by_week)
    epoch_week = (dt.date(1970, 1, 5).toordinal() - 1) // 7
    shape_table, shape_weight = _week_shapes(
        [1.0 if s.campaign else base.sources[s.source].dispersion for s in streams],
        by_week.reshape(len(streams), -1, 7).sum(axis=2),
        tables,
    )
    own = [base.sources[stream.source] for stream in streams]
    segment_first, segment, segment_upto = _shares(
        [[(segment_keys.index(k), p) for k, p in source.segments.items()] or [(0, 1.0)] for source in own]
    )
    entry_first, entry, entry_upto = _shares(
        [[(stage_keys.index(k), p) for k, p in source.enters.items()] for source in own]
    )
    calendar_keys = list(base.calendars)
    return Sources(
        id_base=np.array([stream.id_base for stream in streams], dtype=np.uint64),
        source=np.array([source_keys.index(stream.source) for stream in streams], dtype=np.int64),
        calendar=np.array(
            [
                NO_CALENDAR if stream.campaign or source.hours is None else calendar_keys.index(source.hours)
                for stream, source in zip(streams, own, strict=True)
            ],
            dtype=np.int64,
        ),
        mass=np.ascontiguousarray(by_week[:, before : before + len(dates)]),
        week=week.astype(np.int64),
        week_number=np.unique(monday) - epoch_week,
        shape_table=shape_table,
        shape_weight=shape_weight,
        shock=np.array(
            [NO_SHOCK if s.campaign else shock_place(base, f"sources.{s.source}.rate") for s in streams],
            dtype=np.int64,
        ),
        segment_first=segment_first,
        segment_upto=segment_upto,
        segment=segment,
        entry_first=entry_first,
        entry_upto=entry_upto,
        entry=entry,
        amount_table=_amount_tables(eras, streams, segment_keys, tables),
    )


def _amount_tables(
    eras: Eras, streams: Sequence[_Stream], segment_keys: Sequence[str | None], tables: Tables
) -> Ints:
    amount = np.full((len(eras.models), len(streams), len(segment_keys)), NO_TABLE, np.int64)
    for e, by_segment in enumerate(eras.models):
        for g, model in enumerate(by_segment):
            segment = segment_keys[g]
            override = None if segment is None else model.segments[segment].amount
            for s, stream in enumerate(streams):
                distribution = override or model.sources[stream.source].amount
                if distribution is not None:
                    amount[e, s, g] = tables.add(distribution)
    return amount


def _daily_mass(eras: Eras, stream: _Stream, dates: Sequence[dt.date]) -> Floats:
    """Expected leads of each day."""
    base = eras.models[0][0]
    day = np.array([(date - base.start).days for date in dates])
    era = np.searchsorted(np.array(eras.days), day, side="right")
    mass = np.zeros(len(dates))
    for e, by_segment in enumerate(eras.models):
        source = by_segment[0].sources[stream.source]
        if stream.campaign is None:
            calendar = None if source.hours is None else base.calendars[source.hours]
            held = _source_mass(stream.source, source, calendar, dates, day) * _on_holidays(
                source, base, dates
            )
        else:
            held = _campaign_mass(source.campaigns[stream.campaign], dates)
        mass[era == e] = held[era == e]
    return mass


def _source_mass(
    key: str, source: Source, calendar: WorkCalendar | None, dates: Sequence[dt.date], day: Ints
) -> Floats:
    weekday = source.weekday
    open_days = np.ones(len(dates))
    if calendar is not None:
        opens = {span.weekday for span in calendar.spans}
        weekday = tuple(f if d in opens else 0.0 for d, f in enumerate(weekday or (1.0,) * 7))
        if not any(weekday):
            message = f'no lead can come: "{source.hours}" is closed on every weekday that has a factor'
            raise ModelError("model", [Problem(path=f"sources.{key}.hours", message=message)])
        open_days[[date in calendar.holidays for date in dates]] = 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # refused where it is no number of leads
        held: Floats = (
            source.rate
            * calendars.weekday_factors(dates, weekday)
            * open_days
            * calendars.month_factors(dates, source.month)
            * (1 + source.growth) ** ((day + 0.5) / MONTH_DAYS)
        )
    return held


def _on_holidays(source: Source, base: Model, dates: Sequence[dt.date]) -> Floats:
    """Share of a day's leads that come; those of a holiday that do not are lost, not moved."""
    if source.holiday is None:
        return np.ones(len(dates))
    holidays = frozenset(base.calendars[source.holiday.calendar].holidays)
    return calendars.holiday_factors(dates, holidays, source.holiday.factor)


def _campaign_mass(campaign: Campaign, dates: Sequence[dt.date]) -> Floats:
    length = max(math.ceil(campaign.over), 1)
    since = np.array([(date - campaign.on).days for date in dates])
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
    first = tables.add_all(gamma_tables(needed))
    place = {index: first + n for n, index in enumerate(needed)}
    for (s, w), (index, above) in places.items():
        table[s, w] = place[index]
        weight[s, w] = above
    return table, weight
