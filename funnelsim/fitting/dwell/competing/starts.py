"""Start values of the maximisation for one choice of families."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.candidate import Candidate
from funnelsim.fitting.dwell.competing.pooled import PooledDistribution
from funnelsim.fitting.dwell.competing.stage_fit import Component, timed_components
from funnelsim.fitting.dwell.competing.survival import dwell_distribution
from funnelsim.fitting.mle.likelihood import Layout

#: Observed times of one exit in days: the early half and the late half.
Halves = tuple[Floats, Floats]

#: A distribution of another family starts from so many quantiles of the old one.
_QUANTILES = (np.arange(12) + 0.5) / 12


def from_sample(
    sample: StageSample,
    components: tuple[Component, ...],
    layout: Layout,
    pooled: Mapping[str, PooledDistribution],
) -> Floats:
    """Probabilities from the counts, and the pooled distribution for each exit; shape (P,)."""
    start = np.zeros(layout.size)
    open_share = sample.open / sample.visits
    for k, component in enumerate(components):
        n_exits = sample.timed(component.to) if component.family else sample.at_once.get(component.to, 0)
        start[k] = math.log(max(n_exits, 0.5))
        if component.family:
            start[list(layout.indices[k])] = pooled[component.family].theta
    if layout.never:
        start[layout.logits - 1] = math.log(max(sample.events * open_share / (1.5 - open_share), 0.5))
    return _centred(start, layout)


def from_neighbour(neighbour: Candidate, components: tuple[Component, ...], layout: Layout) -> Floats:
    """The neighbour's parameters; a distribution of another family starts from its quantiles; shape (P,)."""
    return _centred(_carried_over(neighbour, components, layout), layout)


def from_halves(
    neighbour: Candidate, components: tuple[Component, ...], layout: Layout, target: str, halves: Halves
) -> Floats:
    """The neighbour's parameters, the last distribution behind one exit split in two; shape (P,).

    The two parts start from the early and the late observed times, and share the probability.
    """
    start = _carried_over(neighbour, components, layout)
    earlier, later = timed_components(components)[target][-2:]
    component_index = next(k for k, c in enumerate(neighbour.components) if c.key == components[earlier].key)
    for k, days in zip((earlier, later), halves, strict=True):
        share = len(days) / sum(len(half) for half in halves)
        start[k] = neighbour.at.parameters[0][component_index] + math.log(share)
        start[list(layout.indices[k])] = FIT_FAMILIES[components[k].family].start(days)
    return _centred(start, layout)


def _carried_over(neighbour: Candidate, components: tuple[Component, ...], layout: Layout) -> Floats:
    """Parameters of the components that the neighbour has as well; 0 for the others."""
    start = np.zeros(layout.size)
    old = neighbour.at.parameters[0]
    before = {component.key: k for k, component in enumerate(neighbour.components)}
    for k, component in enumerate(components):
        index = before.get(component.key)
        if index is None:
            continue
        start[k] = old[index]
        if component.family == neighbour.components[index].family:
            start[list(layout.indices[k])] = old[list(neighbour.layout.indices[index])]
        elif (distribution := dwell_distribution(neighbour.layout, old, index)) is not None:
            start[list(layout.indices[k])] = FIT_FAMILIES[component.family].start(
                distribution.ppf(_QUANTILES)
            )
    if layout.never:
        start[layout.logits - 1] = old[neighbour.layout.logits - 1]
    return start


def _centred(start: Floats, layout: Layout) -> Floats:
    """Logits with sum 0: only their differences count."""
    start[: layout.logits] -= start[: layout.logits].mean()
    return start
