"""The pooled distribution of all exits of a stage: start of each exit's fit, and centre of its prior."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.dwell.censoring import StageSample
from funnelsim.fitting.dwell.competing.candidate import aicc
from funnelsim.fitting.mle.likelihood import Layout, Likelihood
from funnelsim.fitting.mle.maximise import maximise
from funnelsim.fitting.mle.priors import prior_around

#: Prior weight of a plain maximum likelihood fit: enough to keep a fit to a few times finite.
_LEAST_PRIOR_WEIGHT = 1e-3
#: Shape parameter that makes a distribution as wide as an exponential: its index among the family's, and its
#: value.
_ORDINARY_SHAPES = {"weibull": (0, 1.0), "gamma": (0, 1.0), "lognormal": (1, 1.0), "loglogistic": (1, 1.7)}


class PooledDistribution(NamedTuple):
    """One distribution for all exits: ``theta``, shape (P_k,), and its AICc."""

    theta: Floats
    aicc: float


def pooled_distributions(
    sample: StageSample, *, never: bool, prior_weight: float
) -> dict[str, PooledDistribution]:
    """The distribution of all exits together in each family.

    Parameters
    ----------
    sample : StageSample
    never : bool
        Whether the stage has a cure fraction.
    prior_weight : float
        Weight of the prior in observed exits.
    """
    timed = sample.ended & (sample.dwell > 0)
    days = sample.dwell[timed] if timed.any() else np.array([1.0])
    prior_weight = max(prior_weight, _LEAST_PRIOR_WEIGHT)
    weights = sample.weights()
    result = {}
    for name, family in FIT_FAMILIES.items():
        layout = Layout([name], never=never)
        likelihood = Likelihood(layout, sample.terms(dict.fromkeys(sample.exits, (0,)), {}))
        first = family.start(np.maximum(days, 1 / 24))
        prior = prior_around(layout, [_of_ordinary_shape(name, first)], [prior_weight], visits=prior_weight)
        start = np.zeros((1, layout.size))
        start[0, layout.logits :] = first
        at = maximise(likelihood, prior, weights, start, tolerance=1e-6)
        result[name] = PooledDistribution(
            at.parameters[0, layout.logits :],
            aicc(float(at.log_likelihood[0]), layout.free, sample.events),
        )
    return result


def _of_ordinary_shape(family: str, theta: Floats) -> Floats:
    """The centre of the distribution with the spread of an exponential."""
    centre = theta.copy()
    if family in _ORDINARY_SHAPES:
        index, shape = _ORDINARY_SHAPES[family]
        centre[index] = math.log(shape)
        if family == "gamma":
            centre[1] = theta[0] + theta[1]
    return centre
