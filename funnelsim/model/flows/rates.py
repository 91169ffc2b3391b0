"""Long-run leads and visits per day, by source and segment, including spawned leads.

Abandonment and speed to lead are left out, as they depend on the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.flows.markov_chain import entry_shares, moves, visits
from funnelsim.model.parts import Model, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadClass:
    """Leads of one source and one segment.

    Attributes
    ----------
    source : str
    share : float
        Share of the leads of the source.
    model : Model
        With the overrides of the segment.
    visits : ndarray, shape (S,)
        Expected visits of each stage per lead.
    """

    source: str
    share: float
    model: Model
    visits: Floats


def lead_classes(model: Model, changes: Sequence[SetValue] = ()) -> list[LeadClass]:
    """All classes of leads, with the changes in force.

    Raises
    ------
    ChangeError
        If overrides of a segment, or changes, do not fit.
    """
    model, unchanged = resolve(model, changes=changes), model
    used = {segment for source in model.sources.values() for segment, _ in _segments(source)}
    held = {segment: resolve(unchanged, changes=changes, segment=segment) for segment in used}
    chains = {segment: moves(own) for segment, own in held.items()}
    return [
        LeadClass(
            source=key,
            share=share,
            model=held[segment],
            visits=visits(chains[segment], entry_shares(model, source.enters)),
        )
        for key, source in model.sources.items()
        for segment, share in _segments(source)
    ]


def _segments(source: Source) -> list[tuple[str | None, float]]:
    """Segments with their shares; without segments, all leads are in the class None."""
    return [*source.segments.items()] or [(None, 1.0)]


def offspring(model: Model, changes: Sequence[SetValue] = ()) -> Floats:
    """Mean offspring: leads of each source (columns) spawned directly by a lead of each source (rows), shape
    ``(K, K)``.

    The segment of a spawned lead depends on its own source only, not on its parent, so the mean over
    segments decides whether the branching process dies out.

    Raises
    ------
    ChangeError
        If overrides of a segment, or changes, do not fit.
    """
    order = list(model.sources)
    found = np.zeros((len(order), len(order)))
    for one in lead_classes(model, changes):
        for entered, stage in zip(one.visits, one.model.stages.values(), strict=True):
            if stage.spawns is not None and stage.spawns.source in model.sources and stage.spawns.leads:
                column = order.index(stage.spawns.source)
                found[order.index(one.source), column] += one.share * entered * stage.spawns.leads
    return found


def families(model: Model, changes: Sequence[SetValue] = ()) -> Floats:
    """Total progeny: leads of each source (columns) per lead of each source (rows), including itself."""
    brought = offspring(model, changes)
    return np.asarray(np.linalg.inv(np.eye(len(brought)) - brought), np.float64)


def leads_per_day(model: Model, changes: Sequence[SetValue] = ()) -> dict[str, float]:
    """Leads per day by source at the initial rates, including spawned leads, without campaigns."""
    sources = resolve(model, changes=changes).sources
    rates = np.array([source.rate for source in sources.values()])
    return dict(zip(sources, (rates @ families(model, changes)).tolist(), strict=True))


def entries_per_day(
    model: Model, changes: Sequence[SetValue] = ()
) -> Iterator[tuple[LeadClass, dict[str, float]]]:
    """Entries per day into each stage, by class of leads."""
    rates = leads_per_day(model, changes)
    for one in lead_classes(model, changes):
        per_day = rates[one.source] * one.share * one.visits
        yield one, dict(zip(model.stages, per_day.tolist(), strict=True))
