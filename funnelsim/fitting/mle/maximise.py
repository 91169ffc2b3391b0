"""Maximum a posteriori estimates for many sets of weights at once.

Each iteration solves one linear system per draw. The first ones use the curvature of the complete-data
likelihood (one Newton step of EM's M-step, Lange 1995), which ascends from any start; the later ones use the
full Hessian with its eigenvalues made positive, which converges fast near the maximum. Steps are halved until
the penalised likelihood rises.

References
----------
Lange, K. (1995). A gradient algorithm locally equivalent to the EM algorithm. J. R. Statist. Soc. B 57,
425-437.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats
from funnelsim.fitting.mle.likelihood import Curvature, Likelihood
from funnelsim.fitting.mle.priors import Prior, bounds

# Tuned on made-up histories. They affect speed and convergence, not the maximum that is found.
_HALVINGS = 20
_AT_BOUND = 1e-9
_LONGEST_STEP = 2.0
_LEAST_CURVATURE = 1e-6


@dataclass(frozen=True)
class Maximum:
    """The maximum of the penalised likelihood.

    Attributes
    ----------
    parameters : ndarray, shape (R, P)
    log_likelihood : ndarray, shape (R,)
        Without the prior.
    covariance : ndarray, shape (R, P, P)
        Inverse of the negative Hessian; zero for a parameter at its bound.
    converged : ndarray of bool, shape (R,)
    """

    parameters: Floats
    log_likelihood: Floats
    covariance: Floats
    converged: NDArray[np.bool_]

    def row(self, r: int) -> Maximum:
        """The maximum for one set of weights."""
        part = slice(r, r + 1)
        return Maximum(
            self.parameters[part], self.log_likelihood[part], self.covariance[part], self.converged[part]
        )


def maximise(
    likelihood: Likelihood,
    prior: Prior,
    weights: Sequence[Floats],
    start: Floats,
    *,
    em_steps: int = 8,
    most_steps: int = 80,
    tolerance: float = 1e-8,
) -> Maximum:
    """Maximise likelihood times prior.

    Parameters
    ----------
    likelihood : Likelihood
    prior : Prior
    weights : sequence of ndarray, shape (R, B)
        Visits in each bin, one array a term.
    start : ndarray, shape (R, P)
    em_steps : int
        Steps with EM's curvature before the full one.
    tolerance : float
        Stop when a full step promises less than this gain in log-likelihood.
    """
    low, high = bounds(likelihood.layout)
    parameters = np.clip(start, low, high)
    # Of each row at its parameters, whether the row is still active or not.
    curvature = _curvature(likelihood, prior, weights, parameters)
    converged = np.zeros(len(parameters), dtype=bool)
    active = np.arange(len(parameters))
    for step in range(most_steps):
        current = parameters[active]
        here = Curvature(*(part[active] for part in curvature))
        em = step < em_steps
        hessian = here.em_hessian if em else here.hessian
        held = _held(here.gradient, current, low, high)
        direction, gain = _direction(hessian, here.gradient, held)
        # A step of the other parameters may push one across its bound: hold that one as well.
        while (crossing := _held(direction, current, low, high) & ~held).any():
            held |= crossing
            direction, gain = _direction(hessian, here.gradient, held)
        # Rounding limits the precision of a sum of many logs.
        arrived = gain < np.maximum(tolerance, 1e-12 * np.abs(here.value))
        converged[active[arrived]] = True
        remaining = ~arrived
        active = active[remaining]
        if not active.size:
            break
        steps = _upto_bounds(current, direction, low, high)[remaining]
        moved = _line_search(likelihood, prior, weights, (active, parameters, curvature), steps, (low, high))
        active = active[moved | em]
        if not active.size:
            break
    held = _held(curvature.gradient, parameters, low, high)
    return Maximum(
        parameters,
        curvature.value - prior.value(likelihood.layout, parameters),
        _covariance(curvature.hessian, held),
        converged,
    )


def _curvature(
    likelihood: Likelihood, prior: Prior, weights: Sequence[Floats], parameters: Floats
) -> Curvature:
    curvature = likelihood.curvature(parameters, weights)
    prior.add_to(curvature, likelihood.layout, parameters)
    return curvature


def _chosen(prior: Prior, rows: NDArray[np.int64]) -> Prior:
    visits = prior.visits if len(prior.visits) == 1 else prior.visits[rows]
    centre = prior.centre if len(prior.centre) == 1 else prior.centre[rows]
    return Prior(visits, centre, prior.precision)


def _held(push: Floats, parameters: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Active bounds: parameters at a bound whose gradient points outwards."""
    at_low, at_high = parameters <= low + _AT_BOUND, parameters >= high - _AT_BOUND
    return (at_low & (push < 0)) | (at_high & (push > 0))


