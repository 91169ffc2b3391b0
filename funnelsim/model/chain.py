"""The stages of a model as an absorbing Markov chain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from funnelsim.model.parts import Model

Floats = NDArray[np.float64]


def moves(model: Model) -> Floats:
    """Probabilities from stage to stage, shape ``(S, S)``."""
    order = list(model.stages)
    found = np.zeros((len(order), len(order)))
    for row, stage in enumerate(model.stages.values()):
        for e in stage.exits.values():
            if e.to in model.stages:
                found[row, order.index(e.to)] += e.p
    return found


def fundamental(moves: Floats) -> Floats:
    """Visits of each stage by a lead that is in each stage, shape ``(S, S)``; infinite where none leaves.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3: N = (I - Q)^-1.
    """
    try:
        return np.asarray(np.linalg.inv(np.eye(len(moves)) - moves))
    except np.linalg.LinAlgError:
        return np.full(moves.shape, np.inf)


def entry_shares(model: Model, enters: Mapping[str, float]) -> Floats:
    """Shares of the leads of a source by the stage that they enter, shape ``(S,)``."""
    return np.array([enters.get(key, 0.0) for key in model.stages])
