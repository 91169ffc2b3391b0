"""Absorbing Markov chains: visits per stage and where leads end.

References
----------
Kemeny, J. G. and Snell, J. L. (1976). Finite Markov Chains, theorems 3.2.4, 3.3.3 and 3.3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

#: Stage -> {target: probability}. A place that is not a key absorbs.
Steps = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Chain:
    """Answers for a lead that enters `start`.

    Attributes
    ----------
    visits, visits_variance : dict of str to float
        Mean and variance of the number of visits to each stage.
    ends : dict of str to float
        Probability of each absorbing place.
    """

    visits: dict[str, float]
    visits_variance: dict[str, float]
    ends: dict[str, float]


def absorb(steps: Steps, start: str) -> Chain:
    """Visits N = (I - Q)^-1, their variance N (2 diag(N) - I) - N^2 (squares), absorption N R."""
    stages = list(steps)
    outcomes = sorted({to for exits in steps.values() for to in exits} - set(stages))
    q = np.array([[steps[a].get(b, 0.0) for b in stages] for a in stages])
    r = np.array([[steps[a].get(b, 0.0) for b in outcomes] for a in stages])
    n = np.linalg.inv(np.eye(len(stages)) - q)
    variance = n @ (2 * np.diag(np.diag(n)) - np.eye(len(stages))) - n**2
    row = stages.index(start)
    return Chain(
        visits=dict(zip(stages, n[row].tolist(), strict=True)),
        visits_variance=dict(zip(stages, variance[row].tolist(), strict=True)),
        ends=dict(zip(outcomes, (n @ r)[row].tolist(), strict=True)),
    )


def expected_credit(
    steps: Steps, start: str, *, factor: Mapping[str, float], credit: Mapping[str, float]
) -> float:
    """Expected credit of one lead of amount 1 over its whole life.

    Entering place ``s`` first multiplies the amount by ``factor[s]`` (default 1), then credits
    ``credit[s]`` times it: ``v_s = g_s (c_s + sum over t of p_st v_t)``, a Markov reward with
    multiplicative weights (Howard 1971, Dynamic Probabilistic Systems, vol. 1, section 11.2).
    """
    places = sorted({*steps, *(to for exits in steps.values() for to in exits)})
    p = np.array([[steps.get(a, {}).get(b, 0.0) for b in places] for a in places])
    g = np.diag([factor.get(a, 1.0) for a in places])
    c = np.array([credit.get(a, 0.0) for a in places])
    if max(abs(np.linalg.eigvals(g @ p))) >= 1:
        raise ValueError("the expected credit is infinite: amounts grow faster than leads end")
    return float(np.linalg.solve(np.eye(len(places)) - g @ p, g @ c)[places.index(start)])
