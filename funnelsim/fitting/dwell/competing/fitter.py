"""Fits the exits of a stage with any choice of families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
from funnelsim.fitting.mle.likelihood import Floats, Layout, Likelihood
from funnelsim.fitting.mle.maximise import maximise
from funnelsim.fitting.mle.priors import RARE, RARE_BELOW, prior_around

#: Gain in log-likelihood that is not worth another step while choosing.
_SEARCHING = 1e-3


class Fitter:
    """Fits one stage with any choice of families, with or without those who never leave.

    Parameters
    ----------
    sample : StageSample
    never : bool
        Whether some may stay for ever.
    worth : float
        Weight of the prior in observed exits; 0 for plain maximum likelihood.

    Attributes
    ----------
    slow, sudden : list of str
        Exits with moves that take time; exits with a component of moves at once.
    pooled : dict of str to PooledLaw
        By family.
    """

    def __init__(self, sample: StageSample, *, never: bool, worth: float) -> None:
        self.sample, self.never, self.worth = sample, never, worth
        self.weights = sample.weights()
        self.slow = [t for t in sample.exits if sample.timed(t)]
        self.sudden = [t for t in sample.exits if sample.splits_at_once(t)]
        # An exit seen at once only, and too seldom for a component of its own, still needs one.
        self.sudden += [t for t in sample.exits if t not in self.slow and t not in self.sudden]
        self.pooled = pooled_distributions(sample, never=never, worth=worth)

    def fit_from_pooled(self, families: Families) -> Candidate:
        """These families, from the law of all exits together."""
        components, layout = self._components(families)
        start = from_sample(self.sample, components, layout, self.pooled)
        return self._climbed(components, layout, [start], {}, em_steps=8)

    def near(self, known: Candidate, families: Families) -> Candidate:
        """These families, as many behind each exit as in a neighbour, from its parameters."""
        components, layout = self._components(families)
        start = from_neighbour(known, components, layout)
        return self._climbed(components, layout, [start], known.criteria, em_steps=2)

    def split(self, known: Candidate, families: Families, target: str, halves: Sequence[Halves]) -> Candidate:
        """These families, one more behind one exit than in a neighbour: the best from any of `halves`."""
        components, layout = self._components(families)
        starts = [from_halves(known, components, layout, target, pair) for pair in halves]
        return self._climbed(components, layout, starts, known.criteria, em_steps=8)

    def _components(self, families: Families) -> tuple[tuple[Component, ...], Layout]:
        found = []
        for target in self.sample.exits:
            *keys, at_once = component_keys(target, self.sample.places)
            for key, family in zip(keys, families.get(target, ()), strict=False):
                found.append(Component(key=key, to=target, family=family))
            if target in self.sudden:
                key = at_once if target in families else target
                found.append(Component(key=key, to=target, family=""))
        return tuple(found), Layout([c.family for c in found], never=self.never)

    def _climbed(
        self,
        components: tuple[Component, ...],
        layout: Layout,
        starts: Sequence[Floats],
        criteria: dict[str, dict[str, float]],
        *,
        em_steps: int,
    ) -> Candidate:
        """The best of what is reached from each start."""
        terms = self.sample.terms(timed_components(components), at_once_components(components))
        likelihood = Likelihood(layout, terms)
        prior = prior_around(
            layout,
            [self.pooled[c.family].theta if c.family else None for c in components],
            [self._prior_worth(c) for c in components],
            visits=self.worth,
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

    def _prior_worth(self, component: Component) -> float:
        return RARE if self.worth and self.sample.timed(component.to) < RARE_BELOW else self.worth
