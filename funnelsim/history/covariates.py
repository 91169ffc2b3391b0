"""Covariates of deals from the CRM, and which of them must not be used.

A value that is filled in because a deal was won leaks the outcome. A covariate that is known more often for
some outcomes than for others is refused, with the reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from scipy.special import chdtrc

from funnelsim.core.arrays import Floats, Ints
from funnelsim.core.nouns import plural_noun
from funnelsim.history.files.events import History

#: A leak: the share known differs by at least this between outcomes, with at most this p-value. Both are
#: needed, because in a large history a difference of no importance is significant.
LEAK_SHARE, LEAK_P = 0.02, 1e-3
#: Share of deals for which a covariate must be known ...
LEAST_KNOWN = 0.5
#: ... and deals a level must have on average: else it is an identifier, not a category.
LEAST_A_LEVEL = 10.0
#: Most levels of a covariate; the smallest ones beyond are merged.
MOST_LEVELS = 40
#: Deals cut into so many bands of the amount.
BANDS = 4

_COLUMNS = ("source", "segment", "owner", "account")
_OTHER = "all others"


@dataclass(frozen=True, kw_only=True)
class Covariate:
    """One property of deals, known before they end.

    Attributes
    ----------
    key : {"source", "segment", "owner", "account", "amount"}
    levels : tuple of str
        Largest first; bands of the amount from the smallest.
    level : ndarray of int, shape (D,)
        Of each deal of the history; -1 where unknown.
    """

    key: str
    levels: tuple[str, ...]
    level: Ints


@dataclass(frozen=True, kw_only=True)
class NotUsed:
    """A covariate that is left out, and why.

    Attributes
    ----------
    name : str
        Which of its columns is meant, where there are several: ``won amount``.
    """

    covariate: str
    reason: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class DealCovariates:
    """Covariates of a history, those refused, and the amounts behind the bands.

    Attributes
    ----------
    constant : tuple of NotUsed
        Columns without two values.
    amount : ndarray, shape (D,), or None
        Known before the deals end; NaN where not known of a deal. None where amounts are refused.
    account_leaks : bool
        Whether knowing the account of a deal tells its outcome.
    """

    used: tuple[Covariate, ...]
    refused: tuple[NotUsed, ...]
    constant: tuple[NotUsed, ...]
    amount: Floats | None
    account_leaks: bool


def deal_covariates(history: History) -> DealCovariates:
    """All usable covariates of a history."""
    deals = history.deals
    used: list[Covariate] = []
    refused: list[NotUsed] = []
    constant: list[NotUsed] = []
    nouns = plural_noun(history.meta.noun)
    for key in _COLUMNS:
        values = deals[key].unique().sort()
        if len(values.drop_nulls()) < 2:
            held = " or ".join("empty" if word is None else f'"{word}"' for word in values)
            constant.append(NotUsed(covariate=key, reason=f"is {held} in all {deals.height:,} {nouns}"))
            continue
        reason = _leak(deals, key) or _no_class(deals, key, nouns)
        if reason:
            refused.append(NotUsed(covariate=key, reason=reason))
        else:
            used.append(_classes(deals, key))
    amount, name, reason = _amounts(deals)
    if reason:
        refused.append(NotUsed(covariate="amount", name=name, reason=reason))
    if amount is not None and (bands := amount_bands(amount)) is not None:
        used.append(bands)
    return DealCovariates(
        used=tuple(used),
        refused=tuple(refused),
        constant=tuple(constant),
        amount=amount,
        account_leaks=bool(_leak(deals, "account")),
    )


def _leak(deals: pl.DataFrame, key: str) -> str:
    """Why the column leaks the outcome; empty where it does not."""
    state = pl.when(pl.col("outcome").is_null()).then(pl.lit("still open"))
    ended = (
        state.when(pl.col("outcome") == "won").then(pl.lit("won")).otherwise(pl.lit("closed without a win"))
    )
    known = (
        deals.select(ended.alias("state"), pl.col(key).is_not_null().alias("known"))
        .group_by("state")
        .agg(pl.len().alias("deals"), pl.col("known").sum())
        .filter(pl.col("deals") >= 5)
        .with_columns((pl.col("known") / pl.col("deals")).alias("share"))
        .sort("share", "state", descending=[True, False])
    )
    if known.height < 2 or known["share"][0] - known["share"][-1] < LEAK_SHARE:
        return ""
    total, share = known["deals"].to_numpy(), known["share"].to_numpy()
    overall = float(known["known"].sum() / total.sum())
    chi = float(np.sum(total * (share - overall) ** 2) / (overall * (1 - overall)))
    if chdtrc(known.height - 1, chi) > LEAK_P:
        return ""
    most, least = known.row(0, named=True), known.row(-1, named=True)
    often, seldom = (f"{_share(row['share'])} of those {row['state']}" for row in (most, least))
    return f"is filled in for {often} but only for {seldom}, so it would leak the outcome"


def _no_class(deals: pl.DataFrame, key: str, nouns: str) -> str:
    known = deals[key].drop_nulls()
    if len(known) < LEAST_KNOWN * deals.height:
        return f"is known for only {_share(len(known) / deals.height)} of the {nouns}"
    if len(known) / known.n_unique() < LEAST_A_LEVEL:
        each = len(known) / known.n_unique()
        return (
            f"has {known.n_unique():,} values with only {each:.1f} {nouns} each on average "
            f"(at least {LEAST_A_LEVEL:.0f} are needed)"
        )
    return ""


def _classes(deals: pl.DataFrame, key: str) -> Covariate:
    words = deals[key]
    counts = words.drop_nulls().value_counts().sort("count", key, descending=[True, False])
    names = [str(word) for word in counts[key]]
    kept = names if len(names) <= MOST_LEVELS else [*names[: MOST_LEVELS - 1], _OTHER]
    index = {word: min(i, len(kept) - 1) for i, word in enumerate(names)}
    level = np.array([index[word] if word is not None else -1 for word in words.to_list()], dtype=np.int64)
    return Covariate(key=key, levels=tuple(kept), level=level)


def _amounts(deals: pl.DataFrame) -> tuple[Floats | None, str, str]:
    """Amounts known equally often for all outcomes; else the name of the refused amount and the reason."""
    refused, reason = "", ""
    for key, name in (("listed_amount", "listed amount"), ("amount", "won amount")):
        known = deals.with_columns(pl.when(pl.col(key) > 0).then(key))
        if known[key].null_count() == deals.height:
            continue
        refused, reason = name, _leak(known, key)
        if not reason and known[key].null_count() <= (1 - LEAST_KNOWN) * deals.height:
            return known[key].fill_null(math.nan).to_numpy(), "", ""
    return None, refused, reason


def amount_bands(amount: Floats) -> Covariate | None:
    """Amounts cut into bands of about as many deals each; None where most deals have the same."""
    known = amount[np.isfinite(amount)]
    cuts = np.quantile(known, np.arange(1, BANDS) / BANDS)
    edges = [edge for edge in dict.fromkeys(_round(float(cut)) for cut in cuts) if edge > known.min()]
    if not edges:
        return None
    level = np.searchsorted(np.array(edges), amount, side="right").astype(np.int64)
    level[~np.isfinite(amount)] = -1
    edge_texts = [f"{edge:,.6g}" for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(edge_texts)]
    names = [f"under {edge_texts[0]}", *between, f"{edge_texts[-1]} and more"]
    return Covariate(key="amount", levels=tuple(names), level=level)


def _round(value: float) -> float:
    """Two significant digits."""
    return float(f"{value:.2g}")


def _share(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"
