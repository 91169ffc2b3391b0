"""The stages of a model as an absorbing Markov chain.

Solved as a sparse system: a stage has a few exits, whatever the number of stages.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.model.parts import Model

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]


def moves(model: Model, *, ends_at: str | None = None) -> csr_array:
    """Probabilities from stage to stage, shape ``(S, S)``; none into or out of the stage `ends_at`."""
    place = {key: n for n, key in enumerate(model.stages)}
    found = [
        (e.p, place[key], place[e.to])
        for key, stage in model.stages.items()
        if key != ends_at
        for e in stage.exits.values()
        if e.to in place and e.to != ends_at
    ]
    p, rows, columns = zip(*found, strict=True) if found else ((), (), ())
    return sparse(p, rows, columns, len(place))


def sparse(values: Sequence[float], rows: Sequence[int], columns: Sequence[int], size: int) -> csr_array:
    """A square matrix from its entries; those of one place add up."""
    from scipy.sparse import csr_array

    entries = (np.array(values, np.float64), (np.array(rows, np.int32), np.array(columns, np.int32)))
    return csr_array(entries, shape=(size, size))


def visits(moves: csr_array, entries: Floats) -> Floats:
    """Visits of each stage for so many entries into each, shape ``(S,)``; infinite where none leaves.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3: N = (I - Q)^-1.
    """
    found = solved(moves.T, entries)
    return np.full(len(entries), np.inf) if found is None else found


def solved(moves: Any, known: Floats) -> Floats | None:
    """``x = known + moves x``; None where it has no solution."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import MatrixRankWarning, spsolve

    if not known.any():
        return np.zeros(len(known))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatrixRankWarning)
        found = np.atleast_1d(spsolve((eye_array(len(known)) - moves).tocsc(), known))
    return np.asarray(found, np.float64) if np.isfinite(found).all() else None


def entry_shares(model: Model, enters: Mapping[str, float]) -> Floats:
    """Shares of the leads of a source by the stage that they enter, shape ``(S,)``."""
    return np.array([enters.get(key, 0.0) for key in model.stages])
