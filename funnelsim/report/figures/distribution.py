"""The distribution of one amount over the futures: its middle 80 %, and the quota."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from funnelsim.report.style.text_layout import keep_inside, money_axis, place_ticks
from funnelsim.report.style.theme import BLUE, BODY, GREY, INK, MARGIN, OUTSIDE, SMALL, axes_at, write
from funnelsim.report.words.money import Scale, money, sentence_scale
from funnelsim.report.words.quantities import count, count_span, share

BINS = 28  # few enough for 2,000 futures, whose percentiles are 20 futures apart
#: A quota further from the futures than this share of their span is marked by an arrow, not drawn to scale.
_REACH = 0.75
_TITLE_ROW, _QUOTA_ROW, _BAND_ROW, _BARS, _AXIS = 0.22, 0.24, 0.38, 1.55, 0.58  # inches
_DOT_ROW = 0.18  # inches of the band's row below its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A panel that shows the distribution of one amount.

    Attributes
    ----------
    title : str
        What is drawn, such as ``Bookings``.
    levels, values : ndarray, shape (Q,)
        Rising probabilities and the quantiles at them.
    currency, amount_is : str
        Unit and kind of the amount.
    quota : float or None
        Marked by a line; by words at the edge where it is far outside.
    quota_label : str
        The text at the line.
    whole : bool
        True of a number of deals: no unit, and bins of whole numbers.
    brief : bool
        Without the amounts of the range, where they stand beside the figure.
    """

    title: str
    levels: NDArray[np.float64]
    values: NDArray[np.float64]
    currency: str
    amount_is: str
    quota: float | None = None
    quota_label: str = ""
    whole: bool = False
    brief: bool = False

    @property
    def height(self) -> float:
        """Inches of the page that the panel takes."""
        return _TITLE_ROW + self._axes_height + _AXIS

    @property
    def _axes_height(self) -> float:
        return (_QUOTA_ROW if self.quota is not None else 0.0) + _BAND_ROW + _BARS

    def draw(self, figure: Figure, top: float) -> None:
        """Draw the panel, beginning so many inches from the top of the page."""
        width = float(figure.get_size_inches()[0])
        write(figure, self.title, MARGIN, top, size=BODY, weight="bold")
        write(figure, "height: share of the futures", width - MARGIN, top, size=SMALL, color=GREY, ha="right")
        if not len(self.values):
            write(figure, "The document has no quantiles.", MARGIN, top + 0.5, size=SMALL, color=GREY)
            return
        axes = axes_at(figure, MARGIN, top + _TITLE_ROW, width - 2 * MARGIN, self._axes_height)
        axes.set_yticks([])
        axes.set_ylim(0, self._axes_height)
        axes.set_xlim(*view(self.values, self.quota))
        self._draw_bars(axes)
        self._draw_band(axes)
        if self.quota is not None:
            draw_quota(axes, self.quota, self.quota_label, at=(_BARS + _DOT_ROW) / self._axes_height)
        if self.whole:
            place_ticks(axes)
            axes.set_xlabel(self.title, size=SMALL)
        else:
            scale = money_axis(axes, self.currency)
            axes.set_xlabel(f"{self.title}, {axis_unit(scale, self.amount_is)}", size=SMALL)

    def _draw_bars(self, axes: Axes) -> None:
        left, right = axes.get_xlim()
        if is_one_amount(self.values):
            axes.bar([self.values[0]], [_BARS], width=0.012 * (right - left), color=BLUE)
            return
        p10, _, p90 = self._band
        low, high = float(self.values[0]), float(self.values[-1])
        edges = whole_bin_edges(low, high) if self.whole else bin_edges(low, high, p10, p90)
        heights = bar_heights(self.levels, self.values, edges)
        middles = (edges[:-1] + edges[1:]) / 2
        colours = [BLUE if p10 <= middle <= p90 else OUTSIDE for middle in middles]
        wide = 0.94 * (edges[1] - edges[0])
        axes.bar(edges[:-1], heights * (_BARS / heights.max()), wide, align="edge", color=colours, lw=0)

    def _draw_band(self, axes: Axes) -> None:
        p10, p50, p90 = self._band
        height = _BARS + 0.1
        axes.plot([p10, p90], [height, height], color=BLUE, lw=1.6, solid_capstyle="butt")
        axes.plot([p50], [height], "o", color=BLUE, ms=5.5, mec="white", mew=1)
        # Above the label of the quota, so that its line does not cross this text.
        above = height + 0.08 + (_QUOTA_ROW if self.quota is not None else 0.0)
        text = axes.text((p10 + p90) / 2, above, self._band_words, ha="center", va="bottom", size=SMALL)
        keep_inside(text)

    @property
    def _band(self) -> tuple[float, float, float]:
        p10, p50, p90 = np.interp([0.1, 0.5, 0.9], self.levels, self.values)
        return float(p10), float(p50), float(p90)

    @property
    def _band_words(self) -> str:
        p10, p50, p90 = self._band
        if self.brief:
            return "" if is_one_amount(self.values) else "8 of 10 futures"
        if is_one_amount(self.values):
            most = count(p50) if self.whole else money(p50, self.currency)
            return f"in at least 98 % of futures: {most}"
        scale = sentence_scale([p10, p90], self.currency)
        middle, half = scale.span(p10, p90), scale.words(p50)
        if self.whole:
            middle, half = count_span(p10, p90), count(p50)
        words = f"80 % of futures: {middle}; median {half}"
        nothing = float(np.max(self.levels[self.values == 0], initial=0.0))
        return f"{words}; 0 in {share(nothing)}" if nothing >= 0.05 else words


