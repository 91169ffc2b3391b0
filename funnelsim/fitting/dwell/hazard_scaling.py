"""Scaling of hazards: the parameters of a stage after the hazard of each exit is multiplied by a factor.

The factors change both where leads go and when. With distributions ``F_k`` and probabilities ``p_k`` the
hazard of exit k is ``h_k = p_k f_k / S``. With factors ``c_k`` the new survival is ``S' = exp(-sum_k c_k
H_k)`` and the new share of exit k is the integral of ``c_k h_k S'`` (Kalbfleisch and Prentice 2002, section
8.2). Each distribution keeps its family and shape; its scale moves so that the mean of the log time is right.
"""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions import Distribution
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.dwell.competing.stage_fit import Component
from funnelsim.fitting.mle.likelihood import Layout

#: Times at which hazards are scaled: quantiles of each distribution, and of its late tail.
_QUANTILES = np.linspace(0, 1, 62)[1:-1]
_TAIL = np.array([1e-3, 1e-4, 1e-5, 1e-7])
_SCALES = ("median", "scale", "mean")
#: Factors are estimated from exits that take time. Where fewer than this share of a target's exits do, the
#: factor is not applied to its instant exits.
_TIMED_SHARE = 0.1


def scale_hazards(
    layout: Layout, components: tuple[Component, ...], parameters: Floats, log_factors: dict[str, Floats]
) -> Floats:
    """Parameters after the hazards of some targets are multiplied.

    Parameters
    ----------
    parameters : ndarray, shape (R, P)
        As in `Layout`.
    log_factors : dict of str to ndarray, shape (R,)
        Log of the factor by target.

    Returns
    -------
    ndarray, shape (R, P)
    """
    if not any(np.any(value) for value in log_factors.values()):
        return parameters
    scaled = parameters.copy()
    for r in range(len(parameters)):
        factors = np.array(
            [float(np.exp(log_factors[c.to][r])) if c.to in log_factors else 1.0 for c in components]
        )
        scaled[r] = _scale_one(layout, components, parameters[r], factors)
    return scaled


def _scale_one(
    layout: Layout, components: tuple[Component, ...], parameters: Floats, factors: Floats
) -> Floats:
    p = np.exp(layout.log_p(parameters[None, :]))[0]
    timed = [k for k, c in enumerate(components) if c.family]
    distributions = {
        k: FIT_FAMILIES[components[k].family].from_theta(parameters[list(layout.indices[k])]) for k in timed
    }
    new_p = p.copy()
    at_once = [k for k in range(len(components)) if k not in timed]
    for k in at_once:
        same = [j for j in timed if components[j].to == components[k].to]
        is_representative = not same or p[same].sum() >= _TIMED_SHARE * (p[same].sum() + p[k])
        new_p[k] = p[k] * factors[k] if is_representative else p[k]
    gone = p[at_once].sum()
    new_gone = new_p[at_once].sum() / max(1 - gone + new_p[at_once].sum(), 1e-12)
    if at_once:
        new_p[at_once] *= new_gone / max(new_p[at_once].sum(), 1e-12)
    shift = np.zeros(len(components))
    if timed:
        shares, shift[timed], never = _competing(
            [distributions[k] for k in timed], p[timed] / (1 - gone), factors[timed]
        )
        new_p[timed] = shares * (1 - new_gone)
        if layout.never:
            new_p[-1] = never * (1 - new_gone)
    scaled = parameters.copy()
    logits = np.log(np.maximum(new_p, 1e-12))
    scaled[: layout.logits] = logits - logits.mean()
    for k in timed:
        names = FIT_FAMILIES[components[k].family].parameters
        index = next(index for index, name in zip(layout.indices[k], names, strict=True) if name in _SCALES)
        scaled[index] += shift[k]
    return scaled


def _competing(distributions: list[Distribution], p: Floats, factors: Floats) -> tuple[Floats, Floats, float]:
    """New shares, shifts of the mean log time, and the new cure fraction."""
    edges = np.unique(
        np.concatenate(
            [
                [0.0],
                *(distribution.ppf(_QUANTILES) for distribution in distributions),
                *(distribution.isf(_TAIL) for distribution in distributions),
            ]
        )
    )
    cdf = np.stack([distribution.cdf(edges) for distribution in distributions])
    leaving = p[:, None] * np.diff(cdf, axis=1)
    survival = 1 - np.concatenate([[0.0], np.cumsum(leaving.sum(axis=0))])
    hazard = leaving / np.maximum((survival[:-1] + survival[1:]) / 2, 1e-15)
    grown = np.concatenate([[0.0], np.cumsum((factors[:, None] * hazard).sum(axis=0))])
    still = np.exp(-grown)
    total = (factors[:, None] * hazard).sum(axis=0)
    ending = -np.diff(still)
    left = np.where(total > 0, factors[:, None] * hazard / np.maximum(total, 1e-300), 0.0) * ending
    shares = left.sum(axis=1)
    logs = np.log(np.maximum((edges[:-1] + edges[1:]) / 2, 1e-9))
    before = (leaving @ logs) / np.maximum(leaving.sum(axis=1), 1e-300)
    after = (left @ logs) / np.maximum(shares, 1e-300)
    never = float(still[-1]) if 1 - p.sum() > 1e-9 else 0.0
    return shares / (shares.sum() + never), after - before, never / (shares.sum() + never)
