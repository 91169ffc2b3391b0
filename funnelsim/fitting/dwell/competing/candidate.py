"""One choice of families for the exits of a stage, fitted.

References
----------
Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small samples.
Biometrika 76, 297-307.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.cure_fraction import CureFraction
from funnelsim.fitting.dwell.competing.stage_fit import (
    Component,
    Families,
    StageFit,
    families_of,
    timed_components,
)
from funnelsim.fitting.dwell.competing.survival import dwell_distribution
from funnelsim.fitting.mle.likelihood import Layout, Likelihood
from funnelsim.fitting.mle.maximise import Maximum, maximise
from funnelsim.fitting.mle.priors import Prior


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One choice of families, fitted.

    Attributes
    ----------
    at : Maximum
        Of one set of weights, R = 1.
    criteria : dict of str to dict of str to float
        As in `StageFit`, by the keys of `components`.
    """

    sample: StageSample
    components: tuple[Component, ...]
    layout: Layout
    likelihood: Likelihood
    prior: Prior
    at: Maximum
    criteria: dict[str, dict[str, float]]

    @property
    def families(self) -> Families:
        return families_of(self.components)

    @property
    def aicc(self) -> float:
        return aicc(float(self.at.log_likelihood[0]), self.layout.free, self.sample.events)

    def refined(self) -> Candidate:
        """The same choice, maximised to full precision."""
        weights = self.sample.weights()
        at = maximise(self.likelihood, self.prior, weights, self.at.parameters, em_steps=0, tolerance=1e-7)
        return replace(self, at=at)

    def stage_fit(self, never: CureFraction) -> StageFit:
        """The result, with components named by their order in time."""
        new_keys = self._keys_by_age()
        criteria = {new_keys[key]: row for key, row in self.criteria.items() if key in new_keys}
        return StageFit(
            sample=self.sample,
            components=tuple(replace(c, key=new_keys[c.key]) for c in self.components),
            layout=self.layout,
            likelihood=self.likelihood,
            prior=self.prior,
            parameters=self.at.parameters[0],
            covariance=self.at.covariance[0],
            log_likelihood=float(self.at.log_likelihood[0]),
            criteria=criteria,
            never=never,
        )

    def _keys_by_age(self) -> dict[str, str]:
        """New key of each component: of several to one target the earliest has the plain name."""
        result = {component.key: component.key for component in self.components}
        for indices in timed_components(self.components).values():
            keys = [self.components[k].key for k in indices]
            distributions = [dwell_distribution(self.layout, self.at.parameters[0], k) for k in indices]
            medians = [
                float(distribution.ppf(0.5)) for distribution in distributions if distribution is not None
            ]
            for key, index in zip(keys, np.argsort(medians), strict=True):
                result[keys[index]] = key
        return result


def aicc(log_likelihood: float, parameters: int, events: int) -> float:
    """Akaike's criterion for small samples: lower is better."""
    room = max(events - parameters - 1, 1)
    return 2 * parameters - 2 * log_likelihood + 2 * parameters * (parameters + 1) / room
