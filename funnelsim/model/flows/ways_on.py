"""Going on from a stage, which conversion counts: to a later stage, to the place that books, or to a win."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def ways_on(stages: Iterable[str], key: str, books_at: str = "won") -> frozenset[str]:
    """Where a visit of a stage may go on to.

    Parameters
    ----------
    stages : iterable of str
        In funnel order.
    key : str
        The stage that is left.
    books_at : str, default "won"
        The stage or outcome that books; it counts from every stage, itself too (a renewal).
    """
    order = list(stages)
    return frozenset((*order[order.index(key) + 1 :], books_at, "won"))


def goes_on(
    stages: Iterable[str], books_at: str = "won", *, stage: str = "stage", to: str = "exit"
) -> pl.Expr:
    """The same for each row of a table of visits; null while a visit lasts.

    A visit of a stage that is not among `stages` goes on only to the place that books or a win.
    """
    import polars as pl

    order = {key: place for place, key in enumerate(stages)}
    here, there = (
        pl.col(name).replace_strict(order, default=None, return_dtype=pl.Int64) for name in (stage, to)
    )
    target = pl.col(to).cast(pl.String)
    return (there > here).fill_null(False) | target.is_in([books_at, "won"])
