"""What to mend in the CRM, by kind."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class MendKind:
    """One kind of fault: how many deals have it, and what they are worth."""

    wrong: str
    todo: str
    deals: int
    amount: float


def mend_kinds(to_mend: pl.DataFrame) -> list[MendKind]:
    """The kinds of fault, the most money first; days and dates of single deals are left out.

    Parameters
    ----------
    to_mend : DataFrame
        By `MEND_SCHEMA`.
    """
    plain = (
        pl.col("wrong")
        .str.replace(r"^open for \d+ days; .*", "open for longer than any closed deal took")
        .str.replace(r"(close(?: date)?) \d+ \w{3} \d{4} ", "$1 ")
        .str.replace(r" as deal .*", " as another one")
    )
    kinds = (
        to_mend.with_columns(plain.alias("wrong"))
        .group_by("wrong", "todo")
        .agg(pl.col("deal").n_unique().alias("deals"), pl.col("amount").sum())
        .sort("amount", "deals", "wrong", descending=[True, True, False])
    )
    return [MendKind(**row) for row in kinds.iter_rows(named=True)]
