"""PIT histogram: position of each actual result in its forecast; level if forecasts are correct."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.style.theme import BLUE, GREY, PALE, SMALL


def draw_pit(axes: Axes, pit: Sequence[float]) -> None:
    """Draw the histogram of PIT values in (0, 1), shape (origins,), with the band of correct forecasts."""
    n, bins = len(pit), bins_for(len(pit))
    counts, edges = np.histogram(pit, bins=bins, range=(0, 1))
    low, high = consistency_band(n, 1 / bins)
    axes.axhspan(float(low), float(high), color=PALE, alpha=0.55, lw=0)
    axes.axhline(n / bins, color=GREY, lw=0.8, ls=(0, (4, 3)))
    axes.bar(edges[:-1], counts, 0.92 / bins, align="edge", color=BLUE, lw=0)
    top = max(int(high), int(counts.max()))
    axes.set(xlim=(0, 1), ylim=(0, 1.12 * top))
    fifths = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    axes.set_xticks(fifths, [f"{100 * fifth:.0f} %" for fifth in fifths])
    axes.set_yticks(range(0, top + 1, -(-top // 6) or 1))
    axes.set_xlabel("position of the actual in the forecast", size=SMALL)
    axes.set_ylabel("forecasts", size=SMALL)


def bins_for(n: int) -> int:
    """Ten bins where each can hold some forecasts, else five: with few, more bins would show only noise."""
    return 10 if n >= 50 else 5