def _direction(hessian: Floats, gradient: Floats, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Newton's step with every eigenvalue of the curvature made positive, and the gain it promises."""
    values, vectors = _eigen(hessian, held)
    slope = np.where(held, 0.0, gradient)
    along = np.einsum("rij,ri->rj", vectors, slope)
    step = np.where(held, 0.0, np.einsum("rij,rj->ri", vectors, along / values))
    gain = np.sum(slope * step, axis=1) / 2
    longest = np.max(np.abs(step), axis=1, keepdims=True)
    return step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-300)), gain


def _upto_bounds(parameters: Floats, direction: Floats, low: Floats, high: Floats) -> Floats:
    """Shortened so that the first parameter to reach a bound stops there, the others in proportion."""
    room = np.where(direction > 0, high, low) - parameters
    crossing = np.abs(direction) > np.abs(room)
    shares = np.where(crossing, room / np.where(crossing, direction, 1.0), 1.0)
    return np.asarray(direction * np.min(shares, axis=1, keepdims=True))


def _covariance(hessian: Floats, held: NDArray[np.bool_]) -> Floats:
    values, vectors = _eigen(hessian, held)
    covariance = np.einsum("rij,rj,rkj->rik", vectors, 1 / values, vectors)
    return np.where(held[:, :, None] | held[:, None, :], 0.0, covariance)


def _eigen(hessian: Floats, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    identity = np.eye(hessian.shape[1])
    fixed = held[:, :, None] | held[:, None, :]
    values, vectors = np.linalg.eigh(np.where(fixed, identity, -hessian))
    return np.maximum(np.abs(values), _LEAST_CURVATURE), vectors


def _line_search(
    likelihood: Likelihood,
    prior: Prior,
    weights: Sequence[Floats],
    state: tuple[NDArray[np.int64], Floats, Curvature],
    direction: Floats,
    limits: tuple[Floats, Floats],
) -> NDArray[np.bool_]:
    """Backtracking line search: halve the step of each draw until the value rises.

    Parameters
    ----------
    state : tuple of ndarray, ndarray and Curvature
        Rows to search, then parameters and curvature of all rows, which are set to what is found.
    direction : ndarray, shape (rows, P)

    Returns
    -------
    ndarray of bool, shape (rows,)
        Whether the value rose; False leaves a row as it was.
    """
    rows, parameters, curvature = state
    start, moved = parameters[rows], np.zeros(len(rows), dtype=bool)
    searching = np.arange(len(rows))
    size = 1.0
    for _ in range(_HALVINGS):
        tried = np.clip(start[searching] + size * direction[searching], *limits)
        # Most first steps succeed, and the next iteration then needs the curvature as well as the value.
        found = _of_rows(likelihood, prior, weights, rows[searching], tried)
        better = found.value > curvature.value[rows[searching]]
        accepted = searching[better]
        parameters[rows[accepted]] = tried[better]
        for known, new in zip(curvature, found, strict=True):
            known[rows[accepted]] = new[better]
        moved[accepted] = True
        searching = searching[~better]
        if not searching.size:
            break
        size /= 2
    return moved


def _of_rows(
    likelihood: Likelihood,
    prior: Prior,
    weights: Sequence[Floats],
    rows: NDArray[np.int64],
    parameters: Floats,
) -> Curvature:
    """Curvature of some rows at other parameters."""
    chosen = [weight if len(rows) == len(weight) else weight[rows] for weight in weights]
    return _curvature(likelihood, _chosen(prior, rows), chosen, parameters)
