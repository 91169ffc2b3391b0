"""What a period will book: its distribution, the quota, and where the amount comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.forecast import PART_NAMES, ForecastDocument, ForecastPeriod, Parts, period_at
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import Distribution
from funnelsim.report.figures.subtitles import forecast_subtitle
from funnelsim.report.style.text_layout import Heading
from funnelsim.report.style.theme import (
    BODY,
    FAINT,
    GREY,
    MARGIN,
    PART_COLOURS,
    SMALL,
    axes_at,
    new_figure,
    themed,
    write,
)
from funnelsim.report.words.money import money, quota_money
from funnelsim.report.words.quantities import chance, plural, share

_WIDTH = 8.0
_PARTS = 1.25  # inches


@themed
def forecast_figure(document: Mapping[str, Any], period: int | str = 0) -> Figure:
    """The distribution of a period's bookings with its 80 % range and the quota, and its parts below.

    Where the amount counts towards quota later than it is booked, the quota credit has a distribution of
    its own, and the quota stands there. Where nothing has an amount, the distribution is that of the wins.

    Parameters
    ----------
    document : mapping
        A forecast document, as ``funnelsim forecast --json`` writes it.
    period : int or str, default 0
        Which of its periods, by place or label.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with `save_figure`.

    Raises
    ------
    DocumentError
        If the document is not a forecast, or has no such period.
    """
    typed = read_as(ForecastDocument, document, "forecast")
    chosen = period_at(typed, period)
    head = Heading.of(_title(typed, chosen), forecast_subtitle(typed, chosen), _WIDTH)
    panels = _panels(typed, chosen)
    parts = 0.0 if chosen.without_money else _PARTS
    figure = new_figure(_WIDTH, head.height + sum(panel.height for panel in panels) + parts)
    head.draw(figure)
    top = head.height
    for panel in panels:
        panel.draw(figure, top)
        top += panel.height
    if not chosen.without_money:
        _draw_parts(figure, top, chosen.bookings_parts, typed.currency)
    return figure


@themed
def distribution_figure(document: ForecastDocument, period: ForecastPeriod, width: float = _WIDTH) -> Figure:
    """The distributions alone, for a page whose text has the title, the range and the parts.

    Parameters
    ----------
    document, period : ForecastDocument, ForecastPeriod
    width : float
        In inches.
    """
    panels = [replace(panel, brief=True) for panel in _panels(document, period)]
    panels = [
        replace(panel, quota_label=f"quota {quota_money(panel.quota, document.currency)}")
        if panel.quota is not None
        else panel
        for panel in panels
    ]
    figure = new_figure(width, sum(panel.height for panel in panels))
    top = 0.0
    for panel in panels:
        panel.draw(figure, top)
        top += panel.height
    return figure


def _panels(document: ForecastDocument, period: ForecastPeriod) -> list[Distribution]:
    """The bookings, and what counts towards quota, where that is something else; or only the wins."""
    if period.without_money:
        levels, values = np.asarray(period.wins_curve, dtype=float)
        won = f"{plural_noun(document.noun)} won".capitalize()
        return [Distribution(title=won, levels=levels, values=values, currency="", amount_is="", whole=True)]
    levels, values = np.asarray(period.bookings_curve, dtype=float)
    bookings = Distribution(
        title="Bookings",
        levels=levels,
        values=values,
        currency=document.currency,
        amount_is=document.amount_is,
    )
    counted = bookings
    if not period.credited_at_booking:
        levels, values = np.asarray(period.credit_curve, dtype=float)
        counted = replace(bookings, title="Quota credit", levels=levels, values=values)
    if period.quota is not None:
        stated, likely = quota_money(period.quota, document.currency), chance(period.attainment_probability)
        counted = replace(counted, quota=period.quota, quota_label=f"quota {stated}: chance {likely}")
    return [counted] if period.credited_at_booking else [bookings, counted]


def _title(document: ForecastDocument, period: ForecastPeriod) -> str:
    if period.wins is not None and period.without_money:
        return f"{period.period}: likely {plural(period.wins.p50 or 0.0, document.noun)} won"
    likely = f"{period.period}: bookings likely {money(period.bookings.p50, document.currency)}"
    if period.quota is None:
        return likely
    return f"{likely}, chance of quota {chance(period.attainment_probability)}"


def _draw_parts(figure: Figure, top: float, parts: Parts, currency: str) -> None:
    """A stacked bar of the means, and below it a column for each part: name, amount, share."""
    total = sum(parts.means)
    write(
        figure,
        f"Where the bookings come from (means, together {money(total, currency)})",
        MARGIN,
        top,
        size=BODY,
        weight="bold",
    )
    width = _WIDTH - 2 * MARGIN
    axes = axes_at(figure, MARGIN, top + 0.27, width, 0.26)
    axes.set_axis_off()
    axes.set_xlim(0, max(sum(max(mean, 0.0) for mean in parts.means), 1e-300))
    axes.set_ylim(0, 1)
    axes.axhspan(0, 1, color=FAINT, lw=0)
    start = 0.0
    for mean, colour in zip(parts.means, PART_COLOURS, strict=True):
        if mean > 0:
            axes.barh([0.5], [mean], left=start, height=1.0, color=colour, edgecolor="white", lw=0.8)
            start += mean
    known = list(zip(PART_NAMES, parts.means, PART_COLOURS, strict=True))
    shown = [part for part in known if part[1]] or known
    column = width / len(PART_NAMES)
    for place, (name, mean, colour) in enumerate(shown):
        left = MARGIN + place * column
        key = axes_at(figure, left, top + 0.64, 0.11, 0.11)
        key.set_axis_off()
        key.axhspan(0, 1, color=colour, lw=0)
        key.set_ylim(0, 1)
        part = f", {share(mean / total)}" if total > 0 else ""
        write(figure, name + part, left + 0.18, top + 0.62, size=SMALL)
        write(figure, money(mean, currency), left + 0.18, top + 0.80, size=SMALL, color=GREY)
