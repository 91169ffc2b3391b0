"""What the plan of one draw was made of, for plans of variants that leave most of it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from funnelsim.distributions import Distribution
from funnelsim.distributions.quantile_table import QuantileTable
from funnelsim.engines.plan import Sources
from funnelsim.engines.planning.exit_rows import KnownExits
from funnelsim.engines.planning.given_age import KnownGroups
from funnelsim.engines.planning.sources import ArrivalDays, StreamLists, sources_of
from funnelsim.engines.planning.tables import Tables
from funnelsim.engines.planning.unchanged import same_objects
from funnelsim.engines.planning.units import MoneyBounds
from funnelsim.model.parts import Model


class PlannedSources(NamedTuple):
    """The streams of a plan, and what they were made of.

    Attributes
    ----------
    sources : Sources
    made_of : tuple of object
        By identity.
    first_table : int
        How many tables there were before.
    added : tuple of (Distribution or None, QuantileTable)
        As `Tables.added_since` gives them.
    """

    sources: Sources
    made_of: tuple[object, ...]
    first_table: int
    added: tuple[tuple[Distribution | None, QuantileTable], ...]


def planned_sources(
    models: Sequence[Sequence[Model]],
    days: ArrivalDays,
    lists: StreamLists,
    tables: Tables,
    known: PlannedSources | None,
) -> PlannedSources:
    """The streams of a plan: those of another one if nothing that they are made of differs."""
    parts = [part for row in models for model in row for part in (model.sources, model.segments)]
    made_of = (*parts, models[0][0].calendars, days, lists)
    first = len(tables.used)
    if known is not None and known.first_table == first and same_objects(known.made_of, made_of):
        tables.add_again(known.added)
        return known
    sources = sources_of(models, days, lists, tables)
    return PlannedSources(sources, made_of, first, tables.added_since(first))


class PartsOfDraw(NamedTuple):
    """Parts by which a plan of the same draw under other changes saves work.

    Attributes
    ----------
    models : dict of segment to Model
        With the values of the draw, before changes.
    """

    models: Mapping[str | None, Model]
    tables: Mapping[Distribution, QuantileTable]
    exits: KnownExits
    sources: PlannedSources | None
    groups: KnownGroups
    money: MoneyBounds | None


NOTHING_KNOWN = PartsOfDraw({}, {}, {}, None, {}, None)
