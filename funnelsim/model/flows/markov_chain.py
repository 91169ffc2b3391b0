"""The stages of a model as an absorbing Markov chain.

Large models are solved as a sparse system, as each stage has only a few exits.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.model.parts import Model

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

    Matrix: TypeAlias = NDArray[np.float64] | csr_array

#: Up to this many stages, matrices are dense: importing scipy.sparse would take longer than the solution.
_FEW_STAGES = 30


def moves(model: Model, *, ends_at: str | None = None) -> Matrix:
    """Transition probabilities between stages, shape ``(S, S)``; 0 into and out of the stage `ends_at`."""
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


def sparse(values: Sequence[float], rows: Sequence[int], columns: Sequence[int], size: int) -> Matrix:
    """A square sparse matrix from its entries; duplicate entries are summed."""
    if size <= _FEW_STAGES:
        dense = np.zeros((size, size))
        np.add.at(dense, (np.array(rows, np.int64), np.array(columns, np.int64)), values)
        return dense
    from scipy.sparse import csr_array

    entries = (np.array(values, np.float64), (np.array(rows, np.int32), np.array(columns, np.int32)))
    return csr_array(entries, shape=(size, size))


def visits(moves: Matrix, entries: Floats) -> Floats:
    """Expected visits of each stage for given entries, shape ``(S,)``; infinite if leads never leave.

    References
    ----------
    Kemeny, J. G. and Snell, J. L. (1960). Finite Markov Chains, chapter 3: N = (I - Q)^-1.
    """
    found = solved(moves.T, entries)
    return np.full(len(entries), np.inf) if found is None else found


def solved(moves: Matrix | csc_array, known: Floats) -> Floats | None:
    """``x = known + moves x``; None if it has no solution."""
    if not known.any():
        return np.zeros(len(known))
    found = _solved_dense(moves, known) if isinstance(moves, np.ndarray) else _solved_sparse(moves, known)
    return found if np.isfinite(found).all() else None


def _solved_dense(moves: Floats, known: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(np.eye(len(known)) - moves, known))
    except np.linalg.LinAlgError:
        return np.full(len(known), np.nan)


def _solved_sparse(moves: csr_array | csc_array, known: Floats) -> Floats:
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import MatrixRankWarning, spsolve

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatrixRankWarning)
        found = spsolve((eye_array(len(known)) - moves).tocsc(), known)
    return np.asarray(np.atleast_1d(found), np.float64)


def entry_shares(model: Model, enters: Mapping[str, float]) -> Floats:
    """Shares of the leads of a source by the stage that they enter, shape ``(S,)``."""
    return np.array([enters.get(key, 0.0) for key in model.stages])
