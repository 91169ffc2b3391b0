"""Days between instants, and their percentiles."""

from __future__ import annotations

import numpy as np
import polars as pl

from funnelsim.core.arrays import Floats


def days_between(since: str, until: str) -> pl.Expr:
    """Days from one column of instants to another."""
    return (pl.col(until) - pl.col(since)).dt.total_microseconds() / 86_400e6


def quantiles(days: Floats, levels: tuple[float, ...]) -> list[float | None]:
    """Quantiles of some days; None where there are none."""
    return [float(q) for q in np.quantile(days, levels)] if len(days) else [None] * len(levels)
