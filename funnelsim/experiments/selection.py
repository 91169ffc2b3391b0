"""Indifference-zone procedures: select the best alternative, or decide whether one meets a requirement.

Both look at more observations until what is left to chance is small enough, and stop early where the answer
is clear. They assume observations that are about normal, such as means over batches of replications.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import FunnelSimError

#: ``observe(k, n)``: the first `n` observations or more of alternative `k`, shape (>= n,). Observation r of
#: one alternative may depend on observation r of another (common random numbers), not on earlier ones.
Observe = Callable[[int, int], Floats]

#: Observations taken of each alternative before the first comparison.
FIRST_STAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The alternative chosen as the best.

    Attributes
    ----------
    best : int
    means : tuple of float
        Of all observations taken of each alternative.
    observations : tuple of int
        Taken of each alternative.
    complete : bool
        False if the largest number of observations came first: the guarantee does not hold.
    needed : int
        Observations after which it would be complete for certain, if `FIRST_STAGE` or more came first.
    """

    best: int
    means: tuple[float, ...]
    observations: tuple[int, ...]
    complete: bool
    needed: int


def select_best(
    observe: Observe,
    alternatives: int,
    *,
    indifference: float,
    confidence: float = 0.95,
    first: int = FIRST_STAGE,
    most: int | None = None,
) -> Selected:
    """Select the alternative with the largest mean.

    If the best mean exceeds all others by at least `indifference`, it is selected with probability of at
    least `confidence`; else the mean of the selected one is within `indifference` of the best with about that
    probability. Alternatives that fall behind are dropped early; common random numbers make that earlier.

    Parameters
    ----------
    observe : callable
        See `Observe`.
    alternatives : int
        How many there are, ``k``.
    indifference : float
        The smallest difference worth detecting, above 0.
    confidence : float, default 0.95
        Between 1 / k and 1.
    first : int, default 20
        Observations before the first comparison.
    most : int, optional
        Largest number of observations of each alternative.

    Raises
    ------
    FunnelSimError
        If there is no alternative, or an argument lies outside its range.

    References
    ----------
    Kim, S.-H. and Nelson, B. L. (2001). A fully sequential procedure for indifference-zone selection in
    simulation. ACM Transactions on Modeling and Computer Simulation 11, 251-273 (procedure KN, c = 1).
    """
    _check(indifference, confidence, first)
    if alternatives < 1:
        raise FunnelSimError("there is nothing to select from")
    if alternatives == 1:
        found = observe(0, first)[:first]
        return Selected(
            best=0, means=(float(found.mean()),), observations=(first,), complete=True, needed=first
        )
    each = (1 - confidence) / (alternatives - 1)
    h2 = _h_squared(each, first)
    start = np.stack([observe(k, first)[:first] for k in range(alternatives)])
    variances = np.var(start[:, None, :] - start[None, :, :], axis=2, ddof=1)
    kept, r = list(range(alternatives)), first
    sums = start.sum(axis=1)
    taken = [first] * alternatives
    while True:
        held = [k for k in kept if not any(_behind(k, j, sums, variances, h2, indifference, r) for j in kept)]
        kept = held or [max(kept, key=lambda k: sums[k])]
        finished = len(kept) == 1 or (most is not None and r >= most)
        if finished:
            break
        r += 1
        for k in kept:
            sums[k] += observe(k, r)[r - 1]
            taken[k] = r
    best = max(kept, key=lambda k: sums[k])
    means = tuple(float(total / n) for total, n in zip(sums, taken, strict=True))
    needed = _needed(each, first, float(variances.max()), indifference)
    return Selected(best=best, means=means, observations=tuple(taken), complete=len(kept) == 1, needed=needed)


