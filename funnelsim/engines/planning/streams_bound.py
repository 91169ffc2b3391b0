"""More leads than any future can hold, refused before a plan is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from funnelsim.core.errors import ModelError, Problem

#: No future holds more leads, whatever is allowed: not even their arrivals would fit into memory.
MOST_LEADS = 1e9


def refuse_too_many(names: Sequence[str], mass: NDArray[np.float64]) -> None:
    """Refuse streams of more leads than any future can hold.

    Parameters
    ----------
    names : sequence of str
        Paths of the streams.
    mass : ndarray, shape (streams, days)
        Expected leads.

    Raises
    ------
    ModelError
    """
    with np.errstate(over="ignore", invalid="ignore"):
        leads = dict(zip(names, mass.sum(axis=1).tolist(), strict=True))
    problems = [
        Problem(
            path=name,
            message=f"{n:,.3g} leads are expected over the run; a future holds {MOST_LEADS:,.0f} at most",
            hint="lower the rate, growth or campaign",
        )
        for name, n in leads.items()
        if not n <= MOST_LEADS
    ]
    if problems:
        raise ModelError("model", problems)
