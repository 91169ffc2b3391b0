"""Consistency bands: how far an observed share may differ from the true probability by chance alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Probability that a calibrated forecast lies within the band.
BAND = 0.9


def consistency_band(n: int, share: ArrayLike, *, level: float = BAND) -> NDArray[np.int64]:
    """Central range of the number of events at `n` independent origins, given the true probability.

    Parameters
    ----------
    n : int
        Origins. Where they overlap or share their errors the true range is wider.
    share : array_like, shape (...,)
        Chance of the event.
    level : float, default 0.9
        Least probability of the range; each tail beyond it has at most half of the rest.

    Returns
    -------
    ndarray of int, shape (2, ...)
        Fewest and most.

    References
    ----------
    Bröcker, J. and Smith, L. A. (2007). Increasing the reliability of reliability diagrams. Weather and
    Forecasting 22, 651-661, doi:10.1175/WAF993.1 (consistency bars).
    """
    tail = (1 - level) / 2
    chance = np.asarray(share, dtype=float)
    from scipy import stats  # takes a second to import, and most commands do not need it

    return np.stack([stats.binom.ppf(tail, n, chance), stats.binom.isf(tail, n, chance)]).astype(np.int64)