def _behind(k: int, j: int, sums: Floats, variances: Floats, h2: float, indifference: float, r: int) -> bool:
    """Whether alternative `k` is so far behind `j` after `r` observations that it is dropped."""
    if k == j:
        return False
    width = max(h2 * variances[k, j] / indifference - indifference * r, 0.0) / 2
    behind = sums[j] - sums[k]
    # At width 0 the one with the larger mean stays; of two equal ones, the first.
    return bool(behind > width or (width == 0 and behind == 0 and j < k))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Whether an alternative meets a requirement.

    Attributes
    ----------
    meets : bool
    mean : float
    observations : int
    complete : bool
        False if the largest number of observations came first; `meets` then compares the mean only.
    needed : int
        Observations after which it would be complete for certain, if `FIRST_STAGE` or more came first.
    """

    meets: bool
    mean: float
    observations: int
    complete: bool
    needed: int


def meets_requirement(
    observe: Callable[[int], Floats],
    required: float,
    *,
    indifference: float,
    confidence: float = 0.95,
    first: int = FIRST_STAGE,
    most: int | None = None,
) -> Decided:
    """Decide whether the mean of an alternative is at least `required`.

    With a mean of at least ``required + indifference`` the answer is yes, and with at most
    ``required - indifference`` no, each with probability of at least `confidence`; in between either answer
    may come. This is KN with a standard whose mean is known in the place of the second alternative.

    Parameters
    ----------
    observe : callable
        ``observe(n)``: the first `n` observations or more, shape (>= n,), independent.
    required, indifference : float
    confidence : float, default 0.95
        Above one half.
    first, most : int
        As for `select_best`.

    References
    ----------
    Andradottir, S. and Kim, S.-H. (2010). Fully sequential procedures for comparing constrained systems via
    simulation. Naval Research Logistics 57, 403-421 (feasibility check, c = 1).
    """
    _check(indifference, confidence, first)
    h2 = _h_squared(1 - confidence, first)
    found = observe(first)
    variance = float(np.var(found[:first], ddof=1))
    needed = _needed(1 - confidence, first, variance, indifference)
    r, total = first, float((found[:first] - required).sum())
    while abs(total) < max(h2 * variance / indifference - indifference * r, 0.0) / 2:
        if most is not None and r >= most:
            return Decided(
                meets=total >= 0, mean=required + total / r, observations=r, complete=False, needed=needed
            )
        r += 1
        total += float(observe(r)[r - 1]) - required
    return Decided(meets=total >= 0, mean=required + total / r, observations=r, complete=True, needed=needed)


def _h_squared(error: float, first: int) -> float:
    """``h^2 = 2 c eta (n0 - 1)`` with c = 1, for a probability `error` to lose one comparison."""
    eta: float = ((2 * error) ** (-2 / (first - 1)) - 1) / 2
    return 2 * eta * (first - 1)


def _needed(error: float, first: int, variance: float, indifference: float) -> int:
    """Observations after which a comparison ends for certain, begun with `FIRST_STAGE` of them at least."""
    h2 = _h_squared(error, max(first, FIRST_STAGE))
    return max(first, math.ceil(h2 * variance / indifference**2))


def _check(indifference: float, confidence: float, first: int) -> None:
    if not (indifference > 0 and math.isfinite(indifference)):
        raise FunnelSimError(f"the indifference must be above 0, found {indifference:g}")
    if first < 2:
        raise FunnelSimError(f"a selection needs 2 futures of each alternative at least, found {first}")
    if not 0.5 < confidence < 1:
        raise FunnelSimError(f"the confidence of a selection lies between 0.5 and 1, found {confidence:g}")


def batch_means(values: Floats, size: int) -> Floats:
    """Means of consecutive batches of `size` values; an incomplete batch at the end is left out.

    NaN (undefined in a replication) is left out of its batch; a batch without any value is NaN.
    """
    batches = values[: len(values) // size * size].reshape(-1, size)
    defined = ~np.isnan(batches)
    counts = defined.sum(axis=1)
    sums = np.where(defined, batches, 0.0).sum(axis=1)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), np.float64)


def shared_confidence(confidence: float, decisions: int) -> float:
    """Confidence of each of some decisions, so that all are right with `confidence` (Bonferroni)."""
    return 1 - (1 - confidence) / max(decisions, 1)
