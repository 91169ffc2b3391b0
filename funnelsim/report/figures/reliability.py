"""Reliability diagram: how often actual results were below each quantile, and how often they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from funnelsim.forecasting.consistency import consistency_band
from funnelsim.report.style.theme import BLUE, GREY, INK, PALE, SMALL

_LEVELS = np.linspace(0, 1, 401)
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_reliability(axes: Axes, pit: Sequence[float]) -> None:
    """Draw the diagram from the positions of the actual results in their forecasts (the PIT).

    Parameters
    ----------
    pit : sequence of float, shape (origins,)
        In (0, 1). Its share up to a level is the share of actual results below that quantile.
    """
    n = len(pit)
    low, high = consistency_band(n, _LEVELS) / n
    axes.fill_between(_LEVELS, low, high, color=PALE, alpha=0.55, lw=0)
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=(0, (4, 3)))
    axes.step([0.0, *sorted(pit), 1.0], [0.0, *observed(pit), 1.0], where="post", color=BLUE, lw=1.8)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xticks(_TICKS, [f"{100 * tick:.0f} %" for tick in _TICKS])
    axes.set_yticks(_TICKS, [f"{100 * tick:.0f} %" for tick in _TICKS])
    axes.set_xlabel("forecast quantile", size=SMALL)
    axes.set_ylabel("share of actual results below it", size=SMALL)
    look: dict[str, Any] = {"size": SMALL, "color": INK, "transform": axes.transAxes}
    axes.text(0.04, 0.95, "forecasts too high", va="top", **look)
    axes.text(0.96, 0.05, "forecasts too low", ha="right", **look)


def observed(pit: Sequence[float]) -> NDArray[np.float64]:
    """Share of the origins up to each of the sorted PIT values."""
    return np.arange(1, len(pit) + 1) / len(pit)
