"""Weak priors and bounds of the parameters of a stage.

* Probabilities: a Dirichlet prior worth one visit, spread evenly over the exits.
* Dwell distributions: normal on the logs of the parameters, centred on the distribution of all exits of the
  stage together. The weight is that of so many observed exits: `ORDINARY` for most, `RARE` for an exit that
  was observed too seldom for its own times to say much.
* Bounds keep every distribution within what a simulation can draw from. Beyond them, so much of the mean lies
  in extremely rare cases that no simulated sample would show it.

In a bootstrap draw the prior is drawn as well (its centre from itself, its counts with exponential weights).
So with few data the draws are as wide as the prior, and not narrower.

References
----------
Bardsley, J. M. et al. (2014). Randomize-then-optimize. SIAM J. Sci. Comput. 36, A1895-A1910.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.mle.likelihood import Curvature, Layout

#: Weight of the prior of a distribution, in observed exits. Chosen by recovery tests: with less weight an
#: exit with a handful of events runs into the bounds, with more it cannot leave the pooled distribution.
ORDINARY, RARE = 1.0, 8.0
#: Exits with fewer observed events than this are rare.
RARE_BELOW = 8
#: Weight of the Dirichlet prior in visits, over all exits of a stage.
PROBABILITY_VISITS = 1.0

#: Information that one observed time holds about the log of each parameter, in units of 1 / variance, for
#: a distribution as wide as an exponential; the order is that of the family.
_INFORMATION = {
    "exponential": (1.0,),
    "weibull": (1.8, 1.0),
    "gamma": (0.6, 1.0),
    "lognormal": (1.0, 2.0),
    "loglogistic": (1.0, 1.4),
}
_LOGIT_BOUND = 30.0
_SCALE_BOUNDS = (math.log(1e-6), math.log(1e7))
#: Bounds of shape parameters. Wide end: a loglogistic of shape 1.5, a lognormal of sigma 2.5 and a Weibull of
#: shape 0.25 have less than 0.1 % of their mean beyond probability 2**-33. Narrow end: times within 5 %.
_SHAPE_BOUNDS = {
    ("weibull", "shape"): (0.25, 25.0),
    ("gamma", "shape"): (0.1, 400.0),
    ("lognormal", "sigma"): (0.05, 2.5),
    ("loglogistic", "shape"): (1.5, 35.0),
}


@dataclass(frozen=True)
class Prior:
    """Log prior of a stage's parameters.

    Attributes
    ----------
    visits : ndarray, shape (R or 1, J)
        Pseudo-counts of each component.
    centre : ndarray, shape (R or 1, P)
        Of the logs of the distributions' parameters; unused for logits.
    precision : ndarray, shape (P,)
        0 for logits.
    """

    visits: Floats
    centre: Floats
    precision: Floats

    def value(self, layout: Layout, parameters: Floats) -> Floats:
        """Log prior but for a constant, shape (R,); one direction of the logits is held at sum 0."""
        return self._value(layout, parameters, layout.log_p(parameters))

    def _value(self, layout: Layout, parameters: Floats, log_p: Floats) -> Floats:
        distance = parameters - self.centre
        gauge = parameters[:, : layout.logits].sum(axis=1)
        return np.asarray(
            np.sum(self.visits * log_p, axis=1)
            - np.sum(self.precision * distance**2, axis=1) / 2
            - gauge**2 / 2
        )

    def add_to(self, curvature: Curvature, layout: Layout, parameters: Floats) -> None:
        """Adds value and derivatives to those of the likelihood."""
        log_p = layout.log_p(parameters)
        curvature.value[:] += self._value(layout, parameters, log_p)
        curvature.gradient[:] -= self.precision * (parameters - self.centre)
        p = np.exp(log_p)
        visits = np.broadcast_to(self.visits, p.shape)
        total = visits.sum(axis=1)
        gauge = parameters[:, : layout.logits].sum(axis=1)
        curvature.gradient[:, : layout.logits] += visits - total[:, None] * p - gauge[:, None]
        bend = (
            total[:, None, None] * (p[:, :, None] * p[:, None, :] - p[:, :, None] * np.eye(layout.logits))
            - 1.0
        )
        diagonal = np.arange(layout.size)
        for hessian in (curvature.hessian, curvature.em_hessian):
            hessian[:, : layout.logits, : layout.logits] += bend
            hessian[:, diagonal, diagonal] -= self.precision

    def draw(self, layout: Layout, draws: int, rng: np.random.Generator) -> Prior:
        """The prior of each of `draws` bootstrap draws."""
        visits = self.visits * rng.standard_exponential((draws, layout.logits))
        spread = np.where(self.precision > 0, 1 / np.sqrt(np.where(self.precision > 0, self.precision, 1)), 0)
        centre = self.centre + spread * rng.standard_normal((draws, layout.size))
        low, high = bounds(layout)
        return Prior(visits, np.clip(centre, low, high), self.precision)


def prior_around(
    layout: Layout,
    centres: Sequence[Floats | None],
    prior_weights: Sequence[float],
    *,
    visits: float = PROBABILITY_VISITS,
) -> Prior:
    """A prior for a stage.

    Parameters
    ----------
    layout : Layout
    centres : sequence of ndarray or None
        ``theta`` of the distribution around which each component's prior lies; None for a component without a
        distribution.
    prior_weights : sequence of float
        Weight of each component's prior, in observed exits; 0 for none.
    visits : float
        Pseudo-counts over all components.
    """
    centre, precision = np.zeros(layout.size), np.zeros(layout.size)
    for indices, name, theta, weight in zip(
        layout.indices, layout.families, centres, prior_weights, strict=True
    ):
        if theta is None:
            continue
        centre[list(indices)] = theta
        precision[list(indices)] = weight * information(name, theta)
    pseudo = np.full((1, layout.logits), visits / layout.logits)
    return Prior(pseudo, centre[None, :], precision)


def information(family: str, theta: Floats) -> Floats:
    """Fisher information of one observed time about each log parameter; more where the distribution is
    narrow.
    """
    precision = np.array(_INFORMATION[family])
    names = FIT_FAMILIES[family].parameters
    if family in ("weibull", "loglogistic"):
        precision[names.index("scale" if family == "weibull" else "median")] *= math.exp(
            2 * theta[names.index("shape")]
        )
    elif family == "lognormal":
        precision[0] *= math.exp(-2 * theta[1])
    elif family == "gamma":
        precision[1] *= math.exp(theta[0])
    return precision


def bounds(layout: Layout) -> tuple[Floats, Floats]:
    """Lowest and highest values of the parameters, shape (P,) each."""
    low, high = np.full(layout.size, -_LOGIT_BOUND), np.full(layout.size, _LOGIT_BOUND)
    for indices, family in zip(layout.indices, layout.families, strict=True):
        if family:
            for index, name in zip(indices, FIT_FAMILIES[family].parameters, strict=True):
                shape = _SHAPE_BOUNDS.get((family, name))
                low[index], high[index] = np.log(shape) if shape else _SCALE_BOUNDS
    return low, high
