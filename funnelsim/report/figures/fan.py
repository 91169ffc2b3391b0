"""Forecasts of one period as it went on: what was forecast on each date, and where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod, period_at
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.distribution import axis_unit
from funnelsim.report.figures.subtitles import kind, sentences
from funnelsim.report.style.text_layout import Heading, text_width, upright_ticks
from funnelsim.report.style.theme import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    MARGIN,
    SMALL,
    axes_at,
    new_figure,
    themed,
)
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.money import money, quota_money

_WIDTH, _LEFT, _PLOT, _AXIS = 8.0, MARGIN + 0.55, 3.4, 0.6  # inches

Dated = tuple[dt.date, ForecastPeriod]


@themed
def fan_figure(
    documents: Sequence[Mapping[str, Any]], period: int | str = 0, *, actual: float | None = None
) -> Figure:
    """The 80 % and 50 % range and the median of each forecast, by its date, and what was booked by then.

    Parameters
    ----------
    documents : sequence of mappings
        Forecast documents of one model with different as-of dates.
    period : int or str, default 0
        Which period, by its place in the earliest document or by label.
    actual : float, optional
        What the period has booked, if it is over.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If fewer than two documents of different dates have the period, or it has no amounts.
    """
    typed = [
        read_as(ForecastDocument, one, "forecast") for one in documents if one.get("command") == "forecast"
    ]
    dated = sorted((one for one in typed if one.as_of), key=lambda one: one.as_of or dt.date.min)
    label = period_at(dated[0], period).period if dated else ""
    points = {
        document.as_of: found.by_model
        for document in dated
        for found in document.periods
        if found.period == label and document.as_of
    }
    if len(points) < 2 or any(found.without_money for found in points.values()):
        message = "needs forecasts of one period, with amounts, made on at least two dates"
        hint = "save one each week: funnelsim forecast model.toml --json > forecast-2026-02-09.json"
        raise DocumentError("fan", [Problem(path="", message=message, hint=hint)])
    return _draw(dated[-1], list(points.items()), actual)


def _draw(document: ForecastDocument, points: list[Dated], actual: float | None) -> Figure:
    last = points[-1][1]
    notes = sentences(
        "Bands: 8 in 10 and half of the futures of each forecast. Line: median. Green: booked by then"
        + ("" if actual is None else ". Diamond: actual")
        + (". Without overrides by people" if document.overrides else ""),
        span_words(last.start, last.end),
        kind(document),
        document.name,
    )
    head = Heading.of(_title(document, points, actual), notes, _WIDTH)
    figure = new_figure(_WIDTH, head.height + _PLOT + _AXIS)
    head.draw(figure)
    quota = _quota(document, last)
    # The quota is named beside the plot: inside, it would lie on bands and line.
    room = max((text_width(figure, line, size=SMALL) + 0.1 for line in quota.splitlines()), default=0.0)
    axes = axes_at(figure, _LEFT, head.height + 0.12, _WIDTH - _LEFT - MARGIN - room, _PLOT)
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    days: Any = [day for day, _ in points]
    for low, high, alpha in (("p10", "p90", 0.18), ("p25", "p75", 0.3)):
        ends = [[getattr(found.bookings, name) or 0.0 for _, found in points] for name in (low, high)]
        axes.fill_between(days, ends[0], ends[1], color=BLUE, alpha=alpha, lw=0)
    axes.plot(days, [found.bookings.p50 or 0.0 for _, found in points], "o-", color=BLUE, ms=4, lw=1.8)
    booked = [found.bookings_parts.booked or 0.0 for _, found in points]
    last_day: Any = last.end
    known = ([*days, last_day], [*booked, actual]) if actual is not None else (days, booked)
    axes.plot(*known, "s-", color=GREEN, ms=4, lw=1.8)
    _limits(axes, points, booked if actual is None else [*booked, actual])
    if actual is not None:
        end: Any = last.end
        axes.plot([end], [actual], "D", color=INK, ms=7, clip_on=False, zorder=5)
        held: Any = (end, actual)
        text = money(actual, document.currency)
        axes.annotate(text, held, (-9, 0), textcoords="offset points", size=SMALL, ha="right", va="center")
    if last.quota is not None:
        axes.axhline(float(last.quota), color=INK, lw=1.2, ls=(0, (4, 2)))
        at = (1.0, float(last.quota))
        side: Any = axes.get_yaxis_transform()
        axes.annotate(quota, at, (6, 0), xycoords=side, textcoords="offset points", size=SMALL, va="center")
    scale = upright_ticks(axes, document.currency)
    axes.set_ylabel(f"Bookings, {axis_unit(scale, document.amount_is)}", size=SMALL, color=GREY)
    return figure


def _quota(document: ForecastDocument, period: ForecastPeriod) -> str:
    """``quota`` above its amount; empty without one."""
    return "" if period.quota is None else f"quota\n{quota_money(period.quota, document.currency)}"


def _limits(axes: Axes, points: list[Dated], booked: list[float]) -> None:
    period = points[-1][1]
    ends = [period.start, period.end, points[0][0], points[-1][0]]
    axes.set_xlim(min(ends), max(ends))  # type: ignore[arg-type]
    highest = max([float(period.quota or 0.0), *booked, *(one.bookings.p90 or 0.0 for _, one in points)])
    axes.set_ylim(0, max(highest * 1.1, 1e-300))
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", pad=8)


def _title(document: ForecastDocument, points: list[Dated], actual: float | None) -> str:
    """From the first forecast to the last; the last may be the result."""
    (_, first), (_, last) = points[0], points[-1]
    before, now = (money(one.bookings.p50, document.currency) for one in (first, last))
    if actual is not None:
        return f"{last.period}: forecast {before} at first, ended at {money(actual, document.currency)}"
    over = last.days_left is not None and last.days_left <= 0
    return f"{last.period}: forecast {before} at first, {'ended at' if over else 'now'} {now}"
