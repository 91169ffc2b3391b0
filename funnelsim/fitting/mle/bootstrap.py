"""Weights of the parameter draws: the Bayesian bootstrap over deals.

Each draw gives every deal an exponential weight and refits the whole model. So all parameters that depend on
the same deals (exits of several stages, amounts) vary together. Deals of one account share a weight, because
they are not independent observations.

References
----------
Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9, 130-134.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from funnelsim.core.arrays import Floats

#: With fewer accounts than this, deals are weighted one by one: a bootstrap over a few clusters
#: underestimates the variance. 20 is a rule of thumb.
FEWEST_ACCOUNTS = 20
#: Random streams of the draws, ``[seed, draws, stream, index]``: each part of a model has its own, so that
#: adding one part leaves the draws of the others unchanged.
STAGES, SOURCES, AMOUNT_LEVEL, SEGMENTS, SEGMENT_AMOUNTS, PLANS = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """The clusters of the bootstrap: deals that share a weight.

    Attributes
    ----------
    of_deal : ndarray of int, shape (D,)
    number : int
    unit : {"deal", "account"}
    """

    of_deal: NDArray[np.int64]
    number: int
    unit: Literal["deal", "account"]


def clusters_of(deals: pl.DataFrame) -> Clusters:
    """Accounts where they are known and hold several deals each, else the deals themselves."""
    accounts = deals["account"]
    known = accounts.drop_nulls()
    if known.n_unique() >= FEWEST_ACCOUNTS and known.n_unique() < len(known):
        own = pl.Series([f"deal {row}" for row in range(len(accounts))], dtype=pl.String)
        label = pl.select(pl.coalesce(pl.lit("account ") + accounts, own)).to_series()
        codes = label.rank("dense").to_numpy().astype(np.int64) - 1
        return Clusters(of_deal=codes, number=int(codes.max()) + 1, unit="account")
    return Clusters(of_deal=np.arange(len(deals)), number=len(deals), unit="deal")


def weights_of_draw(clusters: Clusters, draw: int, seed: int) -> Floats:
    """Weights of all deals in one draw, shape (D,); a draw does not depend on how many others are made."""
    weights = np.random.default_rng([seed, draw]).standard_exponential(clusters.number)
    return weights if clusters.unit == "deal" else weights[clusters.of_deal]