def axis_unit(scale: Scale, amount_is: str) -> str:
    """``USD million (ACV)``; says so where the currency is not known."""
    unit = scale.unit if scale.currency else f"{scale.unit} (currency not given)".strip()
    return f"{unit} ({amount_is})" if amount_is else unit


def is_one_amount(values: NDArray[np.float64]) -> bool:
    """True where all quantiles are the same, but for rounding."""
    low, high = float(values[0]), float(values[-1])
    return high - low <= 1e-9 * max(abs(low), abs(high))


def view(values: NDArray[np.float64], quota: float | None) -> tuple[float, float]:
    """Limits of an amount axis: all quantiles, zero where it is near, the quota where it is within reach."""
    low, high = float(values[0]), float(values[-1])
    span = high - low
    if is_one_amount(values):
        ends = [0.0, 2 * high, *([1.15 * quota] if quota else [])]
        if not any(ends):
            ends = [0.0, 1.0]
        room = 0.03 * (max(ends) - min(ends))
        return min(ends) - room, max(ends) + room
    left, right = low - 0.05 * span, high + 0.05 * span
    if 0 <= low < 0.2 * span:
        left = -0.02 * span
    if quota is not None and low - _REACH * span <= quota <= high + _REACH * span:
        left, right = min(left, quota - 0.08 * span), max(right, quota + 0.08 * span)
    return left, right


def draw_quota(axes: Axes, quota: float, label: str, *, at: float) -> None:
    """The quota as a dashed line up to a share `at` of the axes, its label above; in words if far outside."""
    left, right = axes.get_xlim()
    across = axes.get_xaxis_transform()
    if quota < left:
        label = f"{label} (← below this axis)"
    elif quota > right:
        label = f"{label} (beyond this axis →)"
    else:
        axes.plot([quota, quota], [0, at], color=INK, lw=1.4, ls=(0, (4, 2)), transform=across, zorder=3)
    place = min(max(quota, left), right)
    text = axes.text(place, at + 0.015, label, transform=across, ha="center", va="bottom", size=BODY)
    text.set_fontweight("bold")
    keep_inside(text)


def bin_edges(low: float, high: float, p10: float, p90: float) -> NDArray[np.float64]:
    """About `BINS` equal bins from low to high, with edges at p10 and p90 where these differ."""
    width = (high - low) / BINS
    if p90 - p10 < width / 2:
        return np.linspace(low, high, BINS + 1)
    width = (p90 - p10) / round((p90 - p10) / width)
    first, last = np.floor((low - p10) / width + 1e-9), np.ceil((high - p10) / width - 1e-9)
    return np.asarray(p10 + width * np.arange(first, last + 1), dtype=float)


def whole_bin_edges(low: float, high: float) -> NDArray[np.float64]:
    """At most `BINS` bins from low to high that hold equally many whole numbers."""
    first, last = np.floor(low) - 0.5, np.ceil(high) + 0.5
    width = np.ceil((last - first) / BINS)
    return np.asarray(first + width * np.arange(np.ceil((last - first) / width) + 1), dtype=float)


def bar_heights(
    levels: NDArray[np.float64], values: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of the futures in each bin, from quantiles.

    Between two quantiles the futures are spread evenly; two equal quantiles are an atom, which falls into
    the bin that holds it. What lies beyond the outermost quantiles is left out.

    Parameters
    ----------
    levels, values : ndarray, shape (Q,)
        Rising probabilities and the quantiles at them.
    edges : ndarray, shape (B + 1,)

    Returns
    -------
    ndarray, shape (B,)
    """
    heights = np.zeros(len(edges) - 1)
    for mass, low, high in zip(np.diff(levels), values[:-1], values[1:], strict=True):
        if high <= low:
            place = int(np.searchsorted(edges, low, side="right")) - 1
            heights[min(max(place, 0), len(heights) - 1)] += mass
        else:
            covered = np.clip(edges[1:], low, high) - np.clip(edges[:-1], low, high)
            heights += mass * covered / (high - low)
    return heights
