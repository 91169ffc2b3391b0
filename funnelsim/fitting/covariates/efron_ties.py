"""Efron's approximation for tied events in Cox's partial likelihood, for any number of ties.

Of d events at one time, the j-th (from 0) is one out of those at risk less j/d of all events of that time:
the weight A - j M/d, with A the weight at risk and M that of the events. Sums over j are differences of gamma
functions and their derivatives at x = d A/M, so a day with a thousand events costs no more than one with two.

References
----------
Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. JASA 72, 557-565. Hertz-
Picciotto, I. and Rockhill, B. (1997). Validity and efficiency of approximation methods for tied survival
times in Cox regression. Biometrics 53, 1151-1156.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, psi, zeta

from funnelsim.core.arrays import Floats


class Ties(NamedTuple):
    """Sums over the events j of each time, shape (T,) each, with L_j = A - j M/d.

    Attributes
    ----------
    log : of log L_j
    one, one_u : of 1 / L_j and (j/d) / L_j
    two, two_u, two_uu : of 1 / L_j^2, (j/d) / L_j^2 and (j/d)^2 / L_j^2
    """

    log: Floats
    one: Floats
    one_u: Floats
    two: Floats
    two_u: Floats
    two_uu: Floats


def efron(at_risk: Floats, event_weight: Floats, n_events: Floats) -> Ties:
    """Sums for times with these weights.

    Parameters
    ----------
    at_risk, event_weight : ndarray, shape (T,)
        Weight of all at risk, and of those with the event; both positive.
    n_events : ndarray, shape (T,)
        Number of events, at least one.
    """
    step = event_weight / n_events
    left = np.maximum(at_risk / step - n_events, 0.0)
    high, low = left + n_events + 1, left + 1
    one = (psi(high) - psi(low)) / step
    one_u = (at_risk * one - n_events) / event_weight
    two = (zeta(2, low) - zeta(2, high)) / step**2
    two_u = (at_risk * two - one) / event_weight
    return Ties(
        log=n_events * np.log(step) + gammaln(high) - gammaln(low),
        one=one,
        one_u=one_u,
        two=two,
        two_u=two_u,
        two_uu=(at_risk * two_u - one_u) / event_weight,
    )
