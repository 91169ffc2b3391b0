"""Fits the exits of a stage with any choice of families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.candidate import Candidate
from funnelsim.fitting.dwell.competing.pooled import pooled_distributions
from funnelsim.fitting.dwell.competing.stage_fit import (
    Component,
    Families,
    at_once_components,
    component_keys,
    timed_components,
)
from funnelsim.fitting.dwell.competing.starts import Halves, from_halves, from_neighbour, from_sample
from funnelsim.fitting.mle.likelihood import Layout, Likelihood
from funnelsim.fitting.mle.maximise import maximise
from funnelsim.fitting.mle.priors import RARE, RARE_BELOW, prior_around

#: Tolerance of the log-likelihood during the search; the chosen candidate is maximised to more digits.
_SEARCHING = 1e-3


class Fitter:
    """Fits one stage with any choice of families, with or without a cure fraction.

    Parameters
    ----------
    sample : StageSample
    never : bool
        Whether the stage has a cure fraction.
    prior_weight : float
        Weight of the prior in observed exits; 0 for plain maximum likelihood.

    Attributes
    ----------
    timed_exits, instant_exits : list of str
        Targets with exits that take time; targets with a component of instant exits.
    pooled : dict of str to PooledDistribution
        By family.
    """

    def __init__(self, sample: StageSample, *, never: bool, prior_weight: float) -> None:
        self.sample, self.never, self.prior_weight = sample, never, prior_weight
        self.weights = sample.weights()
        self.timed_exits = [t for t in sample.exits if sample.timed(t)]
        self.instant_exits = [t for t in sample.exits if sample.splits_at_once(t)]
        # A target with only a few instant exits, and no others, still needs a component.
        self.instant_exits += [
            t for t in sample.exits if t not in self.timed_exits and t not in self.instant_exits
        ]
        self.pooled = pooled_distributions(sample, never=never, prior_weight=prior_weight)

    def fit_from_pooled(self, families: Families) -> Candidate:
        """Fit these families, starting from the pooled distribution of all exits."""
        components, layout = self._components(families)
        start = from_sample(self.sample, components, layout, self.pooled)
        return self._maximise_from(components, layout, [start], {}, em_steps=8)

    def refit_from(self, known: Candidate, families: Families) -> Candidate:
        """Fit these families, starting from a candidate with as many components."""
        components, layout = self._components(families)
        start = from_neighbour(known, components, layout)
        return self._maximise_from(components, layout, [start], known.criteria, em_steps=2)

    def add_component(
        self, known: Candidate, families: Families, target: str, halves: Sequence[Halves]
    ) -> Candidate:
        """Fit these families, one component more than a candidate has: the best result over all `halves`."""
        components, layout = self._components(families)
        starts = [from_halves(known, components, layout, target, pair) for pair in halves]
        return self._maximise_from(components, layout, starts, known.criteria, em_steps=8)

    def _components(self, families: Families) -> tuple[tuple[Component, ...], Layout]:
        components = []
        for target in self.sample.exits:
            *keys, at_once = component_keys(target, self.sample.targets)
            for key, family in zip(keys, families.get(target, ()), strict=False):
                components.append(Component(key=key, to=target, family=family))
            if target in self.instant_exits:
                key = at_once if target in families else target
                components.append(Component(key=key, to=target, family=""))
        return tuple(components), Layout([c.family for c in components], never=self.never)

    def _maximise_from(
        self,
        components: tuple[Component, ...],
        layout: Layout,
        starts: Sequence[Floats],
        criteria: dict[str, dict[str, float]],
        *,
        em_steps: int,
    ) -> Candidate:
        """The best maximum over all starts."""
        terms = self.sample.terms(timed_components(components), at_once_components(components))
        likelihood = Likelihood(layout, terms)
        prior = prior_around(
            layout,
            [self.pooled[c.family].theta if c.family else None for c in components],
            [self._prior_weight_of(c) for c in components],
            visits=self.prior_weight,
        )
        weights = [np.repeat(weight, len(starts), axis=0) for weight in self.weights]
        at = maximise(likelihood, prior, weights, np.stack(starts), em_steps=em_steps, tolerance=_SEARCHING)
        best = at.row(int(np.argmax(at.log_likelihood + prior.value(layout, at.parameters))))
        return Candidate(
            sample=self.sample,
            components=components,
            layout=layout,
            likelihood=likelihood,
            prior=prior,
            at=best,
            criteria=criteria,
        )

    def _prior_weight_of(self, component: Component) -> float:
        return (
            RARE if self.prior_weight and self.sample.timed(component.to) < RARE_BELOW else self.prior_weight
        )
