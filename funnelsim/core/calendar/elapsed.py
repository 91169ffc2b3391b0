"""Days between instants of a table."""

from __future__ import annotations

import polars as pl

_DAY = 86_400e6  # microseconds


def days_between(start: str | pl.Expr, end: str | pl.Expr) -> pl.Expr:
    """Days from one time to another, with fractions."""
    first = pl.col(start) if isinstance(start, str) else start
    last = pl.col(end) if isinstance(end, str) else end
    return (last - first).dt.total_microseconds() / _DAY
