"""Amounts of the deals each rep wins: the rep's factor on the mean amount, with credibility.

The mean amount of rep ``k`` is ``f_k`` times the mean of all, ``f_k`` varies between reps with variance
``between``, and the mean of ``n_k`` deals varies by chance with ``within / n_k``. The best linear estimate
of ``f_k`` gives the rep's own mean the weight ``n_k / (n_k + within / between)``.

References
----------
Buehlmann, H. and Straub, E. (1970). Glaubwuerdigkeit fuer Schadensaetze. Bulletin of the Swiss Association
of Actuaries 70, 111-133.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class DealSizes:
    """Amounts of won deals.

    Attributes
    ----------
    mean : float
        Mean amount of a deal won by an average rep.
    factor, factor_sd : ndarray, shape (K,)
        Estimated factor of each rep on that mean, and what it may be off by.
    between_sd : float
        Standard deviation of the factor between reps.
    shape : ndarray, shape (N,)
        Amounts of all won deals, each divided by its rep's factor, so that all have one distribution; sorted.
    scale : ndarray, shape (B,)
        Mean of the amounts under each weighting of the reps, divided by `mean`.
    """

    mean: float
    factor: Floats
    factor_sd: Floats
    between_sd: float
    shape: Floats
    scale: Floats


def deal_sizes(amounts: Sequence[Floats], weights: Floats) -> DealSizes | None:
    """Estimate the factors; None if no won deal has an amount.

    Parameters
    ----------
    amounts : sequence of ndarray
        Amounts of the deals won by each of ``K`` reps; may be empty.
    weights : ndarray, shape (B, K)
        Bootstrap weights of the reps.
    """
    n = np.array([len(own) for own in amounts], dtype=np.float64)
    if n.sum() == 0:
        return None
    sums = np.array([float(own.sum()) for own in amounts])
    overall = sums.sum() / n.sum()
    ratio = np.divide(sums / overall, n, out=np.ones_like(n), where=n > 0)
    within, between = _components(amounts, n, ratio, overall)
    credibility = n * between / (n * between + within) if within + between > 0 else np.zeros_like(n)
    factor = np.maximum(1 + credibility * (ratio - 1), 0.05)
    scaled = [own / f for own, f in zip(amounts, factor, strict=True)]
    shape = np.sort(np.concatenate(scaled))
    scaled_sums = np.array([float(own.sum()) for own in scaled])
    scale = (weights @ scaled_sums) / np.maximum(weights @ n, 1e-300) / shape.mean()
    return DealSizes(
        mean=float(shape.mean()),
        factor=factor,
        factor_sd=np.sqrt(between * (1 - credibility)),
        between_sd=float(np.sqrt(between)),
        shape=shape,
        scale=np.where(scale > 0, scale, 1.0),
    )


def _components(amounts: Sequence[Floats], n: Floats, ratio: Floats, overall: float) -> tuple[float, float]:
    """Variance within reps and of means between them, relative to the mean, from a one-way layout."""
    kept = n > 0
    reps, total = int(kept.sum()), n.sum()
    squares = sum(float(((own / overall - m) ** 2).sum()) for own, m in zip(amounts, ratio, strict=True))
    within = squares / (total - reps) if total > reps else 0.0
    if reps < 2:
        return within, 0.0
    spread = float((n * (ratio - 1) ** 2).sum())
    between = (spread - (reps - 1) * within) / (total - (n**2).sum() / total)
    return within, max(0.0, between)
