"""Survival function and quantiles of the dwell in a stage."""

from __future__ import annotations

import math

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions import Distribution
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.mle.likelihood import Layout


def dwell_distribution(layout: Layout, parameters: Floats, k: int) -> Distribution | None:
    """Distribution of the dwell of component k, in days; None for an instant exit.

    Parameters
    ----------
    parameters : ndarray, shape (P,)
        As in `Layout`.
    """
    family = layout.families[k]
    return FIT_FAMILIES[family].from_theta(parameters[list(layout.indices[k])]) if family else None


def survival(layout: Layout, parameters: Floats, days: float) -> float:
    """Survival function: probability to stay longer than so many days; `parameters` of shape (P,)."""
    p = np.exp(layout.log_p(parameters[None, :]))[0]
    total = float(p[-1]) if layout.never else 0.0
    for k in range(len(layout.families)):
        distribution = dwell_distribution(layout, parameters, k)
        total += float(p[k] * distribution.sf(days)) if distribution is not None else 0.0
    return total


def dwell_quantile(layout: Layout, parameters: Floats, share: float) -> float:
    """Quantile of the dwell, in days, of visits that end at all; `parameters` of shape (P,)."""
    never = float(np.exp(layout.log_p(parameters[None, :]))[0, -1]) if layout.never else 0.0
    target = never + (1 - never) * (1 - share)
    low, high = math.log(1e-4), math.log(1e6)
    for _ in range(60):
        middle = (low + high) / 2
        if survival(layout, parameters, math.exp(middle)) > target:
            low = middle
        else:
            high = middle
    return math.exp(high)
