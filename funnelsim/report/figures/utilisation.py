"""How busy each role is, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from funnelsim.core.errors import Problem
from funnelsim.documents.record import DocumentError
from funnelsim.documents.shared import PeriodSpan, Summary
from funnelsim.documents.simulate import SimulateDocument, SimulatedPeriod
from funnelsim.documents.validate import read_as
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.style.text_layout import Heading
from funnelsim.report.style.theme import (
    BLUE,
    BODY,
    FAINT,
    GREY,
    MARGIN,
    SMALL,
    VERMILION,
    axes_at,
    new_figure,
    themed,
    write,
)
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import share

_WIDTH, _LEFT, _LABEL, _PLOT, _AXIS = 8.0, MARGIN + 0.45, 0.3, 1.35, 0.42  # inches
_MOST_TICKS = 12


@themed
def utilisation_figure(document: Mapping[str, Any]) -> Figure:
    """A row for each role: mean share of its hours spent on tasks in each period, with the 80 % range.

    Parameters
    ----------
    document : mapping
        A simulate document; ``--period week`` gives one point a week.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DocumentError
        If the model has no roles.
    """
    typed = read_as(SimulateDocument, document, "simulate")
    roles = [name.removeprefix("utilisation.") for name in typed.metrics if name.startswith("utilisation.")]
    periods = [period for period in typed.periods if period.complete] or list(typed.periods)
    if not roles or not periods:
        message = "the model has no roles, or the run no periods, so there is no utilisation to show"
        hint = "run a model with roles: funnelsim simulate model.toml --days 182 --period week --json"
        raise DocumentError("utilisation", [Problem(path="metrics", message=message, hint=hint)])
    subtitle = span_subtitle(typed, PeriodSpan(start=typed.start, end=typed.end))
    head = Heading.of(_title(typed, roles), f"Line: mean. Band: 8 in 10 futures. {subtitle}", _WIDTH)
    row = _LABEL + _PLOT
    figure = new_figure(_WIDTH, head.height + row * len(roles) + _AXIS)
    head.draw(figure)
    for place, role in enumerate(roles):
        top = head.height + row * place
        write(figure, plain(typed.role_name(role)), MARGIN, top + 0.06, size=BODY, weight="bold")
        axes = axes_at(figure, _LEFT, top + _LABEL, _WIDTH - _LEFT - MARGIN, _PLOT - 0.12)
        _draw(axes, [period.metrics.get(f"utilisation.{role}", Summary()) for period in periods])
        _ticks(axes, periods, named=place == len(roles) - 1)
    return figure


def _draw(axes: Axes, busy: list[Summary]) -> None:
    places = np.arange(len(busy))
    mean, low, high = (_known(busy, name) for name in ("mean", "p10", "p90"))
    axes.fill_between(places, low, high, color=BLUE, alpha=0.2, lw=0, step="mid")
    axes.step(places, mean, where="mid", color=BLUE, lw=1.8)
    axes.axhline(1, color=VERMILION, lw=1.0, ls=(0, (4, 2)))
    axes.set_ylim(0, 1.06)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.set_xlim(-0.5, len(busy) - 0.5)
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)


def _ticks(axes: Axes, periods: list[SimulatedPeriod], *, named: bool) -> None:
    shown = range(0, len(periods), -(-len(periods) // _MOST_TICKS))
    labels = [plain(periods[place].period) if named else "" for place in shown]
    axes.set_xticks(list(shown), labels, fontsize=SMALL, color=GREY)
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", pad=8)


def _known(busy: list[Summary], name: str) -> list[float]:
    return [np.nan if (value := getattr(one, name)) is None else value for one in busy]


def _title(document: SimulateDocument, roles: list[str]) -> str:
    means = {role: document.metrics[f"utilisation.{role}"].mean for role in roles}
    busiest = max(roles, key=lambda role: means[role] or 0.0)
    return f"{plain(document.role_name(busiest))}: {share(means[busiest])} of the hours are spent on tasks"
