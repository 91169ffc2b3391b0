"""The chance to reach each amount or more, with the quota marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from funnelsim.core.errors import Problem
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod, period_at
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit, draw_quota, is_one_amount, view
from funnelsim.report.figures.subtitles import forecast_subtitle
from funnelsim.report.style.text_layout import Heading, money_axis, text_width
from funnelsim.report.style.theme import (
    BLUE,
    FAINT,
    GREY,
    INK,
    MARGIN,
    PALE,
    SMALL,
    axes_at,
    new_figure,
    themed,
)
from funnelsim.report.words.money import money, quota_money
from funnelsim.report.words.quantities import chance

_WIDTH, _LABEL, _PLOT, _AXIS = 8.0, 0.25, 3.1, 0.62  # inches
_HEADROOM = 1.1  # the vertical axis goes on above 100 %, for the quota's label
_MARKED = (0.8, 0.5, 0.2)
_IN_WORDS = {0.8: "8 in 10 futures reach", 0.5: "5 in 10 reach", 0.2: "2 in 10 reach"}


@themed
def attainment_figure(document: Mapping[str, Any], period: int | str = 0) -> Figure:
    """The chance that the quota credit of a period reaches an amount, over all amounts.

    Parameters
    ----------
    document : mapping
        A forecast document, as ``funnelsim forecast --json`` writes it.
    period : int or str, default 0
        Which of its periods, by place or label.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the document is not a forecast, has no such period, or nothing has an amount in it.
    """
    typed = read_as(ForecastDocument, document, "forecast")
    chosen = period_at(typed, period)
    if chosen.without_money:
        problem = Problem(path="periods", message="the model has no amounts, so there is none to reach")
        raise DocumentError("attainment", [problem])
    counted = "bookings" if chosen.credited_at_booking else "quota credit"
    head = Heading.of(_title(typed, chosen, counted), forecast_subtitle(typed, chosen), _WIDTH)
    figure = new_figure(_WIDTH, head.height + _LABEL + _PLOT + _AXIS)
    head.draw(figure)
    levels, amounts = np.asarray(chosen.credit_curve, dtype=float)
    notes = _notes(levels, amounts, typed.currency)
    room = max(
        (text_width(figure, line, size=SMALL) for note in notes for line in note.split("\n")), default=0
    )
    left = MARGIN + 0.45
    axes = axes_at(figure, left, head.height + _LABEL, _WIDTH - left - MARGIN - room - 0.15, _PLOT)
    axes.set_ylim(0, _HEADROOM)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.set_xlim(*view(amounts, chosen.quota) if len(amounts) else (0, 1))
    for mark, note in zip(_MARKED, notes, strict=False):
        axes.axhline(mark, color=PALE, lw=0.7, zorder=0)
        axes.text(1.02, mark, note, transform=axes.get_yaxis_transform(), va="center", size=SMALL, color=GREY)
    _draw_curve(axes, levels, amounts)
    if chosen.quota is not None:
        _mark_quota(axes, chosen, typed.currency)
    scale = money_axis(axes, typed.currency)
    axes.set_xlabel(f"{counted.capitalize()} of at least, {axis_unit(scale, typed.amount_is)}", size=SMALL)
    return figure


def _title(document: ForecastDocument, period: ForecastPeriod, counted: str) -> str:
    if period.quota is None:
        return f"{period.period}: the chance of each amount of {counted}"
    quota = quota_money(period.quota, document.currency)
    return f"{period.period}: chance of quota ({quota}) {chance(period.attainment_probability)}"


def _notes(levels: NDArray[np.float64], amounts: NDArray[np.float64], currency: str) -> list[str]:
    if not len(amounts):
        return []
    reached = [float(np.interp(1 - mark, levels, amounts)) for mark in _MARKED]
    return [
        f"{_IN_WORDS[mark]}\n{money(amount, currency)}" for mark, amount in zip(_MARKED, reached, strict=True)
    ]


def _draw_curve(axes: Axes, levels: NDArray[np.float64], amounts: NDArray[np.float64]) -> None:
    """The chance to reach each amount, a falling curve; a single amount of all futures is a step."""
    if not len(amounts):
        return
    if is_one_amount(amounts):
        left, right = axes.get_xlim()
        x, chances = np.array([left, amounts[0], amounts[0], right]), np.array([1.0, 1.0, 0.0, 0.0])
    else:
        beyond = 0.05 * (amounts[-1] - amounts[0])
        x = np.concatenate([amounts[:1] - beyond, amounts, amounts[-1:] + beyond])
        chances = np.concatenate([[1.0], 1 - levels, [0.0]])
    axes.fill_between(x, chances, color=FAINT, lw=0, zorder=0.5)
    axes.plot(x, chances, color=BLUE, lw=2, solid_joinstyle="round", zorder=2)


def _mark_quota(axes: Axes, period: ForecastPeriod, currency: str) -> None:
    assert period.quota is not None
    label = f"quota {quota_money(period.quota, currency)}: chance {chance(period.attainment_probability)}"
    draw_quota(axes, period.quota, label, at=1.0)
    left, right = axes.get_xlim()
    if period.attainment_probability is not None and left <= period.quota <= right:
        axes.plot(
            [period.quota], [period.attainment_probability], "o", color=INK, ms=7, mec="white", zorder=4
        )
