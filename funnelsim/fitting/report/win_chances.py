"""Probability that a lead is eventually won, from each stage."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats
from funnelsim.model.parts import Model


def win_chances(model: Model, draws: pl.DataFrame | None) -> dict[str, Floats]:
    """Probability to be won from each stage, by the absorbing Markov chain of the exits.

    Parameters
    ----------
    draws : DataFrame or None
        R parameter draws, a column a path of the model.

    Returns
    -------
    dict of str to ndarray, shape (1 + R,)
        By stage: of the model, then of each draw.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, theorem 3.3.7.
    """
    stages = list(model.stages)
    index = {key: i for i, key in enumerate(stages)}
    rows = 1 + (draws.height if draws is not None else 0)
    n_exits, wins = np.zeros((rows, len(stages), len(stages))), np.zeros((rows, len(stages)))
    for key, stage in model.stages.items():
        for name, e in stage.exits.items():
            column = f"stages.{key}.exits.{name}.p"
            p = np.full(rows, e.p)
            if draws is not None and column in draws.columns:
                p[1:] = draws[column].to_numpy()
            if e.to in index:
                n_exits[:, index[key], index[e.to]] += p
            elif e.to == "won":
                wins[:, index[key]] += p
    # A closed loop of stages makes the system singular; 1e-12 keeps it solvable, and its leads never win.
    result = np.linalg.solve(np.eye(len(stages)) * (1 + 1e-12) - n_exits, wins[:, :, None])[:, :, 0]
    return {key: np.minimum(result[:, i], 1.0) for key, i in index.items()}
