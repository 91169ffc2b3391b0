"""Percentiles of days."""

from __future__ import annotations

import numpy as np

from funnelsim.core.arrays import Floats


def quantiles(days: Floats, levels: tuple[float, ...]) -> list[float | None]:
    """Quantiles of some days; None where there are none."""
    return [float(q) for q in np.quantile(days, levels)] if len(days) else [None] * len(levels)
