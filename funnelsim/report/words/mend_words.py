"""What to mend in the CRM, by kind."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class MendKind:
    """One kind of fault: how many deals have it, and what they are worth."""

    fault: str
    todo: str
    deals: int
    amount: float


def mend_kinds(to_mend: pl.DataFrame) -> list[MendKind]:
    """The kinds of fault, the most money first.

    Parameters
    ----------
    to_mend : DataFrame
        By `MEND_SCHEMA`.
    """
    kinds = (
        to_mend.group_by("fault", "todo")
        .agg(pl.col("deal").n_unique().alias("deals"), pl.col("amount").sum())
        .sort("amount", "deals", "fault", descending=[True, True, False])
    )
    return [MendKind(**row) for row in kinds.iter_rows(named=True)]
