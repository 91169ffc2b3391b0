"""Covariates of deals from the CRM that a fit may use, and the clusters its deals come in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from funnelsim.core.arrays import Floats, Ints
from funnelsim.fitting.mle.bootstrap import clusters_of
from funnelsim.history.covariates import Covariate, NotUsed, deal_covariates
from funnelsim.history.files.events import History

__all__ = ["Covariate", "Covariates", "NotUsed", "covariates_of"]


@dataclass(frozen=True, kw_only=True)
class Covariates:
    """Covariates of a history, those refused, and the amounts behind the bands.

    Attributes
    ----------
    constant : tuple of NotUsed
        Columns without two values.
    cluster : ndarray of int, shape (D,)
        Cluster of each deal: its account, unless the account leaks the outcome.
    amount : ndarray, shape (D,), or None
        Known before the deals end; NaN where not known of a deal. None where amounts are refused.
    """

    used: tuple[Covariate, ...]
    refused: tuple[NotUsed, ...]
    constant: tuple[NotUsed, ...]
    cluster: Ints
    amount: Floats | None


def covariates_of(history: History) -> Covariates:
    """All usable covariates of a history."""
    found, deals = deal_covariates(history), history.deals
    cluster = np.arange(deals.height) if found.account_leaks else clusters_of(deals).of_deal
    return Covariates(
        used=found.used,
        refused=found.refused,
        constant=found.constant,
        cluster=cluster,
        amount=found.amount,
    )
